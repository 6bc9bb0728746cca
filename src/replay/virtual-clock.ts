// A clock that stands still until it is told to go on: events in a heap over virtual time, equal times in order of
// insertion. What runs twice with the same calls runs the same way.
import type { Clock, Timer } from '../clock.ts';
import { Deadlines } from '../engine/deadlines.ts';

interface Entry {
  callback: (() => void) | null;
}

export class VirtualClock implements Clock {
  /** By time as it passes, whatever `now` says. */
  readonly #entries = new Deadlines<Entry>();
  #now: number;
  #moved = 0;

  /** `start` in epoch milliseconds. */
  constructor(start = 1_700_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now + this.#moved;
  }

  wall(): number {
    return this.now();
  }

  /** Puts the clock forward or back by `ms`, between two callbacks. Timers are spans: they run on. */
  move(ms: number): void {
    this.#moved += ms;
  }

  /** Time passes and nothing runs, as when the machine is busy with something else. */
  stall(ms: number): void {
    this.#now += ms;
  }

  at(at: number, callback: () => void): Timer {
    const entry: Entry = { callback };
    this.#entries.add(Math.max(at - this.#moved, this.#now), entry);
    return {
      cancel() {
        entry.callback = null;
      },
    };
  }

  soon(callback: () => void): void {
    this.at(this.now(), callback);
  }

  breath(): Promise<void> {
    return new Promise((resolve) => this.soon(resolve));
  }

  /** Runs the next callback that is due at or before `until`, moving time to it; moves to `until` and answers false when there is none. */
  step(until: number): boolean {
    const end = until - this.#moved;
    for (;;) {
      const next = this.#entries.take(end);
      if (next === null) {
        this.#now = Math.max(this.#now, end);
        return false;
      }
      const { callback } = next.item;
      if (callback === null) continue;
      if (next.at > this.#now) this.#now = next.at;
      callback();
      return true;
    }
  }

  /** Runs everything that is due within `ms`, and lets promises go on after each callback. */
  async advance(ms: number): Promise<void> {
    const until = this.now() + ms;
    await macrotask();
    while (this.step(until)) await macrotask();
  }
}

/** Resolves after every promise that can go on has gone on. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
