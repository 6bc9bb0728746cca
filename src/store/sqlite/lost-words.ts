// What was said on a way since something was lost there: a firing or an end that nobody heard, of which somebody may be
// told again on the same way. Finished deliveries have no index by order key; they are found through the notifications of
// the groups that speak there.
import { audienceOf } from '../../pipeline/routing.ts';
import type { GroupRow } from '../../pipeline/rows.ts';
import type { Db } from './database.ts';
import { firstIdAt, idTime, parseId } from './id-codec.ts';
import { type LoadedDelivery, loadedColumns } from './loaded-deliveries.ts';
import { alertsNamed } from './row-codec.ts';

/** Never got through, as delivery_lost has it. */
const lost =
  "(d.state = 'dead' OR (d.state = 'dropped' AND d.reason IN ('discarded', 'superseded', 'confirmed')))";

/** Who may speak on which way. */
export interface Speakers {
  readonly groups: readonly GroupRow[];
  /** Groups of which something waits, by the order key that it waits under; ids as `hex` has them. */
  readonly waiting: ReadonlyMap<string, ReadonlySet<string>>;
  /** Alerts of which there may be more to say: those that are not over, and those of which something waits. */
  readonly spokenOf: ReadonlySet<string>;
}

type LostRow = readonly [orderKey: string, groupId: string, orderNo: number, notificationId: string];

/** What of a way is read. */
interface Way {
  /** Of the oldest that was lost. */
  since: number;
  /** Of the oldest that was lost of an alert of which there may be more to say; infinite where there is none. */
  knownSince: number;
  readonly lostBy: Set<string>;
}

export function lostWordsReader(db: Db) {
  // From the oldest dead letter of an order key on, for groups that are open still: a resolved notice whose firing
  // died is dropped, one whose firing went out after all is not. One that was sent once more and died again was lost when
  // it was made.
  const sinceLostOfOpen = db.raw
    .prepare<[string], LoadedDelivery>(
      `WITH oldest AS MATERIALIZED (
       SELECT d.tenant AS tenant, d.order_key AS order_key, n.group_id AS group_id, min(min(d.order_no, d.created_at)) AS order_no
       FROM delivery d INDEXED BY delivery_lost
       CROSS JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id
       CROSS JOIN alert_group g ON g.tenant = n.tenant AND g.id = n.group_id
       WHERE d.tenant = ? AND ${lost}
       GROUP BY d.order_key, n.group_id)
     SELECT ${loadedColumns}
     FROM oldest o
     CROSS JOIN notification n INDEXED BY notification_group ON n.tenant = o.tenant AND n.group_id = o.group_id
     CROSS JOIN delivery d INDEXED BY delivery_notification ON d.tenant = n.tenant AND d.notification_id = n.id
     WHERE d.order_key = o.order_key AND d.order_no >= o.order_no
       AND d.state IN ('sent', 'delivered', 'dead', 'dropped')`,
    )
    .raw();
  // A group that handed over its log is gone, or one whose end still waits behind other messages; what died of its messages
  // stands under the order key of its audience.
  const lostOfGroups = db.raw
    .prepare<[string], LostRow>(
      `SELECT d.order_key, hex(n.group_id), min(d.order_no, d.created_at), hex(n.id)
     FROM delivery d INDEXED BY delivery_lost
     CROSS JOIN notification n ON n.tenant = d.tenant AND n.id = d.notification_id
     WHERE d.tenant = ? AND ${lost} AND n.group_id IS NOT NULL`,
    )
    .raw();
  const saidBy = db.raw
    .prepare<[string, Buffer], string>('SELECT alert_ids FROM notification WHERE tenant = ? AND id = ?')
    .pluck();
  // Groups that are gone have no row any more; their notifications name them, and one delivery tells whom they spoke to.
  const spokeSince = db.raw
    .prepare<{ tenant: string; from: Buffer }, readonly [groupId: string, orderKey: string | null]>(
      `SELECT hex(s.group_id), (
         SELECT d.order_key FROM notification n INDEXED BY notification_group
         CROSS JOIN delivery d INDEXED BY delivery_notification ON d.tenant = n.tenant AND d.notification_id = n.id
         WHERE n.tenant = $tenant AND n.group_id = s.group_id AND n.id >= $from LIMIT 1)
     FROM (SELECT DISTINCT group_id FROM notification INDEXED BY notification_group
           WHERE tenant = $tenant AND group_id IS NOT NULL AND id >= $from) s`,
    )
    .raw();
  const finishedSince = db.raw
    .prepare<[string, Buffer, string, number], LoadedDelivery>(
      `SELECT ${loadedColumns}
     FROM notification n INDEXED BY notification_group
     CROSS JOIN delivery d INDEXED BY delivery_notification ON d.tenant = n.tenant AND d.notification_id = n.id
     WHERE n.tenant = ? AND n.group_id = ? AND d.order_key = ? AND d.order_no >= ?
       AND d.state IN ('sent', 'delivered', 'dead', 'dropped')`,
    )
    .raw();

  /** Ways on which something was lost. */
  function lossesOf(tenant: string, { spokenOf }: Speakers): ReadonlyMap<string, Way> {
    // No message speaks of an alert before there is one.
    let oldest = Number.POSITIVE_INFINITY;
    for (const id of spokenOf) oldest = Math.min(oldest, idTime(parseId(id)!));
    const known = new Map<string, boolean>();
    const isOfKnown = (notificationId: string) => {
      let answer = known.get(notificationId);
      if (answer === undefined) {
        const said = saidBy.get(tenant, Buffer.from(notificationId, 'hex'));
        answer = said !== undefined && Object.keys(alertsNamed(said)).some((id) => spokenOf.has(id));
        known.set(notificationId, answer);
      }
      return answer;
    };
    const ways = new Map<string, Way>();
    for (const [orderKey, groupId, orderNo, notificationId] of lostOfGroups.iterate(tenant)) {
      let way = ways.get(orderKey);
      if (way === undefined) {
        way = { since: orderNo, knownSince: Number.POSITIVE_INFINITY, lostBy: new Set() };
        ways.set(orderKey, way);
      }
      way.since = Math.min(way.since, orderNo);
      way.lostBy.add(groupId);
      if (orderNo >= oldest && orderNo < way.knownSince && isOfKnown(notificationId))
        way.knownSince = orderNo;
    }
    return ways;
  }

  /** Groups, gone or not, that spoke to an audience since the oldest loss there that may matter yet. */
  function* spokeTo(
    tenant: string,
    ways: ReadonlyMap<string, Way>,
  ): Generator<readonly [groupId: string, orderKey: string, way: Way]> {
    const byAudience = new Map<string, [orderKey: string, way: Way][]>();
    let from = Number.POSITIVE_INFINITY;
    for (const [orderKey, way] of ways) {
      if (way.knownSince === Number.POSITIVE_INFINITY) continue;
      from = Math.min(from, way.knownSince);
      const known = byAudience.get(audienceIn(orderKey));
      if (known) known.push([orderKey, way]);
      else byAudience.set(audienceIn(orderKey), [[orderKey, way]]);
    }
    if (byAudience.size === 0) return;
    for (const [groupId, spoken] of spokeSince.all({ tenant, from: firstIdAt(from) })) {
      if (spoken === null) continue;
      for (const [orderKey, way] of byAudience.get(audienceIn(spoken)) ?? []) yield [groupId, orderKey, way];
    }
  }

  /**
   * Finished deliveries since the oldest lost one of each way on which somebody may be told more: an open group has that
   * audience, something waits there still, or what was lost is about an alert of which there may be more to say.
   */
  function* sinceLost(tenant: string, speakers: Speakers): Generator<LoadedDelivery> {
    yield* sinceLostOfOpen.iterate(tenant);
    const heirs = new Map<string, string[]>();
    for (const { receiver, labels, id } of speakers.groups) {
      const audience = audienceOf(receiver, labels);
      heirs.set(audience, [...(heirs.get(audience) ?? []), parseId(id)!.toString('hex').toUpperCase()]);
    }
    const ways = lossesOf(tenant, speakers);
    // A group is read once for an order key, however many groups left it their dead letters.
    const reads = new Map<string, { groupId: string; orderKey: string; since: number }>();
    const read = (groupId: string, orderKey: string, since: number) => {
      const key = `${groupId}${orderKey}`;
      const known = reads.get(key);
      if (known === undefined) reads.set(key, { groupId, orderKey, since });
      else known.since = Math.min(known.since, since);
    };
    for (const [orderKey, { since, lostBy }] of ways) {
      const groups = heirs.get(audienceIn(orderKey)) ?? [];
      const waiting = speakers.waiting.get(orderKey) ?? [];
      const speaking = new Set([...groups, ...waiting]);
      if (speaking.size === 0) continue;
      // Of an open group that speaks there alone everything is found above.
      if (speaking.size === 1 && groups.length === 1 && lostBy.size === 1 && lostBy.has(groups[0]!)) continue;
      for (const groupId of new Set([...lostBy, ...speaking])) read(groupId, orderKey, since);
    }
    for (const [groupId, orderKey, { knownSince }] of spokeTo(tenant, ways))
      read(groupId, orderKey, knownSince);
    for (const { groupId, orderKey, since } of reads.values())
      yield* finishedSince.iterate(tenant, Buffer.from(groupId, 'hex'), orderKey, since);
  }

  return sinceLost;
}

/** Channel names hold no blank. */
function audienceIn(orderKey: string): string {
  return orderKey.slice(0, orderKey.lastIndexOf(' '));
}
