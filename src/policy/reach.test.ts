import { expect, it } from 'vitest';
import type { Directory, Person } from './people.ts';
import { reachText, unreached } from './reach.ts';
import { parseTarget } from './target.ts';

const person = (name: string, addresses: Record<string, string>): Person => ({
  name,
  displayName: null,
  locale: null,
  timeZone: null,
  addresses: new Map(Object.entries(addresses)),
  prefers: [],
  quietHours: [],
});
const targets = (...written: string[]) => written.map((each) => parseTarget(each)!);

it('names the people, the teams and the receivers that nothing reaches', () => {
  const people = [
    person('ann', { email: 'ann@example.com' }),
    person('bob', {}),
    person('cy', { pager: '1', sms: '+886912345678' }),
  ];
  const directory: Directory = {
    people: new Map(people.map((one) => [one.name, one])),
    teams: new Map([
      ['all', targets('ann', 'team:none')],
      ['none', targets('bob', 'cy', 'channel:off')],
      ['duty', targets('bob', 'on_call:primary')],
      ['place', targets('channel:screen')],
    ]),
    onCall: () => [],
  };
  const channels = {
    personal: [
      { name: 'mail', kind: 'email' },
      { name: 'chat', kind: 'slack' },
    ],
    enabled: new Set(['mail', 'chat', 'screen']),
  };
  const receivers = [
    { name: 'ops', channels: [], to: targets('team:all') },
    { name: 'night', channels: [], to: targets('team:none') },
    { name: 'chatty', channels: ['chat'], to: targets('ann', 'channel:screen') },
    { name: 'plain', channels: ['mail'] },
  ];
  const told = unreached(directory, receivers, channels, 0);
  expect(told.map(({ kind, name, reason, who }) => [kind, name, reason, who.join()])).toEqual([
    ['person', 'bob', 'no_address', ''],
    ['person', 'cy', 'no_channel', 'pager,sms'],
    ['team', 'none', 'nobody', 'bob,cy,channel:off'],
    ['receiver', 'chatty', 'not_by_receiver', 'ann'],
    ['receiver', 'night', 'nobody', 'team:none'],
  ]);
  expect(told.map(reachText)).toMatchInlineSnapshot(`
    [
      "nothing reaches bob: there is no address",
      "nothing reaches cy: no channel that writes to people takes an address for pager, sms",
      "nothing reaches anybody of the team none (bob, cy, channel:off)",
      "the channels of the receiver chatty do not reach ann",
      "nothing reaches anybody of the receiver night (team:none)",
    ]
  `);
});
