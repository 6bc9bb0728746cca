import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expand } from './expand.ts';
import type { Directory, Person, Target } from './people.ts';
import { formatTarget, parseTarget } from './target.ts';
import { waysToPerson } from './ways-to-person.ts';

const person = (name: string, more: Partial<Person> = {}): Person => ({
  name,
  displayName: null,
  locale: null,
  timeZone: null,
  addresses: new Map(),
  prefers: [],
  quietHours: [],
  ...more,
});
const targets = (written: readonly string[]): Target[] => written.map((each) => parseTarget(each)!);
const directory = (
  people: readonly string[],
  teams: Readonly<Record<string, readonly string[]>>,
  onCall: Directory['onCall'] = () => [],
): Directory => ({
  people: new Map(people.map((name) => [name, person(name)])),
  teams: new Map(Object.entries(teams).map(([name, members]) => [name, targets(members)])),
  onCall,
});
const names = (book: Directory, ...written: string[]) =>
  expand(book, targets(written), 0).people.map(({ name }) => name);

describe('targets', () => {
  it('are read as they are written', () => {
    for (const written of ['alice', 'team:ops', 'on_call:primary', 'channel:chat'])
      expect(formatTarget(parseTarget(written)!)).toBe(written);
    for (const wrong of ['', 'a b', 'team:', 'group:ops', 'team:a:b', 'a@b', '__proto__:x', 'x'.repeat(129)])
      expect(parseTarget(wrong)).toBeNull();
  });

  it('of three overlapping groups are 15 people, each of them once', () => {
    const people = Array.from({ length: 15 }, (_, i) => `p${i + 1}`);
    const book = directory(people, {
      'engineering-oncall': people.slice(0, 7),
      'ops-team': people.slice(4, 11),
      management: [...people.slice(9), 'p1', 'team:ops-team'],
    });
    expect(names(book, 'team:engineering-oncall', 'team:ops-team', 'team:management')).toEqual(people);
  });

  it('stand for who is on call at the moment, and for places beside people', () => {
    const onCall = (schedule: string, at: number) =>
      schedule === 'primary' && at < 10 ? ['bob', 'ann'] : [];
    const book = directory(['ann', 'bob'], { ops: ['on_call:primary', 'channel:chat'] }, onCall);
    const asked = targets(['team:ops', 'ann', 'channel:chat', 'channel:board', 'zoe']);
    const now = expand(book, asked, 5);
    expect(now.people.map(({ name }) => name)).toEqual(['bob', 'ann']);
    expect(now.channels).toEqual(['chat', 'board']);
    expect(now.nobody.map(formatTarget)).toEqual(['zoe']);
    expect(expand(book, asked, 10).nobody.map(formatTarget)).toEqual(['on_call:primary', 'zoe']);
  });

  it('come to an end where teams name one another', () => {
    const book = directory(['ann'], { a: ['team:b'], b: ['team:a', 'ann'] });
    expect(names(book, 'team:a')).toEqual(['ann']);
  });

  it('give everybody who is in any of the teams, once, whatever the teams are', () => {
    const member = fc.oneof(
      fc.nat(11).map((i) => `p${i}`),
      fc.nat(7).map((i) => `team:t${i}`),
    );
    const teams = fc.array(fc.array(member, { maxLength: 6 }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(teams, fc.array(member, { maxLength: 6 }), (members, asked) => {
        const all = Array.from({ length: 12 }, (_, i) => `p${i}`);
        const book = directory(all, Object.fromEntries(members.map((each, i) => [`t${i}`, each])));
        // By rounds: whoever is named, until nobody new is.
        const reached = new Set(asked);
        for (let before = -1; before !== reached.size; ) {
          before = reached.size;
          for (const each of [...reached])
            if (each.startsWith('team:t'))
              for (const one of members[Number(each.slice(6))]!) reached.add(one);
        }
        const told = names(book, ...asked);
        expect(told.toSorted()).toEqual([...reached].filter((each) => each.startsWith('p')).toSorted());
      }),
    );
  });
});

describe('the ways to a person', () => {
  const channels = [
    { name: 'mail', kind: 'email' },
    { name: 'mail-backup', kind: 'email' },
    { name: 'texts', kind: 'sms' },
    { name: 'chat', kind: 'slack' },
  ];
  it('are the channels with an address, those that she prefers first', () => {
    const addresses = new Map([
      ['email', 'ann@example.com'],
      ['mail-backup', 'ann@home.example'],
      ['sms', '+886912345678'],
    ]);
    const ways = (prefers: string[]) =>
      waysToPerson(person('ann', { addresses, prefers }), channels).map(({ channel }) => channel);
    expect(ways([])).toEqual(['mail', 'mail-backup', 'texts']);
    expect(ways(['sms', 'chat'])).toEqual(['texts', 'mail', 'mail-backup']);
    expect(ways(['mail-backup', 'sms'])).toEqual(['mail-backup', 'texts', 'mail']);
    expect(waysToPerson(person('ann', { addresses }), channels)[1]).toEqual({
      channel: 'mail-backup',
      address: 'ann@home.example',
    });
    expect(waysToPerson(person('ann', { addresses }), channels.slice(3))).toEqual([]);
  });
});
