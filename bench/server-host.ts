// The child's side of the protocol: answers questions, measures itself, ends when the bench ends.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Question, Usage } from './server-protocol.ts';

// The histogram holds the time between two ticks of its timer, so an idle loop reads as one resolution.
const resolutionMs = 10;

/**
 * Says which port it listens on and answers until told to stop. `answers` adds questions of its own; `usageOf` speaks for
 * another process than this one.
 */
export function host(
  port: number,
  answers: (question: Question) => unknown,
  close: () => Promise<void>,
  usageOf?: () => Usage,
): void {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  let longestCpuMs = Number.NaN;
  /** What the main thread used between two ticks of a timer is a piece of the loop and at most one resolution of others. */
  const watchCpu = (): null => {
    if (!Number.isNaN(longestCpuMs)) return null;
    longestCpuMs = 0;
    let before = mainThreadUs();
    setInterval(() => {
      const now = mainThreadUs();
      longestCpuMs = Math.max(longestCpuMs, (now - before) / 1_000 - resolutionMs);
      before = now;
    }, resolutionMs).unref();
    return null;
  };
  const usage = (): Usage => {
    const cpu = process.cpuUsage();
    const memory = process.memoryUsage();
    return {
      cpuUs: cpu.user + cpu.system,
      mainUs: mainThreadUs(),
      rssMiB: memory.rss / 1024 ** 2,
      heapMiB: memory.heapUsed / 1024 ** 2,
      loop: {
        p50: ms(delays.percentile(50)),
        p99: ms(delays.percentile(99)),
        p999: ms(delays.percentile(99.9)),
        max: ms(delays.max),
      },
      longestCpuMs,
    };
  };
  const answer = (question: Question): unknown => {
    switch (question.ask) {
      case 'usage':
        return (usageOf ?? usage)();
      case 'mark':
        delays.reset();
        return answers(question);
      case 'watch_cpu':
        return watchCpu();
      case 'gc':
        (globalThis as { gc?: () => void }).gc?.();
        return null;
      case 'stop':
        void close().finally(() => process.exit(0));
        return null;
      default:
        return answers(question);
    }
  };
  process.on('message', ({ id, question }: { id: number; question: Question }) => {
    process.send?.({ id, answer: answer(question) ?? null });
  });
  process.on('disconnect', () => process.exit(1)); // the bench is gone
  process.send?.({ id: 0, answer: port });
}

/** The first figure is nanoseconds on a CPU of the thread that has the process' own id. */
function mainThreadUs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]) / 1_000;
  } catch {
    return Number.NaN; // not Linux
  }
}
