// Result of an attempt → what becomes of the delivery. The table of the policy, keyed by the kind of result.
import type { Lane } from '../pipeline/rows.ts';
import { delayAfter, type Strategy } from './strategy.ts';

// A provider that asks for more patience than this is asked again anyway.
const longestRetryAfterMs = 3_600_000;
/** How often a message that nobody took is tried again. */
export const slowRoundMs = 300_000;
export const slowReason = 'slow_round';
export const fallbackReason = 'fallback';
/** The code of a result that no provider gave, and the reason of the end: the channel is not there any more. */
export const noChannelCode = 'no_channel';
/** How long a message waits for a channel that is busy before the next of the chain carries it. */
export const patienceMs: Readonly<Record<Lane, number>> = { high: 10_000, normal: 60_000, low: 600_000 };
/** A provider that is busy and does not say for how long. */
const busyDelayMs = 30_000;
// One that says "at once" for a whole day must not cost an attempt a second: 1, 2, 4 … 60 s at least.
const shortestBusyMs = 1_000;
const shortestBusyAtLastMs = 60_000;

/** What an attempt came to, as far as policy needs to know. Same words as the channels' closed list of results. */
export interface AttemptResult {
  readonly kind:
    | 'sent'
    | 'delivered'
    | 'partial'
    | 'rate_limited'
    | 'transient'
    | 'network'
    | 'unknown'
    | 'auth'
    | 'invalid_recipient'
    | 'payload_too_large'
    | 'permanent';
  readonly code: string | null;
  readonly message: string | null;
  readonly providerId: string | null;
  readonly retryAfterMs: number | null;
  /** The provider was asked, in one call for so many deliveries; `id` names the call. Absent: in a call of its own. */
  readonly call?: {
    readonly id: string;
    readonly deliveries: number;
    /** What the provider was told in place of a delivery's id. */
    readonly given?: string;
  };
  /** Of `rate_limited`: whose patience is at its end. Absent: the channel's. */
  readonly scope?: 'channel' | 'recipient' | 'account';
}

/** The attempt that just ended, and what its delivery has left. */
export interface Attempted {
  readonly strategy: Strategy;
  readonly lane: Lane;
  /** Who takes over where this channel fails; null: nobody. */
  readonly next: string | null;
  /** Where it begins anew in the next slow round. */
  readonly first: string;
  /** Another channel has the notification, so that nobody is left without it. */
  readonly known: boolean;
  /** Its schedule is spent already. */
  readonly slow: boolean;
  /** Attempts spent before this one. */
  readonly attempts: number;
  /** Times in a row that the provider was busy. */
  readonly busy: number;
  /** The message went out in its shorter form. */
  readonly shorter: boolean;
  readonly expiresAt: number;
  /** The channel is paused: when this delivery may try it again. */
  readonly parkedUntil: number | null;
  /** It went out to ask whether the paused channel works again. */
  readonly probe: boolean;
  /** In [0, 1): where within the jitter the delay lies; 0.5 is the delay itself. */
  readonly draw: number;
}

/** `spends`: the attempt counts against the schedule. */
export type RetryDecision = { readonly spends: boolean } & (
  | { readonly state: 'sent' | 'delivered'; readonly reason: string | null }
  | {
      readonly state: 'queued';
      readonly dueAt: number;
      readonly reason: string;
      /** The next attempt says less. */
      readonly shorter?: true;
      /** The channel that carries it from now on, with a schedule of its own. */
      readonly to?: string;
      /** Nobody took it: it is tried every few minutes from now on. */
      readonly slow?: true;
    }
  | { readonly state: 'dead'; readonly reason: string }
);

/**
 * The table: what kind of result leads to what. A channel that fails for good, or cannot be reached at all, hands over to
 * the next of its chain at once; one that answers gets its schedule first. Where nobody is left and nobody has the
 * message, it is tried in slow rounds until the end of its time.
 */
export function decideRetry(result: AttemptResult, attempted: Attempted, now: number): RetryDecision {
  const { parkedUntil, next, lane } = attempted;
  switch (result.kind) {
    case 'sent':
    case 'delivered':
      return { state: result.kind, reason: null, spends: true };
    case 'partial':
      // Some have it: sending again would tell them twice. Who was refused stands in the attempt's event.
      return { state: 'sent', reason: 'partial', spends: true };
  }
  if (attempted.strategy.once) return { state: 'dead', reason: result.kind, spends: true };
  switch (result.kind) {
    case 'rate_limited': {
      // Waiting does not help one who has had too much for today.
      if (result.scope === 'recipient') return handOver(result.kind, attempted, now);
      const floor = Math.min(shortestBusyAtLastMs, shortestBusyMs * 2 ** attempted.busy);
      const wait = Math.max(floor, asked(result) ?? busyDelayMs);
      if (next !== null && wait > patienceMs[lane]) return handOver(result.kind, attempted, now);
      return later(Math.max(now + wait, parkedUntil ?? 0), result.kind, false, attempted);
    }
    case 'network':
      // Nothing was sent, and the next attempt will hardly do better within seconds.
      if (next !== null) return handOver(result.kind, attempted, now);
      return retry(result, attempted, now);
    case 'unknown':
      // Somebody may have it; for what is urgent twice is better than never.
      if (next !== null && lane === 'high') return handOver(result.kind, attempted, now);
      return retry(result, attempted, now);
    case 'transient':
      if (next !== null && parkedUntil !== null) return handOver(result.kind, attempted, now);
      return retry(result, attempted, now);
    case 'auth':
      if (next !== null) return handOver(result.kind, attempted, now);
      return parked(parkedUntil ?? now, false);
    case 'payload_too_large':
      if (attempted.shorter) return handOver(result.kind, attempted, now);
      return { state: 'queued', dueAt: now, reason: result.kind, spends: false, shorter: true };
    case 'permanent':
      return handOver(result.code === noChannelCode ? noChannelCode : result.kind, attempted, now);
    case 'invalid_recipient':
      return handOver(result.kind, attempted, now);
  }
}

/** By the schedule; when that is spent, by the next channel or in slow rounds. */
function retry(result: AttemptResult, attempted: Attempted, now: number): RetryDecision {
  const { parkedUntil, strategy, slow } = attempted;
  // A probe asks for the whole channel: its failure is the breaker's, not this delivery's.
  if (attempted.probe && parkedUntil !== null) return parked(parkedUntil, false);
  const delay = slow ? null : delayAfter(strategy, attempted.attempts + 1, attempted.draw);
  if (delay !== null) {
    const dueAt = now + Math.max(delay, asked(result) ?? 0);
    if (parkedUntil !== null && dueAt <= parkedUntil) return parked(parkedUntil, true);
    return later(dueAt, result.kind, true, attempted);
  }
  if (attempted.next !== null) return handOver(result.kind, attempted, now);
  if (attempted.known) return { state: 'dead', reason: result.kind, spends: true };
  const dueAt = Math.max(now + slowRoundMs, now + (asked(result) ?? 0), parkedUntil ?? 0);
  const decision = later(dueAt, slowReason, true, attempted);
  return decision.state === 'queued' ? { ...decision, slow: true, to: attempted.first } : decision;
}

/** To the next of the chain at once; without one it is over. */
function handOver(reason: string, { next, expiresAt }: Attempted, now: number): RetryDecision {
  if (next === null) return { state: 'dead', reason, spends: true };
  if (now >= expiresAt) return { state: 'dead', reason: 'expired', spends: true };
  return { state: 'queued', dueAt: now, reason: fallbackReason, spends: true, to: next };
}

/** What the provider asked for, within bounds. */
function asked({ retryAfterMs }: AttemptResult): number | null {
  return retryAfterMs === null ? null : Math.min(Math.max(0, retryAfterMs), longestRetryAfterMs);
}

function later(dueAt: number, reason: string, spends: boolean, { expiresAt }: Attempted): RetryDecision {
  if (dueAt >= expiresAt) return { state: 'dead', reason: 'expired', spends };
  return { state: 'queued', dueAt, reason, spends };
}

/** Waits for its channel; not even the end of its time ends it here, because the channel may come back before. */
function parked(dueAt: number, spends: boolean): RetryDecision {
  return { state: 'queued', dueAt, reason: 'breaker_open', spends };
}
