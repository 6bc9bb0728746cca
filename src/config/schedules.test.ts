// Schedules as people write them, and what is said of those that are wrong.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onCallAt } from '../policy/on-call/rota.ts';
import { memoryFolder } from '../testing/memory-folder.ts';
import { loadConfig } from './load.ts';

const folder = memoryFolder('tocsin-schedules-');
const now = Date.parse('2026-11-26T12:00:00Z');
const load = (text: string) => {
  writeFileSync(join(folder, 'tocsin.yaml'), text);
  return loadConfig({ cwd: folder, env: {}, flags: {}, now });
};
const problemsOf = (text: string) => {
  const loaded = load(text);
  return 'problems' in loaded
    ? loaded.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`)
    : [];
};
const schedule = (lines: string) =>
  `time_zone: Europe/Vienna\nschedules:\n  primary:\n${lines.replaceAll(/^/gm, '    ')}\n`;
const layer = (more = '', start = '2026-01-05 09:00') =>
  `layers:\n  - { name: week, start: ${start}, every: 1w, people: [ann, [bob, cy]]${more} }`;

describe('a schedule', () => {
  it('is read with its layers and overrides, in the time zone of the file unless it has its own', () => {
    const text = schedule(
      `${layer(", restrict: [{ days: ['monday:friday'], from: '08:00', to: '18:00' }]")}
overrides:
  - { person: eve, from: 2026-12-24 18:00, to: 2026-12-25, layer: week }
allow_gaps: true`,
    );
    const loaded = load(text);
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    const primary = loaded.config.routing.schedules!.get('primary')!;
    expect(primary).toEqual({
      ...{ name: 'primary', timeZone: 'Europe/Vienna', allowGaps: true },
      layers: [
        {
          ...{ name: 'week', startsAt: Date.UTC(2026, 0, 5, 9), everyMs: 7 * 86_400_000 },
          turns: [['ann'], ['bob', 'cy']],
          hours: [{ days: new Set([1, 2, 3, 4, 5]), from: 480, to: 1_080 }],
        },
      ],
      overrides: [
        {
          ...{ id: null, person: 'eve', layer: 'week' },
          ...{ from: Date.parse('2026-12-24T17:00:00Z'), to: Date.parse('2026-12-24T23:00:00Z') },
        },
      ],
    });
    expect(onCallAt(primary, Date.parse('2026-11-26T16:59:00Z'))).toEqual(['ann']);
    expect(onCallAt(primary, Date.parse('2026-11-26T17:00:00Z'))).toEqual([]);
  });

  it('with hours in which nobody is on call is refused, with the first of them by its own clocks', () => {
    const nights = ", restrict: [{ from: '22:00', to: '06:00' }]";
    expect(problemsOf(schedule(layer(nights)))).toEqual([
      '4 schedules.primary: nobody is on call from 2026-11-26 13:00 to 2026-11-26 22:00 (Europe/Vienna); add a layer that has somebody then, or say allow_gaps: true',
    ]);
    expect(problemsOf(schedule(`${layer(nights)}\nallow_gaps: true`))).toEqual([]);
    const days =
      "\n  - { name: days, start: 2026-01-01, every: 1d, people: [dee], restrict: [{ from: '06:00', to: '22:00' }] }";
    expect(problemsOf(schedule(layer(nights) + days))).toEqual([]);
    expect(problemsOf(schedule(layer('', '2026-12-01 09:00')))).toEqual([
      expect.stringContaining('nobody is on call from 2026-11-26 13:00 to 2026-12-01 09:00'),
    ]);
    // An override that covers a gap today covers none next week.
    const covered = `${layer(nights)}\noverrides: [{ person: eve, from: 2026-11-01, to: 2026-12-01 }]`;
    expect(problemsOf(schedule(covered))).toEqual([
      expect.stringContaining('nobody is on call from 2026-12-01 06:00 to 2026-12-01 22:00'),
    ]);
  });

  it('of a tenant is checked like that of everybody', () => {
    const text = `tenants:\n  acme:\n    schedules:\n      theirs: { layers: [{ name: a, start: 2027-01-01, every: 1d, people: [ann] }] }\n`;
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(
        /^4 tenants\.acme\.schedules\.theirs: nobody is on call from 2026-11-26 12:00 to 2027-01-01 00:00 \(UTC\)/,
      ),
    ]);
  });

  it.each([
    [layer('', '2026-02-30 09:00'), 'layers.0.start: expected a date and time'],
    [layer('', '5.1.2026'), 'layers.0.start: expected a date and time'],
    [layer().replace('1w', '90m'), 'layers.0.every: expected whole hours'],
    [layer().replace('1w', '2y'), 'layers.0.every: expected whole hours'],
    [layer().replace('[ann, [bob, cy]]', '[]'), 'layers.0.people: expected at least one name'],
    [layer().replace('[bob, cy]', '[bob, bob]'), 'names somebody twice'],
    [
      layer(", restrict: [{ from: '25:00', to: '06:00' }]"),
      'layers.0.restrict.0.from: expected a time such as 09:00',
    ],
    [layer(", restrict: [{ days: [mondey], from: '05:00', to: '06:00' }]"), 'did you mean "monday"?'],
    [`${layer()}\ntime_zone: Mars`, 'time_zone: there is no time zone "Mars"'],
    [
      `${layer()}\noverrides: [{ person: eve, from: 2026-12-02, to: 2026-12-01 }]`,
      'overrides.0.to: expected a time after `from`',
    ],
    [
      `${layer()}\noverrides: [{ person: eve, from: 2026-12-01, to: 2026-12-02, layer: day }]`,
      'overrides.0.layer: there is no such layer; expected one of week',
    ],
    [
      `${layer()}\n  - { name: week, start: 2026-01-01, every: 1d, people: [dee] }`,
      'layers.1.name: there is a layer "week" already',
    ],
    ['layers: []', 'layers: expected at least one layer'],
  ])('that is wrong is said to be: %#', (lines, expected) => {
    expect(problemsOf(schedule(lines)).join('\n')).toContain(expected);
  });

  it('that names somebody whom `people` does not know is refused', () => {
    const found = problemsOf(`people: { ann: {}, bob: {} }\n${schedule(layer())}`);
    expect(found).toContainEqual(expect.stringMatching(/layers\.0\.people\.1\.1: there is no person "cy"/));
  });
});
