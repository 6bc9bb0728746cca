// What the engine does with bytes and ranges beside the plain thing: every rule and sample through its evaluator, a
// record for each pair.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wakeAt } from '../../rules/alert-state.ts';
import { labelSet } from '../../rules/labels.ts';
import { evaluateThreshold, shownValue } from '../../rules/threshold.ts';
import type { Aggregate, Matcher, Operator, ThresholdRule, Verdict } from '../../rules/types.ts';
import type { SampleRows } from '../ingest/sample-rows.ts';
import { appended, emptyWindow, SeriesTable } from '../ingest/series.ts';
import { alertKey } from '../pipeline/identify.ts';
import { lifeOf } from '../pipeline/life-cycle.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { atOnce } from '../slices.ts';
import { aRule } from '../testing/builders.ts';
import { Evaluator } from './evaluate.ts';
import { PairTable } from './pairs.ts';
import { SettledSeries } from './settled.ts';

type State = Parameters<PairTable['setRules']>[1];
const tenant = 't';

interface Pair {
  readonly rule: ThresholdRule;
  verdict: 'unknown' | 'true' | 'false';
  wakeAt: number;
  quiet: boolean;
  watched: boolean;
}

interface Series {
  readonly metric: string;
  readonly env: string;
  id: number;
  at: number;
  pairs: Pair[];
}

const series = (): Series[] =>
  [
    ['cpu', 'a'],
    ['cpu', 'b'],
    ['load', 'a'],
  ].map(([metric, env]) => ({ metric: metric!, env: env!, id: -1, at: 1_000, pairs: [] }));

const minds = (rule: ThresholdRule) => rule.aggregate === 'absent' || rule.noData !== 'keep';
/** Some verdicts are to be asked for again, as while `for` passes. */
const wake = (verdict: Verdict, at: number) =>
  verdict === 'true' && at % 3 === 0 ? at + 20 : Number.POSITIVE_INFINITY;

/** The plain thing. */
class Plain {
  readonly table = new SeriesTable({ limits: { seriesPerTenant: 10 } });
  readonly said: unknown[] = [];
  readonly all = series();
  rules: readonly ThresholdRule[] = [];

  bear(n: number): void {
    const one = this.all[n]!;
    one.id = this.table.intern(tenant, one.metric, labelSet({ env: one.env }));
    this.table.need(one.id, 1e9, 1e9);
    this.pair(one, new Map());
  }

  pair(one: Series, open: ReadonlyMap<string, AlertRow>): void {
    const labels = labelSet({ env: one.env });
    one.pairs = this.rules
      .filter(({ metric, match }) => metric === one.metric && match.every((m) => m.matches(one.env)))
      .map((rule) => {
        const alert = open.get(alertKey(rule.name, labels));
        return {
          rule,
          verdict: alert ? (alert.keepUntil === null ? 'true' : 'false') : 'unknown',
          wakeAt: alert ? wakeAt(lifeOf(alert), rule) : Number.POSITIVE_INFINITY,
          quiet: false,
          watched: false,
        };
      });
  }

  drop(n: number): void {
    this.table.drop(this.all[n]!.id);
    this.bear(n);
  }

  sample(n: number, at: number, value: number): void {
    const one = this.all[n]!;
    const outcome = this.table.append(one.id, at, value);
    if (outcome === appended.late || outcome === appended.unchanged) return;
    const window = emptyWindow();
    this.table.view(one.id, window);
    for (const pair of one.pairs) {
      const { rule } = pair;
      if (minds(rule) && !pair.watched) {
        pair.watched = true;
        this.said.push(`${n} ${rule.name} watched`);
      }
      const out = { verdict: 'false' as Verdict, value: 0 };
      evaluateThreshold(rule, window, at, pair.verdict === 'true' && !pair.quiet, out);
      if (out.verdict === 'insufficient_data') continue;
      pair.quiet = false;
      if (out.verdict === pair.verdict && at < pair.wakeAt) continue;
      const first = pair.verdict === 'unknown';
      pair.verdict = out.verdict;
      if (out.verdict === 'false' && first) continue;
      pair.wakeAt = wake(out.verdict, at);
      const value = shownValue(out.value, out.verdict);
      this.said.push({ n, rule: rule.name, at, verdict: out.verdict, value });
    }
  }
}

class Counting extends SettledSeries {
  readonly counts = { held: 0, quickly: 0, slowly: 0 };

  override holds(rows: SampleRows, row: number): boolean {
    const holds = super.holds(rows, row);
    if (holds) this.counts.held += 1;
    return holds;
  }

  override evaluate(id: number, figures: Float64Array): number {
    const first = super.evaluate(id, figures);
    this.counts[first === -1 ? 'quickly' : 'slowly'] += 1;
    return first;
  }
}

/** The engine's. */
class Packed {
  readonly table = new SeriesTable({ limits: { seriesPerTenant: 10 } });
  readonly settled = new Counting(this.table);
  readonly pairs = new PairTable(tenant, this.table, this.settled);
  readonly said: unknown[] = [];
  readonly all = series();
  readonly #evaluator = new Evaluator(
    this.table,
    this.settled,
    () => {},
    (pair) => {
      pair.watched = true;
      this.said.push(`${this.all.findIndex(({ id }) => id === pair.series)} ${pair.rule.name} watched`);
    },
  );

  bear(n: number): void {
    const one = this.all[n]!;
    one.id = this.table.intern(tenant, one.metric, labelSet({ env: one.env }));
    this.pairs.bind(one.id, none, 0);
  }

  drop(n: number): void {
    const { id } = this.all[n]!;
    const before = this.pairs.of(id);
    this.pairs.unbind(id);
    this.table.drop(id);
    this.bear(n);
    // One that is gone changes nothing, whoever has its place now.
    for (const pair of before) {
      expect(pair.gone).toBe(true);
      pair.verdict = 'true';
      pair.wakeAt = 0;
      pair.quiet = true;
      pair.watched = true;
    }
  }

  sample(n: number, at: number, value: number): void {
    // At any time it may forget that there was nothing to say.
    if (at % 2 === 0) this.settled.unsettle(this.all[n]!.id);
    this.#evaluator.sample(
      { pairs: this.pairs },
      this.all[n]!.id,
      at,
      value,
      at,
      (pair, { rule, verdict, value }) => {
        pair.verdict = verdict;
        pair.wakeAt = wake(verdict, at);
        this.said.push({ n, rule: rule.name, at, verdict, value });
      },
    );
    this.#evaluator.stored.turnStored();
  }
}

const none = { openByKey: new Map() } as unknown as State;

const ruleArbitrary = fc.record({
  metric: fc.constantFrom('cpu', 'cpu', 'load'),
  env: fc.constantFrom(null, null, 'a', 'b'),
  aggregate: fc.constantFrom<Aggregate>(
    'last',
    'last',
    'last',
    'absent',
    'avg',
    'max',
    'p90',
    'rate',
    'count',
  ),
  windowMs: fc.constantFrom(5, 20, 60),
  operator: fc.constantFrom<Operator>('gt', 'gte', 'lt', 'lte', 'eq', 'neq'),
  threshold: fc.constantFrom(0, 1, 2, 3, 0.5, -1, 1e9),
  hysteresis: fc.constantFrom(0, 0, 1),
  noData: fc.constantFrom('keep', 'keep', 'ok', 'alert'),
  forMs: fc.constantFrom(0, 10),
});

const equals = (name: string, value: string): Matcher => ({
  ...{ name, op: '=', value, matches: (other) => other === value },
});

function rulesOf(drawn: readonly (typeof ruleArbitrary extends fc.Arbitrary<infer T> ? T : never)[]) {
  return drawn.map(({ env, hysteresis, ...rule }, i) => {
    const { aggregate, operator, threshold } = rule;
    const hasNone = hysteresis === 0 || operator === 'eq' || operator === 'neq' || aggregate === 'absent';
    const resolveThreshold = operator.startsWith('g') ? threshold - hysteresis : threshold + hysteresis;
    return aRule({
      ...rule,
      name: `R${i}`,
      windowMs: aggregate === 'last' ? 0 : rule.windowMs,
      match: env === null ? [] : [equals('env', env)],
      ...(hasNone ? {} : { resolveThreshold }),
    });
  });
}

const rulesArbitrary = fc.array(ruleArbitrary, { minLength: 1, maxLength: 12 }).map(rulesOf);

const n = fc.nat(2);
const which = fc.nat(11);
const operation = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant('samples' as const),
      n,
      steps: fc.array(
        fc.record({
          step: fc.constantFrom(1, 1, 1, 2, 7, 0, -3, 70),
          value: fc.oneof(
            { weight: 9, arbitrary: fc.constantFrom(1, 1, 2, 3, 0, -0, 0.5, 4) },
            { weight: 1, arbitrary: fc.constantFrom(1e10, Infinity, -Infinity) },
          ),
        }),
        { minLength: 1, maxLength: 8 },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('silence' as const),
      n,
      which,
      verdict: fc.constantFrom('true' as const, 'false' as const),
      again: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('unwatch' as const), n, which }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('forget' as const), n, which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), n }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('reload' as const),
      rules: rulesArbitrary,
      anew: fc.boolean(),
      pending: fc.boolean(),
    }),
  },
);

/** The open episodes of the pairs whose verdict is true, as the pipeline would hold them. */
function openOf(plain: Plain, pending: boolean): Map<string, AlertRow> {
  const open = new Map<string, AlertRow>();
  for (const { env, at, pairs } of plain.all) {
    for (const { rule, verdict } of pairs) {
      if (verdict !== 'true') continue;
      const key = alertKey(rule.name, labelSet({ env }));
      const state = pending ? 'pending' : 'firing';
      const keepUntil = !pending && at % 2 === 0 ? at + 15 : null;
      open.set(key, {
        ...{ key, source: 'rule', rule: rule.name, state, pendingSince: at - 3, firedAt: at, keepUntil },
      } as AlertRow);
    }
  }
  return open;
}

function run(
  first: readonly ThresholdRule[],
  operations: readonly (typeof operation extends fc.Arbitrary<infer T> ? T : never)[],
) {
  const [plain, packed] = [new Plain(), new Packed()];
  plain.rules = first;
  packed.pairs.setRules(first, none, 0);
  for (const i of plain.all.keys()) {
    plain.bear(i);
    packed.bear(i);
  }
  for (const did of operations) {
    if (did.kind === 'samples') {
      const one = plain.all[did.n]!;
      for (const { step, value } of did.steps) {
        const at = one.at + step;
        one.at = Math.max(one.at, at);
        plain.sample(did.n, at, value);
        packed.sample(did.n, at, value);
      }
    } else if (did.kind === 'drop') {
      plain.drop(did.n);
      packed.drop(did.n);
    } else if (did.kind === 'reload') {
      const open = openOf(plain, did.pending);
      const before = plain.rules;
      plain.rules = did.rules;
      const hashes = (rules: readonly ThresholdRule[], metric: string) =>
        rules
          .filter((rule) => rule.metric === metric)
          .map(({ hash }) => hash)
          .join();
      for (const one of plain.all)
        if (did.anew || hashes(before, one.metric) !== hashes(did.rules, one.metric)) plain.pair(one, open);
      const state = { openByKey: open } as unknown as State;
      const { pairs } = packed;
      // With the lists of the series found ahead, and without.
      if (did.rules.length % 2 === 0) pairs.replace(atOnce(pairs.prepare(did.rules)), state, 0, did.anew);
      else pairs.setRules(did.rules, state, 0, did.anew);
    } else {
      const { pairs } = plain.all[did.n]!;
      if (pairs.length === 0) continue;
      const index = did.which % pairs.length;
      const packedPair = packed.pairs.pair(packed.all[did.n]!.id, index);
      for (const pair of [pairs[index]!, packedPair]) {
        if (did.kind === 'forget') {
          pair.verdict = 'unknown';
          pair.wakeAt = Number.POSITIVE_INFINITY;
        } else if (minds(pair.rule as ThresholdRule)) {
          // As `Serving` does when a series fell silent.
          pair.watched = false;
          if (did.kind === 'unwatch') continue;
          pair.verdict = did.verdict;
          pair.quiet = true;
          pair.wakeAt = Number.NEGATIVE_INFINITY;
          if (did.again) pair.watched = true;
        }
      }
    }
  }
  return { plain, packed };
}

const seen = ({ rule, verdict, wakeAt, quiet, watched }: Pair) => ({
  ...{ rule: rule.name, verdict, wakeAt, quiet, watched },
});

describe('the pass over the pairs of a series', () => {
  it('says and leaves what every rule evaluated by itself does, through silence, reloads and repeated times', () => {
    const total = { held: 0, quickly: 0, slowly: 0, said: 0 };
    fc.assert(
      fc.property(
        rulesArbitrary,
        fc.array(operation, { minLength: 1, maxLength: 40 }),
        (rules, operations) => {
          const { plain, packed } = run(rules, operations);
          expect(packed.said).toEqual(plain.said);
          for (const [i, { pairs }] of plain.all.entries())
            expect(packed.pairs.of(packed.all[i]!.id).map((pair) => seen(pair as Pair))).toEqual(
              pairs.map(seen),
            );
          total.said += plain.said.length;
          for (const key of ['held', 'quickly', 'slowly'] as const) total[key] += packed.settled.counts[key];
        },
      ),
      { numRuns: 1_000 },
    );
    // Every way was gone often.
    expect(Math.min(...Object.values(total))).toBeGreaterThan(1_000);
  });
});
