import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlertNews, type AlertSignal, type Edge, severityOrder } from '../signals.ts';
import { anomaly } from './anomaly.ts';
import { burst } from './burst.ts';
import { cascade } from './cascade.ts';
import { correlation } from './correlation.ts';
import { escalation } from './escalation.ts';
import { Histories } from './history.ts';
import { watchPatterns } from './index.ts';
import { type Mark, markOf } from './mark.ts';
import {
  type Fired,
  type Pattern,
  type PatternContext,
  type PatternFinding,
  type PatternName,
  patternNames,
} from './pattern.ts';
import { periodic } from './periodic.ts';
import { RecentMap } from './recent-map.ts';
import { storm } from './storm.ts';

const second = 1_000;
const minute = 60 * second;
const monday = 1_736_121_600_000;

interface Told {
  readonly after: number;
  readonly name?: string;
  readonly service?: string;
  readonly instance?: string;
  readonly severity?: AlertSignal['severity'];
}

function newsOf(told: readonly Told[]): AlertNews[] {
  return told.map(
    ({ after, name = 'HighLatency', service = 'shop', instance = '0', severity = 'warning' }, n) => {
      const labels = { alertname: name, service, instance, severity };
      const key = `${name}/${service}/${instance}/${severity}`;
      const at = monday + after;
      return {
        kind: 'fired',
        seenAt: at,
        alert: { id: `a${n}`, key, name, labels, severity, text: '', at, endedAt: null },
      };
    },
  );
}

const edges: Edge[] = [
  ['web', 'shop'],
  ['shop', 'users'],
  ['users', 'db'],
].map(([from, to]) => ({ from: from!, to: to!, confidence: 1, source: 'declared' }));

/** All that is said of these alerts by one pattern. */
function said(name: PatternName, told: readonly Told[]): PatternFinding[] {
  const watch = watchPatterns([name]);
  const found: PatternFinding[] = [];
  for (const news of newsOf(told)) found.push(...watch.observe(news, { edges }));
  return found;
}

const keysOf = (found: readonly PatternFinding[]): number => new Set(found.map(({ key }) => key)).size;
const times = (count: number, told: (n: number) => Told): Told[] =>
  Array.from({ length: count }, (_, n) => told(n));

describe('burst', () => {
  it('is one rule on five instances of one service within a minute', () => {
    const found = said(
      'burst',
      times(7, (n) => ({ after: n * 10 * second, instance: `${n}` })),
    );
    expect(found[0]!.alerts).toEqual(['a0', 'a1', 'a2', 'a3', 'a4']);
    expect(keysOf(found)).toBe(1);
    expect(found.at(-1)!.figures.instances).toBe(7);
    expect(found.at(-1)!.scope).toEqual({ alertname: 'HighLatency', service: 'shop', severity: 'warning' });
  });

  it('is not four of them, one that fires again and again, or five over minutes', () => {
    expect(
      said(
        'burst',
        times(4, (n) => ({ after: n * second, instance: `${n}` })),
      ),
    ).toEqual([]);
    expect(
      said(
        'burst',
        times(9, (n) => ({ after: n * second })),
      ),
    ).toEqual([]);
    expect(
      said(
        'burst',
        times(9, (n) => ({ after: n * 16 * second, instance: `${n}` })),
      ),
    ).toEqual([]);
  });
});

describe('storm', () => {
  it('begins with the 101st alert within a minute, not with the 100th, and is one while it lasts', () => {
    const found = said(
      'storm',
      times(400, (n) => ({ after: n * 500, instance: `${n}` })),
    );
    expect(found[0]!.foundAt).toBe(monday + 100 * 500);
    expect(found[0]!.figures.alerts).toBe(101);
    expect(keysOf(found)).toBe(1);
    expect(
      said(
        'storm',
        times(400, (n) => ({ after: n * 600, instance: `${n}` })),
      ),
    ).toEqual([]);
  });

  it('ends below fifty a minute, and the next one is another', () => {
    const one = times(150, (n) => ({ after: n * 100, instance: `${n}` }));
    const again = one.map((told) => ({ ...told, after: told.after + 5 * minute }));
    expect(keysOf(said('storm', [...one, ...again]))).toBe(2);
  });
});

describe('escalation', () => {
  const rise = (severities: readonly AlertSignal['severity'][], gap: number) =>
    said(
      'escalation',
      times(severities.length, (n) => ({ after: n * gap, severity: severities[n]! })),
    );

  it('is one rule on one place that rises over three severities within minutes', () => {
    const found = rise(['info', 'warning', 'warning', 'high', 'critical'], 3 * minute);
    expect(found.map(({ alerts }) => alerts.length)).toEqual([4, 5]);
    expect(keysOf(found)).toBe(1);
  });

  it('is not two steps, a fall on the way, or a rise over hours', () => {
    expect(rise(['info', 'warning', 'warning'], minute)).toEqual([]);
    expect(rise(['info', 'high', 'warning', 'high'], minute)).toEqual([]);
    expect(rise(['info', 'warning', 'high', 'critical'], 75 * minute)).toEqual([]);
  });
});

describe('periodic', () => {
  const jitter = [0, 7, -5, 3, -8, 6, 2, -4];

  it('is said at the fifth turn of a clock, also when one is missing, under one key', () => {
    const turns = [0, 1, 3, 4, 5, 6, 7];
    const found = said(
      'periodic',
      times(7, (n) => ({ after: turns[n]! * 20 * minute + jitter[n]! * second })),
    );
    expect(found[0]!.alerts.length).toBe(5);
    expect(found.at(-1)!.figures.period_seconds).toBeCloseTo(1_200, -1);
    expect(keysOf(found)).toBe(1);
  });

  it('is not what comes at any time', () => {
    const after = [0, 9, 31, 38, 66, 79, 111, 116, 140].map((at) => at * minute);
    expect(
      said(
        'periodic',
        times(after.length, (n) => ({ after: after[n]! })),
      ),
    ).toEqual([]);
  });
});

describe('correlation', () => {
  const firsts = [3, 31, 47, 98, 140, 161, 210].map((at) => at * minute);
  const pair = (lag: (n: number) => number): Told[] =>
    firsts.flatMap((after, n) => [
      { after, service: 'db' },
      { after: after + lag(n), service: 'users' },
    ]);

  it('is two alerts that come five times at the same distance', () => {
    const found = said(
      'correlation',
      pair((n) => (40 + (n % 3)) * second),
    );
    expect(found[0]!.figures).toMatchObject({ times: 5, alerts: 10 });
    expect(found.at(-1)!.figures.lag_seconds).toBeCloseTo(41, 0);
    expect(keysOf(found)).toBe(1);
  });

  it('is not two that come at any distance, and not two clocks', () => {
    expect(
      said(
        'correlation',
        pair((n) => (10 + 37 * n) * second),
      ),
    ).toEqual([]);
    const clocks = times(30, (n) => ({
      after: Math.floor(n / 2) * 15 * minute + (n % 2) * 20_000,
      service: `${n % 2}`,
    }));
    expect(said('correlation', clocks)).toEqual([]);
  });
});

describe('anomaly', () => {
  const past = [0, 22, 31, 58, 90, 97, 120, 155, 171].map((at) => at * minute);

  it('is an alert that comes far more often than in its past', () => {
    const after = [...past, ...times(6, (n) => ({ after: (200 + n) * minute })).map((one) => one.after)];
    const found = said(
      'anomaly',
      times(after.length, (n) => ({ after: after[n]! })),
    );
    expect(found[0]!.alerts).toEqual(['a9', 'a10', 'a11', 'a12', 'a13']);
    expect(keysOf(found)).toBe(1);
  });

  it('is not one of the clusters in which it always came', () => {
    const after = [0, 60, 130, 200].flatMap((at) => [0, 1, 2, 3, 4, 5].map((n) => (at + n) * minute));
    expect(
      said(
        'anomaly',
        times(after.length, (n) => ({ after: after[n]! })),
      ),
    ).toEqual([]);
  });
});

describe('cascade', () => {
  const spread: Told[] = [
    { after: 0, service: 'db', name: 'SlowQueries' },
    { after: 5 * second, service: 'db', name: 'HighCPU' },
    { after: 20 * second, service: 'users' },
    { after: 30 * second, service: 'users', name: 'HighErrorRate' },
    { after: 40 * second, service: 'shop' },
    { after: 45 * second, service: 'shop', name: 'HighErrorRate' },
    { after: 60 * second, service: 'web', name: 'HighErrorRate' },
  ];

  it('is alerts that run along dependencies over three services', () => {
    const found = said('cascade', spread);
    expect(found[0]!.foundAt).toBeLessThanOrEqual(monday + 60 * second);
    expect(found.at(-1)!.alerts.length).toBe(7);
    expect(keysOf(found)).toBe(1);
  });

  it('is not the same alerts without dependencies, or on two services', () => {
    expect(
      said(
        'cascade',
        spread.map((one, n) => ({ ...one, service: `other-${n}` })),
      ),
    ).toEqual([]);
    expect(
      said(
        'cascade',
        spread.filter(({ service }) => service === 'db' || service === 'users'),
      ),
    ).toEqual([]);
  });
});

const odd = fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0, 1e308, monday + 1e9, monday - 1e9);
const word = fc.oneof(
  fc.constantFrom('shop', 'db', 'users', 'web', '', '__proto__', 'constructor'),
  fc.string({ maxLength: 3 }),
);
/** Alerts of few and of many kinds, with clocks that are off and with ones that are broken. */
const hostile: fc.Arbitrary<AlertNews[]> = fc
  .array(
    fc.record({
      step: fc.oneof(
        fc.integer({ min: 0, max: 3_000 }),
        fc.constantFrom(0, minute, 20 * minute, 26 * 60 * minute),
      ),
      off: fc.oneof(fc.integer({ min: -20_000, max: 20_000 }), fc.integer({ min: -4e6, max: 4e6 })),
      at: fc.oneof({ weight: 15, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: odd }),
      name: fc.oneof({ weight: 3, arbitrary: fc.constant('HighLatency') }, { weight: 1, arbitrary: word }),
      place: fc.option(fc.integer({ min: 0, max: 7 }), { freq: 3 }),
      more: fc.dictionary(
        fc.constantFrom('service', 'app', 'job', 'instance', 'pod', 'zone', '__proto__'),
        word,
      ),
      severity: fc.constantFrom(...severityOrder),
      kind: fc.constantFrom('fired' as const, 'fired' as const, 'fired' as const, 'resolved' as const),
      again: fc.boolean(),
    }),
    { minLength: 180, maxLength: 300 },
  )
  .chain((list) => fc.boolean().map((dense) => ({ list, dense })))
  .map(({ list, dense }) => {
    let now = monday;
    return list.map(({ step, off, at, name, place, more, severity, kind, again }, n) => {
      now += dense ? Math.min(step, 300) : step;
      const labels: Record<string, string> =
        place === null ? more : { service: 'shop', instance: `${place}`, ...more };
      const key = again ? 'one' : `${name}/${labels.service}/${labels.instance}`;
      const alert = {
        id: `a${n}`,
        key,
        name,
        labels,
        severity,
        text: '',
        at: at ?? now + off,
        endedAt: null,
      };
      return { kind, seenAt: now, alert };
    });
  });

function read(list: readonly AlertNews[]): PatternFinding[] {
  const watch = watchPatterns(patternNames);
  const context: PatternContext = { edges };
  return list.flatMap((news) => [...watch.observe(news, context), ...watch.advance(news.seenAt, context)]);
}

describe('all patterns, whatever comes', () => {
  it('name only alerts that came, each once, with figures that are numbers', () => {
    const patterns = new Set<PatternName>();
    fc.assert(
      fc.property(hostile, (list) => {
        const seenAt = new Map(
          list.filter(({ kind }) => kind === 'fired').map((news) => [news.alert.id, news.seenAt]),
        );
        for (const { pattern, alerts, confidence, figures, from, to, foundAt } of read(list)) {
          patterns.add(pattern);
          expect(new Set(alerts).size).toBe(alerts.length);
          for (const id of alerts) expect(seenAt.get(id)).toBeLessThanOrEqual(foundAt);
          expect(Object.values(figures).filter((figure) => !Number.isFinite(figure))).toEqual([]);
          expect(confidence >= 0 && confidence <= 1).toBe(true);
          expect(Number.isFinite(from) && from <= to).toBe(true);
          expect(alerts.length).toBeLessThanOrEqual(figures.alerts!);
        }
      }),
      { numRuns: 40, seed: 1 },
    );
    // What was never found was never tried.
    expect([...patterns].sort()).toEqual(
      expect.arrayContaining(['anomaly', 'burst', 'cascade', 'escalation', 'periodic', 'storm']),
    );
  });

  it('say the same of the same news', () => {
    fc.assert(
      fc.property(hostile, (list) => {
        expect(read(list)).toEqual(read(list));
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  it('remember a bounded part of thirty thousand kinds of alert on five thousand services', () => {
    const n = 30_000;
    const all = [fill(burst, n), fill(cascade, n), fill(periodic, n), fill(correlation, n), fill(anomaly, n)];
    all.push(fill(storm, n), fill(escalation, n), sizeOf(told(n).histories, new Set()));
    // Five maps of at most 8,000 entries, of which each has a handful of parts; without a bound it is above a million.
    expect(all.reduce((sum, size) => sum + size, 0)).toBeLessThan(400_000);
  });
});

/** So many alerts of as many kinds, and what is remembered of when each came. */
function told(count: number): { fired: readonly Fired[]; histories: Histories } {
  const histories = new Histories();
  const spans = times(count, (n) => ({
    after: n * 7,
    name: `R${n % 977}`,
    service: `s${n % 5_003}`,
    instance: `${n}`,
  }));
  const fired = newsOf(spans).map(({ alert, seenAt }) => {
    const mark = markOf(alert, seenAt);
    return { alert, seenAt, mark, history: histories.add(alert.key, mark) };
  });
  return { fired, histories };
}

/** What the state of a pattern holds after them: entries of all that can have some. */
function fill<State>(pattern: Pattern<State>, count: number): number {
  const state = pattern.create();
  for (const fired of told(count).fired) pattern.observe(state, fired, { edges });
  return sizeOf(state, new Set());
}

function sizeOf(value: unknown, seen: Set<unknown>): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 1;
  seen.add(value);
  const parts =
    value instanceof RecentMap || value instanceof Histories || value instanceof Map || value instanceof Set
      ? [...value.values()]
      : Object.values(value);
  return parts.reduce<number>((sum, part) => sum + sizeOf(part, seen), 1);
}

describe('a map that forgets', () => {
  it('holds no more than it may, and always the latest half', () => {
    const map = new RecentMap<number>(10);
    for (let n = 0; n < 100; n++) {
      map.set(`${n}`, n);
      map.use('0');
      expect(map.size).toBeLessThanOrEqual(10);
      for (let latest = Math.max(0, n - 3); latest <= n; latest++) expect(map.use(`${latest}`)).toBe(latest);
    }
    expect(map.use('0')).toBe(0);
    expect(map.use('50')).toBeUndefined();
  });
});

describe('when an alert fired of late', () => {
  const at = (id: number, time = id): Mark => ({ id: `${id}`, at: time, labels: {} });

  it('is told from the second time on, as one object, of the latest forty', () => {
    const histories = new Histories();
    expect(histories.add('a', at(1))).toBeNull();
    const history = histories.add('a', at(2));
    expect(history?.marks).toEqual([at(1), at(2)]);
    for (let n = 3; n <= 60; n++) expect(histories.add('a', at(n))).toBe(history);
    expect(history?.marks).toEqual(Array.from({ length: 40 }, (_, n) => at(21 + n)));
  });

  it('is not told of a mark that is no later than the last', () => {
    const histories = new Histories();
    histories.add('a', at(1, 5));
    expect(histories.add('a', at(2, 5))).toBeNull();
    expect(histories.add('a', at(3, 4))).toBeNull();
    expect(histories.add('a', at(4, 6))?.marks).toEqual([at(1, 5), at(4, 6)]);
    expect(histories.add('a', at(5, 6))).toBeNull();
  });

  it('begins anew for an alert that four thousand others have come since', () => {
    const histories = new Histories();
    histories.add('a', at(1));
    for (let n = 0; n < 4_000; n++) histories.add(`other-${n}`, at(n));
    expect(histories.add('a', at(9_000))).toBeNull();
    expect(histories.add('a', at(9_001))?.marks).toHaveLength(2);
  });
});
