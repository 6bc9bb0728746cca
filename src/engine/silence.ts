// What a series' silence means, on engine time: `no_data` and `absent`. Absence counts only time in which ingest was up:
// `quietSince` starts anew with the process.
import type { VerdictInput } from '../pipeline/input.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { RulePair } from './rule-pair.ts';

export type SilenceDecision =
  /** Look again then. */
  | { readonly kind: 'wait'; readonly until: number }
  /** Nothing to do until a sample comes. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'verdict'; readonly input: VerdictInput; readonly again: number | null };

/** Nobody looks more often for the end of `for`. */
const leastLookMs = 1_000;

/** How long a pair may be silent before it means something. */
export function patienceOf(pair: RulePair): number {
  return pair.rule.aggregate === 'absent' ? pair.rule.windowMs : pair.rule.noDataAfterMs;
}

export function decideSilence(pair: RulePair, alert: AlertRow | undefined, now: number): SilenceDecision {
  const { rule } = pair;
  const absent = rule.aggregate === 'absent';
  const since = pair.quietSince + patienceOf(pair);
  const verdict = absent || rule.noData === 'alert' ? 'true' : 'false';
  if (verdict === 'false') {
    // `no_data: ok`: the alert outlives its last verdict by keep_firing_for, here on engine time.
    const due = since + (alert?.state === 'firing' ? rule.keepFiringForMs : 0);
    if (due > now) return { kind: 'wait', until: due };
    if (!alert) return { kind: 'rest' };
    return { kind: 'verdict', again: null, input: inputOf(pair, verdict, now, 'no_data') };
  }
  if (since > now) return { kind: 'wait', until: since };
  if (alert?.state === 'firing') return { kind: 'rest' };
  const pendingUntil = alert ? (alert.pendingSince ?? now) + rule.forMs : null;
  // Silence only goes on with what a sample began: it has something to say when `for` is over. A sample may come before
  // that, and then be the last one: whoever looks again within their patience is not late for the silence behind it.
  const lookAgain = (until: number) => Math.min(until, now + Math.max(patienceOf(pair), leastLookMs));
  if (pendingUntil !== null && pendingUntil > now) return { kind: 'wait', until: lookAgain(pendingUntil) };
  const again = alert ? null : lookAgain(now + rule.forMs);
  return {
    kind: 'verdict',
    input: inputOf(pair, verdict, now, absent ? 'absent' : 'no_data'),
    again: again !== null && again > now ? again : null,
  };
}

function inputOf(
  pair: RulePair,
  verdict: 'true' | 'false',
  now: number,
  cause: 'no_data' | 'absent',
): VerdictInput {
  return {
    kind: 'verdict',
    rule: pair.rule,
    subject: pair.subject,
    verdict,
    value: null,
    sampleAt: now,
    cause,
  };
}
