import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertSignal, ChangeSignal, Edge, SeriesSignal } from '../signals.ts';
import { causeCategories } from './hypothesis.ts';
import { findRootCause, limits, type RootCauseInput } from './root-cause.ts';

const minute = 60_000;
/** Minute 100 of every world here: the fault begins. */
const begins = 100;
const now = (begins + 12) * minute;

const alert = (service: string, name: string, afterSeconds: number, labels = {}): AlertSignal => ({
  id: `${name}@${service}+${afterSeconds}`,
  key: `${name}/${service}`,
  name,
  labels: { service, ...labels },
  severity: 'high',
  text: '',
  at: begins * minute + afterSeconds * 1_000,
  endedAt: null,
});

const edge = (from: string, to: string, confidence = 1): Edge => ({
  from,
  to,
  confidence,
  source: 'declared',
});

/** A level with a little deterministic noise, and another one from the fault on. */
const series = (service: string, metric: string, level: number, during = level): SeriesSignal => {
  const times = Float64Array.from({ length: begins + 12 }, (_, n) => n * minute);
  const values = times.map(
    (_time, n) => (n >= begins ? during : level) * (1 + 0.02 * Math.sin(n * 12.9898 + metric.length)),
  );
  return { service, metric, labels: {}, times, values };
};

const deploy = (service: string, minutesBefore: number): ChangeSignal => ({
  id: `deploy-${service}`,
  kind: 'deploy',
  service,
  labels: {},
  text: '',
  at: (begins - minutesBefore) * minute,
});

// A front calls orders and search; orders calls a database.
const edges = [edge('front', 'orders'), edge('front', 'search'), edge('orders', 'orders-db')];

const ask = (input: Partial<RootCauseInput>) =>
  findRootCause({ alerts: [], changes: [], series: [], edges, now, ...input });

/** Latency and requests of all four; the database is slow, and so is everything above it. */
const slowDatabase = [
  series('front', 'latency', 0.2, 0.5),
  series('orders', 'latency', 0.1, 0.6),
  series('orders-db', 'latency', 0.01, 0.51),
  series('search', 'latency', 0.05),
  series('front', 'requests', 1_000),
  series('orders', 'requests', 600),
  series('orders-db', 'requests', 600),
  series('search', 'requests', 400),
];

describe('what broke', () => {
  it('is the callee that lost as much as its callers, though one alert alone rose at the front', () => {
    const { verdict, hypotheses } = ask({
      alerts: [alert('front', 'HighLatency', 60)],
      series: slowDatabase,
    });
    expect(verdict).toBe('found');
    expect(hypotheses[0]!.service).toBe('orders-db');
    const loss = hypotheses[0]!.evidence.find(({ subject }) => subject === 'latency')!;
    expect(loss).toMatchObject({ kind: 'metric', figures: { level_before: expect.closeTo(0.01, 3) } });
    expect(loss.figures.part_of_symptom).toBeGreaterThan(0.9);
  });

  it('is not the service with a wild score and five requests', () => {
    const wild = [
      ...slowDatabase.filter(({ service }) => service !== 'search'),
      series('search', 'latency', 0.05, 2),
      series('search', 'requests', 5),
    ];
    const { hypotheses } = ask({ alerts: [alert('front', 'HighLatency', 60)], series: wild });
    expect(hypotheses[0]!.service).toBe('orders-db');
  });

  it('is the service whose own alerts say why, among callers that only suffer', () => {
    const { hypotheses } = ask({
      alerts: [
        alert('orders-db', 'ReplicationLag', 0),
        alert('orders-db', 'SlowQueries', 10),
        alert('orders', 'UpstreamTimeouts', 50, { upstream: 'orders-db' }),
        alert('front', 'HighErrorRate', 90),
      ],
    });
    expect(hypotheses[0]).toMatchObject({ service: 'orders-db', category: 'data_storage' });
    expect(hypotheses[0]!.evidence.flatMap(({ refs }) => refs)).toContain('UpstreamTimeouts@orders+50');
  });

  it('is the deployment shortly before, and names it', () => {
    const { hypotheses } = ask({
      alerts: [alert('search', 'HighErrorRate', 30), alert('front', 'HighErrorRate', 60)],
      changes: [deploy('search', 3)],
      series: [series('search', 'error_rate', 0.01, 0.3), series('search', 'cpu', 0.3)],
    });
    expect(hypotheses[0]).toMatchObject({ service: 'search', category: 'change' });
    expect(hypotheses[0]!.evidence.find(({ kind }) => kind === 'change')).toMatchObject({
      refs: ['deploy-search'],
      figures: { seconds_before_onset: expect.any(Number) },
    });
  });

  it('is not the deployment of hours before', () => {
    const { hypotheses } = ask({
      alerts: [alert('search', 'HighErrorRate', 30)],
      changes: [deploy('search', 90)],
    });
    expect(hypotheses[0]!.evidence.some(({ kind }) => kind === 'change')).toBe(false);
  });

  it('is the caller that a surge of requests came in by', () => {
    const { hypotheses } = ask({
      alerts: [
        alert('orders', 'HighLatency', 20),
        alert('orders-db', 'HighCPU', 30),
        alert('front', 'RequestRateHigh', 40),
      ],
      series: [
        series('front', 'requests', 1_000, 4_000),
        series('orders', 'requests', 600, 2_400),
        series('orders-db', 'requests', 600, 2_400),
      ],
    });
    expect(hypotheses[0]).toMatchObject({ service: 'front', category: 'traffic_surge' });
  });

  it('is unknown where nothing but an alert at the front is there', () => {
    const { verdict, hypotheses } = ask({ alerts: [alert('front', 'HighErrorRate', 0)] });
    expect(verdict).toBe('unknown');
    expect(hypotheses[0]!.confidence).toBeLessThan(0.35);
    expect(hypotheses[0]!.evidence.length).toBeGreaterThan(0);
  });

  it('is as unknown as somebody wants it to be', () => {
    const input = {
      alerts: [alert('front', 'HighLatency', 60)],
      series: slowDatabase,
      changes: [],
      edges,
      now,
    };
    expect(findRootCause(input, { unknownBelow: 0.999 }).verdict).toBe('unknown');
  });

  it('has no hypotheses where no alert names a service', () => {
    const nameless = { ...alert('front', 'HighLatency', 0), labels: {} };
    expect(ask({ alerts: [nameless] })).toEqual({ verdict: 'unknown', hypotheses: [] });
  });
});

const services = ['a', 'b', 'c', 'd', 'e'];
const anyService = fc.constantFrom(...services);
const anyInput = fc.record({
  alerts: fc.uniqueArray(
    fc
      .tuple(
        anyService,
        fc.constantFrom('HighLatency', 'OOMKilled', 'ReplicationLag', 'Http5xx', '磁盘空间不足', 'Odd'),
        fc.integer({ min: -30, max: 600 }),
        fc.option(anyService, { nil: undefined }),
      )
      .map(([service, name, at, upstream]) => alert(service, name, at, upstream ? { upstream } : {})),
    { minLength: 1, maxLength: 12, selector: ({ id }) => id },
  ),
  changes: fc.uniqueArray(
    fc.tuple(anyService, fc.integer({ min: 0, max: 80 })).map(([service, before]) => deploy(service, before)),
    { maxLength: 3, selector: ({ id }) => id },
  ),
  series: fc.uniqueArray(
    fc
      .tuple(
        anyService,
        fc.constantFrom('latency', 'request_duration', 'error_rate', 'cpu', 'requests', 'free_memory', 'odd'),
        fc.constantFrom(0, 0.01, 1, 500, Number.NaN),
        fc.constantFrom(0, 0.02, 5, 5_000, Number.NaN),
      )
      .map(([service, metric, level, during]) => series(service, metric, level, during)),
    { maxLength: 12, selector: ({ service, metric }) => `${service} ${metric}` },
  ),
  edges: fc.array(
    fc
      .tuple(anyService, anyService, fc.constantFrom(0.2, 0.7, 1))
      .map(([from, to, confidence]) => edge(from, to, confidence)),
    { maxLength: 10 },
  ),
  now: fc.constant(now),
});

const turned = <T>(list: readonly T[]): T[] => [...list].reverse();

describe('whatever comes in', () => {
  it('confidences are numbers of 0 … 1 that fall, evidence is there and names what came in, and order does not matter', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const answer = findRootCause(input);
        const known = new Set([...input.alerts, ...input.changes].map(({ id }) => id));
        let before = 1;
        let sum = 0;
        for (const { confidence, evidence, category } of answer.hypotheses) {
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThanOrEqual(before);
          before = confidence;
          sum += confidence;
          expect(causeCategories).toContain(category);
          expect(evidence.length).toBeGreaterThan(0);
          for (const { refs, weight, figures } of evidence) {
            for (const ref of refs) expect(known).toContain(ref);
            expect(weight).not.toBeNaN();
            for (const figure of Object.values(figures)) expect(figure).not.toBeNaN();
          }
        }
        expect(sum).toBeLessThanOrEqual(1 + 1e-9);
        const other = findRootCause({
          ...input,
          alerts: turned(input.alerts),
          changes: turned(input.changes),
          series: turned(input.series),
          edges: turned(input.edges),
        });
        expect(other).toEqual(answer);
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('of two series of one kind the same one counts, whichever came first', () => {
    const twins = [
      ...slowDatabase,
      series('orders', 'request_duration', 0.1),
      series('front', 'p99', 0.3, 0.31),
    ];
    const alerts = [alert('front', 'HighLatency', 60)];
    expect(ask({ alerts, series: turned(twins) })).toEqual(ask({ alerts, series: twins }));
  });

  it('more than one call looks at is cut, and not refused', () => {
    const alerts = Array.from({ length: limits.alerts + 500 }, (_, n) =>
      alert('front', 'HighLatency', n / 100),
    );
    const { hypotheses } = ask({ alerts });
    expect(hypotheses[0]!.service).toBe('front');
    expect(hypotheses[0]!.evidence.every(({ refs }) => refs.length <= 20)).toBe(true);
  });
});
