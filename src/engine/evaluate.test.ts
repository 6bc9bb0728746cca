import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyLabels } from '../../rules/labels.ts';
import { evaluateThreshold } from '../../rules/threshold.ts';
import type { Aggregate, Operator, ThresholdRule, Verdict } from '../../rules/types.ts';
import type { SampleRows } from '../ingest/sample-rows.ts';
import { appended, emptyWindow, SeriesTable } from '../ingest/series.ts';
import { aRule } from '../testing/builders.ts';
import { Evaluator } from './evaluate.ts';
import { PairTable } from './pairs.ts';
import { SettledSeries } from './settled.ts';

const state = { openByKey: new Map() } as Parameters<PairTable['setRules']>[1];

interface Said {
  readonly rule: string;
  readonly at: number;
  readonly verdict: Verdict;
  readonly value: number | null;
}

/** The loop over every pair and sample that the evaluator must not differ from. */
class Plain {
  readonly table = new SeriesTable({ limits: { seriesPerTenant: 1 } });
  readonly id = this.table.intern('t', 'cpu', emptyLabels);
  readonly verdicts: ('unknown' | 'true' | 'false')[];
  readonly wakeAt: number[];
  readonly rules: readonly ThresholdRule[];
  readonly said: Said[] = [];

  constructor(rules: readonly ThresholdRule[]) {
    this.rules = rules;
    this.verdicts = rules.map(() => 'unknown');
    this.wakeAt = rules.map(() => Number.POSITIVE_INFINITY);
    // More than most rules read: no point of a short window is ever lost here.
    this.table.need(this.id, 1e9, 1e9);
  }

  sample(at: number, value: number): void {
    const outcome = this.table.append(this.id, at, value);
    if (outcome === appended.late || outcome === appended.unchanged) return;
    const window = emptyWindow();
    this.table.view(this.id, window);
    this.rules.forEach((rule, i) => {
      const out = { verdict: 'false' as Verdict, value: 0 };
      evaluateThreshold(rule, window, at, this.verdicts[i] === 'true', out);
      if (out.verdict === 'insufficient_data') return;
      if (out.verdict === this.verdicts[i] && at < this.wakeAt[i]!) return;
      const first = this.verdicts[i] === 'unknown';
      this.verdicts[i] = out.verdict;
      if (out.verdict === 'false' && first) return;
      this.wakeAt[i] = wake(out.verdict, at);
      this.said.push({ rule: rule.name, at, verdict: out.verdict, value: out.value });
    });
  }
}

/** Counts how often nothing was evaluated, so that the comparison is not one of a thing with itself. */
class Counting extends SettledSeries {
  held = 0;

  override holds(rows: SampleRows, row: number): boolean {
    const holds = super.holds(rows, row);
    if (holds) this.held += 1;
    return holds;
  }
}

/** Some verdicts are to be asked for again, as while `for` passes. */
function wake(verdict: Verdict, at: number): number {
  return verdict === 'true' && at % 3 === 0 ? at + 40 : Number.POSITIVE_INFINITY;
}

const kinds: readonly Aggregate[] = [
  ...(['last', 'avg', 'min', 'max', 'sum', 'count', 'stddev', 'rate', 'increase', 'delta'] as const),
  ...(['p50', 'p90', 'p99.9', 'p1'] as const),
];

const ruleArbitrary = fc.record({
  aggregate: fc.constantFrom(...kinds),
  operator: fc.constantFrom<Operator>('gt', 'gte', 'lt', 'lte', 'eq', 'neq'),
  windowMs: fc.constantFrom(5, 40, 64, 130, 400),
  // Often exactly what a window of constant or small whole values gives.
  threshold: fc.oneof(fc.integer({ min: -3, max: 12 }), fc.constantFrom(0.1, 0.3, 64, 1e-3, 250, 1e16)),
  hysteresis: fc.constantFrom(0, 0, 1, 0.05),
});

/** Stretches of a stream: steady, noisy, counting, huge, repeated and late samples, gaps. */
const stretch = fc.record({
  kind: fc.constantFrom('steady', 'noise', 'fraction', 'counter', 'huge', 'late', 'again'),
  length: fc.integer({ min: 1, max: 160 }),
  gap: fc.constantFrom(1, 1, 2, 7, 60),
  level: fc.constantFrom(0, 0.1, 0.3, 1, 5, 1e9),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

type Stretch = typeof stretch extends fc.Arbitrary<infer T> ? T : never;

function samplesOf(stretches: readonly Stretch[]): [number, number][] {
  const samples: [number, number][] = [];
  let t = 1_000;
  let counter = 0;
  for (const { kind, length, gap, level, seed } of stretches) {
    let random = seed;
    for (let i = 0; i < length; i++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      const noise = (random >>> 16) % 10;
      if (kind !== 'late' && kind !== 'again') t += gap;
      if (kind === 'steady') samples.push([t, level]);
      else if (kind === 'noise') samples.push([t, level + noise - 4]);
      else if (kind === 'fraction') samples.push([t, level + noise / 7]);
      else if (kind === 'huge') samples.push([t, noise === 0 ? 1e16 * (level + 1) : noise * 1e-3]);
      else if (kind === 'counter') {
        counter = noise === 0 && i % 5 === 0 ? 0 : counter + noise;
        samples.push([t, counter]);
      } else if (kind === 'late') samples.push([t - noise * gap, level + noise]);
      else samples.push([t, i % 3 === 0 ? level : level + noise]);
    }
  }
  return samples;
}

/** The evaluator and the loop side by side. */
function stageOf(rules: readonly ThresholdRule[]) {
  const plain = new Plain(rules);
  const table = new SeriesTable({ limits: { seriesPerTenant: 1 } });
  const settled = new Counting(table);
  const pairs = new PairTable('t', table, settled);
  const id = table.intern('t', 'cpu', emptyLabels);
  pairs.setRules(rules, state, 0);
  const evaluator = new Evaluator(
    table,
    settled,
    () => {},
    () => {},
  );
  const list: Said[] = [];
  const tenant = { pairs };
  const sample = (at: number, value: number): void => {
    plain.sample(at, value);
    evaluator.sample(tenant, id, at, value, at, (pair, input) => {
      pair.verdict = input.verdict;
      pair.wakeAt = wake(input.verdict, at);
      list.push({ rule: input.rule.name, at, verdict: input.verdict, value: input.value });
    });
    evaluator.stored.turnStored();
  };
  return { said: { list, sample }, plain, settled };
}

describe('the evaluator', () => {
  it('says what a loop over every rule and sample says, also in rounding', () => {
    let evaluated = 0;
    let held = 0;
    fc.assert(
      fc.property(
        fc.array(ruleArbitrary, { minLength: 1, maxLength: 6 }),
        fc.array(stretch, { minLength: 1, maxLength: 8 }),
        (drawn, stretches) => {
          const rules = drawn.map(({ aggregate, operator, windowMs, threshold, hysteresis }, i) =>
            aRule({
              name: `R${i}`,
              aggregate,
              operator,
              threshold,
              windowMs: aggregate === 'last' ? 0 : windowMs,
              ...(hysteresis === 0 || operator === 'eq' || operator === 'neq'
                ? {}
                : {
                    resolveThreshold: operator.startsWith('g')
                      ? threshold - hysteresis
                      : threshold + hysteresis,
                  }),
            }),
          );
          const { said, plain, settled } = stageOf(rules);
          for (const [at, value] of samplesOf(stretches)) {
            said.sample(at, value);
            evaluated += 1;
          }
          expect(said.list).toEqual(plain.said);
          held += settled.held;
        },
      ),
      { numRuns: 1_500 },
    );
    expect(held / evaluated).toBeGreaterThan(0.3);
  });

  it('follows windows that are kept by the minute', () => {
    const rules = [
      aRule({ name: 'Avg', aggregate: 'avg', windowMs: 7_200_000, threshold: 40, resolveThreshold: 20 }),
      aRule({ name: 'Rate', aggregate: 'rate', windowMs: 7_200_000, operator: 'lt', threshold: 0.01 }),
    ];
    const { said, plain, settled } = stageOf(rules);
    for (let i = 0; i < 30_000; i++) said.sample(i * 1_000, i > 12_000 && i < 20_000 ? 100 : 0);
    expect(said.list).toEqual(plain.said);
    const verdicts = new Set(said.list.map(({ rule, verdict }) => `${rule} ${verdict}`));
    expect([...verdicts].sort()).toEqual(['Avg false', 'Avg true', 'Rate false', 'Rate true']);
    expect(settled.held).toBeGreaterThan(29_000 - 7_200);
  });
});
