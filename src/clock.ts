// The only place that time comes from. `now` is wall clock at start plus monotonic elapsed time, so a wall clock that
// jumps moves no deadline; the jump itself is reported (see `drift`).

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds, never decreasing within one process. */
  now(): number;
  /** Calls back once, not before `at` (epoch milliseconds of this clock). Does not keep the process alive. */
  at(at: number, callback: () => void): Timer;
  /** Calls back in the next turn of the event loop, after pending I/O. */
  soon(callback: () => void): void;
}

// setTimeout counts in a signed 32-bit integer: 24.8 days. Longer waits are cut and armed again by whoever waits.
const longestTimeoutMs = 2_147_000_000;

export interface SystemClock extends Clock {
  /** How far the wall clock has moved away from this clock, in milliseconds. */
  drift(): number;
  /** Takes the present wall clock as the new anchor; `now` never goes back, it stands still until caught up. */
  reanchor(): void;
}

/** The real clock of a process. */
export function systemClock(): SystemClock {
  let wallAtStart = Date.now();
  let monotonicAtStart = performance.now();
  let last = 0;
  const raw = () => wallAtStart + (performance.now() - monotonicAtStart);
  return {
    now() {
      const t = Math.floor(raw());
      if (t > last) last = t;
      return last;
    },
    at(at, callback) {
      const wait = Math.min(Math.max(0, at - raw()), longestTimeoutMs);
      // +1: setTimeout truncates and may call back up to 1 ms early.
      const handle = setTimeout(callback, wait === 0 ? 0 : Math.ceil(wait) + 1);
      handle.unref();
      return { cancel: () => clearTimeout(handle) };
    },
    soon(callback) {
      setImmediate(callback);
    },
    drift: () => Date.now() - raw(),
    reanchor() {
      wallAtStart = Date.now();
      monotonicAtStart = performance.now();
    },
  };
}
