// How much the heap may grow between two collections. V8 takes a share of what lives: of a large heap that is tens of
// megabytes that hold nothing, and of a small one so little that it collects all the time. Here it is about the same amount.
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const mib = 1024 * 1024;
const slackMib = 20;
/** Of a small heap: what V8 was told at the start. */
const mostPercent = 30;
const leastPercent = 10;
const everyMs = 2_000;

/** Per cent of `usedBytes` that the heap may grow by before it is collected again, a whole number. */
export function growingPercent(usedBytes: number): number {
  const percent = Math.round((100 * slackMib) / (usedBytes / mib));
  return Math.min(mostPercent, Math.max(leastPercent, percent));
}

/** Tells V8 from now on, for as long as the process lives; it does not keep the process alive. */
export function boundHeapSlack(): void {
  let told = mostPercent;
  setInterval(() => {
    const percent = growingPercent(getHeapStatistics().used_heap_size);
    if (percent === told) return;
    told = percent;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  }, everyMs).unref();
}
