// Samples without a pause on every connection for a while, and what they cost the server.
import type { SampleRequest } from './sample-bodies.ts';
import type { Server } from './server.ts';
import { Wire } from './wire.ts';

/** Series that a load pushes in turn. */
export const seriesCount = 10_000;

/** One connection pushes its own series, so that each of them is in time order. */
interface Pusher {
  readonly request: SampleRequest;
  /** Time of the next push, epoch milliseconds. */
  next: number;
}

export interface PushRound {
  readonly samples: number;
  /** CPU of the whole process, and of its main thread alone, microseconds. */
  readonly cpuUs: number;
  readonly mainUs: number;
  readonly perCpuSecond: number;
  readonly perSecond: number;
  /** Event-loop delay at p99.9, milliseconds. */
  readonly loop: number;
}

/** Half an hour ago, a millisecond more with each push: always new, never out of the accepted span. */
export const firstPushAt = (): number => Date.now() - 1_800_000;

/** `connections` that push `batch` series each, beside one another. */
export function pushersOf(
  request: (from: number, count: number) => SampleRequest,
  connections: number,
  batch: number,
  start: number,
): readonly Pusher[] {
  return Array.from({ length: connections }, (_, i) => ({ request: request(i * batch, batch), next: start }));
}

/** Pushes all series once, 1,000 at a time: they are there before anything is measured. */
export async function introduce(
  port: number,
  request: (from: number, count: number) => SampleRequest,
  at: number,
): Promise<void> {
  const wire = new Wire(port, 1);
  for (let from = 0; from < seriesCount; from += 1_000) await push(wire, request(from, 1_000).at(at));
  wire.close();
}

/** Pushes without a pause on all connections for `ms`; answers samples per CPU-second and the loop's delay. */
export async function round(
  server: Server,
  wire: Wire,
  pushers: readonly Pusher[],
  batch: number,
  ms: number,
): Promise<PushRound> {
  await wire.ready();
  await server.ask({ ask: 'mark' });
  const before = await server.usage();
  const began = performance.now();
  let requests = 0;
  const until = began + ms;
  await Promise.all(
    pushers.map(async (pusher) => {
      while (performance.now() < until) {
        await push(wire, pusher.request.at(pusher.next++));
        requests += 1;
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const after = await server.usage();
  const samples = requests * batch;
  const cpuUs = after.cpuUs - before.cpuUs;
  return {
    samples,
    cpuUs,
    mainUs: after.mainUs - before.mainUs,
    perCpuSecond: samples / (cpuUs / 1e6),
    perSecond: samples / seconds,
    loop: after.loop.p999,
  };
}

async function push(wire: Wire, bytes: Buffer): Promise<void> {
  const { status, body } = await wire.send(bytes);
  if (status < 200 || status > 299) throw new Error(`a push was answered ${status}: ${body}`);
}
