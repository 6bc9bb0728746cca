// Who is told what, as the file says it: time intervals, inhibition, dependencies, tenants.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatMatcher } from '../../rules/matchers.ts';
import type { InhibitRule } from '../pipeline/routing.ts';
import { portableRouting, routingOf } from '../replay/replay-messages.ts';
import { loadConfig } from './load.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-routing-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const channels = 'channels: { screen: { type: console } }\n';
function load(text: string) {
  writeFileSync(join(cwd, 'tocsin.yaml'), channels + text);
  return loadConfig({ cwd, env: {}, flags: {} });
}
function config(text: string) {
  const loaded = load(text);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1));
  return loaded.config;
}
function problems(text: string): string[] {
  const loaded = load(text);
  if ('config' in loaded) throw new Error('expected problems');
  return loaded.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}
const told = ({ name, source, target, equal }: InhibitRule) =>
  `${name}: ${source.map(formatMatcher).join()} over ${target.map(formatMatcher).join()}${equal.length > 0 ? ` by ${equal.join()}` : ''}`;

describe('time intervals of routes', () => {
  const pasted = `
route:
  routes:
    - matchers: [ 'team = "frontend"', severity!~"critical|emergency" ]
      mute_time_intervals: [ weekends, nights ]
      routes:
        - { matchers: [ service="web" ], active_time_intervals: [ nights ] }
time_intervals:
  - name: weekends
    time_intervals:
      - weekdays: ['saturday:sunday']
  - name: nights
    time_intervals:
      - times: [{ start_time: 22:00, end_time: 24:00 }, { start_time: 00:00, end_time: 06:00 }]
        location: Europe/Vienna
`;

  it('are read as Alertmanager writes them, and are not inherited', () => {
    const { routing } = config(pasted);
    const route = routing.route.routes[0]!;
    expect(route.path).toBe('{}/{team="frontend",severity!~"critical|emergency"}');
    expect(route.mute.map(({ name }) => name)).toEqual(['weekends', 'nights']);
    expect(route.active).toEqual([]);
    const [child] = route.routes;
    expect([child!.mute.map(({ name }) => name), child!.active.map(({ name }) => name)]).toEqual([
      [],
      ['nights'],
    ]);
    const sunday = Date.parse('2026-07-12T12:00Z');
    expect(route.mute.map((interval) => interval.contains(sunday))).toEqual([true, false]);
  });

  it('and inhibition reach the thread of replays', () => {
    const { routing } = config(
      `${pasted}inhibit_rules: [{ source_matchers: [a=b], target_matchers: [c=d] }]`,
    );
    const sent = structuredClone(portableRouting(routing));
    const got = routingOf(sent);
    const mute = got.route.routes[0]!.mute[1]!;
    expect(mute.contains(Date.parse('2026-07-13T21:00Z'))).toBe(true);
    expect(got.inhibit!.map(told)).toEqual(['{a="b"} over {c="d"}: a="b" over c="d"']);
  });

  it('that do not exist, or are written wrong, are told at their place', () => {
    const text = `route:
  mute_time_intervals: [nights]
  routes:
    - { match: [a=b], matchers: [a=b], mute_time_intervals: [nigths], active_time_intervals: [x] }
time_intervals:
  - { name: nights, time_intervals: [{ times: [{ start_time: '22:00', end_time: '06:00' }] }] }
  - { name: nights, time_intervals: [{ weekdays: [someday], location: Mars }] }
`;
    expect(problems(text)).toMatchInlineSnapshot(`
      [
        "3:24 route.mute_time_intervals: the top route is never mute: expected no time intervals here",
        "5:33 route.routes.0.matchers: says the same as \`match\`: expected one of them",
        "5:62 route.routes.0.mute_time_intervals.0: there is no time interval "nigths"; did you mean "nights"?",
        "5:95 route.routes.0.active_time_intervals.0: there is no time interval "x"; expected one of nights, nights",
        "7:81 time_intervals.0.time_intervals.0.times.0.end_time: 22:00 to 06:00 goes over midnight: write two, 22:00 to 24:00 and 00:00 to 06:00 (where weekdays are given the second belongs to the day after)",
        "8:51 time_intervals.1.time_intervals.0.weekdays.0: expected a weekday such as monday or monday:friday",
        "8:71 time_intervals.1.time_intervals.0.location: there is no time zone "Mars"; expected a name of the IANA database such as Europe/Vienna, or UTC",
      ]
    `);
    expect(
      problems('time_intervals: [{ name: a, time_intervals: [{}] }, { name: a, time_intervals: [{}] }]'),
    ).toEqual(['2:61 time_intervals.1.name: there is a time interval "a" already']);
  });
});

describe('inhibition', () => {
  it('is read as Alertmanager writes it', () => {
    const { routing } = config(`
inhibit_rules:
  - source_matchers: [ severity="critical" ]
    target_matchers: [ severity=~"warning|info" ]
    equal: [ alertname, cluster ]
  - { name: cluster down, source_matchers: [alertname=ClusterDown], target_matchers: [cluster!=""] }
`);
    expect(routing.inhibit!.map(told)).toEqual([
      '{severity="critical"} over {severity=~"warning|info"}: severity="critical" over severity=~"warning|info" by alertname,cluster',
      'cluster down: alertname="ClusterDown" over cluster!=""',
    ]);
  });

  it('comes of services that depend on others, at any remove', () => {
    const { routing } = config(`
dependencies:
  label: service
  source_matchers: [ severity="critical" ]
  equal: [ env ]
  depends_on: { api: [ db, cache ], web: [ api ] }
`);
    expect(routing.inhibit!.map(told)).toEqual([
      'api depends on db: service="db",severity="critical" over service="api" by env',
      'api depends on cache: service="cache",severity="critical" over service="api" by env',
      'web depends on api: service="api",severity="critical" over service="web" by env',
      'web depends on db: service="db",severity="critical" over service="web" by env',
      'web depends on cache: service="cache",severity="critical" over service="web" by env',
    ]);
  });

  it('of services in a circle is refused, and the circle is named', () => {
    const text = `dependencies:
  label: service
  depends_on:
    web: [ api ]
    api: [ db ]
    db: [ disk, api ]
`;
    expect(problems(text)).toEqual(['6:10 dependencies.depends_on.api: depends on itself: api → db → api']);
    expect(problems('dependencies: { label: s, depends_on: { a: [a] } }')).toEqual([
      '2:44 dependencies.depends_on.a: depends on itself: a → a',
    ]);
  });
});

describe('a tenant with sections of its own', () => {
  it('has them all, and nothing of the others', () => {
    const { routing, tenants } = config(`
receivers: { ops: { channels: [screen] } }
inhibit_rules: [{ source_matchers: [a=b], target_matchers: [c=d] }]
route: { group_wait: 5s }
tenants:
  acme:
    receivers: { theirs: { channels: [screen] } }
    route: { routes: [{ match: [a=b], mute_time_intervals: [always] }] }
    time_intervals: [{ name: always, time_intervals: [{}] }]
  globex: {}
`);
    expect([...routing.receivers.keys(), routing.route.groupWaitMs]).toEqual(['ops', 5_000]);
    const acme = tenants.get('acme')!;
    expect([...acme.receivers.keys()]).toEqual(['theirs']);
    expect(acme.route).toMatchObject({ receiver: 'theirs', groupWaitMs: 30_000 });
    expect(acme.route.routes[0]!.mute[0]!.name).toBe('always');
    expect(acme.inhibit).toEqual([]);
    expect([...tenants.get('globex')!.receivers.keys()]).toEqual(['default']);
  });

  it('cannot use the names of the others', () => {
    expect(
      problems(`receivers: { ops: { channels: [screen] } }
time_intervals: [{ name: nights, time_intervals: [{}] }]
tenants:
  acme:
    receivers: { a: { channels: [scren] }, b: { channels: [screen] } }
    route: { receiver: ops, routes: [{ match: [a=b], mute_time_intervals: [nights] }] }
`),
    ).toMatchInlineSnapshot(`
      [
        "6:34 tenants.acme.receivers.a.channels.0: there is no channel "scren"; did you mean "screen"?",
        "7:24 tenants.acme.route.receiver: there is no receiver "ops"; expected one of a, b",
        "7:76 tenants.acme.route.routes.0.mute_time_intervals.0: there is no time interval "nights"; none is defined",
      ]
    `);
  });
});
