import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Leveled, levelReached } from '../../rules/levels.ts';
import type { Level, Severity, ThresholdRule } from '../../rules/types.ts';
import { Stage } from '../testing/stage.ts';

const s = 1_000;
const levels: readonly Level[] = [
  { severity: 'warning', threshold: 80, resolveThreshold: 75 },
  { severity: 'critical', threshold: 90, resolveThreshold: 85 },
];
const leveled = { levels, threshold: 80, resolveThreshold: 75 };
const overHosts = {
  ...({ across: 'avg', aggregate: 'last', windowMs: 60 * s } as const),
  grid: { by: ['host'], intervalMs: 5 * s, evalDelayMs: 0 },
};

/** What is said of one host, in words. */
const words = (stage: Stage) =>
  stage.sent.map(({ at, message }) => {
    const [alert] = message.alerts;
    return `${at} ${message.reason} ${alert!.severity} ${alert!.priority} ${alert!.value}`;
  });

describe.each([
  ['of a single series', {}],
  ['on the grid', overHosts],
] satisfies [string, Partial<ThresholdRule>][])('a rule with levels %s', (_, over) => {
  it('is one alert from the first level to the resolve, also over restarts', async () => {
    const stage = new Stage({
      rules: [{ ...leveled, ...over }],
      route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0 },
    });
    const hold = async (value: number) => {
      await stage.push(value);
      await stage.advance(10 * s);
    };
    await hold(82);
    await hold(95);
    await stage.restart();
    // Still critical, by its resolve threshold.
    await hold(86);
    await hold(84);
    await stage.restart();
    await hold(76);
    await hold(96);
    await hold(10);
    await stage.advance(10 * s);
    expect(words(stage).map((text) => text.replace(/^\d+ /, ''))).toEqual([
      'first warning P4 82',
      'escalated critical P2 95',
      'resolved critical P2 10',
    ]);
    expect(stage.events()).toEqual([
      'alert.firing',
      ...Array(3).fill('alert.severity_changed'),
      'alert.resolved',
    ]);
    const { items } = stage.store.alerts('default', {}, 10, null);
    expect(items).toMatchObject([{ severity: 'warning', effectiveSeverity: 'critical', priority: 'P2' }]);
    await stage.close();
  });

  it('keeps its alert while the milder level would have resolved it', async () => {
    const late = [levels[0]!, { severity: 'critical' as const, threshold: 90, resolveThreshold: 60 }];
    const stage = new Stage({ rules: [{ ...leveled, ...over, levels: late }], route: { groupWaitMs: 0 } });
    for (const value of [95, 70, 61]) {
      await stage.push(value);
      await stage.advance(10 * s);
    }
    expect(stage.events()).toEqual(['alert.firing']);
    await stage.push(60);
    await stage.advance(10 * s);
    expect(stage.events()).toEqual(['alert.firing', 'alert.resolved']);
    await stage.close();
  });

  it('fires by silence at its mildest level and by a sample at that of the sample', async () => {
    const silent = { noData: 'alert' as const, noDataAfterMs: 20 * s };
    const stage = new Stage({ rules: [{ ...leveled, ...over, ...silent }], route: { groupWaitMs: 0 } });
    await stage.push(10);
    await stage.advance(40 * s);
    // On the grid a value counts for its window; the silence begins after it.
    await stage.advance(60 * s);
    const severity = () => stage.store.alerts('default', {}, 10, null).items[0]?.effectiveSeverity;
    expect(severity()).toBe('warning');
    await stage.push(95);
    await stage.advance(10 * s);
    expect(severity()).toBe('critical');
    await stage.close();
  });
});

/** Changes of an alert as the naive reading of the rule has them. */
function expected(rule: Leveled & Pick<ThresholdRule, 'forMs'>, values: readonly number[]): string[] {
  const said: string[] = [];
  let level: Severity | null = null;
  let since = 0;
  let firing = false;
  for (const [i, value] of values.entries()) {
    const before: Severity | null = level;
    level = levelReached(rule, value, before);
    if (level === null) {
      if (before !== null) said.push(`${i} ${firing ? 'resolved' : 'cleared'}`);
      firing = false;
      continue;
    }
    if (before === null) since = i;
    else if (level !== before) said.push(`${i} ${before} to ${level}`);
    if (firing) continue;
    if (i * s - since * s >= rule.forMs) {
      firing = true;
      said.push(`${i} firing`);
    } else if (before === null) said.push(`${i} pending`);
  }
  return said;
}

describe('the levels of a stream', () => {
  it('are the same however it is split, and over restarts', async () => {
    const rule = { name: 'Load', ...leveled, forMs: 2 * s, operator: 'gt' as const };
    const value = fc.constantFrom(10, 76, 82, 86, 95);
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 40 }),
        sizes,
        fc.boolean(),
        async (values, parts, restarts) => {
          const stage = new Stage({ rules: [rule], route: { groupWaitMs: 0 } });
          const from = stage.t0 - 600 * s;
          const samples = values.map((one, i) => ({ value: one, at: from + i * s }));
          for (let i = 0, n = 0; i < samples.length; n++) {
            const size = parts[n % parts.length]!;
            await stage.pushAll(samples.slice(i, i + size));
            i += size;
            if (!restarts) continue;
            await stage.advance(1_100); // the flush
            await stage.restart();
          }
          const { items } = stage.store.events('default', null, 1_000, null);
          const said = [...items]
            .reverse()
            .filter(({ kind }) => kind.startsWith('alert.'))
            .map(({ kind, body }) => {
              const at = (Number(body.sampleAt) - from) / s;
              const what = kind.slice('alert.'.length);
              return `${at} ${what === 'severity_changed' ? `${body.from} to ${body.to}` : what}`;
            });
          await stage.close();
          expect(said).toEqual(expected(rule, values));
        },
      ),
      { numRuns: 15 },
    );
  });
});
