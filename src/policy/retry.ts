// Result of an attempt → what becomes of the delivery. The table of the policy, keyed by the kind of result.

/** Delays before the second, third and fourth attempt; each is drawn within 20 % of it. */
export const retryDelaysMs = [10_000, 30_000, 60_000] as const;
const jitterShare = 0.2;

// A provider that asks for more patience than this is asked again anyway.
const longestRetryAfterMs = 3_600_000;
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
}

/** The attempt that just ended, and what its delivery has left. */
export interface Attempted {
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
    }
  | { readonly state: 'dead'; readonly reason: string }
);

export function decideRetry(result: AttemptResult, attempted: Attempted, now: number): RetryDecision {
  const { parkedUntil } = attempted;
  switch (result.kind) {
    case 'sent':
    case 'delivered':
      return { state: result.kind, reason: null, spends: true };
    case 'partial':
      // Some have it: sending again would tell them twice. Who was refused stands in the attempt's event.
      return { state: 'sent', reason: 'partial', spends: true };
    case 'rate_limited': {
      const floor = Math.min(shortestBusyAtLastMs, shortestBusyMs * 2 ** attempted.busy);
      const wait = Math.max(floor, asked(result) ?? busyDelayMs);
      return later(Math.max(now + wait, parkedUntil ?? 0), result.kind, false, attempted);
    }
    case 'transient':
    case 'network':
    case 'unknown': {
      // A probe asks for the whole channel: its failure is the breaker's, not this delivery's.
      if (attempted.probe && parkedUntil !== null) return parked(parkedUntil, false);
      const delay = retryDelaysMs[attempted.attempts];
      if (delay === undefined) return { state: 'dead', reason: result.kind, spends: true };
      const dueAt = now + Math.max(jittered(delay, attempted.draw), asked(result) ?? 0);
      if (parkedUntil !== null && dueAt <= parkedUntil) return parked(parkedUntil, true);
      return later(dueAt, result.kind, true, attempted);
    }
    case 'auth':
      return parked(parkedUntil ?? now, false);
    case 'payload_too_large':
      if (attempted.shorter) return { state: 'dead', reason: result.kind, spends: true };
      return { state: 'queued', dueAt: now, reason: result.kind, spends: false, shorter: true };
    case 'invalid_recipient':
    case 'permanent':
      return { state: 'dead', reason: result.kind, spends: true };
  }
}

/** What the provider asked for, within bounds. */
function asked({ retryAfterMs }: AttemptResult): number | null {
  return retryAfterMs === null ? null : Math.min(Math.max(0, retryAfterMs), longestRetryAfterMs);
}

/** 10 s → 8 to 12 s. */
function jittered(delayMs: number, draw: number): number {
  return Math.round(delayMs * (1 + jitterShare * (2 * draw - 1)));
}

function later(dueAt: number, reason: string, spends: boolean, { expiresAt }: Attempted): RetryDecision {
  if (dueAt >= expiresAt) return { state: 'dead', reason: 'expired', spends };
  return { state: 'queued', dueAt, reason, spends };
}

/** Waits for its channel; not even the end of its time ends it here, because the channel may come back before. */
function parked(dueAt: number, spends: boolean): RetryDecision {
  return { state: 'queued', dueAt, reason: 'breaker_open', spends };
}
