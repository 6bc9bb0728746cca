// What the analyses of one tenant said lately, kept in memory by alert: a message that goes out asks for it and cannot
// wait for a store. It is filled from what is stored, so that both say the same.
import type { Effect } from '../pipeline/effect.ts';
import type { FindingRow } from '../pipeline/rows.ts';
import type { KnownPattern } from './known-of-alert.ts';

/** Alerts of which is known what incident they joined; the latest ones. */
const mostAlerts = 20_000;
/** Findings of patterns, those that were said last. Each names 200 alerts at most. */
export const mostFindings = 200;

export class RecentKnowledge {
  /** Alert → incident, the latest at the end. */
  readonly #incidents = new Map<string, string>();
  /** By id, the one that was said last at the end. */
  readonly #findings = new Map<string, FindingRow>();
  /** Alert → ids of findings that name it; of most it is one, and a text of its own. */
  readonly #named = new Map<string, string | readonly string[]>();

  note(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.put === 'incident.alert') this.#joined(effect.row.alert, effect.row.incident);
      else if (effect.put === 'finding') this.found(effect.row);
    }
  }

  /** The incident that the alert joined; it may have become part of another one since. */
  incidentOf(alert: string): string | undefined {
    return this.#incidents.get(alert);
  }

  patternsOf(alert: string): readonly KnownPattern[] {
    const ids = this.#named.get(alert) ?? [];
    return (typeof ids === 'string' ? [ids] : ids).map((id) => {
      const { pattern, alerts, figures, confidence, from } = this.#findings.get(id)!;
      const services = figures.services ?? null;
      return { pattern, alerts: figures.alerts ?? alerts.length, services, confidence, from };
    });
  }

  /** Takes a finding in, as it is now. */
  found(row: FindingRow): void {
    this.#forget(row.id);
    this.#findings.set(row.id, row);
    for (const alert of row.alerts) this.#name(alert, row.id);
    if (this.#findings.size > mostFindings) this.#forget(this.#findings.keys().next().value!);
  }

  #joined(alert: string, incident: string): void {
    this.#incidents.delete(alert);
    this.#incidents.set(alert, incident);
    if (this.#incidents.size > mostAlerts) this.#incidents.delete(this.#incidents.keys().next().value!);
  }

  #forget(id: string): void {
    const known = this.#findings.get(id);
    if (known === undefined) return;
    this.#findings.delete(id);
    for (const alert of known.alerts) this.#unname(alert, id);
  }

  #name(alert: string, id: string): void {
    const ids = this.#named.get(alert);
    if (ids === undefined) this.#named.set(alert, id);
    else if (typeof ids === 'string') this.#named.set(alert, ids === id ? id : [ids, id]);
    else if (!ids.includes(id)) this.#named.set(alert, [...ids, id]);
  }

  #unname(alert: string, id: string): void {
    const ids = this.#named.get(alert);
    if (ids === undefined || ids === id) this.#named.delete(alert);
    else if (typeof ids === 'object') {
      const [only, ...more] = ids.filter((one) => one !== id);
      if (only === undefined) this.#named.delete(alert);
      else this.#named.set(alert, more.length === 0 ? only : [only, ...more]);
    }
  }
}
