// What may be sent next, by lane, tenant and channel: the index begins with them, so that a channel for which a hundred
// thousand wait costs whoever looks for those of another channel one step, and no look at each.
import type { Lane } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';

// Ready = queued and due, or sent by somebody whose lease ran out. `held` keeps what waits for an earlier delivery out
// of the index; NOT EXISTS states the rule itself: firing is never overtaken by resolved.
export const ready = `d.state IN ('queued', 'sending') AND d.held = 0
  AND NOT EXISTS (
    SELECT 1 FROM delivery e INDEXED BY delivery_open
    WHERE e.tenant = d.tenant AND e.order_key = d.order_key AND e.state IN ('queued', 'sending')
      AND e.order_no < d.order_no)`;

/** Deliveries of one lane of one channel of one tenant. */
interface Queue {
  readonly tenant: string;
  readonly channel: string;
}

interface Due {
  readonly rowid: number;
  /** When it may be taken, epoch milliseconds. */
  readonly at: number;
}

const byTime = (a: Due, b: Due) => a.at - b.at;

export function dueGroup(db: Db) {
  // Two, because a comparison of (tenant, channel) as a pair walks through all that are equal before it comes to the next.
  const open = "held = 0 AND state IN ('queued', 'sending')";
  const nextChannel = db.raw.prepare<[lane: string, tenant: string, channel: string], Queue>(
    `SELECT tenant, channel FROM delivery INDEXED BY delivery_due
     WHERE lane = ? AND tenant = ? AND channel > ? AND ${open} ORDER BY channel LIMIT 1`,
  );
  const nextTenant = db.raw.prepare<[lane: string, tenant: string], Queue>(
    `SELECT tenant, channel FROM delivery INDEXED BY delivery_due
     WHERE lane = ? AND tenant > ? AND ${open} ORDER BY tenant, channel LIMIT 1`,
  );
  const dueOf = db.raw.prepare<
    [lane: string, tenant: string, channel: string, now: number, limit: number],
    Due
  >(
    `SELECT d.rowid AS rowid, coalesce(d.lease_until, d.due_at) AS at FROM delivery d INDEXED BY delivery_due
     WHERE d.lane = ? AND d.tenant = ? AND d.channel = ? AND coalesce(d.lease_until, d.due_at) <= ? AND ${ready}
     ORDER BY coalesce(d.lease_until, d.due_at) LIMIT ?+0`,
  );
  const firstOf = db.raw
    .prepare<[lane: string, tenant: string, channel: string], number>(
      `SELECT coalesce(d.lease_until, d.due_at) FROM delivery d INDEXED BY delivery_due
       WHERE d.lane = ? AND d.tenant = ? AND d.channel = ? AND ${ready}
       ORDER BY coalesce(d.lease_until, d.due_at) LIMIT 1`,
    )
    .pluck();

  function queues(lane: Lane): Queue[] {
    const found: Queue[] = [];
    let next = nextTenant.get(lane, '');
    while (next !== undefined) {
      found.push(next);
      next = nextChannel.get(lane, next.tenant, next.channel) ?? nextTenant.get(lane, next.tenant);
    }
    return found;
  }

  return {
    /**
     * Up to `limit` that are due, the earliest first. Every queue has its share of them: what waits long in one delays
     * nobody in another. `except`: `tenant/channel` of those that are left out.
     */
    find(lane: Lane, now: number, except: ReadonlySet<string>, limit: number): Due[] {
      const open = queues(lane).filter(({ tenant, channel }) => !except.has(`${tenant}/${channel}`));
      const share = Math.ceil(limit / Math.max(1, open.length));
      const of = ({ tenant, channel }: Queue, most: number) => dueOf.all(lane, tenant, channel, now, most);
      const shares = open.map((queue) => of(queue, share));
      const found = shares.flat();
      const left = limit - found.length;
      if (left > 0 && share < limit) {
        // What others leave goes to whoever has more than a share.
        const more = open.flatMap((queue, i) =>
          shares[i]!.length < share ? [] : of(queue, share + left).slice(share),
        );
        found.push(...more.sort(byTime).slice(0, left));
      }
      return found.sort(byTime).slice(0, limit);
    },

    /** When the first of the lane may be taken, epoch milliseconds; null when none waits. */
    first(lane: Lane): number | null {
      let first: number | null = null;
      for (const { tenant, channel } of queues(lane)) {
        const at = firstOf.get(lane, tenant, channel);
        if (at !== undefined && (first === null || at < first)) first = at;
      }
      return first;
    },

    /** Up to `limit` of one queue that are due, the earliest first. */
    of: (lane: Lane, { tenant, channel }: Queue, now: number, limit: number): Due[] =>
      dueOf.all(lane, tenant, channel, now, limit),
  };
}
