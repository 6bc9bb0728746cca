// The firing episodes of a span with what people did about them, one by one: what effectiveness is counted from. Reads
// that walk, for a thread of their own over a connection that only reads; in slices, because a thread that is to end does
// so only between two of them.
import type { Report, RuleEpisode } from '../../../analysis/effectiveness/index.ts';
import { reportType } from '../../../analysis/effectiveness/index.ts';
import { labelsOfText } from '../../../rules/labels.ts';
import type { Labels } from '../../../rules/types.ts';
import type { Span } from '../span-reads.ts';
import type { Db } from './database.ts';
import { firstIdAt, idText } from './id-codec.ts';
import { withStoreErrors } from './sqlite-errors.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const sliceRows = 20_000;
/** Of one span: some 100 MB. */
const mostEpisodes = 200_000;
const mostReports = 10_000;
const lastId = Buffer.alloc(16, 0xff);

/** There are more episodes in the span than are looked at. */
export class TooManyEpisodes extends Error {
  override name = 'TooManyEpisodes';
  constructor() {
    super(`more than ${mostEpisodes} alerts; ask for a shorter span`);
  }
}

export interface RuleEpisodes {
  /** In no order. */
  readonly episodes: readonly RuleEpisode[];
  /** Events by which people said that something is wrong, from an hour before the span on. */
  readonly reports: readonly Report[];
}

type Row = readonly [
  id: Buffer,
  rule: string,
  labelset: string,
  pendingSince: number | null,
  firedAt: number,
  resolvedAt: number | null,
  reason: string | null,
  acknowledgedAt: number | null,
  actedAt: number | null,
  value: number | null,
];

/** What people do about an alert, as the audit calls it; a confirmed message acknowledges its alerts. */
const acts = "'alert.acknowledged', 'alert.assigned', 'alert.commented', 'alert.snoozed'";

/** @throws TooManyEpisodes */
export function ruleEpisodes(db: Db, span: Span, only: string | null = null): RuleEpisodes {
  return withStoreErrors(`episodes of the rules of ${span.tenant}`, () => read(db, span, only));
}

function read({ raw }: Db, { tenant, from, to }: Span, only: string | null): RuleEpisodes {
  raw.exec(
    'CREATE TEMP TABLE IF NOT EXISTS acted (id ANY PRIMARY KEY, acknowledged INTEGER, at INTEGER NOT NULL) STRICT, WITHOUT ROWID',
  );
  raw.exec('DELETE FROM temp.acted');
  raw
    .prepare<[number, string]>(
      `INSERT INTO temp.acted
       SELECT subject_id, min(CASE WHEN kind = 'alert.acknowledged' THEN at END), min(at)
       FROM event INDEXED BY event_age
       WHERE keep = 2 AND at >= ? AND tenant = ? AND actor IS NOT NULL AND kind IN (${acts}) GROUP BY subject_id`,
    )
    .run(from - dayMs, tenant);
  const told = messagesOf(raw, tenant, from);
  const labels = new Map<string, Labels>();
  const labelsText = raw
    .prepare<[string, Buffer], string>('SELECT json FROM labelset WHERE tenant = ? AND id = ?')
    .pluck();
  const labelsOf = (set: string): Labels => {
    let known = labels.get(set);
    if (known === undefined) {
      known = labelsOfText(labelsText.get(tenant, Buffer.from(set, 'hex')) ?? '{}');
      labels.set(set, known);
    }
    return known;
  };
  const endOf = raw
    .prepare<[string, Buffer], Buffer>(
      `SELECT id FROM alert WHERE tenant = ? AND kind = 'alert' AND id >= ? ORDER BY id LIMIT 1 OFFSET ${sliceRows}`,
    )
    .pluck();
  const rows = raw
    .prepare<[string, Buffer, Buffer, number, number, string | null, string | null], Row>(
      `SELECT a.id, a.rule, hex(a.labelset), a.pending_since, a.fired_at, a.resolved_at, a.resolve_reason,
         coalesce(k.acknowledged, a.acked_at), coalesce(k.at, a.acked_at), a.value
       FROM alert a LEFT JOIN temp.acted k ON k.id = a.id
       WHERE a.tenant = ? AND a.kind = 'alert' AND a.id >= ? AND a.id < ? AND a.fired_at >= ? AND a.fired_at < ?
         AND a.rule IS NOT NULL AND (? IS NULL OR a.rule = ?)`,
    )
    .raw();
  const episodes: RuleEpisode[] = [];
  // An alert fires its rule's `for` after its row was made, and samples may be far between: as `spanReads` has it.
  for (let begin = firstIdAt(from - longestFor(raw, tenant) - dayMs); !begin.equals(lastId); ) {
    const end = endOf.get(tenant, begin) ?? lastId;
    for (const row of rows.all(tenant, begin, end, from, to, only, only)) {
      const [id, rule, set, pendingSince, firedAt, resolvedAt, reason, acknowledgedAt, acted, value] = row;
      if (episodes.length === mostEpisodes) throw new TooManyEpisodes();
      const byHand = reason === 'manual';
      episodes.push({
        ...{ rule, labels: labelsOf(set), pendingSince, firedAt, resolvedAt, value },
        endedByHand: byHand,
        acknowledgedAt,
        actedAt: acted ?? (byHand ? resolvedAt : null),
        messages: told.get(idText(id)) ?? 0,
      });
    }
    begin = end;
  }
  return { episodes, reports: reportsOf(raw, { tenant, from, to }, labelsOf) };
}

/** The longest `for` that any version of any rule ever had. */
function longestFor(raw: Db['raw'], tenant: string): number {
  const longest = raw
    .prepare<[string], number | null>(
      `SELECT max(body ->> '$.forMs') FROM config_version WHERE tenant = ? AND kind = 'rule'`,
    )
    .pluck();
  return longest.get(tenant) ?? 0;
}

/** Rule → when it was first seen, in whatever version. */
export function rulesSince({ raw }: Db, tenant: string): ReadonlyMap<string, number> {
  const rows = raw
    .prepare<[string], readonly [name: string, at: number]>(
      `SELECT name, min(first_at) FROM config_version WHERE tenant = ? AND kind = 'rule' GROUP BY name`,
    )
    .raw();
  return new Map(rows.all(tenant));
}

/** Alert id → messages that named it. */
function messagesOf(raw: Db['raw'], tenant: string, from: number): ReadonlyMap<string, number> {
  const told = new Map<string, number>();
  const endOf = raw
    .prepare<[string, Buffer], Buffer>(
      `SELECT id FROM notification WHERE tenant = ? AND id >= ? ORDER BY id LIMIT 1 OFFSET ${sliceRows}`,
    )
    .pluck();
  const rows = raw
    .prepare<[string, Buffer, Buffer], string>(
      `SELECT alert_ids FROM notification WHERE tenant = ? AND id >= ? AND id < ? AND status = 'pending'`,
    )
    .pluck();
  for (let begin = firstIdAt(from - hourMs); !begin.equals(lastId); ) {
    const end = endOf.get(tenant, begin) ?? lastId;
    for (const text of rows.all(tenant, begin, end))
      for (const id of Object.keys(JSON.parse(text) as Readonly<Record<string, string>>))
        told.set(id, (told.get(id) ?? 0) + 1);
    begin = end;
  }
  return told;
}

function reportsOf(raw: Db['raw'], { tenant, from, to }: Span, labelsOf: (set: string) => Labels): Report[] {
  const rows = raw
    .prepare<[string, Buffer, Buffer, number, number], readonly [set: string, at: number]>(
      `SELECT hex(a.labelset), a.fired_at FROM alert a JOIN labelset l ON l.tenant = a.tenant AND l.id = a.labelset
       WHERE a.tenant = ? AND a.kind = 'event' AND a.id >= ? AND a.id < ? AND a.fired_at >= ? AND a.fired_at < ?
         AND l.json ->> '$.alertname' = '${reportType}' LIMIT ${mostReports}`,
    )
    .raw();
  const begin = from - hourMs;
  const found = rows.all(tenant, firstIdAt(begin - hourMs), firstIdAt(to + dayMs), begin, to);
  return found.map(([set, at]) => ({ labels: labelsOf(set), at }));
}
