// How well found incidents are the true ones. Counted are pairs of alerts: a pair is true when both alerts belong to one true
// incident, found when both are in one found incident. Alerts of no incident belong with nobody: each found pair that has
// one of them is an error, also when both are the same alert again.
import type { IncidentWorld } from '../../src/testing/incidents/index.ts';

/** Alert → the found incident that it is in; an alert that is missing is alone. */
export type Grouping = ReadonlyMap<string, string>;

export interface PairScore {
  /** Alerts that fired, and those of true incidents. */
  readonly alerts: number;
  readonly ofIncidents: number;
  readonly truePairs: number;
  readonly foundPairs: number;
  readonly rightPairs: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Found incidents that hold an alert of a true incident. */
  readonly found: number;
  /** 1 - found / alerts of true incidents. */
  readonly noiseReduction: number;
}

const pairs = (count: number): number => (count * (count - 1)) / 2;

const sum = <T>(all: Iterable<T>, of: (one: T) => number): number => {
  let total = 0;
  for (const one of all) total += of(one);
  return total;
};

function sizes(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

export function pairScore(
  truth: IncidentWorld['truth'],
  alerts: readonly string[],
  grouping: Grouping,
): PairScore {
  const trueOf = new Map(
    truth.incidents.flatMap(({ id, alerts }) => alerts.map((alert) => [alert, id] as const)),
  );
  const foundOf = (alert: string): string => grouping.get(alert) ?? `alone ${alert}`;
  const mine = alerts.filter((alert) => trueOf.has(alert));
  const truePairs = sum(sizes(mine.map((alert) => trueOf.get(alert)!)).values(), pairs);
  const foundPairs = sum(sizes(alerts.map(foundOf)).values(), pairs);
  const both = sizes(mine.map((alert) => `${trueOf.get(alert)}\n${foundOf(alert)}`));
  const rightPairs = sum(both.values(), pairs);
  const found = new Set(mine.map(foundOf)).size;
  return {
    ...{ alerts: alerts.length, ofIncidents: mine.length, truePairs, foundPairs, rightPairs, found },
    ...ratios(truePairs, foundPairs, rightPairs),
    noiseReduction: mine.length === 0 ? 1 : 1 - found / mine.length,
  };
}

function ratios(truePairs: number, foundPairs: number, rightPairs: number) {
  const precision = foundPairs === 0 ? 1 : rightPairs / foundPairs;
  const recall = truePairs === 0 ? 1 : rightPairs / truePairs;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

/** Of many worlds: the mean of their scores, so that one large incident does not outweigh all the others, and of all pairs together. */
export function scoreOfAll(scores: readonly PairScore[]): {
  readonly f1: number;
  readonly pooledF1: number;
  readonly precision: number;
  readonly recall: number;
  readonly noiseReduction: number;
  readonly found: number;
  readonly ofIncidents: number;
} {
  const mean = (of: (score: PairScore) => number) => sum(scores, of) / scores.length;
  const total = (of: (score: PairScore) => number) => sum(scores, of);
  const [found, ofIncidents] = [total((one) => one.found), total((one) => one.ofIncidents)];
  return {
    f1: mean((one) => one.f1),
    pooledF1: ratios(
      total((one) => one.truePairs),
      total((one) => one.foundPairs),
      total((one) => one.rightPairs),
    ).f1,
    precision: mean((one) => one.precision),
    recall: mean((one) => one.recall),
    noiseReduction: 1 - found / ofIncidents,
    ...{ found, ofIncidents },
  };
}
