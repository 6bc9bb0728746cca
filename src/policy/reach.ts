// Who cannot be told, whatever happens: found before it is needed.
import { expand } from './expand.ts';
import type { Directory, Person, Target } from './people.ts';
import { formatTarget } from './target.ts';
import { type PersonalChannel, waysToPerson } from './ways-to-person.ts';

export interface ReachChannels {
  /** Those through which people are told now. */
  readonly personal: readonly PersonalChannel[];
  /** Names of all that are switched on, places too. */
  readonly enabled: ReadonlySet<string>;
}

/** A receiver as far as it says who is told. */
export interface Telling {
  readonly name: string;
  /** Those that people may be told through; none: any. */
  readonly channels: readonly string[];
  readonly to?: readonly Target[];
}

/** Somebody whom nothing reaches. */
export interface Unreached {
  readonly kind: 'person' | 'team' | 'receiver';
  readonly name: string;
  /**
   * - `no_address`: the person has none at all;
   * - `no_channel`: every address is for a channel that is not there, is switched off, or writes to no people;
   * - `nobody`: the team or the receiver stands for nobody who is reached;
   * - `not_by_receiver`: the receiver's own channels reach none of these people.
   */
  readonly reason: 'no_address' | 'no_channel' | 'nobody' | 'not_by_receiver';
  /** Of `not_by_receiver` those people, else what the name stands for that is not reached; at most 20. */
  readonly who: readonly string[];
}

const mostNamed = 20;

/**
 * People, teams and receivers that nothing reaches, in this order and by name. Schedules count as reached: who is on call
 * changes.
 * @param at Epoch milliseconds.
 */
export function unreached(
  directory: Directory,
  receivers: Iterable<Telling>,
  channels: ReachChannels,
  at: number,
): readonly Unreached[] {
  const found: Unreached[] = [];
  const reached = new Set<string>();
  const byName = <T>(entries: Iterable<readonly [string, T]>) =>
    [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  for (const [name, person] of byName(directory.people)) {
    if (waysToPerson(person, channels.personal).length > 0) reached.add(name);
    else {
      const reason = person.addresses.size === 0 ? 'no_address' : 'no_channel';
      found.push({ kind: 'person', name, reason, who: [...person.addresses.keys()].slice(0, mostNamed) });
    }
  }
  /** Whether anybody is told by these targets: a person, a place, whoever will be on call. */
  const anybody = (targets: readonly Target[], reaches: (person: Person) => boolean): boolean => {
    let onCall = false;
    const noting: Directory = {
      ...directory,
      onCall: () => {
        onCall = true;
        return [];
      },
    };
    const { people, channels: places } = expand(noting, targets, at);
    return onCall || people.some(reaches) || places.some((place) => channels.enabled.has(place));
  };
  const isReached = ({ name }: Person) => reached.has(name);
  const who = (targets: readonly Target[]) => targets.slice(0, mostNamed).map(formatTarget);
  for (const [name, members] of byName(directory.teams))
    if (!anybody(members, isReached)) found.push({ kind: 'team', name, reason: 'nobody', who: who(members) });
  for (const [name, receiver] of byName([...receivers].map((one) => [one.name, one] as const))) {
    const { to } = receiver;
    if (to === undefined) continue;
    if (!anybody(to, isReached)) found.push({ kind: 'receiver', name, reason: 'nobody', who: who(to) });
    if (receiver.channels.length === 0) continue;
    const own = channels.personal.filter((channel) => receiver.channels.includes(channel.name));
    const missed = expand(directory, to, at).people.filter(
      (person) => isReached(person) && waysToPerson(person, own).length === 0,
    );
    if (missed.length > 0) {
      const names = missed.slice(0, mostNamed).map((person) => person.name);
      found.push({ kind: 'receiver', name, reason: 'not_by_receiver', who: names });
    }
  }
  return found;
}

/** One line for a person. */
export function reachText({ kind, name, reason, who }: Unreached): string {
  const list = who.join(', ');
  switch (reason) {
    case 'no_address':
      return `nothing reaches ${name}: there is no address`;
    case 'no_channel':
      return `nothing reaches ${name}: no channel that writes to people takes an address for ${list}`;
    case 'nobody':
      return `nothing reaches anybody of the ${kind} ${name} (${list === '' ? 'it is empty' : list})`;
    case 'not_by_receiver':
      return `the channels of the receiver ${name} do not reach ${list}`;
  }
}
