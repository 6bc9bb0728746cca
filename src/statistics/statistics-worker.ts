// The thread of statistics: one question at a time over a connection that can only read. All of an answer is of one moment.
// Whoever asked ends the thread when it takes too long; there is nothing here that could be left half done.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { countEffectiveness } from '../effectiveness/count.ts';
import type { EffectivenessQuery } from '../effectiveness/questions.ts';
import { databaseOf } from '../store/sqlite/database.ts';
import { TooManyEpisodes } from '../store/sqlite/rule-episodes.ts';
import { spanReads } from '../store/sqlite/span-reads.ts';
import { type FiguresQuery, figuresOf } from './figures.ts';
import type { FromStatistics, ToStatistics } from './statistics-messages.ts';

if (parentPort === null) throw new Error('statistics run in a thread');
const port = parentPort;
const { file } = workerData as { readonly file: string };
const raw = new Database(file, { readonly: true, timeout: 1_000 });
// What is walked over is read once: a large cache would only be filled.
raw.pragma('cache_size = -4000');
raw.pragma('temp_store = MEMORY');
const db = databaseOf(raw, () => raw.close());
const reads = spanReads(db);
const figures = raw.transaction((query: FiguresQuery): FromStatistics => {
  return { kind: 'figures', figures: figuresOf(reads, query) };
});

function effectiveness(query: EffectivenessQuery): FromStatistics {
  const samplesFile = join(dirname(file), 'samples.db');
  const samples = existsSync(samplesFile)
    ? new Database(samplesFile, { readonly: true, timeout: 1_000 })
    : null;
  try {
    return { kind: 'effectiveness', rules: raw.transaction(() => countEffectiveness(db, samples, query))() };
  } catch (error) {
    if (error instanceof TooManyEpisodes) return { kind: 'too_large', message: error.message };
    throw error;
  } finally {
    samples?.close();
  }
}

port.on('message', (query: ToStatistics) => {
  port.postMessage('ask' in query ? effectiveness(query) : figures(query));
});
port.postMessage({ kind: 'ready' } satisfies FromStatistics);
