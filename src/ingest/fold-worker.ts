// The thread of a fold: reads and encodes, one plan after the other, and hands finished chunks to the main thread,
// which alone writes them. It reads in single statements, so that it holds no snapshot that would keep the journal from
// being used again, and it never takes the write lock: a flush of the main thread neither fails nor waits because of it.
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { ChunkPiece, FoldTask, FromFold, ToFold } from './fold-messages.ts';
import { type FoldedChunk, type FoldLimits, planFold } from './fold-plan.ts';

// 16 M samples are 320 MB of flushes, read eight times; a larger plan would read them more often, a smaller one would
// rewrite the chunks of an hour more often. 1 M samples in memory are 16 MB.
const limits: FoldLimits = { flushes: 4_096, samples: 16_000_000, sliceSamples: 1_000_000 };
/** One transaction of the main thread. A chunk costs it about 15 µs and 1 µs per KB. */
const pieceChunks = 128;
const pieceBytes = 512 * 1024;
/** Pieces that wait for the main thread at most. */
const piecesAhead = 3;

if (parentPort === null) throw new Error('the fold runs in a thread');
const port = parentPort;
const task = workerData as FoldTask;
const raw = new Database(task.file, { readonly: true, timeout: 1_000 });
// The driver's own is 16 MB: what is folded is read once.
raw.pragma('cache_size = -4000');

let unanswered = 0;
let answered: () => void = () => {};
port.on('message', (_: ToFold) => {
  unanswered--;
  answered();
});

function send(message: FromFold, transfer: ArrayBuffer[]): void {
  unanswered++;
  port.postMessage(message, transfer);
}

async function fewerThan(count: number): Promise<void> {
  while (unanswered >= count) {
    await new Promise<void>((resolve) => {
      answered = resolve;
    });
  }
}

function pieceOf(chunks: readonly FoldedChunk[], size: number): { piece: ChunkPiece; memory: ArrayBuffer } {
  const memory = new ArrayBuffer(size);
  const bytes = new Uint8Array(memory);
  const ends = new Uint32Array(chunks.length);
  let at = 0;
  for (const [index, { blob }] of chunks.entries()) {
    bytes.set(blob, at);
    at += blob.length;
    ends[index] = at;
  }
  const piece: ChunkPiece = {
    kind: 'chunks',
    hours: Float64Array.from(chunks, ({ hour }) => hour),
    shards: Uint32Array.from(chunks, ({ shard }) => shard),
    series: Uint32Array.from(chunks, ({ series }) => series),
    ends,
    bytes,
  };
  return { piece, memory };
}

for (;;) {
  const plan = planFold(raw, task.before, limits);
  if (plan === null) break;
  let chunks: FoldedChunk[] = [];
  let size = 0;
  const hand = async () => {
    if (chunks.length === 0) return;
    await fewerThan(piecesAhead);
    const { piece, memory } = pieceOf(chunks, size);
    send(piece, [memory]);
    chunks = [];
    size = 0;
  };
  for (const chunk of plan.chunks()) {
    if (chunks.length >= pieceChunks || (chunks.length > 0 && size + chunk.blob.length > pieceBytes))
      await hand();
    chunks.push(chunk);
    size += chunk.blob.length;
  }
  await hand();
  const shards = Uint32Array.from(plan.flushes, ({ shard }) => shard);
  const nos = Float64Array.from(plan.flushes, ({ no }) => no);
  send({ kind: 'flushes', shards, nos }, []);
  // The next plan must not see these flushes again.
  await fewerThan(1);
}
raw.close();
port.postMessage({ kind: 'end' } satisfies FromFold);
port.close();
