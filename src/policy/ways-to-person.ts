// Through which channels a person can be told.
import type { Person } from './people.ts';

/** A channel that can write to one person. */
export interface PersonalChannel {
  readonly name: string;
  /** `email`, `sms`, … */
  readonly kind: string;
}

export interface WayToPerson {
  readonly channel: string;
  readonly address: string;
}

/**
 * The channels on which the person has an address, in her order: those that she prefers, by their name or kind, then the
 * others as they are given.
 * @param channels Those that may be used: of a receiver, or all there are.
 */
export function waysToPerson(person: Person, channels: readonly PersonalChannel[]): readonly WayToPerson[] {
  const open = new Map(channels.map((channel) => [channel.name, channel]));
  const ways: WayToPerson[] = [];
  const take = (channel: PersonalChannel): void => {
    open.delete(channel.name);
    const address = person.addresses.get(channel.name) ?? person.addresses.get(channel.kind);
    if (address !== undefined) ways.push({ channel: channel.name, address });
  };
  for (const preferred of person.prefers) {
    const named = open.get(preferred);
    if (named !== undefined) take(named);
    for (const channel of [...open.values()]) if (channel.kind === preferred) take(channel);
  }
  for (const channel of [...open.values()]) take(channel);
  return ways;
}
