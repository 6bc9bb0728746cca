// What it came to, for each receiver that the alert was or is meant for: told, on its way, waiting, held back, not
// delivered, or left out, with the reason. Every alert ends in one of them.
import type { DeliveryRow } from '../pipeline/rows.ts';
import type { Hold, Standing } from '../pipeline/standing.ts';
import type { AlertFacts } from './facts.ts';

export type Outcome =
  /** A channel took the message: each that did, with the time of the first. */
  | {
      readonly kind: 'told';
      readonly at: number;
      readonly channels: readonly { readonly channel: string; readonly at: number }[];
      /** When a channel first took the message that it is over; null: none has. */
      readonly endToldAt: number | null;
    }
  /** There is a message, and no channel has taken it yet. */
  | {
      readonly kind: 'on_its_way';
      readonly channels: readonly string[];
      readonly until: number;
      readonly lastError: string | null;
      /** All of it waits for the end of somebody's quiet hours. */
      readonly quiet: boolean;
    }
  /** Nobody took it, and it is not tried again by itself. */
  | {
      readonly kind: 'not_delivered';
      readonly channels: readonly string[];
      readonly attempts: number;
      readonly reason: string | null;
      readonly lastError: string | null;
    }
  | { readonly kind: 'held'; readonly holds: readonly Hold[]; readonly until: number | null }
  | { readonly kind: 'waiting'; readonly reason: string; readonly until: number | null }
  | { readonly kind: 'skipped'; readonly reason: string; readonly ids: readonly string[] };

export type Untold = Exclude<Outcome, { readonly kind: 'told' }>;

export interface ReceiverOutcome {
  /** Null: it never came so far that a receiver was chosen. */
  readonly receiver: string | null;
  readonly outcome: Outcome;
}

/** Keys of groups begin with the receiver, then the path of the route, which begins with `{}`. */
export function receiverOfGroup(groupKey: string): string {
  const end = groupKey.indexOf(':{}');
  return end < 0 ? groupKey : groupKey.slice(0, end);
}

/** One for each receiver, those that were told first; one without a receiver where none was ever chosen. */
export function outcomesOf(facts: AlertFacts): readonly ReceiverOutcome[] {
  const receivers = receiversOf(facts);
  if (receivers.length === 0) return [{ receiver: null, outcome: unrouted(facts) }];
  const outcomes = receivers.map((receiver) => ({ receiver, outcome: outcomeAt(facts, receiver) }));
  return [
    ...outcomes.filter(({ outcome }) => outcome.kind === 'told'),
    ...outcomes.filter(({ outcome }) => outcome.kind !== 'told'),
  ];
}

/** In the order in which they came up. */
function receiversOf({ events, messages, standings }: AlertFacts): readonly string[] {
  const names = new Set<string>();
  for (const { body } of events) {
    for (const key of textsIn(body.groups)) names.add(receiverOfGroup(key));
    if (typeof body.groupKey === 'string') names.add(receiverOfGroup(body.groupKey));
  }
  for (const { row } of messages) if (row.receiver !== null) names.add(row.receiver);
  for (const { receiver } of standings) names.add(receiver);
  return [...names];
}

/** The texts of what should be a list of them. */
export function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** It has not fired: nobody was chosen yet, or never will be. */
function unrouted({ alert, events }: AlertFacts): Outcome {
  if (alert.state === 'pending') return { kind: 'waiting', reason: 'pending', until: null };
  if (alert.firedAt === null)
    return { kind: 'skipped', reason: alert.resolveReason ?? 'cleared_while_pending', ids: [] };
  const held = events.find(({ kind, reason }) => kind === 'event.received' && reason !== null);
  return { kind: 'skipped', reason: held?.reason ?? 'not_recorded', ids: [] };
}

function outcomeAt(facts: AlertFacts, receiver: string): Outcome {
  const { alert, events } = facts;
  const said = facts.messages.filter(({ row }) => row.receiver === receiver);
  const news = said.filter(({ row }) => (row.alerts[alert.id] ?? 'resolved') !== 'resolved');
  const deliveries = deliveriesOf(news);
  const told = toldBy(deliveries, deliveriesOf(said.filter((message) => !news.includes(message))));
  if (told) return told;
  const open = deliveries.filter(({ state }) => state === 'queued' || state === 'sending');
  if (open.length > 0) return onItsWay(open);
  const standing = facts.standings.find((one) => one.receiver === receiver);
  const lost = deliveries.filter(({ state }) => state === 'dead' || state === 'dropped');
  if (lost.length > 0) return notDelivered(lost);
  if (standing) return standingOutcome(standing);
  const skip = events.findLast(
    ({ kind, body }) =>
      kind === 'notify.skipped' &&
      (typeof body.groupKey !== 'string' || receiverOfGroup(body.groupKey) === receiver),
  );
  if (skip) return { kind: 'skipped', reason: skip.reason ?? 'not_recorded', ids: idsOf(events, skip) };
  const dropped = news.find(({ row }) => row.status === 'dropped');
  if (dropped) return { kind: 'skipped', reason: dropped.row.dropReason ?? 'dropped', ids: [] };
  const held = events.find(({ kind, reason }) => kind === 'event.received' && reason !== null);
  return { kind: 'skipped', reason: held?.reason ?? 'not_recorded', ids: [] };
}

const deliveriesOf = (messages: AlertFacts['messages']) =>
  messages.flatMap((message) => message.deliveries.map(({ row }) => row));

/** What a line of the log names as what held the alert back; of one that names nothing, what was named before. */
export function idsOf(events: AlertFacts['events'], line: AlertFacts['events'][number]): readonly string[] {
  if (line.body.ids !== undefined) return textsIn(line.body.ids);
  const before = events.findLast(
    ({ kind, reason, body }) =>
      kind === 'notify.suppressed' && reason === line.reason && body.groupKey === line.body.groupKey,
  );
  return textsIn(before?.body.ids);
}

/** Whether the channel took it. */
export function isAccepted({ state }: Pick<DeliveryRow, 'state'>): boolean {
  return state === 'sent' || state === 'delivered';
}

function toldBy(deliveries: readonly DeliveryRow[], ends: readonly DeliveryRow[]): Outcome | null {
  const first = new Map<string, number>();
  for (const row of deliveries) {
    if (!isAccepted(row)) continue;
    const at = row.finishedAt ?? row.createdAt;
    first.set(row.channel, Math.min(first.get(row.channel) ?? at, at));
  }
  if (first.size === 0) return null;
  const channels = [...first].map(([channel, at]) => ({ channel, at })).sort((a, b) => a.at - b.at);
  const endToldAt = ends.reduce<number | null>((first, row) => {
    const at = isAccepted(row) ? (row.finishedAt ?? row.createdAt) : null;
    return at === null ? first : Math.min(first ?? at, at);
  }, null);
  return { kind: 'told', at: channels[0]!.at, channels, endToldAt };
}

const namesOf = (rows: readonly DeliveryRow[]) => [...new Set(rows.map(({ channel }) => channel))];

function onItsWay(open: readonly DeliveryRow[]): Outcome {
  return {
    kind: 'on_its_way',
    channels: namesOf(open),
    until: open.reduce((min, { dueAt }) => Math.min(min, dueAt), Number.POSITIVE_INFINITY),
    lastError: open.find(({ lastError }) => lastError !== null)?.lastError ?? null,
    quiet: open.every(({ reason }) => reason === 'quiet_hours'),
  };
}

function notDelivered(lost: readonly DeliveryRow[]): Outcome {
  const last = lost[lost.length - 1]!;
  return {
    kind: 'not_delivered',
    channels: namesOf(lost),
    attempts: last.attempts,
    reason: last.reason,
    lastError: last.lastError,
  };
}

/** Of a group that has said nothing of the alert: what suppresses it holds it back, anything else is a matter of time. */
function standingOutcome({ holds, nextAt }: Standing): Outcome {
  const waits = holds[0]?.by === 'waiting' ? holds[0] : null;
  if (waits) return { kind: 'waiting', reason: waits.ids[0] ?? 'waiting', until: waits.until };
  return { kind: 'held', holds, until: holds[0]?.until ?? nextAt };
}
