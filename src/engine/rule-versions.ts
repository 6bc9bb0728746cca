// What a rule said when it decided: a row per rule and content, so that an alert's `rule_hash` can be read later.
import { ruleBody } from '../../rules/index.ts';
import type { Rule } from '../../rules/types.ts';
import type { ConfigVersionRow } from '../pipeline/effect.ts';

/** The rows of these rules; the store keeps the first of each (tenant, name, hash). */
export function ruleVersions(tenant: string, rules: readonly Rule[], now: number): ConfigVersionRow[] {
  return rules.map((rule) => ({
    tenant,
    kind: 'rule',
    name: rule.name,
    hash: rule.hash,
    origin: rule.origin.kind === 'file' ? `${rule.origin.file}:${rule.origin.line}` : 'api',
    body: JSON.stringify(ruleBody(rule)),
    firstAt: now,
  }));
}
