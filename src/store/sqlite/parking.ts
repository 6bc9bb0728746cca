// Deliveries of paused channels: put off without a lease or an attempt, but for one that asks whether the channel works
// again. They leave the head of their queue, so that what is due soon is found at once.
import type { Lane } from '../../pipeline/rows.ts';
import type { ClaimedDelivery, Parked, ParkRequest } from '../store.ts';
import { leasing } from './claim.ts';
import type { Db } from './database.ts';
import { dueGroup } from './due-deliveries.ts';
import { idText } from './id-codec.ts';
import { withStoreErrors } from './sqlite-errors.ts';

const lanes = ['high', 'normal', 'low'] as const satisfies readonly Lane[];
/** How far apart places in the queue of a paused channel may be. */
const longestPlaceMs = 30_000;

interface Due {
  readonly rowid: number;
  readonly id: Buffer;
  readonly tenant: string;
  readonly channel: string;
  readonly recipient: string;
  readonly dueAt: number;
  readonly expiresAt: number;
  readonly state: string;
}

export function parkingGroup(db: Db) {
  const due = dueGroup(db);
  const read = db.raw.prepare<[rowid: number], Due>(
    `SELECT rowid, id, tenant, channel, recipient, due_at AS dueAt, expires_at AS expiresAt, state
     FROM delivery WHERE rowid = ?`,
  );
  const putOff = db.raw.prepare<[dueAt: number, rowid: number]>(
    `UPDATE delivery SET due_at = ?, reason = 'breaker_open' WHERE rowid = ?`,
  );
  const giveTo = db.raw.prepare<[channel: string, provider: string, rowid: number]>(
    `UPDATE delivery SET channel = ?, provider = ?, reason = 'fallback', attempts = 0, shorter = NULL WHERE rowid = ?`,
  );
  const makeDue = db.raw.prepare<[now: number, tenant: string, channel: string, limit: number]>(
    `UPDATE delivery SET due_at = min(due_at, ?), reason = NULL WHERE rowid IN (
       SELECT rowid FROM delivery INDEXED BY delivery_parked
       WHERE tenant = ? AND channel = ? AND state = 'queued' AND reason = 'breaker_open' ORDER BY id LIMIT ?+0)`,
  );
  const lease = leasing(db);

  /** Up to the limit in each lane. */
  function dueOnes({ pauses, limit }: ParkRequest, now: number): Due[] {
    return lanes.flatMap((lane) => {
      const found: Due[] = [];
      for (const pause of pauses) {
        if (found.length >= limit) break;
        for (const { rowid } of due.of(lane, pause, now, limit - found.length)) found.push(read.get(rowid)!);
      }
      return found;
    });
  }

  function park(request: ParkRequest): Parked {
    const now = Math.floor(request.now);
    const pauses = new Map(request.pauses.map((pause) => [`${pause.tenant}/${pause.channel}`, pause]));
    const found = dueOnes(request, now);
    if (found.length === 0) return { leased: [], parked: 0 };
    // Who asks next: whoever has waited for longest, in whatever lane.
    found.sort((a, b) => a.dueAt - b.dueAt);
    const asked = new Set<string>();
    const leased: ClaimedDelivery[] = [];
    let parked = 0;
    db.transaction(() => {
      for (const row of found) {
        const key = `${row.tenant}/${row.channel}`;
        const pause = pauses.get(key)!;
        // A lease that ran out is taken again on any channel: somebody may be sending still.
        const again = row.expiresAt <= now || row.state === 'sending';
        if (again || (pause.probe && !asked.has(key))) {
          if (!again) asked.add(key);
          leased.push(lease(row.rowid, request));
          continue;
        }
        const special = Object.hasOwn(pause.ends, idText(row.id));
        const instead = special ? pause.ends[idText(row.id)] : pause.instead[row.recipient];
        if (instead != null) {
          giveTo.run(instead.channel, instead.provider, row.rowid);
          parked += 1;
          continue;
        }
        const place = Math.min(Math.max(0, row.dueAt - pause.since), longestPlaceMs);
        putOff.run(Math.min(Math.floor(pause.until + place), row.expiresAt), row.rowid);
        parked += 1;
      }
    });
    return { leased, parked };
  }

  return {
    parkDue: (request: ParkRequest): Parked => withStoreErrors('park deliveries', () => park(request)),
    unpark(tenant: string, channel: string, now: number, limit: number): number {
      return withStoreErrors(
        'take up parked deliveries',
        () => db.transaction(() => makeDue.run(Math.floor(now), tenant, channel, limit)).changes,
      );
    },
  };
}
