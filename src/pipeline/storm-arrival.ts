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

/** alert id → receivers that a summary told that it fires. */
type HeardInStorms = ReadonlyMap<string, ReadonlySet<string>>;

export function heardInStorms(groups: Iterable<Group>): HeardInStorms {
  const heard = new Map<string, Set<string>>();
  for (const { row } of groups) {
    if (!isStormPath(row.route)) continue;
    for (const [id, { status, left }] of Object.entries(row.notified)) {
      if (status !== 'firing' || left !== undefined) continue;
      const receivers = heard.get(id);
      if (receivers) receivers.add(row.receiver);
      else heard.set(id, new Set([row.receiver]));
    }
  }
  return heard;
}

/**
 * The groups that an alert belongs to: where a summary told of it, or is to, that one in place of the route's own.
 * @param heard Of routes that may be others than they were: which receivers summaries told.
 */
export function placesNow(
  state: PipelineState,
  alert: AlertRow,
  now: number,
  heard?: HeardInStorms,
): readonly Place[] {
  const places = decideRoute(state.routing, alert);
  if (state.storms.row === null || isUrgent(alert)) return places;
  return places.map((place) =>
    belongsInSummary(state, alert, place, now, heard) ? stormPlace(state, place.route) : place,
  );
}

function belongsInSummary(
  state: PipelineState,
  alert: AlertRow,
  place: Place,
  now: number,
  heard: HeardInStorms | undefined,
): boolean {
  const { route, groupKey } = place;
  const summary = summaryOf(state, { route });
  const said = summary?.row.notified[alert.id];
  if (said?.status === 'firing') return said.left === undefined;
  // It ended before the summary told of it.
  if (alert.kind === 'alert' && alert.state === 'resolved' && alert.nextAt !== null)
    return summary?.row.collectUntil != null;
  if (route.collects || state.groups.get(groupKey)?.row.notified[alert.id]?.status === 'firing') return false;
  if (heard?.get(alert.id)?.has(route.receiver) === true) return true;
  const waits = alert.kind === 'event' || alert.state === 'firing';
  return waits && state.storms.present !== null && isTaken(state, alert, place, now, cameAt(alert, now));
}

/** An event is news by when it came, as in every digest; of an alert it counts what holds it back now. */
const cameAt = ({ kind, firedAt }: AlertRow, now: number) => (kind === 'event' ? (firedAt ?? now) : now);
