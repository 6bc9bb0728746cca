// The thread of statistics: one question at a time over a connection that can only read. All of an answer is of one moment.
// Whoever asked ends the thread when it takes too long; there is nothing here that could be left half done.
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { databaseOf } from '../store/sqlite/database.ts';
import { spanReads } from '../store/sqlite/span-reads.ts';
import { figuresOf } from './figures.ts';
import type { FromStatistics, ToStatistics } from './statistics-messages.ts';

if (parentPort === null) throw new Error('statistics run in a thread');
const port = parentPort;
const { file } = workerData as { readonly file: string };
const raw = new Database(file, { readonly: true, timeout: 1_000 });
// What is walked over is read once: a large cache would only be filled.
raw.pragma('cache_size = -4000');
raw.pragma('temp_store = MEMORY');
const reads = spanReads(databaseOf(raw, () => raw.close()));
const answer = raw.transaction((query: ToStatistics) => figuresOf(reads, query));

port.on('message', (query: ToStatistics) => {
  const figures = answer(query);
  port.postMessage({ kind: 'figures', figures } satisfies FromStatistics);
});
port.postMessage({ kind: 'ready' } satisfies FromStatistics);
