// When each alert began to fire, the last times: what the models of time learn from. Bounded: of very many alerts those
// that fired last are known.
import { type AlertSignal, serviceOf } from '../signals.ts';

export const mostKeys = 4_096;
const mostTimes = 48;
const mostLabels = 32;
const longestLabel = 256;
/** What has a longer key, or more or longer labels, is not forecast. */
const longestKey = 1_024;

export interface Occurrences {
  readonly name: string;
  readonly service: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** By the alert's own clock, ascending. */
  readonly times: number[];
  /** Id of the episode that fires now; null where none does. */
  firing: string | null;
}

export type OccurrencesByKey = Map<string, Occurrences>;

/** Clocks that are further off say nothing of when. */
const clockMs = 3_600_000;

/** Whether labels and a key are of a size that is kept. */
export function isShort(key: string, labels: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(labels);
  return (
    key.length <= longestKey &&
    entries.length <= mostLabels &&
    entries.every(
      ([name, value]) =>
        typeof value === 'string' && name.length <= longestLabel && value.length <= longestLabel,
    )
  );
}

/** Whether an alert is of a size that is kept, and its time about now. */
export const isKept = ({ key, name, labels, at }: AlertSignal, now: number): boolean =>
  Math.abs(at - now) <= clockMs && name.length <= longestLabel && isShort(key, labels);

/** Takes in that an alert began to fire. */
export function occurred(all: OccurrencesByKey, alert: AlertSignal): Occurrences {
  const known = all.get(alert.key);
  const { name, labels } = alert;
  // Room for one time: most come once.
  const one = known ?? { name, service: serviceOf(labels), labels, times: [alert.at], firing: null };
  all.delete(alert.key);
  all.set(alert.key, one);
  if (all.size > mostKeys) all.delete(all.keys().next().value!);
  one.firing = alert.id;
  // A clock that went back tells nothing of intervals.
  if (alert.at > (one.times.at(-1) ?? Number.NEGATIVE_INFINITY)) one.times.push(alert.at);
  if (one.times.length > mostTimes) one.times.shift();
  return one;
}

/** Takes in that it ended. */
export function ended(all: OccurrencesByKey, alert: AlertSignal): void {
  const one = all.get(alert.key);
  if (one?.firing === alert.id) one.firing = null;
}

/** Probability that it begins within a span of this length by chance alone, from how often it did. */
export function byChance({ times }: Occurrences, spanMs: number, now: number): number {
  const first = times[0];
  if (first === undefined || now <= first) return 0;
  return 1 - Math.exp((-times.length * spanMs) / (now - first));
}
