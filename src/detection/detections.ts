// What detectors know of series: for each series and each way of watching it (see `Detection`) one state, whatever the
// number of rules. Fed with every new sample, live and when the history is taken up at a start; written beside the samples
// when it has been ahead of the store for a while. A state goes with its series, and with the last rule that watches it so.
//
// Invariant: what is stored and the samples since give the bytes that are in memory; of several series together, what is
// stored and the rows beside it.
import { type JointObservation, type SeriesMemory, save } from '../../analysis/detectors/index.ts';
import { beforeOf, isExcluded, type Unseen } from '../../rules/anomaly.ts';
import type { Sight } from '../../rules/sight.ts';
import type { Detection, JointDetection, Labels } from '../../rules/types.ts';
import type { Grower } from './grower.ts';
import { seedOf } from './seed.ts';
import { bytesOf, memoryOf, newSlot, type Slot } from './slot.ts';
import type { JointRow, StateKey, StoredState, StoredStates } from './stored-states.ts';

/**
 * A state is written when it is ahead of the store for so long; a start reads at most so much again. Samples are folded after an
 * hour: what is read again lies in the order in which it came.
 */
const aheadMs = 600_000;
/** What one write takes: a few milliseconds. */
const bytesPerWrite = 512 * 1024;
/** A state that was not fed for so long gives way to a new one where there is no room. */
const idleMs = 600_000;
/** What one write takes of rows. */
const rowsPerWrite = 1_000;
/** Rows that wait for the store; beyond them the whole state is written in their place. */
const mostRows = 64;
/** Sights that are kept where a rule asks for one of a moment ago. */
const mostRecent = 8;
export const defaultDetectorBytes = 64 * 1024 * 1024;

/** How a series is watched by its rules; `recent`: some of them look at it later than its samples come. */
export interface Watched {
  /** With others, or by itself. */
  readonly detection: Detection | JointDetection;
  readonly recent: boolean;
}

/** A state that had to go because the memory of detectors is full. */
export interface Eviction {
  readonly series: number;
  readonly detector: string;
  readonly bytes: number;
  /** How long it was not fed; null: it was new, and there was no room for it. */
  readonly idleMs: number | null;
}

type FoundState = StoredState & { readonly rows: readonly JointRow[] };

export interface DetectionsOptions {
  readonly table: {
    metricOf(series: number): string;
    labelsOf(series: number): Labels;
  };
  /** Bound on all states together, with what is derived from them. */
  readonly maxBytes?: number;
  /** Grows models elsewhere; absent: they grow where they are needed, with the same scores. */
  readonly grower?: Grower;
  /** Called for each state that goes for want of room, and for each series that has none. */
  readonly onEvicted?: (eviction: Eviction) => void;
  /** Called when something was learned that samples do not say again: it is to be written soon. */
  readonly onJoint?: () => void;
}

export class Detections {
  readonly #options: DetectionsOptions;
  readonly #maxBytes: number;
  readonly #slots: (readonly Slot[] | undefined)[] = [];
  /** Those that know something, the one that was fed longest ago first. */
  readonly #fed = new Set<Slot>();
  /** Those that are ahead of the store, the longest first; of new ones the store knows nothing yet. */
  readonly #ahead = new Set<Slot>();
  readonly #fresh = new Set<Slot>();
  /** Those with rows that are not stored. */
  readonly #unkept = new Set<Slot>();
  #removed: StateKey[] = [];
  /** Of the last run, by shard and series; empty once they were taken up. */
  #found = new Map<string, FoundState[]>();
  #bytes = 0;
  /** `outdated`: states of the last run that this version of their detector cannot go on from. */
  readonly counts = { observed: 0, evicted: 0, refused: 0, outdated: 0 };

  constructor(options: DetectionsOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? defaultDetectorBytes;
  }

  /** Bytes of all states, with the models that are grown from them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of states. */
  get size(): number {
    return this.#fed.size;
  }

  /** How the series is watched from now on. What is not watched so any more is forgotten. */
  bind(series: number, watched: readonly Watched[]): void {
    const before = this.#slots[series];
    if (before === undefined && watched.length === 0) return;
    const slots = watched.map(({ detection, recent }) => {
      const known = before?.find((slot) => slot.key === detection.key);
      if (known === undefined) return newSlot(series, detection, recent);
      known.recent = recent ? (known.recent ?? []) : null;
      return known;
    });
    for (const slot of before ?? []) if (!slots.includes(slot)) this.#release(slot);
    // No hole: an array with holes is a hash table.
    while (this.#slots.length < series) this.#slots.push(undefined);
    this.#slots[series] = slots.length === 0 ? undefined : slots;
  }

  /** The series leaves memory, and all that is known of it. */
  forget(series: number): void {
    for (const slot of this.#slots[series] ?? []) this.#release(slot);
    if (series < this.#slots.length) this.#slots[series] = undefined;
  }

  /** Shows the newest sample of a series to its detectors; true when there are any. */
  feed(series: number, at: number, value: number, now: number): boolean {
    const slots = this.#slots[series];
    if (slots === undefined) return false;
    for (const slot of slots) this.#feed(slot, at, value, now);
    return true;
  }

  #feed(slot: Slot, at: number, value: number, now: number): void {
    if (slot.own === null) return;
    // Of a turn that was lost: it was looked at already. The first value of a time counts.
    if (at <= slot.standsAt) return;
    slot.standsAt = at;
    const { detector, detection } = slot.own;
    if (isExcluded(detection, at)) {
      slot.unseen = 'excluded';
      slot.sight = null;
      return;
    }
    const memory = slot.memory ?? this.#begin(slot, at, now);
    if (memory === null) {
      slot.unseen = 'no_room';
      slot.sight = null;
      return;
    }
    this.counts.observed += 1;
    const seen = detector.observe(memory, value, at);
    slot.before = beforeOf(slot.before, seen, value);
    const sight = { at, value, seen, firstAt: slot.firstAt, before: slot.before };
    slot.sight = sight;
    if (slot.recent !== null) {
      slot.recent.push(sight);
      if (slot.recent.length > mostRecent) slot.recent.shift();
    }
    this.#learned(slot, memory, now);
  }

  /**
   * Shows what several series are at one time to the forest over them; `among`: these series, with one of which its state
   * lies. Each time once, in their order; the answer to an earlier one is that of the newest. Null: there is no room.
   */
  feedTogether(
    among: Iterable<number>,
    { key }: JointDetection,
    distances: readonly number[],
    at: number,
    now: number,
  ): JointObservation | null {
    const slot = this.#togetherSlot(among, key);
    if (slot === undefined || slot.forest === null) return null;
    if (at <= slot.standsAt) return slot.joint;
    slot.standsAt = at;
    const memory = slot.memory ?? this.#begin(slot, at, now);
    slot.joint = memory === null ? null : slot.forest.observe(memory, distances, at);
    if (memory === null) return null;
    this.counts.observed += 1;
    this.#learned(slot, memory, now);
    this.#keepRow(slot, { at, distances: [...distances] });
    return slot.joint;
  }

  /** The samples do not say again what the forest was shown: each row is stored, until the state is written with it. */
  #keepRow(slot: Slot, row: JointRow): void {
    this.#options.onJoint?.();
    if (this.#fresh.has(slot)) return;
    slot.rows.push(row);
    this.#unkept.add(slot);
    if (slot.rows.length <= mostRows) return;
    this.#dropRows(slot);
    this.#fresh.add(slot);
  }

  #dropRows(slot: Slot): void {
    slot.rows = [];
    this.#unkept.delete(slot);
  }

  /** Of the series that one is a member of, the one with which the state lies; the first, where there is none yet. */
  #togetherSlot(among: Iterable<number>, key: string): Slot | undefined {
    let first: Slot | undefined;
    for (const series of among) {
      const slot = this.#slotOf(series, key);
      if (slot?.memory != null) return slot;
      first ??= slot;
    }
    return first;
  }

  #learned(slot: Slot, memory: SeriesMemory, now: number): void {
    slot.fedAt = now;
    this.#fed.delete(slot);
    this.#fed.add(slot);
    if (slot.aheadSince === null) {
      slot.aheadSince = now;
      this.#ahead.add(slot);
    }
    if (slot.keeper.training !== undefined) this.#train(slot, memory);
  }

  #train(slot: Slot, memory: SeriesMemory): void {
    const { grower } = this.#options;
    const { training } = slot.keeper;
    if (grower === undefined || training === undefined || slot.growing) return;
    const order = training.wanted(memory);
    if (order === null) return;
    slot.growing = true;
    grower(training, order, (model) => {
      slot.growing = false;
      if (model !== null && slot.memory === memory) training.provide(memory, model);
    });
  }

  /** A state for a series that nothing is known of; null: there is no room. */
  #begin(slot: Slot, at: number, now: number): SeriesMemory | null {
    if (!this.#makeRoom(bytesOf(slot.keeper), now)) {
      if (!slot.refused) {
        slot.refused = true;
        this.counts.refused += 1;
        this.#told(slot, null);
      }
      return null;
    }
    slot.refused = false;
    const { table } = this.#options;
    const { series, key, keeper } = slot;
    slot.firstAt = at;
    const seed = seedOf(table.metricOf(series), table.labelsOf(series), key);
    this.#hold(slot, keeper.create(seed), now);
    this.#fresh.add(slot);
    return slot.memory;
  }

  #hold(slot: Slot, memory: SeriesMemory, now: number): void {
    slot.memory = memory;
    slot.fedAt = now;
    this.#bytes += bytesOf(slot.keeper);
    this.#fed.add(slot);
  }

  /**
   * Makes room by letting go of what was not fed for longest. One that is fed all the time never goes: where there are more
   * series than room, some are known well and the others not at all, instead of none.
   */
  #makeRoom(bytes: number, now: number): boolean {
    while (this.#bytes + bytes > this.#maxBytes) {
      const [oldest] = this.#fed;
      if (oldest === undefined || now - oldest.fedAt < idleMs) return false;
      this.counts.evicted += 1;
      this.#told(oldest, now - oldest.fedAt);
      this.#release(oldest);
      oldest.sight = null;
      oldest.unseen = 'no_room';
    }
    return true;
  }

  #told({ series, own, keeper }: Slot, unfedMs: number | null): void {
    const detector = own?.detector.name ?? 'joint';
    this.#options.onEvicted?.({ series, detector, bytes: bytesOf(keeper), idleMs: unfedMs });
  }

  /** Forgets a state, in the store too. */
  #release(slot: Slot): void {
    if (slot.memory !== null) this.#bytes -= bytesOf(slot.keeper);
    slot.memory = null;
    slot.recent = slot.recent === null ? null : [];
    slot.aheadSince = null;
    slot.before = null;
    slot.joint = null;
    this.#fed.delete(slot);
    this.#ahead.delete(slot);
    this.#fresh.delete(slot);
    this.#dropRows(slot);
    if (slot.stored !== null) this.#removed.push(slot.stored);
    slot.stored = null;
  }

  // -- what rules ask -------------------------------------------------------------------------------------------

  /** What was seen in the newest sample of the series; null: see `unseen`. */
  sight(series: number, key: string): Sight | null {
    return this.#slotOf(series, key)?.sight ?? null;
  }

  /** Why there is no sight. */
  unseen(series: number, key: string): Unseen {
    return this.#slotOf(series, key)?.unseen ?? 'no_sample';
  }

  /** What was seen in the newest sample of (at - windowMs, at]; of the eight newest, where the series is far ahead of `at`. */
  sightAt(series: number, key: string, at: number, windowMs: number): Sight | null {
    const slot = this.#slotOf(series, key);
    if (slot === undefined || slot.recent === null) return null;
    const sight = slot.recent.findLast((one) => one.at <= at);
    return sight === undefined || sight.at <= at - windowMs ? null : sight;
  }

  /** What the forest over several series saw in the newest row of them; null: nothing. */
  together(among: Iterable<number>, key: string): JointObservation | null {
    return this.#togetherSlot(among, key)?.joint ?? null;
  }

  /** A copy of the bytes of a state; null: nothing is known. */
  bytesOf(series: number, key: string): Uint8Array | null {
    const memory = this.#slotOf(series, key)?.memory;
    return memory == null ? null : save(memory);
  }

  #slotOf(series: number, key: string): Slot | undefined {
    return this.#slots[series]?.find((slot) => slot.key === key);
  }

  // -- the store ------------------------------------------------------------------------------------------------

  /** At a start, before the series are known: reads the states of the last run. */
  find(states: StoredStates): void {
    for (const state of states.states()) {
      const place = `${state.shard} ${state.series}`;
      const known = this.#found.get(place);
      if (known === undefined) this.#found.set(place, [state]);
      else known.push(state);
    }
  }

  /** A series of the history is known: takes up what was stored of it. */
  adopt(series: number, shard: number, stored: number, now: number): void {
    const place = `${shard} ${stored}`;
    const states = this.#found.get(place);
    if (states === undefined) return;
    this.#found.delete(place);
    for (const { bytes, firstAt, standsAt, sight, before, rows, ...key } of states) {
      const slot = this.#slotOf(series, key.key);
      const memory = slot === undefined ? null : memoryOf(slot.keeper, bytes);
      if (slot !== undefined && memory === null) this.counts.outdated += 1;
      if (slot === undefined || memory === null) {
        this.#removed.push(key);
        continue;
      }
      if (!this.#makeRoom(bytesOf(slot.keeper), now)) {
        slot.refused = true;
        slot.unseen = 'no_room';
        this.counts.evicted += 1;
        this.#told(slot, Math.max(0, now - standsAt));
        this.#removed.push(key);
        continue;
      }
      slot.firstAt = firstAt;
      slot.standsAt = standsAt;
      slot.sight = sight;
      slot.before = before;
      slot.stored = key;
      if (slot.recent !== null && sight !== null) slot.recent = [sight];
      this.#hold(slot, memory, Math.min(now, standsAt));
      this.#seeAgain(slot, memory, rows, now);
    }
  }

  /** Rows that are stored beside the state: it is ahead since the first of them. */
  #seeAgain(slot: Slot, memory: SeriesMemory, rows: readonly JointRow[], now: number): void {
    for (const { at, distances } of rows) {
      if (slot.forest === null || at <= slot.standsAt) continue;
      slot.standsAt = at;
      slot.joint = slot.forest.observe(memory, distances, at);
      this.counts.observed += 1;
      this.#learned(slot, memory, Math.min(now, at));
    }
  }

  /** Every series of the history was adopted: what nobody took up is forgotten. */
  adopted(): void {
    for (const states of this.#found.values())
      for (const { shard, series, key } of states) this.#removed.push({ shard, series, key });
    this.#found = new Map();
  }

  /**
   * Writes what is due: new states, and those that are ahead of the store for ten minutes; with `all` every one that is
   * ahead. `keyOf`: the history's ids of a series; null: it knows none. Throws what the store throws, and then all is as it
   * was.
   */
  write(
    states: StoredStates,
    keyOf: (series: number) => Pick<StateKey, 'shard' | 'series'> | null,
    now: number,
    all = false,
  ): void {
    const due = new Set<Slot>();
    let bytes = 0;
    const take = (slots: Iterable<Slot>, isDue: (slot: Slot) => boolean): void => {
      for (const slot of slots) {
        if (!isDue(slot) || (bytes >= bytesPerWrite && !all)) break;
        if (due.has(slot)) continue;
        due.add(slot);
        bytes += slot.keeper.stateBytes;
      }
    };
    take(this.#fresh, () => true);
    take(this.#ahead, ({ aheadSince }) => all || (aheadSince !== null && now - aheadSince >= aheadMs));
    if (due.size + this.#unkept.size === 0 && this.#removed.length === 0) return;
    const put: StoredState[] = [];
    const written = new Map<Slot, StateKey>();
    for (const slot of due) {
      const home = keyOf(slot.series);
      if (home === null || slot.memory === null) continue;
      const key = { ...home, key: slot.key };
      written.set(slot, key);
      const { firstAt, standsAt, sight, before } = slot;
      put.push({ ...key, firstAt, standsAt, sight, before, bytes: slot.memory.bytes });
    }
    const rows: (StateKey & JointRow)[] = [];
    const kept: Slot[] = [];
    for (const slot of this.#unkept) {
      if (rows.length >= rowsPerWrite && !all) break;
      kept.push(slot);
      const key = slot.stored;
      if (key !== null && !written.has(slot)) for (const row of slot.rows) rows.push({ ...key, ...row });
    }
    const rest = [...this.#ahead].find((slot) => !written.has(slot));
    states.write(put, this.#removed, rows, rest?.aheadSince ?? now);
    this.#removed = [];
    for (const slot of [...kept, ...written.keys()]) this.#dropRows(slot);
    if (this.#unkept.size > 0 && !all) this.#options.onJoint?.();
    for (const [slot, key] of written) {
      slot.stored = key;
      slot.aheadSince = null;
      this.#ahead.delete(slot);
      this.#fresh.delete(slot);
    }
  }
}
