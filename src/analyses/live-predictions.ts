// Sure predictions that wait for their outcome, by the alerts that they are about: a message that goes out asks for them and
// cannot wait for a store.
import { scopeOf } from '../../analysis/forecast/index.ts';
import { type AlertSignal, serviceOf } from '../../analysis/signals.ts';
import type { PredictionRow } from '../pipeline/rows.ts';
import type { KnownPrediction } from './known-of-alert.ts';

/** Alerts that one prediction is about. */
const mostAlerts = 128;

interface Live {
  readonly row: PredictionRow;
  readonly alerts: Set<string>;
}

export class LivePredictions {
  /** People are told of those that are at least so likely to come true. */
  static readonly sure = 0.8;
  readonly #live = new Map<string, Live>();
  /** Alert → ids of predictions. */
  readonly #named = new Map<string, Set<string>>();
  /** Further alerts of a rule and service: key → id. */
  readonly #bursts = new Map<string, string>();

  /** From now on people are told of it, if it is sure. */
  say(row: PredictionRow): void {
    if (row.confidence < LivePredictions.sure) return;
    this.forget(row.id);
    this.#live.set(row.id, { row, alerts: new Set() });
    if (row.matches === 'labels') this.#bursts.set(row.key, row.id);
    if (row.alert !== null) this.#name(row.alert, row.id);
  }

  /** An alert fires that may be one of those that a burst is about. */
  join(alert: AlertSignal): void {
    if (this.#bursts.size === 0) return;
    const id = this.#bursts.get(scopeOf(alert)?.key ?? '');
    if (id !== undefined) this.#name(alert.id, id);
  }

  /** It was decided. */
  forget(id: string): void {
    const live = this.#live.get(id);
    if (live === undefined) return;
    this.#live.delete(id);
    if (this.#bursts.get(live.row.key) === id) this.#bursts.delete(live.row.key);
    for (const alert of live.alerts) {
      const ids = this.#named.get(alert);
      ids?.delete(id);
      if (ids?.size === 0) this.#named.delete(alert);
    }
  }

  /** What is to come after the alert, the soonest first. */
  of(alert: string, now: number): readonly KnownPrediction[] {
    const ids = this.#named.get(alert);
    if (ids === undefined) return [];
    return [...ids]
      .map((id) => this.#live.get(id)!.row)
      .filter(({ to }) => to >= now)
      .sort((a, b) => a.to - b.to || (a.id < b.id ? -1 : 1))
      .map(knownPrediction);
  }

  #name(alert: string, id: string): void {
    const { alerts } = this.#live.get(id)!;
    if (alerts.size >= mostAlerts) return;
    alerts.add(alert);
    const ids = this.#named.get(alert);
    if (ids) ids.add(id);
    else this.#named.set(alert, new Set([id]));
  }
}

/** As people are told of it. */
export function knownPrediction({
  model,
  labels,
  from,
  to,
  confidence,
  figures,
  key,
}: PredictionRow): KnownPrediction {
  const asked = figures.leader_came ?? figures.leaders_came;
  return {
    ...{ model, name: labels.alertname ?? key, service: serviceOf(labels), from, to, confidence },
    // Old counts weigh less: they need not be whole.
    times:
      figures.followed === undefined || asked === undefined
        ? null
        : { came: Math.round(figures.followed), of: Math.round(asked) },
  };
}
