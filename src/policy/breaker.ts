// The breaker of one channel of a tenant. Failures in a row open it, a refused login at once; while it is open nothing
// is sent but one probe at a time, and what waits spends neither attempts nor leases. What the probe comes to decides.
import type { BreakerRow, EventRow } from '../pipeline/rows.ts';
import type { PlanResult } from './plan-result.ts';
import type { AttemptResult } from './retry.ts';
import type { Breaker, ChannelFailure, PolicyState } from './state.ts';
import { nextWay, tellsEnds, wayOf } from './ways.ts';

/** Five failures of a receiver that is down come within seconds when there is much to say, and never for one message. */
export const failuresToOpen = 5;
const firstWaitMs = 30_000;
const longestWaitMs = 300_000;
/** A login is mended by a person: asked for every five minutes. */
const authWaitMs = 300_000;
// A probe that failed goes behind everything that was not asked yet, so that one bad message cannot keep a channel shut.
const turnMs = 1_000;
const longestTurnMs = 30_000;

export function openBreaker(state: PolicyState, channel: string): Breaker | null {
  const breaker = state.breakers.get(channel);
  return breaker?.state === 'open' ? breaker : null;
}

/** When a delivery that waits for the channel is looked at again. */
export function parkedUntil(breaker: Breaker, now: number): number {
  return Math.max(now, breaker.probe === null ? breaker.probeAt : breaker.afterProbeAt);
}

/** What the claim of queued deliveries has to know of a paused channel. */
export interface Pause {
  readonly tenant: string;
  readonly channel: string;
  /** One delivery may go out now. */
  readonly probe: boolean;
  /** The others are looked at again then. */
  readonly until: number;
  /** They keep their places: by how much each was due after this. */
  readonly since: number;
  /** By recipient: the channel that carries the others meanwhile; who is not named here waits. */
  readonly instead: Readonly<Record<string, { readonly channel: string; readonly provider: string }>>;
  /** The same by id of a delivery, of those for which another holds: null waits. */
  readonly ends: Readonly<Record<string, { readonly channel: string; readonly provider: string } | null>>;
}

export function pausesOf(state: PolicyState, now: number): Pause[] {
  const pauses: Pause[] = [];
  for (const breaker of state.breakers.values()) {
    if (breaker.state !== 'open') continue;
    const { channel, probeAt } = breaker;
    const probe = breaker.probe === null && probeAt <= now;
    const out = Math.max(breaker.afterProbeAt, now + turnMs);
    const until = probe ? now + nextWaitMs(breaker) : breaker.probe === null ? probeAt : out;
    const since = probe || breaker.probe !== null ? probeAt : breaker.askedAt;
    pauses.push({ tenant: state.tenant, channel, probe, until, since, ...insteadOf(state, channel) });
  }
  return pauses;
}

/** The channels that carry what would go out by this one. */
export function insteadOf(state: PolicyState, channel: string): Pick<Pause, 'instead' | 'ends'> {
  const instead: Record<string, { channel: string; provider: string }> = {};
  for (const [recipient, { chain }] of state.ways) {
    if (!chain.includes(channel)) continue;
    const next = nextWay(state, recipient, channel);
    if (next !== null) instead[recipient] = { channel: next, provider: state.ways.get(next)!.type };
  }
  const ends: Record<string, { channel: string; provider: string } | null> = {};
  if (Object.values(instead).every((way) => tellsEnds(state.ways, way.channel))) return { instead, ends };
  for (const { open } of state.orders.values())
    for (const one of open) {
      if (one.channel !== channel || one.end !== true) continue;
      const next = nextWay(state, one.recipient, channel, true);
      ends[one.id] = next === null ? null : wayOf(state, next);
    }
  return { instead, ends };
}

/** A delivery was claimed. On a paused channel it is the probe, unless there is one. */
export function noteClaim(state: PolicyState, channel: string, deliveryId: string, now: number): void {
  const breaker = openBreaker(state, channel);
  if (!breaker || breaker.probe !== null) return;
  breaker.probe = deliveryId;
  breaker.afterProbeAt = now + nextWaitMs(breaker);
}

/** The probe came back without having asked. */
export function noteRelease(state: PolicyState, channel: string, deliveryId: string, now: number): void {
  const breaker = openBreaker(state, channel);
  if (breaker?.probe !== deliveryId) return;
  breaker.probe = null;
  breaker.probeAt = now;
}

/**
 * An attempt ended: opens, closes or prolongs.
 * @returns Whether it was the probe, and until when its delivery has to wait for the channel.
 */
export function noteResult(
  state: PolicyState,
  delivery: { readonly id: string; readonly channel: string; readonly dueAt: number },
  result: AttemptResult,
  now: number,
  out: PlanResult,
): { readonly probe: boolean; readonly parkedUntil: number | null } {
  const { channel } = delivery;
  const breaker = state.breakers.get(channel);
  const open = breaker?.state === 'open';
  const probe = open && breaker.probe === delivery.id;
  const place = open ? Math.min(Math.max(0, delivery.dueAt - breaker.probeAt), longestTurnMs) + turnMs : 0;
  switch (result.kind) {
    case 'sent':
    case 'delivered':
    case 'partial':
      if (breaker) close(state, breaker, now, out);
      break;
    case 'invalid_recipient':
    case 'payload_too_large':
    case 'permanent':
      // It answered. From an attempt that began before the pause this proves nothing.
      if (breaker && (!open || probe)) close(state, breaker, now, out);
      break;
    case 'rate_limited':
      if (probe) openFor(state, breaker, breaker.reason ?? 'unknown', breaker.waitMs, result, now, out);
      break;
    case 'auth':
      if (!open || probe || breaker.reason !== 'auth')
        openFor(state, breakerAt(state, channel), 'auth', authWaitMs, result, now, out);
      break;
    case 'transient':
    case 'network':
    case 'unknown':
      if (!open) {
        const counting = breakerAt(state, channel);
        counting.failures += 1;
        if (counting.failures >= failuresToOpen)
          openFor(state, counting, result.kind, firstWaitMs, result, now, out);
      } else if (probe) {
        const wait = breaker.reason === 'auth' ? firstWaitMs : nextWaitMs(breaker);
        openFor(state, breaker, result.kind, wait, result, now, out);
      }
      break;
  }
  const after = openBreaker(state, channel);
  return { probe, parkedUntil: after === null ? null : parkedUntil(after, now) + (probe ? place : 0) };
}

/** The channel was changed: it is asked at once whether it works now. One that is gone is not paused any more. */
export function noteChange(
  state: PolicyState,
  channel: string,
  gone: boolean,
  now: number,
  out: PlanResult,
): void {
  const breaker = state.breakers.get(channel);
  if (!breaker) return;
  breaker.failures = 0;
  if (gone) state.breakers.delete(channel);
  if (breaker.state === 'closed') return;
  if (gone) breaker.state = 'closed';
  // A probe under way asked the channel as it was: its result may come, and another one goes out.
  breaker.probe = null;
  breaker.probeAt = now;
  out.effects.push({ put: 'breaker', row: rowOf(state, breaker, now) });
  out.resumed.push(channel);
  out.wakeAt.push(now);
}

function nextWaitMs(breaker: Breaker): number {
  return breaker.reason === 'auth' ? authWaitMs : Math.min(2 * breaker.waitMs, longestWaitMs);
}

function breakerAt(state: PolicyState, channel: string): Breaker {
  let breaker = state.breakers.get(channel);
  if (!breaker) {
    breaker = {
      channel,
      state: 'closed',
      failures: 0,
      reason: null,
      openedAt: 0,
      probeAt: 0,
      waitMs: 0,
      probe: null,
      afterProbeAt: 0,
      askedAt: 0,
    };
    state.breakers.set(channel, breaker);
  }
  return breaker;
}

function openFor(
  state: PolicyState,
  breaker: Breaker,
  reason: ChannelFailure,
  waitMs: number,
  result: AttemptResult,
  now: number,
  out: PlanResult,
): void {
  const news = breaker.state === 'closed' || (breaker.reason === 'auth') !== (reason === 'auth');
  // The time that was told to those who wait, so that they keep their places.
  const told = breaker.probe !== null && waitMs === nextWaitMs(breaker) ? breaker.afterProbeAt : 0;
  if (breaker.state === 'closed') {
    breaker.state = 'open';
    breaker.openedAt = now;
    out.paused.push(breaker.channel);
  }
  breaker.reason = reason;
  breaker.waitMs = waitMs;
  breaker.askedAt = news ? Number.POSITIVE_INFINITY : breaker.probeAt;
  breaker.probeAt = told > now ? told : now + waitMs;
  breaker.probe = null;
  out.effects.push({ put: 'breaker', row: rowOf(state, breaker, now) });
  out.wakeAt.push(breaker.probeAt);
  if (!news) return;
  const body = { failures: breaker.failures, probeAt: breaker.probeAt, ...said(result) };
  out.effects.push({ put: 'event', row: channelEvent(state, breaker, 'channel.paused', reason, body, now) });
}

function said({ code, message }: AttemptResult): Record<string, string> {
  return {
    ...(code === null ? {} : { code }),
    ...(message === null ? {} : { message: message.slice(0, 500) }),
  };
}

function close(state: PolicyState, breaker: Breaker, now: number, out: PlanResult): void {
  breaker.failures = 0;
  if (breaker.state === 'closed') return;
  const { reason, openedAt } = breaker;
  breaker.state = 'closed';
  breaker.reason = null;
  breaker.probe = null;
  out.effects.push({ put: 'breaker', row: rowOf(state, breaker, now) });
  const body = { pausedMs: now - openedAt };
  out.effects.push({ put: 'event', row: channelEvent(state, breaker, 'channel.resumed', reason, body, now) });
  out.resumed.push(breaker.channel);
  out.wakeAt.push(now);
}

function rowOf(state: PolicyState, breaker: Breaker, now: number): BreakerRow {
  const { channel, reason, failures, openedAt, probeAt, waitMs } = breaker;
  return {
    tenant: state.tenant,
    channel,
    state: breaker.state,
    reason,
    failures,
    openedAt,
    probeAt,
    waitMs,
    changedAt: now,
  };
}

/** Takes up what was stored; a probe that was under way is asked anew. */
export function loadBreaker(state: PolicyState, row: BreakerRow, now: number): void {
  const breaker = breakerAt(state, row.channel);
  breaker.state = row.state;
  breaker.failures = row.failures;
  breaker.reason = row.reason as ChannelFailure | null;
  breaker.waitMs = row.waitMs;
  breaker.openedAt = Math.min(row.openedAt, now);
  // A clock that was ahead when it was written must not keep the channel shut.
  breaker.probeAt = Math.min(row.probeAt, now + row.waitMs);
  breaker.askedAt = Number.POSITIVE_INFINITY;
}

function channelEvent(
  state: PolicyState,
  { channel }: Breaker,
  kind: string,
  reason: string | null,
  body: Readonly<Record<string, unknown>>,
  now: number,
): EventRow {
  return {
    id: state.newId(),
    tenant: state.tenant,
    at: now,
    subjectKind: 'channel',
    subjectId: channel,
    kind,
    reason,
    actor: null,
    topic: null,
    priority: null,
    correlationId: null,
    keep: 1,
    body,
  };
}
