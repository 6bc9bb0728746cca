// How much speaks for an alert being part of an incident, as natural logarithms of odds. A failure reaches a service once:
// what counts is how long ago it reached the services near the alert's, not when these were heard of last. Beside it count
// how alike the alerts look, how sure it is that the incident is one, and how often this alert comes anyway.
import type { Reach } from '../topology/graph.ts';

/** Found on simulated incidents with seeds below 1,000; see docs/analysis.md. */
export const weights = {
  /** Of the same service, and by hops towards callers or callees. */
  same: 1.7,
  hops: [1.7, -0.3, -2],
  /** Between two callers or two callees of one service. */
  beside: -0.6,
  /** No way is known. */
  apart: -3.5,
  /** Lost with each of these since the failure reached the service. */
  lagMs: 90_000,
  sameLagMs: 150_000,
  /** How much of what further places say is added to what the nearest one says. */
  many: 0.5,
  /** Of an alert that looks the same. */
  alike: 1.8,
  /** For each doubling of the incident's different alerts, and the most of it. */
  standing: 0.5,
  standingMost: 1.35,
  /** An incident of one alert has to be believed first. */
  alone: -0.3,
  /** For each doubling of the times that an alert came alone. */
  habit: 3,
  habitMost: 10,
  info: -3,
  /** The same rule on the same service, and what is lost with each span since. */
  kin: 1.8,
  kinLagMs: 240_000,
  /** The same alert again; of one in an incident of fewer than three different ones. */
  again: 4.5,
  againAlone: -1,
  againLagMs: 240_000,
  /** An alert joins at 0; an incident is joined to another at this, when both began within this span. */
  mergesAt: 1.5,
  mergesWithinMs: 180_000,
};

/** The same alert fired again after this span in an incident of so many different ones. */
export function again(keys: number, lagMs: number, habit: number): number {
  return (keys >= 3 ? weights.again : weights.againAlone) - lagMs / weights.againLagMs - usual(habit);
}

/** The same rule on the same service fired this span ago. */
export function kinship(lagMs: number): number {
  return weights.kin - lagMs / weights.kinLagMs;
}

/** What the nearest place, all places, and the same rule say together. */
export function together(best: number, all: number, kin: number): number {
  return Math.max(best + weights.many * (all - best), kin);
}

/** Little within the span in which failures travel, and soon everything beyond it. */
const late = (lagMs: number, spanMs: number): number => (lagMs / spanMs) ** 2;

/** A place of the incident, seen from the alert's. */
export function nearness(reach: Reach | undefined, lagMs: number): number {
  if (reach === undefined) return weights.apart - late(lagMs, weights.lagMs);
  if (reach.way === 'same') return weights.same - late(lagMs, weights.sameLagMs);
  const base = (weights.hops[reach.hops - 1] ?? weights.apart) + Math.log(reach.confidence);
  return base + (reach.way === 'beside' ? weights.beside : 0) - late(lagMs, weights.lagMs);
}

export interface Standing {
  /** Different alerts of the incident. */
  readonly keys: number;
  /** How often its first alert came alone before, and this one. */
  readonly habitOfFirst: number;
  readonly habit: number;
  readonly likeness: number;
  readonly info: boolean;
}

function usual(alone: number): number {
  return Math.min(weights.habitMost, weights.habit * Math.log2(1 + alone));
}

/** What counts beside the places. */
export function standing({ keys, habitOfFirst, habit, likeness, info }: Standing): number {
  const sure =
    keys <= 1
      ? weights.alone - usual(habitOfFirst)
      : Math.min(weights.standingMost, weights.standing * Math.log2(keys / 2)) - usual(habitOfFirst) / keys;
  return sure + weights.alike * likeness - usual(habit) + (info ? weights.info : 0);
}
