// The thread of reads: one question at a time, over a connection that can only read. Whoever asked ends the thread when
// the answer takes too long; there is nothing here that could be left half done.
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { listSeries, type RangeAnswer, readRange, TooManySamples } from './range-read.ts';
import type { FromReads, ToReads } from './reads-messages.ts';

if (parentPort === null) throw new Error('reads run in a thread');
const port = parentPort;
const { file } = workerData as { readonly file: string };
const raw = new Database(file, { readonly: true, timeout: 1_000 });
// The driver's own is 16 MB: a range is read once.
raw.pragma('cache_size = -4000');

function memoryOf(answer: RangeAnswer): ArrayBuffer[] {
  const columns = answer.series.flatMap(({ times, values, buckets }) => [
    times,
    values,
    ...(buckets === null ? [] : [buckets.min, buckets.max, buckets.count]),
  ]);
  // Columns may be parts of larger ones, and share them.
  return [...new Set(columns.map(({ buffer }) => buffer as ArrayBuffer))];
}

port.on('message', (ask: ToReads) => {
  try {
    if (ask.kind === 'list') {
      port.postMessage({ kind: 'list', answer: listSeries(raw, ask.query) } satisfies FromReads);
      return;
    }
    const answer = readRange(raw, ask.query);
    port.postMessage({ kind: 'range', answer } satisfies FromReads, memoryOf(answer));
  } catch (error) {
    if (!(error instanceof TooManySamples)) throw error;
    port.postMessage({ kind: 'too_many' } satisfies FromReads);
  }
});
port.postMessage({ kind: 'ready' } satisfies FromReads);
