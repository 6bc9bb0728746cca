// What is said of a rule, from the version that is stored.
import { conditionText } from '../../rules/condition-text.ts';
import type { ConfigVersionRow } from '../pipeline/effect.ts';

/** What stands of a rule in its stored version, as far as it is spoken of. */
export interface RuleFacts {
  readonly condition: string;
  /** Milliseconds; 0: at once. */
  readonly forMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Null when the version is not kept. */
export function ruleFacts(version: Pick<ConfigVersionRow, 'body'> | null): RuleFacts | null {
  if (version === null) return null;
  const rule = JSON.parse(version.body) as Fields;
  return { condition: conditionText(rule), forMs: numberOf(rule.forMs) ?? 0 };
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
