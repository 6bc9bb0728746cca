import { describe, expect, it } from 'vitest';
import type { Edge, SeriesSignal } from '../signals.ts';
import { dependenciesOf } from './dependency.ts';
import { type FlowSeries, sharesOf, usualFlow } from './flow.ts';

const series = (metric: string, before: number, during: number): SeriesSignal => ({
  service: null,
  metric,
  labels: {},
  times: Float64Array.from({ length: 20 }, (_, n) => n * 60_000),
  values: Float64Array.from({ length: 20 }, (_, n) => (n < 10 ? before : during)),
});

/** Latency before and during, in seconds, and requests a minute; no requests where they are not counted. */
const flow = (before: number, during: number, requests: number | null): FlowSeries => ({
  sign: { name: 'latency', worse: 'up' },
  series: series('latency', before, during),
  requests: requests === null ? null : series('requests', requests, requests),
});

const edge = (from: string, to: string): Edge => ({ from, to, confidence: 1, source: 'declared' });

const sharesIn = (flows: Record<string, FlowSeries>, edges: readonly Edge[]) =>
  Object.fromEntries(
    [
      ...sharesOf(
        'front',
        new Map(Object.entries(flows)),
        dependenciesOf(edges),
        10 * 60_000,
        19 * 60_000,
        usualFlow,
      ),
    ].map(([service, { share }]) => [service, Number(share.toFixed(2))]),
  );

describe('the share of a symptom', () => {
  it('is the callee’s, and nothing is left to those above it', () => {
    const shares = sharesIn(
      { front: flow(0.2, 0.5, 1_000), orders: flow(0.1, 0.6, 600), db: flow(0.01, 0.52, 600) },
      [edge('front', 'orders'), edge('orders', 'db')],
    );
    expect(shares).toEqual({ front: 0, orders: 0, db: 1 });
  });

  it('is small of few requests, however slow they are', () => {
    const shares = sharesIn(
      { front: flow(0.2, 0.5, 1_000), orders: flow(0.1, 0.55, 600), rare: flow(0.1, 9, 3) },
      [edge('front', 'orders'), edge('front', 'rare')],
    );
    expect(shares.orders).toBeGreaterThan(0.8);
    expect(shares.rare).toBeLessThan(0.15);
  });

  it('is no more than what the hops above it lost', () => {
    const shares = sharesIn(
      { front: flow(0.2, 0.5, 1_000), quiet: flow(0.1, 0.11, 800), batch: flow(1, 9, 500) },
      [edge('front', 'quiet'), edge('quiet', 'batch')],
    );
    expect(shares.batch).toBe(0);
    expect(shares.front).toBe(1);
  });

  it('passes by half through a hop that nothing is known of', () => {
    const shares = sharesIn({ front: flow(0.2, 0.5, 1_000), db: flow(0.01, 0.52, 600) }, [
      edge('front', 'proxy'),
      edge('proxy', 'db'),
    ]);
    expect(shares.db).toBe(0.5);
  });

  it('takes the symptom’s requests for those of a callee that counts none', () => {
    const shares = sharesIn({ front: flow(0.2, 0.5, 1_000), orders: flow(0.1, 0.4, null) }, [
      edge('front', 'orders'),
    ]);
    expect(shares.orders).toBe(1);
  });

  it('is found in a loop of calls', () => {
    const shares = sharesIn({ front: flow(0.2, 0.5, 1_000), back: flow(0.1, 0.35, 1_000) }, [
      edge('front', 'back'),
      edge('back', 'front'),
    ]);
    expect(Object.keys(shares).sort()).toEqual(['back', 'front']);
  });
});
