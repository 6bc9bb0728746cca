// The disk of a simulated machine takes its time with what commits have written: the loop goes on meanwhile, and the process
// may die before anybody is told. It may also break, after which nothing is to be believed.
import { type CommitSync, StoreError } from '../../store/store.ts';
import type { Machine } from './machine.ts';

type Done = (failed: StoreError | null) => void;

/** Of syncs that take long; the others are as quick as a disk is. */
const longShare = 0.02;
const longestMs = 2_000;
const ordinaryMs = 20;

export class SlowDisk {
  readonly #world: Machine;
  readonly #generation: number;
  #dirty = false;
  #waiting: Done[] = [];
  #broken: StoreError | null = null;

  constructor(world: Machine, generation: number) {
    this.#world = world;
    this.#generation = generation;
  }

  /** A commit succeeded. One that waits for the disk takes along what was written before it. */
  committed(sync: CommitSync | undefined): void {
    this.#dirty = sync === 'written' && this.#world.faults.slowDisk;
  }

  onDisk(done: Done): void {
    if (!this.#dirty && this.#waiting.length === 0) {
      done(this.#broken);
      return;
    }
    this.#waiting.push(done);
    if (this.#waiting.length > 1) {
      this.#world.counters.hit('turns waited for the disk');
      return;
    }
    const { random, clock } = this.#world;
    const ms = random.int(0, random.chance(longShare) ? longestMs : ordinaryMs);
    clock.at(clock.now() + ms, () => this.#end());
  }

  sync(): void {
    this.#tell();
  }

  #end(): void {
    const { random, faults, counters } = this.#world;
    // Half as often as a commit that fails at once.
    if (this.#waiting.length > 0 && random.chance((faults.commitFails * faults.fatalShare) / 2)) {
      counters.hit('the disk broke under a turn');
      this.#broken = new StoreError('io', 'simulated: the journal does not reach the disk');
    }
    this.#tell();
  }

  #tell(): void {
    this.#dirty = false;
    const told = this.#waiting;
    this.#waiting = [];
    for (const done of told) {
      if (!this.#world.mayCrash(this.#generation, 'store.onDisk', 'before')) done(this.#broken);
    }
  }
}
