// The only place that time comes from. `now` is wall clock at start plus monotonic elapsed time, so a wall clock that
// jumps shortens or stretches no span. A jump of more than a minute is noticed by `jump`; whoever asked then sets `now` to
// the wall clock again (`reanchor`) and takes up what it had timed. Timers are spans: they run on.

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Epoch milliseconds, never decreasing between two re-anchorings. */
  now(): number;
  /** Epoch milliseconds as the machine's clock says at this moment: what the times of senders are compared with. */
  wall(): number;
  /** Calls back once, not before `at` (epoch milliseconds of this clock). Does not keep the process alive. */
  at(at: number, callback: () => void): Timer;
  /** Calls back in the next turn of the event loop, after pending I/O. */
  soon(callback: () => void): void;
  /**
   * Resolves in a turn of the event loop in which no other of these does, in the order they were asked for: what works in
   * pieces breathes between two of them, and the pieces of several do not add up to one that holds everybody up.
   */
  breath(): Promise<void>;
}

// setTimeout counts in a signed 32-bit integer: 24.8 days. Longer waits are cut and armed again by whoever waits.
const longestTimeoutMs = 2_147_000_000;

export interface SystemClock extends Clock {
  /** By how many milliseconds the wall clock is away from `now`; 0 below `leastMs`. */
  jump(leastMs: number): number;
  /** `now` is the wall clock from here on. */
  reanchor(): void;
}

/** The real clock of a process. */
export function systemClock(): SystemClock {
  let wallAtAnchor = Date.now();
  let monotonicAtAnchor = performance.now();
  let last = 0;
  const breaths = inTurn(setImmediate);
  const raw = () => wallAtAnchor + (performance.now() - monotonicAtAnchor);
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
    breath: () => new Promise(breaths),
    jump(leastMs) {
      const drift = Date.now() - raw();
      return Math.abs(drift) < leastMs ? 0 : drift;
    },
    reanchor() {
      wallAtAnchor = Date.now();
      monotonicAtAnchor = performance.now();
      last = 0;
    },
  };
}

/** Of what is called back, one in each turn that `soon` gives. */
export function inTurn(soon: (callback: () => void) => void): (callback: () => void) => void {
  const waiting: (() => void)[] = [];
  let asked = false;
  const ask = () => {
    asked = waiting.length > 0;
    if (asked) soon(turn);
  };
  const turn = () => {
    const callback = waiting.shift();
    ask();
    callback?.();
  };
  return (callback) => {
    waiting.push(callback);
    if (!asked) ask();
  };
}
