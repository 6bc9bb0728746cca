// How the rules of a tenant did in a span: their episodes out of the state database, and whether samples came for those
// that never fired out of the history. In a thread of its own, or in a command that does nothing else.
import type Database from 'better-sqlite3';
import { type RankedRule, ranked, ruleFigures, silentFigures } from '../../analysis/effectiveness/index.ts';
import { readRange, TooManySamples } from '../ingest/range-read.ts';
import type { Db } from '../store/sqlite/database.ts';
import { ruleEpisodes, rulesSince } from '../store/sqlite/rule-episodes.ts';
import type { AskedRule, EffectivenessQuery } from './questions.ts';

const hourMs = 3_600_000;
/** Series of a reading that are looked at for a sample. */
const seriesLooked = 20;
/** Rules that never fired whose samples are looked for; of more it is not known whether any came. */
const rulesLooked = 200;

/**
 * The most worth first. `samples` is the history, read only; null: there is none.
 * @throws TooManyEpisodes
 */
export function countEffectiveness(
  db: Db,
  samples: Database.Database | null,
  { tenant, rules, from, to, now }: EffectivenessQuery,
): readonly RankedRule[] {
  const { episodes, reports } = ruleEpisodes(db, { tenant, from, to });
  const figures = new Map(ruleFigures(episodes, reports, now).map((one) => [one.rule, one]));
  const since = rulesSince(db, tenant);
  let looks = rulesLooked;
  const known = new Map(rules.map((rule) => [rule.name, rule]));
  const names = new Set([...known.keys(), ...figures.keys()]);
  const all = [...names].map((name) => {
    const rule = known.get(name);
    const own = figures.get(name);
    const feed = {
      enabled: rule?.enabled ?? false,
      whole: (since.get(name) ?? Number.POSITIVE_INFINITY) <= from,
      fed: null as boolean | null,
    };
    if (own === undefined && rule !== undefined && samples !== null && looks-- > 0)
      feed.fed = fedIn(samples, tenant, rule, from, to);
    return { figures: own ?? silentFigures(name), feed };
  });
  return ranked(all, to - from);
}

/** Whether a sample of what the rule reads came in the span; null where that cannot be said. */
function fedIn(
  samples: Database.Database,
  tenant: string,
  { readings }: AskedRule,
  from: number,
  to: number,
): boolean | null {
  if (readings.length === 0) return null;
  // The newest hours first: where anything comes at all it comes there.
  for (const { metric, matchers } of readings)
    for (let end = to, ms = hourMs; end > from; end -= ms, ms = 12 * hourMs) {
      const query = {
        tenant,
        metric,
        matchers,
        from: Math.max(from, end - ms),
        to: end,
        limit: seriesLooked,
      };
      try {
        if (readRange(samples, query).series.length > 0) return true;
      } catch (error) {
        if (error instanceof TooManySamples) return true;
        throw error;
      }
    }
  return false;
}
