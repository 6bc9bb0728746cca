// Events as the state database has them, for rules that count them or patterns that are found in them.
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Rule } from '../../rules/types.ts';
import { databaseOf } from '../store/sqlite/database.ts';
import { occurrenceReads } from '../store/sqlite/occurrence-reads.ts';
import type { Occurrence } from '../store/store.ts';
import { replayLimits, TooLarge } from './questions.ts';

/** An event may be told so much later than it occurred, and its time may be ahead of ours. */
const apartMs = 3_600_000;

export function countsEvents(rules: readonly Rule[]): boolean {
  return rules.some((rule) => rule.type === 'pattern' || (rule.type === 'frequency' && rule.of === 'events'));
}

/** Events of a tenant after `from` and up to `to`, in order; none where there is no such file. */
export function eventsIn(file: string, tenant: string, from: number, to: number): readonly Occurrence[] {
  if (!existsSync(file)) return [];
  const raw = new Database(file, { readonly: true, timeout: 1_000 });
  try {
    const db = databaseOf(raw, () => raw.close());
    const limit = replayLimits.events + 1;
    const query = { tenant, kind: 'event', after: from, bornAt: from - apartMs, names: null, limit } as const;
    const events = occurrenceReads(db).occurrences(query);
    if (events.length === limit)
      throw new TooLarge(`more than ${replayLimits.events} events; ask for a shorter span`);
    return events.filter(({ at }) => at <= to).sort((a, b) => a.at - b.at);
  } finally {
    raw.close();
  }
}
