// Statistics beside the main thread: a thread for what people look at, which has two seconds, and one for reports, which
// have longer and must not keep those waiting. Each is started with the first question.
import type { Clock } from '../clock.ts';
import type { EffectivenessAnswer, EffectivenessQuery } from '../effectiveness/questions.ts';
import { ApiError } from '../errors.ts';
import { AskedThread } from '../ingest/asked-thread.ts';
import { startThread } from '../ingest/threads.ts';
import type { FiguresQuery, TenantFigures } from './figures.ts';
import type { FromStatistics, ToStatistics } from './statistics-messages.ts';

export interface Statistics {
  /** Rejects with ApiError `query_timeout`, `overloaded` or `unavailable`, and with the signal's reason. */
  figures(query: FiguresQuery, signal?: AbortSignal): Promise<readonly TenantFigures[]>;
  /** The same with 15 seconds instead of two. */
  reportFigures(query: FiguresQuery, signal?: AbortSignal): Promise<readonly TenantFigures[]>;
  /** How rules did, with 15 seconds too; also rejects with ApiError `query_too_large`. */
  effectiveness(query: EffectivenessQuery, signal?: AbortSignal): Promise<EffectivenessAnswer>;
}

export interface StatisticsOptions {
  /** `tocsin.db`; it exists. */
  readonly file: string;
  readonly clock: Pick<Clock, 'now' | 'at'>;
}

const limitMs = 2_000;
const reportLimitMs = 15_000;
const memoryMb = 256;

export function openStatistics({ file, clock }: StatisticsOptions): Statistics & { close(): void } {
  const start = () => startThread('statistics-worker', { file }, { beside: import.meta.url, memoryMb });
  const threadFor = (ms: number) =>
    new AskedThread<ToStatistics, FromStatistics>({
      start,
      clock,
      limitMs: ms,
      tooLong: `This takes more than ${ms / 1_000} s; ask for a shorter span.`,
    });
  const quick = threadFor(limitMs);
  const patient = threadFor(reportLimitMs);
  return {
    figures: async (query, signal) => figuresIn(await quick.ask(query, signal)),
    reportFigures: async (query, signal) => figuresIn(await patient.ask(query, signal)),
    async effectiveness(query, signal) {
      const answer = await patient.ask(query, signal);
      if (answer.kind === 'effectiveness') return answer;
      if (answer.kind === 'too_large')
        throw new ApiError('query_too_large', { message: `There are ${answer.message}.` });
      throw new Error(`got ${answer.kind}`);
    },
    close() {
      quick.close();
      patient.close();
    },
  };
}

function figuresIn(answer: Exclude<FromStatistics, { kind: 'ready' }>): readonly TenantFigures[] {
  if (answer.kind === 'figures') return answer.figures;
  throw new Error(`got ${answer.kind}`);
}
