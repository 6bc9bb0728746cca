// The only place that time comes from. `now` is wall clock at start plus monotonic elapsed time, so a wall clock that
// jumps moves no deadline and no span; what comes from outside is judged by `wall`. The jump itself is reported.

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds, never decreasing within one process. */
  now(): number;
  /** Epoch milliseconds as the machine's clock says at this moment: what the times of senders are compared with. */
  wall(): number;
  /** Calls back once, not before `at` (epoch milliseconds of this clock). Does not keep the process alive. */
  at(at: number, callback: () => void): Timer;
  /** Calls back in the next turn of the event loop, after pending I/O. */
  soon(callback: () => void): void;
}

// setTimeout counts in a signed 32-bit integer: 24.8 days. Longer waits are cut and armed again by whoever waits.
const longestTimeoutMs = 2_147_000_000;

export interface SystemClock extends Clock {
  /** By how much the wall clock jumped since the last call that was answered with a jump; 0 below `leastMs`. */
  jump(leastMs: number): number;
}

/** The real clock of a process. */
export function systemClock(): SystemClock {
  const wallAtStart = Date.now();
  const monotonicAtStart = performance.now();
  let last = 0;
  let knownDrift = 0;
  const raw = () => wallAtStart + (performance.now() - monotonicAtStart);
  return {
    now() {
      const t = Math.floor(raw());
      if (t > last) last = t;
      return last;
    },
    wall: () => Date.now(),
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
    jump(leastMs) {
      const drift = Date.now() - raw();
      const jumped = drift - knownDrift;
      if (Math.abs(jumped) < leastMs) return 0;
      knownDrift = drift;
      return jumped;
    },
  };
}
