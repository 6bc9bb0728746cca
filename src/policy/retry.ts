// Result of an attempt → what becomes of the delivery. The table of the policy, keyed by the kind of result.

/** Delays before the second, third and fourth attempt. */
export const retryDelaysMs = [10_000, 30_000, 60_000] as const;

// A provider that asks for more patience than this is asked again anyway.
const longestRetryAfterMs = 3_600_000;

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

export type RetryDecision =
  | { readonly state: 'sent' | 'delivered'; readonly reason: string | null }
  | { readonly state: 'queued'; readonly dueAt: number; readonly reason: string }
  | { readonly state: 'dead'; readonly reason: string };

/** `attempts` counts the one that just ended. */
export function decideRetry(
  result: AttemptResult,
  attempts: number,
  expiresAt: number,
  now: number,
): RetryDecision {
  switch (result.kind) {
    case 'sent':
    case 'delivered':
      return { state: result.kind, reason: null };
    case 'partial':
      // Some have it: sending again would tell them twice. Who was refused stands in the attempt's event.
      return { state: 'sent', reason: 'partial' };
    case 'rate_limited':
    case 'transient':
    case 'network':
    case 'unknown': {
      const delay = retryDelaysMs[attempts - 1];
      if (delay === undefined) return { state: 'dead', reason: result.kind };
      const asked = Math.min(result.retryAfterMs ?? 0, longestRetryAfterMs);
      const dueAt = now + Math.max(delay, asked);
      if (dueAt >= expiresAt) return { state: 'dead', reason: 'expired' };
      return { state: 'queued', dueAt, reason: result.kind };
    }
    case 'auth':
    case 'invalid_recipient':
    case 'payload_too_large':
    case 'permanent':
      return { state: 'dead', reason: result.kind };
  }
}
