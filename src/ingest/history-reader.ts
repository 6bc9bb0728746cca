// Reads of the sample history beside the main thread. A question has two seconds.
import type { Clock } from '../clock.ts';
import { ApiError } from '../errors.ts';
import { AskedThread } from './asked-thread.ts';
import type { RangeAnswer, RangeQuery, SeriesAnswer, SeriesQuery } from './range-read.ts';
import type { FromReads, ToReads } from './reads-messages.ts';
import { startThread } from './threads.ts';

export interface HistoryReader {
  /**
   * Samples of the last second may not be in it yet. Rejects with ApiError `query_timeout`, `query_too_large`,
   * `overloaded` or `unavailable`, and with the signal's reason.
   */
  readRange(query: RangeQuery, signal?: AbortSignal): Promise<RangeAnswer>;
  listSeries(query: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer>;
  close(): void;
}

export interface ReaderOptions {
  /** `samples.db`; it exists. */
  readonly file: string;
  readonly clock: Clock;
}

const limitMs = 2_000;

export function openHistoryReader({ file, clock }: ReaderOptions): HistoryReader {
  const start = () => startThread('range-worker', { file });
  const thread = new AskedThread<ToReads, FromReads>({ start, clock, limitMs });
  const ask = async (question: ToReads, signal: AbortSignal | undefined) => {
    const answer = await thread.ask(question, signal);
    if (answer.kind === 'too_many') throw new ApiError('query_too_large');
    return answer;
  };
  return {
    async readRange(query, signal) {
      const answer = await ask({ kind: 'range', query }, signal);
      if (answer.kind !== 'range') throw new Error(`a range was answered with ${answer.kind}`);
      return answer.answer;
    },
    async listSeries(query, signal) {
      const answer = await ask({ kind: 'list', query }, signal);
      if (answer.kind !== 'list') throw new Error(`a list was answered with ${answer.kind}`);
      return answer.answer;
    },
    close: () => thread.close(),
  };
}
