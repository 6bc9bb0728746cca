// People, teams and targets as a file says them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatTarget } from '../policy/target.ts';
import { loadConfig } from './load.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-people-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const channels = `channels:
  mail: { type: email, host: mail.example.com, from_email: a@example.com, to: [ops@example.com] }
  hook: { type: slack, webhook_url: "https://hooks.slack.com/services/T1/B1/x" }
  screen: { type: console }
`;
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
  return loaded.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

describe('people of a file', () => {
  it('have addresses as their channels take them, hours, and an order', () => {
    const { routing } = config(`
people:
  ann:
    display_name: Ann Chen
    locale: zh-TW
    time_zone: Asia/Taipei
    addresses: { sms: +886 (0)912-345-678, mail: ann@example.com, slack: U012AB3CD }
    prefer: [sms, mail]
    quiet_hours: { from: 22:00, to: 07:00, days: [mon, sun], passes: high }
  bob:
    quiet_hours: [{ from: 12:00, to: 24:00 }, { from: 00:00, to: 06:30 }]
teams:
  ops: [ann, team:web, channel:screen]
  web: [bob]
  sales: api
receivers:
  people: { to: [team:ops, bob, team:sales] }
  both: { channels: [mail], to: [ann] }
route: { receiver: people }
`);
    const directory = routing.directory!;
    const ann = directory.people.get('ann')!;
    expect(ann).toEqual({
      name: 'ann',
      displayName: 'Ann Chen',
      locale: 'zh-TW',
      timeZone: 'Asia/Taipei',
      addresses: new Map([
        ['sms', '+886912345678'],
        ['mail', 'ann@example.com'],
        ['slack', 'U012AB3CD'],
      ]),
      prefers: ['sms', 'mail'],
      quietHours: [{ from: 1_320, to: 420, days: [1, 0], passes: 'high' }],
    });
    expect(directory.people.get('bob')?.quietHours).toEqual([
      { from: 720, to: 1_440, days: null, passes: 'critical' },
      { from: 0, to: 390, days: null, passes: 'critical' },
    ]);
    expect(directory.teams.get('ops')!.map(formatTarget)).toEqual(['ann', 'team:web', 'channel:screen']);
    expect([...directory.teamsOfApi]).toEqual(['sales']);
    expect(routing.receivers.get('people')).toMatchObject({
      channels: [],
      to: [
        { kind: 'team', name: 'ops' },
        { kind: 'person', name: 'bob' },
        { kind: 'team', name: 'sales' },
      ],
    });
    expect(routing.receivers.get('both')?.channels).toEqual(['mail']);
    // A webhook of Slack writes to its channel, whoever has an address on Slack.
    const ways = [...directory.addressing.channels.values()].filter(({ personal }) => personal);
    expect(ways.map(({ name }) => name)).toEqual(['mail']);
    expect(directory.placeOf?.('people', 'bob')).toMatchObject({ line: 15 });
  });

  it('are told with their place where they are wrong', () => {
    expect(
      problems(`
people:
  ann:
    time_zone: Asia/Taipeh
    addresses: { sms: 0912345678, mial: ann@example.com, screen: ann, mail: Ann }
    prefer: [mail, console]
    quiet_hours: { from: 25:00, to: 07:00, passes: loud }
  "a@b": {}
teams:
  ops: [an, team:wbe, on_call:first, channel:screan, "group:x"]
  web: [ann, team:ops2]
  ops2: [team:web]
receivers:
  people: { to: [team:ops, bob] }
  none: { send_resolved: true }
route: { receiver: people }
`),
    ).toMatchInlineSnapshot(`
      [
        "8 people.ann.time_zone: expected the name of a time zone such as Europe/Vienna",
        "9 people.ann.addresses.sms: expected a text, a number in quotes: "+886912345678"",
        "9 people.ann.addresses.mial: there is no channel or kind of channel "mial"; did you mean "mail"?",
        "9 people.ann.addresses.screen: screen reaches places, not people: expected no address for it",
        "9 people.ann.addresses.mail: must be one e-mail address such as ops@example.com",
        "10 people.ann.prefer.1: there is no channel or kind of channel that reaches people "console"; expected one of mail, hook, email, wecom, sms, phone, slack",
        "11 people.ann.quiet_hours: expected a time of day such as 22:00",
        "12 people.a@b: expected a name of letters, digits, "_", "-", "."",
        "14 teams.ops: expected a person, team:<name>, on_call:<name> or channel:<name>",
        "14 teams.ops.0: there is no person "an"; did you mean "ann"?",
        "14 teams.ops.1: there is no team "wbe"; did you mean "web"?",
        "14 teams.ops.2: there is no on-call schedule "first"; none is defined",
        "14 teams.ops.3: there is no channel "screan"; did you mean "screen"?",
        "16 teams.ops2: is a circle: web → ops2 → web",
        "18 receivers.people.to.1: there is no person "bob"; did you mean "a@b"?",
        "19 receivers.none.channels: is required: expected \`channels\`, \`to\`, or both",
      ]
    `);
  });

  it('and teams are bounded', () => {
    const chain = Array.from(
      { length: 33 },
      (_, i) => `  t${i}: [${i === 32 ? 'channel:screen' : `team:t${i + 1}`}]`,
    );
    expect(problems(`teams:\n${chain.join('\n')}\n`)[0]).toContain('teams.t0: expected at most 32 teams');
    config(`teams:\n${chain.slice(1).join('\n')}\n`);
    const many = Array.from({ length: 1_001 }, () => 'channel:screen').join(', ');
    expect(problems(`teams: { t: [${many}] }\n`)).toEqual([
      expect.stringContaining('teams.t: expected at most 1000'),
    ]);
    const teams = Array.from({ length: 1_001 }, (_, i) => `t${i}: [channel:screen]`).join(', ');
    expect(problems(`teams: { ${teams} }\n`)).toEqual([
      expect.stringContaining('expected at most 1000 teams'),
    ]);
  });

  it('belong to their tenant alone', () => {
    const { tenants } = config(`
people: { ann: {} }
tenants:
  acme:
    people: { zoe: {} }
    receivers: { theirs: { channels: [screen], to: [zoe] } }
`);
    expect([...tenants.get('acme')!.directory!.people.keys()]).toEqual(['zoe']);
    expect(
      problems(`
people: { ann: {} }
tenants: { acme: { receivers: { theirs: { to: [ann] } } } }
`),
    ).toEqual(['7 tenants.acme.receivers.theirs.to.0: there is no person "ann"; none is defined']);
  });
});

describe('a channel without `to`', () => {
  const people = `  post: { type: email, host: mail.example.com, from_email: a@example.com }
people: { ann: { addresses: { post: ann@example.com } } }
`;

  it('tells people, and nobody else', () => {
    const { routing, channels: open } = config(`${people}receivers: { ops: { channels: [post], to: [ann] } }
route: { receiver: ops }
`);
    expect(open.get('post')?.settings).not.toHaveProperty('to');
    expect(
      [...routing.directory!.addressing.channels.values()].find(({ name }) => name === 'post'),
    ).toMatchObject({
      personal: true,
      placed: false,
    });
    // Of a file that names no receivers everything is told by the others.
    expect(config(people).routing.receivers.get('default')?.channels).toEqual(['mail', 'hook', 'screen']);
  });

  it('is a problem where it would be told as a place: of a receiver, a team, a step, a fallback', () => {
    const said = /has no `to`, so it tells people only/;
    const found = problems(`  chat: { type: console, fallback: [post] }
${people}teams: { ops: [ann, "channel:post"] }
receivers:
  ops: { channels: [screen, post], escalation: page }
  both: { channels: [post], to: [ann, "channel:post"] }
escalations: { page: { steps: [{ after: 5m, to: ["channel:post"] }] } }
route: { receiver: ops }
`);
    expect(found.map((one) => one.split(': ')[0])).toEqual([
      '5 channels.chat.fallback.0',
      '8 teams.ops.1',
      '10 receivers.ops.channels.1',
      '11 receivers.both.to.1',
      '12 escalations.page.steps.0.to.0',
    ]);
    for (const one of found) expect(one).toMatch(said);
  });
});
