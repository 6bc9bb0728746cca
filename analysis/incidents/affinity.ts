// How much speaks for an alert being part of an incident, as natural logarithms of odds: how near the services are in the
// graph, how long ago they alerted, how alike the alerts look, and how often this alert comes anyway.
import type { Reach } from '../topology/graph.ts';

/** Found on simulated incidents with seeds below 1,000; see docs/analysis.md. */
export const weights = {
  /** Of the same service, and by hops towards callers or callees. */
  same: 4,
  hops: [3, 1.2, -0.6],
  /** Between two callers or two callees of one service. */
  beside: -0.8,
  /** No way is known. */
  apart: -4,
  /** Lost with each of these since the service alerted last. */
  lagMs: 150_000,
  /** Of an alert that looks the same. */
  alike: 2,
  /** For each doubling of an alert's own rate beyond one in twelve hours. */
  habit: 0.5,
  usualPerHour: 1 / 12,
  /** A caller alerts after its callee. */
  order: 0.3,
} as const;

/** An alert joins at 0; an incident is joined to another at this. */
export const mergesAt = 2.2;

export interface Nearness {
  readonly reach: Reach | undefined;
  /** Since the service's latest alert in the incident. */
  readonly lagMs: number;
  readonly likeness: number;
  readonly perHour: number;
}

/** Logarithm of the odds that the alert is part of the incident. */
export function affinity({ reach, lagMs, likeness, perHour }: Nearness): number {
  const near = nearnessOf(reach);
  const usual = Math.max(0, Math.log2(Math.max(perHour, 1e-9) / weights.usualPerHour));
  return near - lagMs / weights.lagMs + weights.alike * likeness - weights.habit * usual;
}

function nearnessOf(reach: Reach | undefined): number {
  if (reach === undefined) return weights.apart;
  if (reach.way === 'same') return weights.same;
  const base = (weights.hops[reach.hops - 1] ?? weights.apart) + Math.log(reach.confidence);
  if (reach.way === 'beside') return base + weights.beside;
  return reach.way === 'caller' ? base + weights.order : base;
}
