import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruleDocument } from './document.ts';
import { parseRule } from './parse.ts';
import { measures, namedStates, noDataPolicies, operators, ruleTypes, severities } from './types.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const duration = fc.constantFrom('1s', '90s', '5m', '1h30m', '12h', '1d');
const number = fc.oneof(
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const match = fc.subarray(['env="p\\"q"', 'host=~"a|b"', 'team!=""', 'x!~"1.*"']);
const labels = fc.dictionary(
  fc.constantFrom('team', 'site', 'tier'),
  fc.string({ minLength: 1, maxLength: 8 }),
);
const aggregate = fc.constantFrom('last', 'avg', 'p99.9', 'p50', 'rate', 'delta', 'absent', 'count');

const reading = fc.record({
  ...{ metric: fc.constantFrom('m', 'cpu usage', '中'), match: maybe(match), aggregate: maybe(aggregate) },
  ...{ window: maybe(duration), operator: maybe(fc.constantFrom(...operators)), threshold: maybe(number) },
  ...{ resolve_threshold: maybe(number), across: maybe(fc.constantFrom('sum', 'avg', 'count')) },
});
const { condition } = fc.letrec<{ condition: object; list: object[] }>((tie) => ({
  list: fc.array(tie('condition') as fc.Arbitrary<object>, { minLength: 1, maxLength: 3 }),
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    reading,
    fc.record({ rule: fc.constantFrom('A', 'b c'), state: maybe(fc.constantFrom(...namedStates)) }),
    fc.record({ all: tie('list') }),
    fc.record({ any: tie('list') }),
    fc.record({ not: tie('condition') }),
    fc.record({ at_least: fc.constant(1), of: tie('list') }),
  ),
}));
const grid = {
  by: maybe(fc.subarray(['host', 'service'])),
  interval: maybe(fc.constantFrom('1s', '30s', '1h')),
  eval_delay: maybe(fc.constantFrom('0s', '10s')),
};
const levels = fc.uniqueArray(fc.record({ severity: fc.constantFrom(...severities), threshold: number }), {
  ...{ minLength: 2, maxLength: 3, selector: ({ severity }: { severity: string }) => severity },
});
const silence = {
  ...{ no_data: maybe(fc.constantFrom(...noDataPolicies)), no_data_after: maybe(duration) },
  sample_interval: maybe(duration),
};
const common = {
  name: fc.string({ minLength: 1, maxLength: 12 }),
  ...{ for: maybe(duration), keep_firing_for: maybe(duration), dedupe_window: maybe(duration) },
  ...{ severity: maybe(fc.constantFrom(...severities)), priority: maybe(fc.constantFrom('P1', 'P5')) },
  ...{
    description: maybe(fc.string({ maxLength: 10 })),
    labels: maybe(labels),
    enabled: maybe(fc.boolean()),
  },
};
const compared = {
  ...{ operator: maybe(fc.constantFrom(...operators)), threshold: maybe(number), levels: maybe(levels) },
  resolve_threshold: maybe(number),
};
const documents: Readonly<Record<string, fc.Arbitrary<object>>> = {
  threshold: fc
    .record({ ...common, ...silence, ...compared, ...grid, aggregate: maybe(aggregate) })
    .chain((rest) =>
      reading.map(({ metric, match: own, window, across }) => ({
        ...rest,
        metric,
        match: own,
        window,
        across,
      })),
    ),
  trend: fc.record({
    ...{
      ...common,
      ...silence,
      ...compared,
      metric: fc.constant('m'),
      measure: maybe(fc.constantFrom(...measures)),
    },
    ...{ window: duration, per: maybe(duration), within: maybe(duration) },
    ...{ min_fit: maybe(fc.constantFrom(0, 0.9)), confidence: maybe(fc.constantFrom(0.5, 0.95)) },
  }),
  composite: fc.record({
    ...{ ...common, ...silence, ...grid, logic: maybe(fc.constantFrom('AND', 'or')) },
    ...{ at_least: maybe(fc.constant(1)), conditions: fc.array(condition, { minLength: 1, maxLength: 3 }) },
  }),
  frequency: fc.record({
    ...{ ...common, ...grid, ...compared, of: maybe(fc.constantFrom('events', 'alerts')), window: duration },
    ...{ event_type: maybe(fc.string({ minLength: 1, maxLength: 5 })), match: maybe(match) },
    distinct: maybe(fc.constantFrom('host')),
  }),
  pattern: fc.record({
    ...{ ...common, ...grid, match: maybe(match), window: maybe(duration) },
    pattern: fc.constantFrom('burst', ['storm', 'cascade']),
    min_confidence: maybe(fc.constantFrom(0, 0.8)),
  }),
  anomaly: fc.record({
    ...{ ...common, metric: fc.constant('m'), match: maybe(match), learning: maybe(duration) },
    ...{ detector: maybe(fc.constantFrom('ewma', 'ensemble')), sensitivity: maybe(fc.constantFrom(0.5, 3)) },
    ...{ direction: maybe(fc.constantFrom('up', 'both')), min_change: maybe(fc.constantFrom(0, 2.5)) },
    exclude: maybe(fc.constant([{ weekdays: ['monday:friday'], location: 'Asia/Taipei' }])),
  }),
};

/** Undefined keys are left out, as a file leaves them out. */
const written = (doc: object): unknown => JSON.parse(JSON.stringify(doc));

describe('a rule in the words of a file', () => {
  it.each(ruleTypes)('is the same rule when it is read again, of type %s', (type) => {
    let good = 0;
    fc.assert(
      fc.property(documents[type]!, (drawn) => {
        let doc: Record<string, unknown> = { ...(written(drawn) as object), type };
        // What is drawn at random is seldom right: keys that have a problem are left out until none has.
        for (let n = 0; n < 12; n++) {
          const read = parseRule(doc, { kind: 'api' });
          if ('rule' in read) {
            good += 1;
            const again = parseRule(written(ruleDocument(read.rule)), { kind: 'api' });
            expect(again).toMatchObject({ rule: { hash: read.rule.hash } });
            return;
          }
          const wrong = read.problems.map(({ path }) => path.split('.')[0]!);
          doc = Object.fromEntries(Object.entries(doc).filter(([key]) => !wrong.includes(key)));
          if (!('threshold' in doc) && !('levels' in doc) && type !== 'composite' && type !== 'pattern')
            doc.threshold = 1;
          if (type === 'composite') doc.conditions ??= [{ metric: 'm', threshold: 1 }, { rule: 'A' }];
          doc.name ??= 'N';
          if (type === 'trend') doc.within ??= doc.measure === 'crosses' ? '1h' : undefined;
          if (doc.within === undefined) delete doc.within;
          doc.window ??= doc.aggregate === undefined ? undefined : '5m';
          if (doc.window === undefined) delete doc.window;
          if (type === 'trend' || type === 'frequency') doc.window ??= '5m';
        }
      }),
      { numRuns: 80 },
    );
    expect(good).toBeGreaterThan(40);
  });
});
