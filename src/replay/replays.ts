// Backtests and evaluations beside the main thread: each question has a thread for itself, of a tenant one at a time. A
// question has a minute; then, or when who asked went away, the thread is ended under it.
import type { Worker } from 'node:worker_threads';
import type { Edge } from '../../analysis/signals.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Limits } from '../config/config.ts';
import { portable, portableRule } from '../config/portable-rules.ts';
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
  readonly routing: (tenant: string) => RoutingConfig;
  /** What people declared of who depends on whom. */
  readonly edges: (tenant: string) => readonly Edge[];
  /** Whoever only waits for the answer keeps the process alive meanwhile. */
  readonly stayAlive?: boolean;
}

export type OpenReplays = Replays & { close(): void };

/** A thread that answers one question at a time. */
interface Station {
  readonly thread: Worker;
  /** Whoever waits for its answer. */
  asked: { answer(message: FromReplay): void; fail(error: unknown): void } | null;
}

/** A thread that nobody asks ends after so long. */
const idleMs = 30_000;

export function openReplays({
  file,
  clock,
  limits,
  routing,
  edges,
  stayAlive = false,
}: ReplaysOptions): OpenReplays {
  const { timeMs, memoryMb } = replayLimits;
  const busy = new Set<string>();
  const stations = new Set<Station>();
  let idle: { readonly station: Station; readonly timer: Timer } | null = null;
  let closed = false;

  const end = (station: Station): void => {
    stations.delete(station);
    void station.thread.terminate();
  };

  const start = (): Station => {
    const thread = startThread('replay-worker', null, { beside: import.meta.url, memoryMb });
    if (stayAlive) thread.ref();
    const station: Station = { thread, asked: null };
    stations.add(station);
    const broken = (error: unknown): void => {
      if (idle?.station === station) {
        idle.timer.cancel();
        idle = null;
      }
      stations.delete(station);
      station.asked?.fail(error);
    };
    thread.on('message', (message: FromReplay) => station.asked?.answer(message));
    thread.on('error', (cause: NodeJS.ErrnoException) => {
      const message = `This takes more than ${memoryMb} MiB of memory; ask for a shorter span or fewer rules.`;
      const tooLarge = cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
      broken(
        tooLarge
          ? new ApiError('query_too_large', { message })
          : new ApiError('unavailable', { retryAfter: 1, cause }),
      );
    });
    thread.on('exit', (code) => {
      const cause = new Error(`the thread of replays ended with code ${code}`);
      broken(new ApiError('unavailable', { retryAfter: 1, cause }));
    });
    return station;
  };

  const take = (): Station => {
    const kept = idle;
    idle = null;
    kept?.timer.cancel();
    return kept?.station ?? start();
  };

  const giveBack = (station: Station): void => {
    if (idle !== null || closed) {
      end(station);
      return;
    }
    const timer = clock.at(clock.now() + idleMs, () => {
      idle = null;
      end(station);
    });
    idle = { station, timer };
  };

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
      const station = take();
      const finish = (): void => {
        station.asked = null;
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        busy.delete(task.tenant);
      };
      const giveUp = (error: unknown): void => {
        finish();
        // What it is at cannot be stopped otherwise.
        end(station);
        reject(error);
      };
      const onAbort = () => giveUp(signal?.reason);
      const timer = clock.at(clock.now() + timeMs, () => {
        const message = `This takes more than ${timeMs / 1_000} s; ask for a shorter span or fewer rules.`;
        giveUp(new ApiError('query_timeout', { message }));
      });
      station.asked = {
        fail: giveUp,
        answer(message) {
          finish();
          giveBack(station);
          resolve(message);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      station.thread.postMessage(task);
    });
  };

  const base = (tenant: string) => ({
    ...{ tenant, file, limits, edges: edges(tenant) },
    routing: portableRouting(routing(tenant)),
  });
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
    async expected(tenant, { rule, match, from, to }, signal) {
      if (to - from > replayLimits.spanMs)
        throw refused(`expected a span of at most ${replayLimits.spanMs / 86_400_000} days`);
      const task = { ...base(tenant), rules: [portableRule(rule)], match: portable(match), samples: null };
      const answer = await ask({ kind: 'expected', ...task, from, to }, signal);
      if (answer.kind === 'expected') return answer.answer;
      throw answer.kind === 'too_large' ? refused(answer.message) : new Error(`got ${answer.kind}`);
    },
    async suggest(tenant, { rule, others, namedBy, only, from, to }, signal) {
      if (to - from > replayLimits.spanMs)
        throw refused(`expected a span of at most ${replayLimits.spanMs / 86_400_000} days`);
      const rules = [rule, ...others].map(portableRule);
      const task = { ...base(tenant), rules, samples: null, namedBy, only, from, to };
      const answer = await ask({ kind: 'suggest', ...task }, signal);
      if (answer.kind === 'suggest') return answer.answer;
      throw answer.kind === 'too_large' ? refused(answer.message) : new Error(`got ${answer.kind}`);
    },
    close() {
      closed = true;
      idle?.timer.cancel();
      idle = null;
      for (const station of [...stations]) {
        if (station.asked === null) end(station);
        else station.asked.fail(new ApiError('unavailable'));
      }
    },
  };
}
