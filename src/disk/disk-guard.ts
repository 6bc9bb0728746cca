// What a full disk does to the program. The first write that finds no room frees the ballast and is made again; from then
// on nothing new is taken, and what was taken goes on in the ballast's place. It is over once the ballast could be made
// again and the store takes writes.
import { labelSet } from '../../rules/labels.ts';
import type { Clock, Timer } from '../clock.ts';
import type { History } from '../ingest/history.ts';
import type { Log } from '../log.ts';
import type { IncomingEvent } from '../services.ts';
import { type Store, StoreError } from '../store/store.ts';
import type { Ballast } from './ballast.ts';

const lookEveryMs = 2_000;

export interface DiskGuardPorts {
  readonly ballast: Ballast;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the rest of the program sees of it. */
export interface Disk {
  readonly full: boolean;
  /** Bytes of the ballast that are there. */
  readonly ballastBytes: number;
  /** Calls back at each change of `full`, also at once when it is full already. */
  onChange(changed: (full: boolean) => void): void;
  /** Calls back when a call of the store met a disk that does not work: nothing that it says later is to be believed. */
  onBroken(broken: (error: unknown) => void): void;
}

/** Those that write no row: what their callers do when they are called back is not to be done twice. */
const unguarded: ReadonlySet<string> = new Set(['close', 'onDisk', 'sync']);

export class DiskGuard implements Disk {
  readonly #ports: DiskGuardPorts;
  #full = false;
  #changed: (full: boolean) => void = () => {};
  #broken: (error: unknown) => void = () => {};
  #store: Store | null = null;
  #timer: Timer | null = null;
  #closed = false;

  constructor(ports: DiskGuardPorts) {
    this.#ports = ports;
  }

  get full(): boolean {
    return this.#full;
  }

  get ballastBytes(): number {
    return this.#ports.ballast.present;
  }

  onChange(changed: (full: boolean) => void): void {
    this.#changed = changed;
    if (this.#full) changed(true);
  }

  onBroken(broken: (error: unknown) => void): void {
    this.#broken = broken;
  }

  /** Runs `work`; when it finds no room, again in the ballast's place. A write that found no room wrote nothing. */
  inBallast<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#fill(error);
      if (!this.#ports.ballast.free()) throw error;
      return work();
    }
  }

  /** The store, each of whose calls may use the ballast, and says when the disk does not work. */
  guardStore(store: Store): Store {
    this.#store = store;
    const guard = (work: () => unknown): unknown => {
      try {
        return this.inBallast(work);
      } catch (error) {
        if (error instanceof StoreError && error.failure === 'io') this.#broken(error);
        throw error;
      }
    };
    const guarded = Object.entries(store).map(([name, call]) => [
      name,
      unguarded.has(name) ? call : (...args: unknown[]) => guard(() => Reflect.apply(call, store, args)),
    ]);
    return Object.fromEntries(guarded) as Store;
  }

  /** The history, which must not: samples wait in memory until there is room. */
  guardHistory(history: History): History {
    const refusing = <T>(work: () => T): T => {
      if (this.#full) throw new StoreError('full', 'the disk is full: samples wait in memory');
      try {
        return work();
      } catch (error) {
        if (isFull(error)) {
          this.#fill(error);
          this.#ports.ballast.free();
        }
        throw error;
      }
    };
    return {
      series: () => history.series(),
      append: (declared, blocks) => refusing(() => history.append(declared, blocks)),
      range: (from, to, visit) => history.range(from, to, visit),
      fold: (before) => !this.#full && refusing(() => history.fold(before)),
      forget: (before, maxBytes) => history.forget(before, maxBytes),
      ...(history.states && {
        states: {
          states: () => history.states!.states(),
          completeAt: () => history.states!.completeAt(),
          write: (...written) => refusing(() => history.states!.write(...written)),
        },
      }),
      close: () => history.close(),
    };
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #fill(error: unknown): void {
    if (this.#full) return;
    this.#full = true;
    this.#ports.log.error('disk.full', { error: String(error), ballast: this.ballastBytes });
    this.#lookLater();
    this.#changed(true);
  }

  #lookLater(): void {
    const { clock } = this.#ports;
    if (!this.#closed) this.#timer = clock.at(clock.now() + lookEveryMs, () => this.#look());
  }

  #look(): void {
    const { ballast, clock, log } = this.#ports;
    try {
      if (!ballast.make()) {
        this.#lookLater();
        return;
      }
      this.#store?.probe(clock.now());
    } catch (error) {
      log.warn('disk.still_full', { error: String(error) });
      ballast.free();
      this.#lookLater();
      return;
    }
    this.#full = false;
    log.info('disk.has_room', { ballast: ballast.present });
    this.#changed(false);
  }
}

/** What receivers are told; once an hour at most. */
export const diskFullEvent: IncomingEvent = {
  type: 'tocsin.disk_full',
  severity: 'critical',
  category: 'system',
  message:
    'The disk of the data folder is full. Samples, events and commands are refused until there is room; deliveries go on.',
  labels: labelSet({}),
  recipients: [],
};

function isFull(error: unknown): boolean {
  return error instanceof StoreError && error.failure === 'full';
}
