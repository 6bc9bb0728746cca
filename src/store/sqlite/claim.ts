// Taking deliveries for sending: retries, restarts and whatever was not dispatched from memory. A claim writes a new
// lease token, so a completion from before it can no longer count.
import type { Lane } from '../../pipeline/rows.ts';
import type { BehindRequest, ClaimedDelivery, ClaimRequest } from '../store.ts';
import type { Db } from './database.ts';
import { dueGroup } from './due-deliveries.ts';
import { idText } from './id-codec.ts';
import { alertsSaid, deliveryRow, type StoredDelivery } from './row-codec.ts';
import { columnsOf, delivery } from './schema.ts';
import { withStoreErrors } from './sqlite-errors.ts';

const lanes = ['high', 'normal', 'low'] as const satisfies readonly Lane[];

type Candidate = StoredDelivery & {
  readonly rowid: number;
  readonly alertIds: string;
  readonly newTo: string | null;
  readonly body: string;
};

const reading = (db: Db) =>
  db.raw.prepare<[rowid: number], Candidate>(
    `SELECT d.rowid AS rowid, ${columnsOf(delivery, 'd')}, n.alert_ids AS alertIds, n.new_to AS newTo, n.body AS body
     FROM delivery d CROSS JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id
     WHERE d.rowid = ?`,
  );

/** Leases one delivery by its row, inside of a transaction. */
export function leasing(db: Db) {
  const read = reading(db);
  const lease = leaseStatement(db);
  return (rowid: number, request: Pick<ClaimRequest, 'now' | 'owner' | 'leaseMs'>): ClaimedDelivery => {
    const leaseUntil = Math.floor(request.now + request.leaseMs);
    const row = read.get(rowid)!;
    lease.run(request.owner, leaseUntil, rowid);
    return claimed(row, leaseUntil);
  };
}

const leaseStatement = (db: Db) =>
  db.raw.prepare<[owner: string, until: number, rowid: number]>(
    `UPDATE delivery SET state = 'sending', lease_owner = ?, lease_token = lease_token + 1, lease_until = ?
     WHERE rowid = ?`,
  );

function claimed(row: Candidate, leaseUntil: number): ClaimedDelivery {
  return {
    delivery: { ...deliveryRow(row), state: 'sending', leaseToken: row.leaseToken + 1, leaseUntil },
    alerts: alertsSaid(row, row.recipient),
    body: row.body,
  };
}

// `LIMIT ?+0`, here and everywhere: at a bare `LIMIT ?` SQLite looks at the value when it plans, and so plans anew
// whenever one is bound. A claim that finds nothing costs 2 µs a lane and channel instead of 130.
export function claimGroup(db: Db) {
  const due = dueGroup(db);
  const read = reading(db);
  const lease = leaseStatement(db);

  const ofOrder = db.raw.prepare<[tenant: string, orderKey: string, limit: number], Candidate>(
    `SELECT d.rowid AS rowid, ${columnsOf(delivery, 'd')}, n.alert_ids AS alertIds, n.new_to AS newTo, n.body AS body
     FROM delivery d INDEXED BY delivery_open
     CROSS JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id
     WHERE d.tenant = ? AND d.order_key = ? AND d.state IN ('queued', 'sending')
     ORDER BY d.order_no LIMIT ?+0`,
  );

  function findBehind({ tenant, orderKey, deliveryId, channel, limit, now }: BehindRequest): Candidate[] {
    const [first, ...others] = ofOrder.all(tenant, orderKey, limit + 1);
    if (first === undefined || idText(first.id) !== deliveryId || first.state !== 'sending') return [];
    const stays = others.findIndex(
      (each) =>
        each.state !== 'queued' || each.channel !== channel || each.dueAt > now || each.expiresAt <= now,
    );
    return stays < 0 ? others : others.slice(0, stays);
  }

  function find(request: ClaimRequest): Candidate[] {
    const now = Math.floor(request.now);
    return lanes.flatMap((lane) => {
      const limit = request.limits[lane];
      if (limit <= 0) return [];
      return due.find(lane, now, request.except[lane], limit).map(({ rowid }) => read.get(rowid)!);
    });
  }

  // Nothing else writes between the look and the update: one thread, one process.
  function take(
    found: readonly Candidate[],
    { now, owner, leaseMs }: Pick<ClaimRequest, 'now' | 'owner' | 'leaseMs'>,
  ): readonly ClaimedDelivery[] {
    if (found.length === 0) return [];
    const leaseUntil = Math.floor(now + leaseMs);
    db.transaction(() => {
      for (const { rowid } of found) lease.run(owner, leaseUntil, rowid);
    });
    return found.map((row) => claimed(row, leaseUntil));
  }

  return {
    claimDue(request: ClaimRequest): readonly ClaimedDelivery[] {
      return withStoreErrors('claim deliveries', () => take(find(request), request));
    },

    claimBehind(request: BehindRequest): readonly ClaimedDelivery[] {
      return withStoreErrors('claim deliveries behind one', () => take(findBehind(request), request));
    },

    nextDueAt(): number | null {
      return withStoreErrors('next due delivery', () => {
        let next: number | null = null;
        for (const lane of lanes) {
          const at = due.first(lane);
          if (at !== null && (next === null || at < next)) next = at;
        }
        return next;
      });
    },
  };
}
