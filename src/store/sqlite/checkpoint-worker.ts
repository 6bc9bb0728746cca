// The thread of one checkpoint: writes the journal back, so that nobody on the main thread waits for its fsync. PASSIVE
// takes only the checkpoint lock: a writer goes on meanwhile, and what a reader still needs is left for the next one. What
// was written during one pass is taken by the next, which is shorter, so that little is left for who started the thread.
import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const { file } = workerData as { readonly file: string };
const raw = new Database(file, { timeout: 0, fileMustExist: true });

/** Frames in the journal when the pass began to look. */
interface Pass {
  readonly log: number;
}

const mostPasses = 4;
const fewFrames = 100;

for (let n = 0, before = 0; n < mostPasses; n++) {
  const [{ log }] = raw.pragma('wal_checkpoint(PASSIVE)') as [Pass];
  if (log - before < fewFrames) break;
  before = log;
}
raw.close();
