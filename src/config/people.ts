// People and teams of a file, or of a tenant in it, as the engine keeps them.
import type { Person, Target } from '../policy/people.ts';
import { type Addressing, readAddress } from './addressing.ts';
import { type PeopleInput, type PersonInput, weekdayOf } from './people-schema.ts';
import type { Path, WrittenAt } from './source.ts';

/** What a file says of people, with what those of the API need of it. */
export interface FileDirectory {
  readonly people: ReadonlyMap<string, Person>;
  readonly teams: ReadonlyMap<string, readonly Target[]>;
  /** Teams that the file names and leaves to the API. */
  readonly teamsOfApi: ReadonlySet<string>;
  readonly addressing: Addressing;
  /** Names of the channels that people may be told through where a receiver names none. */
  readonly usable: ReadonlySet<string>;
  /** Where they stand; absent where there is no file. */
  readonly placeOf?: (section: 'people' | 'teams' | 'schedules' | 'escalations', name: string) => WrittenAt;
}

/** Where a file says nothing of people. */
export const noPeople: FileDirectory = {
  people: new Map(),
  teams: new Map(),
  teamsOfApi: new Set(),
  addressing: { channels: new Map(), kinds: new Map() },
  usable: new Set(),
};

/** Sections whose names and addresses were checked. */
export function directoryOf(
  input: PeopleInput,
  { addressing, usable }: Pick<FileDirectory, 'addressing' | 'usable'>,
  placeOf: ((path: Path) => WrittenAt) | null,
): FileDirectory {
  const teams = Object.entries(input.teams ?? {});
  return {
    people: new Map(
      Object.entries(input.people ?? {}).map(([name, one]) => [name, personOf(name, one, addressing)]),
    ),
    teams: new Map(teams.flatMap(([name, members]) => (members === 'api' ? [] : [[name, members]]))),
    teamsOfApi: new Set(teams.flatMap(([name, members]) => (members === 'api' ? [name] : []))),
    addressing,
    usable,
    ...(placeOf !== null && { placeOf: (section, name) => placeOf([section, name]) }),
  };
}

/** A person; addresses that no channel takes are left out. */
export function personOf(name: string, input: PersonInput, addressing: Addressing): Person {
  const { quiet_hours: quiet = [] } = input;
  const addresses = Object.entries(input.addresses ?? {}).flatMap(([key, written]): [string, string][] => {
    const read = readAddress(addressing, key, written);
    return 'address' in read ? [[key, read.address]] : [];
  });
  return {
    name,
    displayName: input.display_name ?? null,
    locale: input.locale ?? null,
    timeZone: input.time_zone ?? null,
    addresses: new Map(addresses),
    prefers: input.prefer ?? [],
    quietHours: (Array.isArray(quiet) ? quiet : [quiet]).map(({ from, to, days, passes }) => ({
      from,
      to,
      days: days === undefined ? null : days.map(weekdayOf),
      passes: passes ?? 'critical',
    })),
  };
}
