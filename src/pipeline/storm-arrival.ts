// Which alerts a storm takes: in one, what arrives and does not pass goes to the summary of its route at once, and what a
// summary told of stays there.
import { dedupeSince, dedupeUntil } from './dedupe.ts';
import { decideRoute, type Place } from './route.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { kindOf } from './storm.ts';
import { isStormPath, isUrgent, stormPlace, summaryOf } from './storm-place.ts';

/** What the program says of itself. */
const ownNotice = /^tocsin[.]/;

/** Why a storm does not take the alert; null: it does. */
export function passes(
  { storms }: PipelineState,
  alert: AlertRow,
): 'urgent' | 'own_notice' | 'first_of_its_kind' | null {
  if (isUrgent(alert)) return 'urgent';
  if (ownNotice.test(kindOf(alert))) return 'own_notice';
  return storms.letsFirst(alert.id) ? 'first_of_its_kind' : null;
}

/** Where something new goes: in a storm to the summaries of its routes. */
export function placesOnArrival(
  state: PipelineState,
  alert: AlertRow,
  places: readonly Place[],
  now: number,
): readonly Place[] {
  if (state.storms.present === null) return places;
  return places.map((place) =>
    isTaken(state, alert, place, now, now) ? stormPlace(state, place.route) : place,
  );
}

/**
 * What a dedupe window of the route's own group holds back waits there.
 * @param cameAt A window that was opened after that, by one like it that is so urgent that it passes, did not hold it back.
 */
function isTaken(
  state: PipelineState,
  alert: AlertRow,
  { route, groupKey }: Place,
  now: number,
  cameAt: number,
): boolean {
  const receiver = state.routing.receivers.get(route.receiver);
  if (route.collects || !receiver || passes(state, alert)) return false;
  const group = state.groups.get(groupKey);
  if (!group || dedupeSince(state, group, alert) > cameAt) return true;
  return dedupeUntil(state, group, alert, receiver) <= now;
}

/** alert id → receivers of summaries. */
type Receivers = ReadonlyMap<string, ReadonlySet<string>>;

/** What summaries knew of alerts before everything is routed anew, by routes that may have been others. */
interface InStorms {
  /** Whom one told that it fires. */
  readonly heard: Receivers;
  /** Whom one was to tell of what has ended; null: nobody knows, after a start. */
  readonly waited: Receivers | null;
}

/** To be asked while the groups have their members. */
export function inStorms({ groups, alerts, memberOf }: PipelineState): InStorms {
  const heard = new Map<string, Set<string>>();
  const waited = new Map<string, Set<string>>();
  for (const { row, members } of groups.values()) {
    if (!isStormPath(row.route)) continue;
    for (const [id, { status, left }] of Object.entries(row.notified))
      if (status === 'firing' && left === undefined) note(heard, id, row.receiver);
    for (const id of members) if (alerts.get(id)?.state === 'resolved') note(waited, id, row.receiver);
  }
  return { heard, waited: memberOf.size === 0 ? null : waited };
}

function note(known: Map<string, Set<string>>, alertId: string, receiver: string): void {
  const receivers = known.get(alertId);
  if (receivers) receivers.add(receiver);
  else known.set(alertId, new Set([receiver]));
}

/**
 * The groups that an alert belongs to: where a summary told of it, or is to, that one in place of the route's own.
 * @param before What summaries knew, where everything is routed anew.
 */
export function placesNow(
  state: PipelineState,
  alert: AlertRow,
  now: number,
  before?: InStorms,
): readonly Place[] {
  const places = decideRoute(state.routing, alert);
  if (state.storms.row === null || isUrgent(alert)) return places;
  return places.map((place) =>
    belongsInSummary(state, alert, place, now, before) ? stormPlace(state, place.route) : place,
  );
}

function belongsInSummary(
  state: PipelineState,
  alert: AlertRow,
  place: Place,
  now: number,
  before: InStorms | undefined,
): boolean {
  const { route, groupKey } = place;
  const summary = summaryOf(state, { route });
  const said = summary?.row.notified[alert.id];
  if (said?.status === 'firing') return said.left === undefined;
  if (route.collects || state.groups.get(groupKey)?.row.notified[alert.id]?.status === 'firing') return false;
  if (alert.kind === 'alert' && alert.state === 'resolved' && alert.nextAt !== null)
    return summary !== undefined && endedIn(summary, alert, alert.nextAt, before?.waited);
  if (before?.heard.get(alert.id)?.has(route.receiver) === true) return true;
  const waits = alert.kind === 'event' || alert.state === 'firing';
  return waits && state.storms.present !== null && isTaken(state, alert, place, now, cameAt(alert, now));
}

/**
 * Whether the alert ended before the summary told of it. What waited for a digest alone was none of what the storm held: also
 * where that digest is gone, no summary counts it.
 * @param keptUntil When the first of all that it waits for is told. After a start that alone is known: what is told sooner
 *   than that is none of them.
 */
function endedIn(
  { row }: Group,
  { id }: AlertRow,
  keptUntil: number,
  waited: Receivers | null | undefined,
): boolean {
  if (row.collectUntil == null) return false;
  return waited ? waited.get(id)?.has(row.receiver) === true : keptUntil <= row.collectUntil;
}

/** An event is news by when it came, as in every digest; of an alert it counts what holds it back now. */
const cameAt = ({ kind, firedAt }: AlertRow, now: number) => (kind === 'event' ? (firedAt ?? now) : now);
