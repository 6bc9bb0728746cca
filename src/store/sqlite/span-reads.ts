// Walks over a span in SQLite, for a thread of its own. SQLite groups and JavaScript merges: a row that JavaScript never
// sees costs a quarter. A walk goes in slices of rows, because a thread that is to end does so only between two of them.
// Statements are prepared when they are asked for: the main thread never asks.
import { labelsOfText } from '../../../rules/labels.ts';
import type {
  Act,
  DeliveryGroup,
  EpisodeDimension,
  EpisodeGroup,
  EpisodeQuarter,
  HeldBack,
  LabelSetCount,
  Span,
  SpanReads,
  StormOfSpan,
} from '../span-reads.ts';
import type { Db } from './database.ts';
import { firstIdAt } from './id-codec.ts';
import { withStoreErrors } from './sqlite-errors.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const quarterMs = hourMs / 4;
/** Some 100 ms of work on a slow machine. */
const sliceRows = 50_000;
const lastId = Buffer.alloc(16, 0xff);

const columnOf: Readonly<Record<EpisodeDimension, string>> = {
  severity: 'a.effective_severity',
  category: 'a.category',
  rule: 'a.rule',
};

/** Values of `asked`, in this order: the slice, then the span. */
type Slice = [tenant: string, kind: string, from: Buffer, before: Buffer, firedFrom: number, firedTo: number];
const inSlice =
  'a.tenant = ? AND a.kind = ? AND a.id >= ? AND a.id < ? AND a.fired_at >= ? AND a.fired_at < ?';

type EpisodeRow = readonly [
  name: string | null,
  count: number,
  resolved: number,
  byHand: number,
  toAcknowledge: string | null,
  toResolve: string | null,
];
type DeliveryRow = readonly [
  channel: string,
  state: DeliveryGroup['state'],
  reason: string | null,
  count: number,
  attempts: number,
  toAccept: string | null,
];

interface Mutable {
  count: number;
  resolved: number;
  resolvedByHand: number;
  toAcknowledge: number[];
  toResolve: number[];
}

export function spanReads(db: Db): SpanReads {
  const { raw } = db;

  /**
   * An alert fires its rule's `for` after its row was made, and samples may be far between: a day more than the longest
   * `for` that any version of any rule ever had reaches back far enough. Events are timed before their row is made.
   */
  function bornSince({ tenant, from }: Span): Buffer {
    const longest = raw
      .prepare<[string], number | null>(
        `SELECT max(body ->> '$.forMs') FROM config_version WHERE tenant = ? AND kind = 'rule'`,
      )
      .pluck()
      .get(tenant);
    return firstIdAt(from - (longest ?? 0) - dayMs);
  }

  /**
   * Alert id → when it was acknowledged first: what people did is in the audit, also when it lapsed since. A temporary
   * table is in memory, also of a connection that only reads.
   */
  function gatherAcknowledged({ tenant, from }: Span): void {
    raw.exec(
      'CREATE TEMP TABLE IF NOT EXISTS acknowledged (id ANY PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID',
    );
    raw.exec('DELETE FROM temp.acknowledged');
    raw
      .prepare<[number, string]>(
        `INSERT INTO temp.acknowledged SELECT subject_id, min(at) FROM event INDEXED BY event_age
         WHERE keep = 2 AND at >= ? AND tenant = ? AND kind = 'alert.acknowledged' GROUP BY subject_id`,
      )
      .run(from - dayMs, tenant);
  }

  /** Runs `work` over the alerts, then the events that may be of the span, slice by slice. */
  function overSlices(span: Span, work: (kind: 'alert' | 'event', slice: Slice) => void): void {
    const endOf = raw
      .prepare<[string, string, Buffer], Buffer>(
        `SELECT id FROM alert WHERE tenant = ? AND kind = ? AND id >= ? ORDER BY id LIMIT 1 OFFSET ${sliceRows}`,
      )
      .pluck();
    const { tenant, from, to } = span;
    const since = bornSince(span);
    for (const kind of ['alert', 'event'] as const) {
      for (let begin = since; !begin.equals(lastId); ) {
        const end = endOf.get(tenant, kind, begin) ?? lastId;
        work(kind, [tenant, kind, begin, end, from, to]);
        begin = end;
      }
    }
  }

  return {
    episodes: (span, by) =>
      withStoreErrors(`episodes of ${span.tenant}`, () => {
        gatherAcknowledged(span);
        const rows = raw
          .prepare<Slice, EpisodeRow>(
            `SELECT ${by === null ? 'NULL' : columnOf[by]}, count(*), sum(a.state = 'resolved'),
               sum(a.state = 'resolved' AND a.resolve_reason IS 'manual'),
               group_concat(max(0, coalesce(k.at, a.acked_at) - a.fired_at)),
               group_concat(CASE WHEN a.state = 'resolved' THEN max(0, a.resolved_at - a.fired_at) END)
             FROM alert a LEFT JOIN temp.acknowledged k ON k.id = a.id WHERE ${inSlice} GROUP BY 1`,
          )
          .raw();
        const found = { alert: new Map<string | null, Mutable>(), event: new Map<string | null, Mutable>() };
        overSlices(span, (kind, slice) => {
          for (const row of rows.all(...slice)) {
            const [name, count, resolved, byHand, toAcknowledge, toResolve] = row;
            const group = entry(found[kind], name, newGroup);
            group.count += count;
            group.resolved += resolved;
            group.resolvedByHand += byHand;
            if (kind === 'event') continue;
            addSpans(group.toAcknowledge, toAcknowledge);
            addSpans(group.toResolve, toResolve);
          }
        });
        return (['alert', 'event'] as const).flatMap((kind) =>
          [...found[kind]].map(([name, group]): EpisodeGroup => ({ kind, name, ...group })),
        );
      }),

    episodeQuarters: (span) =>
      withStoreErrors(`episodes of ${span.tenant} in time`, () => {
        const rows = raw
          .prepare<Slice, readonly [quarter: number, count: number, resolved: number]>(
            `SELECT a.fired_at / ${quarterMs}, count(*), sum(a.state = 'resolved') FROM alert a WHERE ${inSlice} GROUP BY 1`,
          )
          .raw();
        const found = new Map<number, { fired: number; resolved: number; events: number }>();
        overSlices(span, (kind, slice) => {
          for (const [quarter, count, resolved] of rows.all(...slice)) {
            const counts = entry(found, quarter, () => ({ fired: 0, resolved: 0, events: 0 }));
            if (kind === 'event') counts.events += count;
            else {
              counts.fired += count;
              counts.resolved += resolved;
            }
          }
        });
        return [...found].map(([at, counts]): EpisodeQuarter => ({ from: at * quarterMs, ...counts }));
      }),

    topLabelSets: (span, limit) =>
      withStoreErrors(`label sets of ${span.tenant}`, () => {
        const rows = raw
          .prepare<Slice, readonly [set: string, count: number]>(
            `SELECT hex(a.labelset), count(*) FROM alert a WHERE ${inSlice} GROUP BY a.labelset`,
          )
          .raw();
        const found = new Map<string, { fired: number; events: number }>();
        overSlices(span, (kind, slice) => {
          for (const [set, count] of rows.all(...slice)) {
            const counts = entry(found, set, () => ({ fired: 0, events: 0 }));
            if (kind === 'event') counts.events += count;
            else counts.fired += count;
          }
        });
        const labelsOf = raw
          .prepare<[string, Buffer], string>('SELECT json FROM labelset WHERE tenant = ? AND id = ?')
          .pluck();
        const order = [...found].sort(
          ([setA, a], [setB, b]) =>
            b.fired + b.events - (a.fired + a.events) || b.fired - a.fired || (setA < setB ? -1 : 1),
        );
        return order.slice(0, limit).flatMap(([set, counts]): LabelSetCount[] => {
          const text = labelsOf.get(span.tenant, Buffer.from(set, 'hex'));
          return text === undefined ? [] : [{ labels: labelsOfText(text), ...counts }];
        });
      }),

    deliveryGroups: ({ tenant, from, to }) =>
      withStoreErrors(`deliveries of ${tenant}`, () => {
        const rows = raw
          .prepare<[string, Buffer, Buffer, number, number], DeliveryRow>(
            `SELECT channel, state, reason, count(*), sum(attempts),
               group_concat(CASE WHEN state IN ('sent', 'delivered') THEN max(0, finished_at - created_at) END)
             FROM delivery WHERE tenant = ? AND id >= ? AND id < ? AND created_at >= ? AND created_at < ?
             GROUP BY channel, state, reason`,
          )
          .raw();
        const endOf = raw
          .prepare<[string, Buffer, Buffer], Buffer>(
            `SELECT id FROM delivery WHERE tenant = ? AND id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ${sliceRows}`,
          )
          .pluck();
        const found = new Map<
          string,
          DeliveryGroup & { count: number; attempts: number; toAccept: number[] }
        >();
        // An id is made a moment before its row is dated, by the same clock.
        const last = firstIdAt(to + hourMs);
        for (let begin = firstIdAt(from - hourMs); !begin.equals(last); ) {
          const end = endOf.get(tenant, begin, last) ?? last;
          for (const row of rows.all(tenant, begin, end, from, to)) {
            const [channel, state, reason, count, attempts, toAccept] = row;
            const fresh = () => ({ channel, state, reason, count: 0, attempts: 0, toAccept: [] as number[] });
            const group = entry(found, JSON.stringify([channel, state, reason]), fresh);
            group.count += count;
            group.attempts += attempts;
            addSpans(group.toAccept, toAccept);
          }
          begin = end;
        }
        return [...found.values()];
      }),

    heldBack: ({ tenant, from, to }) =>
      withStoreErrors(`what was held back of ${tenant}`, () =>
        raw
          .prepare<[string, number, number], HeldBack>(
            `SELECT kind, reason, count(*) AS count FROM event INDEXED BY event_held_back
             WHERE tenant = ? AND at >= ? AND at < ? AND kind IN ('notify.skipped', 'notify.held', 'notify.suppressed')
             GROUP BY kind, reason ORDER BY count DESC, kind, reason`,
          )
          .all(tenant, from, to),
      ),

    // Those that are over are in the log, with what they came to; one that lasts is in the table of storms.
    storms: ({ tenant, from, to }) =>
      withStoreErrors(`storms of ${tenant}`, () =>
        raw
          .prepare<[string, number, number, number, string, number, number], StormOfSpan>(
            `SELECT body ->> '$.startedAt' AS startedAt, at AS endedAt, body ->> '$.count' AS count,
               body ->> '$.summed' AS summed, body ->> '$.alone' AS alone, body ->> '$.summaries' AS summaries
             FROM event INDEXED BY event_subject
             WHERE tenant = ? AND subject_kind = 'storm' AND kind = 'storm.ended' AND at >= ?
               AND body ->> '$.startedAt' >= ? AND body ->> '$.startedAt' < ?
             UNION ALL
             SELECT started_at, NULL, count, summed, alone, summaries FROM storm
             WHERE tenant = ? AND ended_at IS NULL AND started_at >= ? AND started_at < ?
             ORDER BY 1`,
          )
          .all(tenant, from, from, to, tenant, from, to),
      ),

    acts: ({ tenant, from, to }, limit) =>
      withStoreErrors(`the audit of ${tenant}`, () =>
        raw
          .prepare<[number, number, string, number], Act>(
            `SELECT kind, actor, count(*) AS count FROM event INDEXED BY event_age
             WHERE keep = 2 AND at >= ? AND at < ? AND tenant = ?
             GROUP BY kind, actor ORDER BY count DESC, kind, actor LIMIT ? + 0`,
          )
          .all(from, to, tenant, limit),
      ),
  };
}

const newGroup = (): Mutable => ({
  count: 0,
  resolved: 0,
  resolvedByHand: 0,
  toAcknowledge: [],
  toResolve: [],
});

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** Adds the numbers of a `group_concat`, which is null where there is none. */
function addSpans(to: number[], text: string | null): void {
  if (text !== null) for (const span of text.split(',')) to.push(Number(span));
}
