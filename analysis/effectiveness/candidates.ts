// Which changes of a rule are worth trying: a small grid of steps towards fewer alerts, or towards earlier ones. Nothing
// of it is good before a replay on stored samples has shown it.

/** A rule as far as it may be tuned. Null: it has no such key, or not one that can be moved. */
export interface Tunable {
  /** Which way is stricter; 0 where the threshold cannot be moved. */
  readonly stricter: 1 | -1 | 0;
  readonly threshold: number | null;
  /** Thresholds are whole numbers: it counts. */
  readonly whole: boolean;
  readonly resolveThreshold: number | null;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly windowMs: number | null;
}

/** New values of some keys; what is not there stays. Spans in milliseconds. */
export interface Change {
  readonly threshold?: number;
  readonly resolveThreshold?: number;
  readonly forMs?: number;
  readonly keepFiringForMs?: number;
  readonly windowMs?: number;
}

export const goals = ['fewer', 'earlier'] as const;
export type Goal = (typeof goals)[number];

export interface Candidate {
  readonly goal: Goal;
  readonly change: Change;
}

/** Replays of one question at most. */
export const mostCandidates = 48;

const minute = 60_000;
const shares = [0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5];
const quantiles = [0.5, 0.75, 0.9, 0.95];
const waitsMs = [1, 2, 5, 10, 15, 30, 60].map((minutes) => minutes * minute);
const holdsMs = [2, 5, 10, 15, 30].map((minutes) => minutes * minute);
const longestWindowMs = 6 * 3_600_000;

/**
 * Changes towards fewer alerts, the gentle ones first. `values`: figures of alerts that nobody acted on; thresholds just
 * beyond them are tried too.
 */
export function fewerCandidates(rule: Tunable, values: readonly number[]): readonly Candidate[] {
  const thresholds = stricterThresholds(rule, values).map((threshold): Change => ({ threshold }));
  const waits = waitsMs.filter((ms) => ms > rule.forMs).slice(0, 5);
  const holds = holdsMs.filter((ms) => ms > rule.keepFiringForMs).slice(0, 3);
  const forMs = waits.map((ms): Change => ({ forMs: ms }));
  const keep = holds.map((ms): Change => ({ keepFiringForMs: ms }));
  const windows = longerWindows(rule.windowMs);
  const singles = [...thresholds, ...forMs, ...keep, ...hysteresis(rule), ...windows];
  const pairs = [
    ...joined(everyOther(thresholds), forMs.slice(0, 4)),
    ...joined(forMs.slice(0, 3), keep.slice(0, 2)),
    ...joined(thresholds.slice(0, 3), keep.slice(0, 1)),
  ];
  return [...singles, ...pairs].slice(0, mostCandidates).map((change) => ({ goal: 'fewer', change }));
}

/** Changes towards earlier alerts. */
export function earlierCandidates(rule: Tunable): readonly Candidate[] {
  const { threshold, stricter, forMs, windowMs, whole } = rule;
  const waits = [...new Set([forMs / 2, forMs / 4, forMs / 10].map(wholeMinutes))]
    .filter((ms) => ms < forMs)
    .map((ms): Change => ({ forMs: ms }));
  const windows = [...new Set([(windowMs ?? 0) / 2, (windowMs ?? 0) / 4].map(wholeMinutes))]
    .filter((ms) => ms >= minute && ms < (windowMs ?? 0))
    .map((ms): Change => ({ windowMs: ms }));
  const looser: Change[] =
    threshold === null || threshold === 0 || stricter === 0
      ? []
      : [0.05, 0.1, 0.2].map((share) => ({
          threshold: rounded(threshold - stricter * share * Math.abs(threshold), whole),
        }));
  const all = [...waits, ...windows, ...looser, ...joined(windows, waits), ...joined(looser, waits)];
  return all.slice(0, mostCandidates / 2).map((change) => ({ goal: 'earlier', change }));
}

function stricterThresholds({ threshold, stricter, whole }: Tunable, values: readonly number[]): number[] {
  if (threshold === null || stricter === 0) return [];
  const steps = shares.map((share) => threshold + stricter * share * Math.abs(threshold));
  const ordered = values.filter(Number.isFinite).sort((a, b) => stricter * (a - b));
  const seen = ordered.length === 0 ? [] : quantiles.map((q) => ordered[Math.ceil(q * ordered.length) - 1]!);
  const all = new Set([...steps, ...seen].map((value) => rounded(value, whole)));
  return [...all]
    .filter((one) => stricter * (one - threshold) > 0)
    .sort((a, b) => stricter * (a - b))
    .slice(0, 10);
}

/** A way back that is longer than the way there: 5 and 10 % of the threshold on its good side. */
function hysteresis({ threshold, resolveThreshold, stricter, whole }: Tunable): Change[] {
  if (threshold === null || threshold === 0 || resolveThreshold !== null || stricter === 0) return [];
  return [0.05, 0.1].map((share) => ({
    resolveThreshold: rounded(threshold - stricter * share * Math.abs(threshold), whole),
  }));
}

function longerWindows(windowMs: number | null): Change[] {
  if (windowMs === null || windowMs === 0) return [];
  return [2, 3]
    .map((times) => times * windowMs)
    .flatMap((ms) => (ms <= longestWindowMs ? [{ windowMs: ms }] : []));
}

function joined(some: readonly Change[], others: readonly Change[]): Change[] {
  return some.flatMap((one) => others.map((other) => ({ ...one, ...other })));
}

const everyOther = <T>(items: readonly T[]): T[] => items.filter((_, i) => i % 2 === 1);

/** To three digits: what a person would have written. */
function rounded(value: number, whole: boolean): number {
  return whole ? Math.round(value) : Number(value.toPrecision(3));
}

function wholeMinutes(ms: number): number {
  return Math.floor(ms / minute) * minute;
}
