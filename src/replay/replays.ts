// Backtests and evaluations beside the main thread: a thread for each question, one question of a tenant at a time. A
// question has a minute; then, or when who asked went away, the thread is ended under it.
import { portableRule } from '../config/portable-rules.ts';
import type { Limits } from '../config/config.ts';
import type { Clock } from '../clock.ts';
import { ApiError } from '../errors.ts';
import { startThread } from '../ingest/threads.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import { type Replays, replayLimits } from './questions.ts';
import { type FromReplay, portableRouting, type ReplayTask } from './replay-messages.ts';

export interface ReplaysOptions {
  /** `samples.db`. */
  readonly file: string;
  readonly clock: Pick<Clock, 'now' | 'at'>;
  readonly limits: Limits;
  readonly routing: RoutingConfig;
  /** Whoever only waits for the answer keeps the process alive meanwhile. */
  readonly stayAlive?: boolean;
}

export type OpenReplays = Replays & { close(): void };

export function openReplays({ file, clock, limits, routing, stayAlive = false }: ReplaysOptions): OpenReplays {
  const busy = new Set<string>();
  const ends = new Set<(error: unknown) => void>();
  let closed = false;

  const ask = (task: ReplayTask, signal: AbortSignal | undefined): Promise<FromReplay> => {
    if (closed) return Promise.reject(new ApiError('unavailable'));
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (busy.has(task.tenant) || busy.size >= replayLimits.atOnce) {
      const whose = busy.has(task.tenant) ? 'of this tenant ' : '';
      const message = `A backtest or evaluation ${whose}is running already; wait for its answer.`;
      return Promise.reject(new ApiError('overloaded', { message, retryAfter: 5 }));
    }
    busy.add(task.tenant);
    return new Promise<FromReplay>((resolve, reject) => {
      const { timeMs, memoryMb } = replayLimits;
      const thread = startThread('replay-worker', task, { beside: import.meta.url, memoryMb });
      if (stayAlive) thread.ref();
      let over = false;
      const finish = (settle: () => void): void => {
        if (over) return;
        over = true;
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        ends.delete(end);
        busy.delete(task.tenant);
        void thread.terminate();
        settle();
      };
      const end = (error: unknown) => finish(() => reject(error));
      const onAbort = () => end(signal?.reason);
      const timer = clock.at(clock.now() + timeMs, () => {
        const message = `This takes more than ${timeMs / 1_000} s; ask for a shorter span or fewer rules.`;
        end(new ApiError('query_timeout', { message }));
      });
      ends.add(end);
      signal?.addEventListener('abort', onAbort, { once: true });
      thread.on('message', (message: FromReplay) => finish(() => resolve(message)));
      thread.on('error', (cause: NodeJS.ErrnoException) => {
        const message = `This takes more than ${memoryMb} MiB of memory; ask for a shorter span or fewer rules.`;
        end(
          cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
            ? new ApiError('query_too_large', { message })
            : new ApiError('unavailable', { retryAfter: 1, cause }),
        );
      });
      thread.on('exit', (code) => {
        const cause = new Error(`the thread of replays ended with code ${code}`);
        end(new ApiError('unavailable', { retryAfter: 1, cause }));
      });
    });
  };

  const base = (tenant: string) => ({ tenant, file, limits, routing: portableRouting(routing) });
  const refused = (message: string) =>
    new ApiError('query_too_large', { message: `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.` });

  return {
    async backtest(tenant, { rules, against, samples, from, to }, signal) {
      if (to - from > replayLimits.spanMs)
        throw refused(`expected a span of at most ${replayLimits.spanMs / 86_400_000} days`);
      const answer = await ask(
        {
          kind: 'backtest',
          ...base(tenant),
          rules: rules.map(portableRule),
          against: against?.map(portableRule) ?? null,
          samples,
          from,
          to,
        },
        signal,
      );
      if (answer.kind === 'backtest') return answer.answer;
      throw answer.kind === 'too_large' ? refused(answer.message) : new Error(`got ${answer.kind}`);
    },
    async evaluate(tenant, { rules, samples, at }, signal) {
      const answer = await ask(
        { kind: 'evaluate', ...base(tenant), rules: rules.map(portableRule), samples, at },
        signal,
      );
      if (answer.kind === 'evaluate') return answer.answer;
      throw answer.kind === 'too_large' ? refused(answer.message) : new Error(`got ${answer.kind}`);
    },
    close() {
      closed = true;
      for (const end of [...ends]) end(new ApiError('unavailable'));
    },
  };
}
