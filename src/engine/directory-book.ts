// Who can be told, of one tenant: people and teams of the operator's file, and those that were made through the API. A name
// of the file is the file's; what the file does not let in any more waits, with a problem that says so.

import { didYouMean } from '../../rules/did-you-mean.ts';
import type { Addressing } from '../config/addressing.ts';
import {
  type ApiPersonInput,
  type ApiTeamInput,
  apiPersonSchema,
  apiTeamSchema,
  readDocument,
} from '../config/api-people.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { type FileDirectory, noPeople, personOf } from '../config/people.ts';
import { checkNesting, checkPerson, checkTargets, type TargetNames } from '../config/people-names.ts';
import type { FileRouting, WrittenAt } from '../config/routing.ts';
import { dotted, type Path } from '../config/source.ts';
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import type { Directory, Person, Target } from '../policy/people.ts';
import { type Unreached, unreached } from '../policy/reach.ts';
import { formatTarget } from '../policy/target.ts';
import type { PersonalChannel } from '../policy/ways-to-person.ts';
import type { ChannelBook } from './channel-book.ts';
import { type MadeObject, ObjectBook } from './object-book.ts';
import type { ObjectDocument } from './object-order.ts';
import type { OnCallBook } from './on-call-book.ts';
import type { RouteBook } from './route-book.ts';

export type DirectoryKind = 'person' | 'team';

/** A person or a team of the API. `input` is null when this version of the program cannot read it. */
export interface MadeEntry extends MadeObject {
  readonly input: ApiPersonInput | ApiTeamInput | null;
  readonly problems: readonly DocumentProblem[];
}

/** A person or a team as it is shown. */
export type DirectoryEntry =
  | {
      readonly of: 'api';
      readonly name: string;
      readonly made: MadeEntry;
      readonly active: boolean;
      readonly problems: readonly DocumentProblem[];
    }
  | {
      readonly of: 'file';
      readonly name: string;
      readonly what: Person | readonly Target[];
      /** Looked up when it is asked for. */
      place(): WrittenAt | null;
    };

interface Built {
  readonly directory: Directory;
  /** By id, what keeps one out. */
  readonly problems: ReadonlyMap<string, readonly DocumentProblem[]>;
  /** Ids of those that are kept out. */
  readonly out: ReadonlySet<string>;
}

/** What names people, and what they and teams name. */
interface Neighbours {
  readonly rota: OnCallBook;
  readonly routes: RouteBook;
  readonly channels: ChannelBook;
}

/** More names than these are not compared with all that there are. */
const mostCompared = 5;
const mostListed = 20;

export class DirectoryBook {
  readonly #made = {
    person: new ObjectBook<MadeEntry>(() => this.#changed()),
    team: new ObjectBook<MadeEntry>(() => this.#changed()),
  };
  readonly #neighbours: Neighbours;
  #file: FileRouting;
  /** Read with the channels as they are. */
  #people = new WeakMap<MadeEntry, Person>();
  #built: Built | null = null;
  #reach: ReachedBy | null = null;

  constructor(file: FileRouting, neighbours: Neighbours) {
    this.#file = file;
    this.#neighbours = neighbours;
  }

  set file(file: FileRouting) {
    this.#file = file;
    this.followChannels();
  }

  /** The channels of the tenant are others: addresses are read by them. */
  followChannels(): void {
    this.#reach = null;
    this.#people = new WeakMap();
    this.#changed();
  }

  /** Everybody who can be told. */
  get directory(): Directory {
    return this.#current.directory;
  }

  /** Channels through which people are told. */
  get personal(): readonly PersonalChannel[] {
    return this.#channels.personal;
  }

  made(of: DirectoryKind): ObjectBook<MadeEntry> {
    return this.#made[of];
  }

  load(of: DirectoryKind, rows: readonly ConfigObjectRow[]): void {
    this.#made[of].load(rows, (row) => madeEntry(of, row));
  }

  committed(): void {
    for (const book of Object.values(this.#made)) book.committed();
  }

  rolledBack(): void {
    for (const book of Object.values(this.#made)) book.rolledBack();
  }

  /** By name, those that are kept out too: so many from the one at `from` on, and whether there are more. */
  page(of: DirectoryKind, from: number, limit: number) {
    const { people, teams } = this.#ofFile;
    const file = [...(of === 'person' ? people : teams).keys()].map((name) => ({ name, made: null }));
    const made = this.#made[of].entries.map((entry) => ({ name: entry.row.name, made: entry }));
    const all = [...file, ...made].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const entries = all
      .slice(from, from + limit)
      .flatMap((one) => (one.made === null ? (this.#inFile(of, one.name) ?? []) : this.#shown(one.made)));
    return { entries, more: all.length > from + limit };
  }

  /** By the id of one of the API, or the name of any; a name of the file is the file's. */
  find(of: DirectoryKind, idOrName: string): DirectoryEntry | null {
    const file = this.#inFile(of, idOrName);
    if (file !== null) return file;
    const made = this.#made[of].byId(idOrName) ?? this.#made[of].byName(idOrName);
    return made === undefined ? null : this.#shown(made);
  }

  /** What would be wrong with the entry, if it were there in place of what it was. */
  problemsOf(of: DirectoryKind, entry: MadeEntry): readonly DocumentProblem[] {
    const { directory } = this.#current;
    const problems = this.#namesIn(of, entry);
    if (of === 'team' && entry.input !== null && 'members' in entry.input) {
      const teams = new Map(directory.teams).set(entry.input.name, entry.input.members);
      checkNesting(teams.keys(), teamsOf(teams), (_, message) => problems.push({ path: 'members', message }));
    }
    return problems;
  }

  /** Who names this target: `group ops`, `receiver night`; at most 20. */
  referrers(of: Target['kind'], name: string): readonly string[] {
    const names = (targets: readonly Target[]) =>
      targets.some((target) => target.kind === of && target.name === name);
    const { rota, routes } = this.#neighbours;
    const teams = [...this.directory.teams].flatMap(([team, members]) =>
      names(members) ? [`group ${team}`] : [],
    );
    const receivers = [...this.#file.receivers.values()].flatMap((receiver) =>
      names(receiver.to ?? []) ? [`receiver ${receiver.name}`] : [],
    );
    const escalations = [...routes.escalations.policies.values()].flatMap((policy) =>
      policy.steps.some(({ to }) => names(to)) ? [`escalation ${policy.name}`] : [],
    );
    const turns = of === 'person' ? [...rota.base.values()] : [];
    const schedules = turns.flatMap(({ name: schedule, layers, overrides }) => {
      const people = [
        ...layers.flatMap((layer) => layer.turns.flat()),
        ...overrides.map(({ person }) => person),
      ];
      return people.includes(name) ? [`schedule ${schedule}`] : [];
    });
    return [...teams, ...receivers, ...escalations, ...schedules].slice(0, mostListed);
  }

  /** Who has an address for the channel or prefers it, by its name: `recipient ann`; at most 20. */
  addressedBy(channel: string): readonly string[] {
    const { people } = this.directory;
    const found: string[] = [];
    for (const { name, addresses, prefers } of people.values()) {
      if (found.length >= mostListed) break;
      if (addresses.has(channel) || prefers.includes(channel)) found.push(`recipient ${name}`);
    }
    return found;
  }

  /** Who cannot be told. */
  unreached(at: number): readonly Unreached[] {
    return unreached(this.directory, this.#file.receivers.values(), this.#channels, at);
  }

  get #ofFile(): FileDirectory {
    return this.#file.directory ?? noPeople;
  }

  /** Channels that belong to other tenants are unknown to this one; its own are beside those of the file. */
  get #addressing(): Addressing {
    const { addressing, usable } = this.#ofFile;
    const channels = [...addressing.channels].filter(([name]) => usable.has(name));
    const { kinds } = addressing.kinds.size > 0 ? addressing : this.#neighbours.channels;
    return { kinds, channels: new Map([...channels, ...this.#neighbours.channels.addressed]) };
  }

  /** By what it can be said who is reached. */
  get #channels(): ReachedBy {
    if (this.#reach === null) {
      const file = this.#ofFile;
      const ofFile = reachChannels(file);
      const own = reachChannels({
        addressing: { ...file.addressing, channels: this.#neighbours.channels.addressed },
        usable: this.#neighbours.channels.addressed,
      });
      this.#reach = {
        personal: [...ofFile.personal, ...own.personal],
        enabled: new Set([...ofFile.enabled, ...own.enabled]),
      };
    }
    return this.#reach;
  }

  get #current(): Built {
    this.#built ??= this.#build();
    return this.#built;
  }

  #changed(): void {
    this.#built = null;
  }

  #inFile(of: DirectoryKind, name: string): DirectoryEntry | null {
    const { people, teams, placeOf } = this.#ofFile;
    const what = of === 'person' ? people.get(name) : teams.get(name);
    if (what === undefined) return null;
    const section = of === 'person' ? 'people' : 'teams';
    return { of: 'file', name, what, place: () => placeOf?.(section, name) ?? null };
  }

  #shown(made: MadeEntry): DirectoryEntry {
    const { problems, out } = this.#current;
    const { id, name, kind } = made.row;
    const active = !out.has(id);
    const found = active ? this.#namesIn(kind as DirectoryKind, made) : (problems.get(id) ?? []);
    return { of: 'api', name, made, active, problems: found };
  }

  #personOf(entry: MadeEntry): Person {
    const known = this.#people.get(entry);
    if (known !== undefined) return known;
    const { name, ...input } = entry.input as ApiPersonInput;
    const person = personOf(name, input, this.#addressing);
    this.#people.set(entry, person);
    return person;
  }

  /** What targets may name: what is there, and teams that are not made yet. */
  get targetNames(): TargetNames {
    const { teamsOfApi } = this.#ofFile;
    const { people, teams } = this.directory;
    return {
      person: people,
      team: new Set([...teams.keys(), ...teamsOfApi]),
      on_call: this.#neighbours.rota.base,
      channel: this.#addressing.channels,
    };
  }

  /** Addresses, preferences and members of the entry that stand for nothing. */
  #namesIn(of: DirectoryKind, { document }: MadeEntry): DocumentProblem[] {
    const problems: DocumentProblem[] = [];
    const wrong = (path: Path, message: string) => void problems.push({ path: dotted(path), message });
    const unknown = (path: Path, what: string, name: string, known: readonly string[]) => {
      const near = problems.length < mostCompared ? didYouMean(name, known) : undefined;
      const said = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
      wrong(path, `there is no such ${what}${said}`);
    };
    if (of === 'person') checkPerson(document, [], this.#addressing, { unknown, wrong });
    else checkTargets(document.members, ['members'], this.targetNames, { unknown, wrong });
    return problems;
  }

  #build(): Built {
    const file = this.#ofFile;
    const people = new Map(file.people);
    const teams = new Map(file.teams);
    const problems = new Map<string, readonly DocumentProblem[]>();
    const out = new Set<string>();
    const keepOut = (id: string, found: readonly DocumentProblem[]) => {
      out.add(id);
      problems.set(id, found);
    };
    const takes = (of: DirectoryKind, entry: MadeEntry): boolean => {
      if (entry.input === null) keepOut(entry.row.id, entry.problems);
      else if ((of === 'person' ? file.people : file.teams).has(entry.row.name))
        keepOut(entry.row.id, [{ path: 'name', message: 'the file has this name, too' }]);
      return !out.has(entry.row.id);
    };
    for (const entry of this.#made.person.entries) {
      if (!takes('person', entry)) continue;
      people.set(entry.row.name, this.#personOf(entry));
    }
    const made = this.#made.team.entries.filter((entry) => takes('team', entry));
    const whole = new Map(teams);
    for (const { input } of made) whole.set(input!.name, (input as ApiTeamInput).members);
    const nested = (all: ReadonlyMap<string, readonly Target[]>): string | null => {
      let found: string | null = null;
      checkNesting(all.keys(), teamsOf(all), (_, message) => {
        found ??= message;
      });
      return found;
    };
    const sound = nested(whole) === null;
    for (const { row, input } of made) {
      const { name, members } = input as ApiTeamInput;
      // Only a changed file can have closed a circle; then whoever closes it, in the order in which they were made, waits.
      const message = sound ? null : nested(new Map(teams).set(name, members));
      if (message === null) teams.set(name, members);
      else keepOut(row.id, [{ path: 'members', message }]);
    }
    return { directory: { people, teams, onCall: this.#neighbours.rota.onCall }, problems, out };
  }
}

const teamsOf = (teams: ReadonlyMap<string, readonly Target[]>) => (team: string) =>
  (teams.get(team) ?? []).flatMap(({ kind, name }) => (kind === 'team' ? [name] : []));

type ReachedBy = Parameters<typeof unreached>[2];

/** The channels by which it can be said who is reached. */
export function reachChannels({
  addressing,
  usable,
}: {
  readonly addressing: Addressing;
  readonly usable: { has(channel: string): boolean };
}): ReachedBy {
  const enabled = [...addressing.channels.values()].filter((channel) => channel.enabled);
  return {
    personal: enabled.filter(({ name, personal }) => personal && usable.has(name)),
    enabled: new Set(enabled.map(({ name }) => name)),
  };
}

function madeEntry(of: DirectoryKind, row: ConfigObjectRow): MadeEntry {
  const document = JSON.parse(row.body) as ObjectDocument;
  return { row, document, ...readEntry(of, document) };
}

/** What a document says, or what is wrong with its shape. */
export function readEntry(
  of: DirectoryKind,
  document: ObjectDocument,
): Pick<MadeEntry, 'input' | 'problems'> {
  const read =
    of === 'person' ? readDocument(apiPersonSchema, document) : readDocument(apiTeamSchema, document);
  return 'input' in read ? { input: read.input, problems: [] } : { input: null, problems: read.problems };
}

/** As a file has it. */
export function documentOf(what: Person | readonly Target[]): Record<string, unknown> {
  if (!('quietHours' in what)) return { members: what.map(formatTarget) };
  const { displayName, locale, timeZone, addresses, prefers, quietHours } = what;
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
  const clock = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
  const document = {
    display_name: displayName ?? undefined,
    locale: locale ?? undefined,
    time_zone: timeZone ?? undefined,
    addresses: addresses.size > 0 ? Object.fromEntries(addresses) : undefined,
    prefer: prefers.length > 0 ? [...prefers] : undefined,
    quiet_hours:
      quietHours.length > 0
        ? quietHours.map((hours) => ({
            from: clock(hours.from),
            to: clock(hours.to),
            ...(hours.days !== null && { days: hours.days.map((day) => days[day]) }),
            passes: hours.passes,
          }))
        : undefined,
  };
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined));
}
