// Counts how often each named point was reached and ends the process at the armed one: SIGKILL, no handler runs.
import { writeSync } from 'node:fs';
import { type ChildLine, type KillPoint, killPointNames } from './points.ts';

export interface KillSwitch {
  readonly armed: KillPoint | null;
  /** Does not return when the armed point is reached for the armed time. */
  hit(point: KillPoint): void;
}

/** Says a line to the parent; synchronous, so that it is out before whatever comes next. */
export function tell(line: ChildLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** `spec` is `<point>:<hit>`; undefined arms nothing. */
export function killSwitch(spec: string | undefined): KillSwitch {
  if (spec === undefined) return { armed: null, hit: () => undefined };
  const [name, hit] = spec.split(':');
  const armed = killPointNames.find((point) => point === name);
  let left = Number(hit);
  if (armed === undefined || !Number.isInteger(left) || left < 1)
    throw new Error(`not a kill point: ${spec}`);
  return {
    armed,
    hit(point) {
      if (point !== armed) return;
      left -= 1;
      if (left !== 0) return;
      tell({ killing: point, at: Date.now() });
      process.kill(process.pid, 'SIGKILL');
      // The signal is delivered when the call returns to the kernel; nothing after this line may happen.
      for (;;);
    },
  };
}
