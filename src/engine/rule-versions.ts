// What a rule said when it decided: a row per rule and content, so that an alert's `rule_hash` can be read later. A row is
// made when it is about to be written: of ten thousand rules of which a few changed nothing but those is looked at.
import { ruleBody } from '../../rules/index.ts';
import type { Rule } from '../../rules/types.ts';
import type { ConfigVersionRow } from '../pipeline/effect.ts';
import { Fifo } from './fifo.ts';

interface Noted {
  readonly tenant: string;
  readonly rule: Rule;
  readonly firstAt: number;
}

/** The versions that have still to be written. */
export class RuleVersions {
  /** By tenant and name, the hash that was noted last. */
  readonly #noted = new Map<string, Map<string, string>>();
  readonly #waiting = new Fifo<Noted>();

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes in those of a tenant's rules that this process has not noted as they are now. */
  note(tenant: string, rules: readonly Rule[], now: number): void {
    let noted = this.#noted.get(tenant);
    if (noted === undefined) {
      noted = new Map();
      this.#noted.set(tenant, noted);
    }
    for (const rule of rules) {
      if (noted.get(rule.name) === rule.hash) continue;
      noted.set(rule.name, rule.hash);
      this.#waiting.push({ tenant, rule, firstAt: now });
    }
  }

  /** The next rows to write, at most so many. */
  take(most: number): ConfigVersionRow[] {
    const rows: ConfigVersionRow[] = [];
    while (rows.length < most) {
      const next = this.#waiting.take();
      if (next === undefined) break;
      rows.push(ruleVersion(next.tenant, next.rule, next.firstAt));
    }
    return rows;
  }

  /** What was taken may not be stored: whatever is noted from here on is noted anew. */
  forget(): void {
    this.#noted.clear();
  }
}

/** The row of a rule as it is; the store keeps the first of each (tenant, name, hash). */
export function ruleVersion(tenant: string, rule: Rule, firstAt: number): ConfigVersionRow {
  const { name, hash, origin } = rule;
  return {
    tenant,
    kind: 'rule',
    name,
    hash,
    origin: origin.kind === 'file' ? `${origin.file}:${origin.line}` : 'api',
    body: ruleBody(rule),
    firstAt,
  };
}
