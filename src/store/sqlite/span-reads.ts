// Walks over a span in SQLite. Statements are prepared when they are asked for: the main thread never asks.
import { labelsOfText } from '../../../rules/labels.ts';
import type { Act, DeliveryFigure, Episode, HeldBack, Span, SpanReads } from '../span-reads.ts';
import type { Db } from './database.ts';
import { firstIdAt } from './id-codec.ts';
import { withStoreErrors } from './sqlite-errors.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

type EpisodeRow = readonly [
  id: string,
  kind: Episode['kind'],
  rule: string | null,
  severity: Episode['severity'],
  category: Episode['category'],
  labelSet: string,
  state: Episode['state'],
  firedAt: number,
  resolvedAt: number | null,
  resolveReason: Episode['resolveReason'],
  ackedAt: number | null,
];
type DeliveryFigureRow = readonly [
  channel: string,
  state: DeliveryFigure['state'],
  reason: string | null,
  attempts: number,
  createdAt: number,
  finishedAt: number | null,
];

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

  /** Alert id → when it was acknowledged first; what people did is in the audit, also when it lapsed since. */
  function firstAcknowledgements({ tenant, from }: Span): ReadonlyMap<string, number> {
    const rows = raw
      .prepare<[number, string], readonly [string, number]>(
        `SELECT hex(subject_id), min(at) FROM event INDEXED BY event_age
         WHERE keep = 2 AND at >= ? AND tenant = ? AND kind = 'alert.acknowledged' GROUP BY subject_id`,
      )
      .raw()
      .all(from - dayMs, tenant);
    return new Map(rows);
  }

  return {
    eachEpisode(span, visit) {
      withStoreErrors(`episodes of ${span.tenant}`, () => {
        const acknowledged = firstAcknowledgements(span);
        const rows = raw
          .prepare<[string, Buffer, number, number], EpisodeRow>(
            `SELECT hex(id), kind, rule, effective_severity, category, hex(labelset), state, fired_at, resolved_at,
                    resolve_reason, acked_at
             FROM alert WHERE tenant = ? AND kind IN ('alert', 'event') AND id >= ? AND fired_at >= ? AND fired_at < ?`,
          )
          .raw();
        for (const row of rows.iterate(span.tenant, bornSince(span), span.from, span.to)) {
          const [id, kind, rule, severity, category, labelSet, state, firedAt, resolvedAt, resolveReason] =
            row;
          const acknowledgedAt = acknowledged.get(id) ?? row[10];
          visit({
            ...{ kind, rule, severity, category, labelSet, state },
            ...{ firedAt, resolvedAt, resolveReason, acknowledgedAt },
          });
        }
      });
    },

    eachDelivery(span, visit) {
      withStoreErrors(`deliveries of ${span.tenant}`, () => {
        // An id is made a moment before its row is dated, by the same clock.
        const rows = raw
          .prepare<[string, Buffer, Buffer, number, number], DeliveryFigureRow>(
            `SELECT channel, state, reason, attempts, created_at, finished_at FROM delivery
             WHERE tenant = ? AND id >= ? AND id < ? AND created_at >= ? AND created_at < ?`,
          )
          .raw();
        const { tenant, from, to } = span;
        const ids = [firstIdAt(from - hourMs), firstIdAt(to + hourMs)] as const;
        for (const row of rows.iterate(tenant, ...ids, from, to)) {
          const [channel, state, reason, attempts, createdAt, finishedAt] = row;
          visit({ channel, state, reason, attempts, createdAt, finishedAt });
        }
      });
    },

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

    labelsOf: (tenant, labelSet) =>
      withStoreErrors(`labels of ${tenant}`, () => {
        const text = raw
          .prepare<[string, Buffer], string>('SELECT json FROM labelset WHERE tenant = ? AND id = ?')
          .pluck()
          .get(tenant, Buffer.from(labelSet, 'hex'));
        return text === undefined ? null : labelsOfText(text);
      }),
  };
}
