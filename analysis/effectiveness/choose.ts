// Which of the tried changes are told to people: those that lose nothing, and of these the gentlest that does nearly as
// much as the best.
import type { Candidate, Change, Goal } from './candidates.ts';
import { type Firing, type Proof, type Protected, proofOf } from './proof.ts';

/** What a replay of one version of a rule told. */
export interface Told {
  /** Also those that began before the span. */
  readonly firings: readonly Firing[];
  /** Those that began in it. */
  readonly fired: number;
}

export interface Tried extends Told {
  readonly candidate: Candidate;
}

/** A change that loses nothing that people acted on. */
export interface Suggestion {
  readonly goal: Goal;
  readonly change: Change;
  /** Alerts of the span as the rule is and as it would be. */
  readonly before: number;
  readonly after: number;
  readonly proof: Proof;
}

/** Suggestions at once. */
export const mostSuggestions = 3;

/** A fifth fewer alerts, and two at least: less is not worth anybody's look. */
const leastShare = 0.2;
const leastFewer = 2;
/** What does as much as the best to within a tenth, and changes less, is told instead. */
const nearly = 0.1;
/** An earlier alert is at least two minutes earlier in the median, at the price of a tenth more alerts, or one. */
const leastEarlierMs = 120_000;
const moreShare = 0.1;

/** The best of all first, then the best of each other set of keys that does something as well. */
export function choose(
  kept: Protected,
  baseline: Told,
  tried: readonly Tried[],
  goal: Goal,
): readonly Suggestion[] {
  const before = baseline.fired;
  const sound = tried
    .filter(({ candidate }) => candidate.goal === goal)
    .map(
      ({ candidate, firings, fired }): Suggestion => ({
        ...candidate,
        before,
        after: fired,
        proof: proofOf(kept, firings),
      }),
    )
    .filter((one) => one.proof.lost === 0 && isWorthIt(one));
  const chosen: Suggestion[] = [];
  const keys = new Set<string>();
  for (let rest = sound; rest.length > 0 && chosen.length < mostSuggestions; ) {
    const best = gentlest(rest);
    chosen.push(best);
    keys.add(keysOf(best.change));
    rest = rest.filter(({ change }) => !keys.has(keysOf(change)));
  }
  return chosen;
}

function isWorthIt({ goal, before, after, proof }: Suggestion): boolean {
  if (goal === 'fewer') return before - after >= Math.max(leastFewer, leastShare * before);
  return -proof.medianMs >= leastEarlierMs && after <= Math.max(before + 1, (1 + moreShare) * before);
}

/** What a suggestion gains, by its goal: alerts, or milliseconds. */
function gainOf({ goal, before, after, proof }: Suggestion): number {
  return goal === 'fewer' ? before - after : -proof.medianMs;
}

function gentlest(suggestions: readonly Suggestion[]): Suggestion {
  const most = Math.max(...suggestions.map(gainOf));
  const enough = suggestions.filter((one) => gainOf(one) >= (1 - nearly) * most);
  return enough.reduce((a, b) => (costOf(b) < costOf(a) ? b : a));
}

/** Later alerts cost most, then every key that changes, as a minute would. */
function costOf({ change, proof }: Suggestion): number {
  return Math.max(0, proof.latestMs) + 60_000 * Object.keys(change).length;
}

const keysOf = (change: Change) => Object.keys(change).sort().join();
