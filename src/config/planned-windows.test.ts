import { expect, it } from 'vitest';
import { isExcluded } from '../../rules/anomaly.ts';
import { parseRuleFile } from '../../rules/parse.ts';
import { hashOfRule } from '../../rules/rule-hash.ts';
import { compileTimeInterval } from '../../rules/time-interval.ts';
import { plainRouting } from '../replay/routing.ts';
import { meetWindows } from './planned-windows.ts';
import { portableRule, ruleOf } from './portable-rules.ts';

const night = compileTimeInterval('night', [{ times: [{ start_time: '01:00', end_time: '02:00' }] }]);
const tuesday = compileTimeInterval('night', [{ weekdays: ['tuesday'] }]);
const routingWith = (...intervals: (typeof night)[]) => ({
  ...plainRouting(),
  written: { intervals: new Map(intervals.map((one) => [one.name, one])), resolveWaitMs: null, places: [] },
});

function read(exclude: string, tenant = 'default') {
  const text = `tenant: ${tenant}
rules:
  - name: Unusual
    type: anomaly
    metrics: [cpu, latency]
    by: []
${exclude}`;
  const { rules, problems } = parseRuleFile(text, 'rules/a.yaml');
  return { rules, problems, files: ['rules/a.yaml'] };
}
const named = '    exclude_time_intervals: [night]';
const ruleIn = (found: ReturnType<typeof read>, config: Parameters<typeof meetWindows>[1]) => {
  const met = meetWindows(found, config);
  expect(met.problems).toEqual([]);
  const [rule] = met.rules;
  if (rule?.type !== 'anomaly') throw new Error('expected the rule');
  return rule;
};
const at = (hour: number) => Date.UTC(2026, 0, 5, hour, 30);

it('leaves out the windows of the configuration beside those of the rule', () => {
  const own = `${named}\n    exclude: [{ times: [{ start_time: '05:00', end_time: '06:00' }] }]`;
  const { detection } = ruleIn(read(own), { routing: routingWith(night), tenants: new Map() });
  expect([0, 1, 2, 5, 6].map((hour) => isExcluded(detection, at(hour)))).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});

it('learns anew, and is another rule, when the window moves in the configuration', () => {
  const before = ruleIn(read(named), { routing: routingWith(night), tenants: new Map() });
  const after = ruleIn(read(named), { routing: routingWith(tuesday), tenants: new Map() });
  const without = read('');
  expect(new Set([before.hash, after.hash, without.rules[0]!.hash]).size).toBe(3);
  expect(before.detection.key).not.toBe(after.detection.key);
  expect(before.joint!.key).not.toBe(after.joint!.key);
  expect(hashOfRule(before)).toBe(before.hash);
  // What is shown is what was written; in another thread it is the same rule.
  const again = ruleOf(structuredClone(portableRule(before)));
  expect(hashOfRule(again)).toBe(before.hash);
  expect(again.type === 'anomaly' && isExcluded(again.detection, at(1))).toBe(true);
});

it('takes the intervals of the tenant, where it has a routing of its own', () => {
  const tenants = new Map([['acme', routingWith(tuesday)]]);
  const { detection } = ruleIn(read(named, 'acme'), { routing: routingWith(night), tenants });
  expect(isExcluded(detection, at(1))).toBe(false);
  expect(isExcluded(detection, at(1) + 86_400_000)).toBe(true);
});

it('says where a name stands for nothing, and what it may have meant', () => {
  const { problems } = meetWindows(read('    exclude_time_intervals: [night, nihgt]'), {
    routing: routingWith(night),
    tenants: new Map(),
  });
  expect(problems).toEqual([
    {
      ...{ file: 'rules/a.yaml', line: 3, column: 5, path: 'exclude_time_intervals.1' },
      message:
        'the rule "Unusual" names the time interval "nihgt", which time_intervals of the configuration does not have; did you mean "night"?',
    },
  ]);
});
