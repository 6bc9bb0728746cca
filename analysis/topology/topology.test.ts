import { describe, expect, it } from 'vitest';
import type { AlertNews, Edge } from '../signals.ts';
import { graphOf } from './graph.ts';
import { createTopology, declare, observeTopology, restoreTopology, saveTopology } from './topology.ts';

const minute = 60_000;
const hour = 60 * minute;
const edge = (from: string, to: string, confidence = 1, source: Edge['source'] = 'declared'): Edge => ({
  ...{ from, to, confidence, source },
});
let count = 0;
const fired = (service: string, seenAt: number, labels: Record<string, string> = {}): AlertNews => ({
  kind: 'fired',
  seenAt,
  alert: {
    ...{ id: `a${++count}`, key: `k-${service}`, name: 'HighLatency', labels: { service, ...labels } },
    ...{ severity: 'warning', text: '', at: seenAt, endedAt: null },
  },
});

describe('the graph', () => {
  it('measures hops with their way, and the confidence of the whole way', () => {
    const graph = graphOf([edge('web', 'cart'), edge('cart', 'db', 0.5), edge('orders', 'db')]);
    const reach = graph.reachOf('web');
    expect(reach.get('web')).toEqual({ hops: 0, confidence: 1, way: 'same' });
    expect(reach.get('db')).toEqual({ hops: 2, confidence: 0.5, way: 'callee' });
    expect(reach.get('orders')).toEqual({ hops: 3, confidence: 0.5, way: 'beside' });
    expect(graph.reachOf('db').get('web')?.way).toBe('caller');
    expect(graph.reachOf('nobody').size).toBe(1);
  });

  it('looks three hops far, and at two hundred services at most', () => {
    const chain = ['a', 'b', 'c', 'd', 'e'].flatMap((to, n, all) => (n === 0 ? [] : [edge(all[n - 1]!, to)]));
    expect([...graphOf(chain).reachOf('a').keys()]).toEqual(['a', 'b', 'c', 'd']);
    const star = Array.from({ length: 5_000 }, (_, n) => edge('hub', `s${n}`));
    expect(graphOf(star).reachOf('hub').size).toBeLessThanOrEqual(200);
  });

  it('keeps the surest of what is said of a pair, and no learned edge against what people said', () => {
    const graph = graphOf([
      edge('web', 'cart', 0.4, 'learned'),
      edge('web', 'cart', 0.9, 'labels'),
      edge('web', 'cart', 1, 'declared'),
      edge('cart', 'web', 0.6, 'learned'),
    ]);
    expect(graph.edges).toEqual([edge('web', 'cart')]);
  });

  it('leaves out a learned edge whose ends have a surer way through a third service', () => {
    const learned = edge('web', 'db', 0.5, 'learned');
    expect(graphOf([edge('web', 'cart'), edge('cart', 'db'), learned]).edges).not.toContainEqual(learned);
    expect(graphOf([edge('web', 'cart'), learned]).edges).toContainEqual(learned);
  });
});

describe('what labels say', () => {
  it('is an edge from the alert’s service to what its labels name, and is forgotten after a month', () => {
    const topology = createTopology();
    let graph = observeTopology(topology, fired('cart', 0, { upstream: 'db, cache', depends_on: 'queue' }));
    expect(graph.edges.map(({ from, to, source }) => `${from} ${to} ${source}`)).toEqual([
      'cart cache labels',
      'cart db labels',
      'cart queue labels',
    ]);
    graph = observeTopology(topology, fired('web', 31 * 24 * hour, { upstream: 'cart' }));
    expect(graph.edges.map(({ to }) => to)).toEqual(['cart']);
  });
});

/** An incident a day: the database, then its caller a minute later; something unrelated at another time. */
function days(topology: ReturnType<typeof createTopology>, from: number, to: number): void {
  for (let day = from; day < to; day++) {
    const at = day * 24 * hour;
    observeTopology(topology, fired('db', at));
    observeTopology(topology, fired('orders', at + minute));
    observeTopology(topology, fired('mailer', at + 7 * hour));
  }
}

describe('what is learned', () => {
  it('speaks once two services began together three times: the first one is the callee', () => {
    const topology = createTopology();
    days(topology, 0, 2);
    expect(topology.graph.edges).toEqual([]);
    days(topology, 2, 6);
    const [edge, ...others] = topology.graph.edges;
    expect(others).toEqual([]);
    expect(edge).toMatchObject({ from: 'orders', to: 'db', source: 'learned' });
    expect(edge!.confidence).toBeGreaterThan(0.5);
  });

  it('says nothing of services that alert all the time', () => {
    const topology = createTopology();
    for (let n = 0; n < 200; n++) {
      observeTopology(topology, fired('noisy', n * 11 * minute));
      observeTopology(topology, fired('loud', n * 11 * minute + minute));
      observeTopology(topology, fired('third', n * 13 * minute));
    }
    const pairs = topology.graph.edges.map(({ from, to }) => [from, to].sort().join(' '));
    expect(pairs).not.toContain('noisy third');
    expect(pairs).not.toContain('loud third');
  });

  it('is forgotten when it is not seen again', () => {
    const topology = createTopology();
    days(topology, 0, 6);
    observeTopology(topology, fired('mailer', 90 * 24 * hour));
    expect(topology.graph.edges).toEqual([]);
  });

  it('is bounded, whatever names services have', () => {
    const topology = createTopology();
    for (let n = 0; n < 30_000; n++) observeTopology(topology, fired(`s${n}`, n * 1_000));
    expect(topology.learned.services.size).toBeLessThanOrEqual(2_048);
    expect(topology.learned.pairs.size).toBeLessThanOrEqual(8_192);
    expect(topology.learned.recent.length).toBeLessThanOrEqual(24);
  });
});

it('goes on after it was saved as if nothing had happened', () => {
  const whole = createTopology([edge('web', 'cart')]);
  let split = createTopology([edge('web', 'cart')]);
  for (let day = 0; day < 8; day++) {
    days(whole, day, day + 1);
    days(split, day, day + 1);
    split = restoreTopology(JSON.parse(JSON.stringify(saveTopology(split))), [edge('web', 'cart')]);
  }
  expect(split.graph.edges).toEqual(whole.graph.edges);
  declare(split, [], 8 * 24 * hour);
  expect(split.graph.edges.some(({ source }) => source === 'declared')).toBe(false);
});
