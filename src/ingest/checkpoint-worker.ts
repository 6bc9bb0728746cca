// The thread of one checkpoint: writes the journal back, so that nobody on the main thread waits for its fsync. PASSIVE
// takes only the checkpoint lock: a writer goes on meanwhile, and what a reader still needs is left for the next one.
import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const { file } = workerData as { readonly file: string };
const raw = new Database(file, { timeout: 0, fileMustExist: true });
raw.pragma('wal_checkpoint(PASSIVE)');
raw.close();
