// The ways to people. A delivery to one person on a channel has the recipient `mail@ann`; one that reaches her however she
// prefers it, `@ann`. What stands behind them is looked up when it is asked for: people change.
import type { Directory, Person } from './people.ts';
import type { Way, Ways } from './ways.ts';
import { type PersonalChannel, waysToPerson } from './ways-to-person.ts';

/** Everybody of a tenant, as it is now. */
export interface PeopleOfTenant {
  readonly directory: Directory;
  /** Channels through which its people are told. */
  readonly personal: readonly PersonalChannel[];
  /** Where people are who do not say: an IANA name. */
  readonly timeZone: string;
}

/** The name of the person whom the recipient stands for; null: a place. No other name holds an `@`. */
export function personIn(recipient: string): string | null {
  const at = recipient.indexOf('@');
  return at === -1 ? null : recipient.slice(at + 1);
}

/** @param channel Null: by the person's preference. */
export function recipientOf(person: string, channel: string | null): string {
  return `${channel ?? ''}@${person}`;
}

/** The ways of the configuration, and those to people. */
export class RecipientWays implements Ways {
  readonly #places: Ways;
  readonly #people: PeopleOfTenant;
  /** Those to people that were asked for, as long as nobody changes. */
  readonly #known = new Map<string, Way>();
  #of: Directory | null = null;

  constructor(places: Ways, people: PeopleOfTenant) {
    this.#places = places;
    this.#people = people;
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  get(recipient: string): Way | undefined {
    const place = this.#places.get(recipient);
    const name = place === undefined ? personIn(recipient) : null;
    if (name === null) return place;
    const { directory } = this.#people;
    if (this.#of !== directory) {
      this.#known.clear();
      this.#of = directory;
    }
    const known = this.#known.get(recipient);
    if (known !== undefined) return known;
    const way = this.#wayTo(directory.people.get(name), recipient.slice(0, recipient.indexOf('@')));
    if (way !== undefined) this.#known.set(recipient, way);
    return way;
  }

  *[Symbol.iterator](): IterableIterator<[string, Way]> {
    yield* this.#places;
    yield* this.#known;
  }

  /** A person who is gone has no way; a channel on which she has no address carries nothing for her. */
  #wayTo(person: Person | undefined, channel: string): Way | undefined {
    if (person === undefined) return undefined;
    const ways = waysToPerson(person, this.#people.personal).map((way) => way.channel);
    const own = this.#places.get(channel)?.chain ?? [];
    const chain = channel === '' ? ways : own.filter((one) => ways.includes(one));
    const first = this.#places.get(chain[0] ?? '');
    return first && { type: first.type, family: first.family, chain };
  }
}
