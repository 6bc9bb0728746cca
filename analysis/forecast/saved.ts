// The state as text and back: what is restored goes on as if it had never been away. It is megabytes where there are many
// alerts, so it comes in parts.
import { createForecast, type ForecastState } from './forecast.ts';
import { Leaders, type SavedLeader } from './leaders.ts';
import { recordNames } from './prediction.ts';

const version = 3;
/** Before it followers were written with all their names and keys. */
const leadersByName = 2;

const expected = `expected the state of a forecast of version ${leadersByName} or ${version}`;

/** Characters of a part; one entry may make it longer by what that has. */
const partLength = 32_768;

const marked = (_: string, value: unknown): unknown =>
  value instanceof Map ? { $map: [...value] } : value instanceof Set ? { $set: [...value] } : value;

function unmarked(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  // A label may have such a name: its value is a text, and no list.
  if ('$map' in value && Array.isArray(value.$map)) return new Map(value.$map as [unknown, unknown][]);
  if ('$set' in value && Array.isArray(value.$set)) return new Set(value.$set as unknown[]);
  return value;
}

/** What is saved entry by entry: of everything else there is little. */
const mapsOf = ({ occurrences, bursts, capacity, open }: ForecastState) => ({
  occurrences: occurrences as Entries,
  scopes: bursts.scopes as Entries,
  instances: bursts.instances as Entries,
  capacity: capacity as Entries,
  open: open as Entries,
});
type Entries = Iterable<readonly [string, unknown]>;
type MapName = keyof ReturnType<typeof mapsOf> | 'leaders';

/** What is saved in one piece. */
type Rest = Pick<
  ForecastState,
  'leastConfidence' | 'records' | 'openCount' | 'left' | 'now' | 'nextEndAt'
> & { readonly recent: Map<string, number> };

interface Part {
  readonly version: number;
  readonly of: MapName | 'rest';
  readonly entries: readonly unknown[];
  /** Of leaders alone: the keys that its entries refer to by their place. */
  readonly names?: readonly string[];
}

/** Place of the leader's key, how often it came, and of each follower place of its key, count, `countedFor` and its lags. */
type PackedLeader = readonly [
  name: number,
  count: number,
  followers: readonly (readonly [name: number, count: number, countedFor: number, ...lags: number[]])[],
];

const partOf = (of: Part['of'], entries: readonly string[]): string =>
  `{"version":${version},"of":"${of}","entries":[${entries.join(',')}]}`;

/** In a storm an alert follows the twenty before it: its key is written once for a part. */
class LeaderPart {
  readonly #places = new Map<string, number>();
  readonly #entries: string[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add([key, { count, followers }]: readonly [string, SavedLeader]): void {
    const packed: PackedLeader = [
      this.#placeOf(key),
      count,
      Array.from(followers, ([name, { count, countedFor, lags }]) => [
        this.#placeOf(name),
        count,
        countedFor,
        ...lags,
      ]),
    ];
    const text = JSON.stringify(packed);
    this.#entries.push(text);
    this.#length += text.length;
  }

  text(): string {
    const names = JSON.stringify([...this.#places.keys()]);
    return `{"version":${version},"of":"leaders","names":${names},"entries":[${this.#entries.join(',')}]}`;
  }

  #placeOf(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#length += name.length;
    return this.#places.set(name, this.#places.size).size - 1;
  }
}

/** Throws where a key is missing. */
function unpackLeaders(names: readonly string[], entries: readonly unknown[]): [string, SavedLeader][] {
  const nameOf = (place: number): string => {
    const name = names[place];
    if (name === undefined) throw new Error(`expected a key at place ${place} of ${names.length}`);
    return name;
  };
  return (entries as readonly PackedLeader[]).map(([name, count, followers]) => [
    nameOf(name),
    {
      count,
      followers: new Map(
        followers.map(([follower, count, countedFor, ...lags]) => [
          nameOf(follower),
          { count, countedFor, lags },
        ]),
      ),
    },
  ]);
}

function* leaderParts(leaders: Leaders): Generator<string> {
  let part = new LeaderPart();
  for (const leader of leaders) {
    part.add(leader);
    if (part.length < partLength) continue;
    yield part.text();
    part = new LeaderPart();
  }
  if (part.length > 0) yield part.text();
}

/** The state as texts of about 32 kB each, in pieces of work of less than a millisecond. Nothing is to change meanwhile. */
export function* forecastParts(state: ForecastState): Generator<string> {
  const { leastConfidence, cascades, records, openCount, left, now, nextEndAt } = state;
  const { recent } = cascades;
  const rest: Rest = { leastConfidence, recent, records, openCount, left, now, nextEndAt };
  yield partOf('rest', [JSON.stringify(rest, marked)]);
  yield* leaderParts(cascades.leaders);
  for (const [of, map] of Object.entries(mapsOf(state)) as [MapName, Entries][]) {
    let entries: string[] = [];
    let length = 0;
    for (const entry of map) {
      const text = JSON.stringify(entry, marked);
      entries.push(text);
      length += text.length;
      if (length < partLength) continue;
      yield partOf(of, entries);
      entries = [];
      length = 0;
    }
    if (entries.length > 0) yield partOf(of, entries);
  }
}

/** Puts together what `forecastParts` gave, part by part. */
export class ForecastRestorer {
  readonly #maps = new Map<MapName, Map<string, unknown>>();
  #rest: Rest | null = null;

  /** Throws where the text is of another version, or none of a forecast. */
  take(text: string): void {
    const part = JSON.parse(text, unmarked) as Partial<Part> | null;
    const known = part?.version === version || part?.version === leadersByName;
    if (!known || !Array.isArray(part.entries) || part.of === undefined) throw new Error(expected);
    if (part.of === 'rest') {
      this.#rest = part.entries[0] as Rest;
      return;
    }
    const map = this.#maps.get(part.of) ?? new Map<string, unknown>();
    this.#maps.set(part.of, map);
    const { names, entries } = part;
    const packed = part.of === 'leaders' && part.version === version;
    const read = packed ? unpackLeaders(names ?? [], entries) : (entries as readonly [string, unknown][]);
    for (const [key, value] of read) map.set(key, value);
  }

  /** Throws where the first part was not among them. */
  state(): ForecastState {
    if (this.#rest === null) throw new Error(expected);
    const { recent, ...rest } = this.#rest;
    const of = <Value>(name: MapName) => (this.#maps.get(name) ?? new Map()) as Map<string, Value>;
    const leaders = new Leaders();
    for (const [key, leader] of of<SavedLeader>('leaders')) leaders.restore(key, leader);
    return {
      ...rest,
      occurrences: of('occurrences'),
      cascades: { leaders, recent },
      bursts: { scopes: of('scopes'), instances: of('instances') },
      capacity: of('capacity'),
      open: of('open'),
    };
  }
}

/** All parts in one text, each a line. */
export const saveForecast = (state: ForecastState): string => [...forecastParts(state)].join('\n');

/** The state that `saveForecast` gave. Throws where the text is of another version, or none of a forecast. */
export function restoreForecast(text: string): ForecastState {
  const restorer = new ForecastRestorer();
  for (const part of text.split('\n')) restorer.take(part);
  return restorer.state();
}

/** A state that knows nothing of alerts, with the track records of another one. */
export function withRecordsOf(state: ForecastState): ForecastState {
  const fresh = createForecast({ leastConfidence: state.leastConfidence });
  for (const name of recordNames) {
    const { made, came } = state.records.get(name)!;
    fresh.records.set(name, { made: [...made], came: [...came] });
  }
  return fresh;
}
