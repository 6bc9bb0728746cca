// What a rule said when it decided: a row per rule and content, so that an alert's `rule_hash` can be read later. Rules are
// looked at, and rows made, when they are about to be written: of ten thousand rules no turn looks at all.
import { ruleBody } from '../../rules/index.ts';
import type { Rule } from '../../rules/types.ts';
import type { ConfigVersionRow } from '../pipeline/effect.ts';
import { Fifo } from './fifo.ts';

/** A turn looks at so many rules at most: a tenth of a millisecond where all of them are known. */
const rulesPerTake = 1_024;

interface Noted {
  readonly tenant: string;
  readonly rules: readonly Rule[];
  readonly firstAt: number;
  /** Those before were looked at. */
  cursor: number;
}

/** The versions that have still to be written. */
export class RuleVersions {
  /** By tenant and name, the hash that was written last. */
  readonly #written = new Map<string, Map<string, string>>();
  readonly #waiting = new Fifo<Noted>();

  /** Lists of rules that were not looked at to their end. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Of these rules of a tenant those are written that this process has not written as they are now. */
  note(tenant: string, rules: readonly Rule[], now: number): void {
    if (rules.length > 0) this.#waiting.push({ tenant, rules, firstAt: now, cursor: 0 });
  }

  /** The next rows to write, at most so many; none does not mean that nothing waits. */
  take(most: number): ConfigVersionRow[] {
    const rows: ConfigVersionRow[] = [];
    for (let looks = 0; looks < rulesPerTake && rows.length < most; looks++) {
      const next = this.#waiting.peek();
      if (next === undefined) break;
      const { tenant, firstAt } = next;
      const rule = next.rules[next.cursor++]!;
      if (next.cursor === next.rules.length) this.#waiting.take();
      const written = this.#of(tenant);
      if (written.get(rule.name) === rule.hash) continue;
      written.set(rule.name, rule.hash);
      rows.push(ruleVersion(tenant, rule, firstAt));
    }
    return rows;
  }

  #of(tenant: string): Map<string, string> {
    let written = this.#written.get(tenant);
    if (written === undefined) {
      written = new Map();
      this.#written.set(tenant, written);
    }
    return written;
  }

  /** What was taken may not be stored: whatever is noted from here on is written anew. */
  forget(): void {
    this.#written.clear();
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
