// The thread that makes calls while there are very many: the same way out as the main thread has, with sockets of its own.
import { parentPort, workerData } from 'node:worker_threads';
import { exchange, type HttpOutcome } from '../../channels/http-exchange.ts';
import { Secret } from '../../channels/secret.ts';
import { createEgress } from './egress.ts';
import type { AskedCall, EgressData, FromEgress, ToEgress } from './egress-messages.ts';

if (parentPort === null) throw new Error('calls are made in a thread');
const port = parentPort;
const { proxy, ...data } = workerData as EgressData;
const password = proxy === null || proxy.password === null ? null : new Secret(proxy.password);
const egress = createEgress({ ...data, proxy: proxy === null ? null : { ...proxy, password } });
const say = (message: FromEgress) => port.postMessage(message);

const open = new Map<number, AbortController>();
let outcomes: (readonly [number, HttpOutcome])[] = [];

/** What ends in the same moment is told together. */
function end(id: number, outcome: HttpOutcome): void {
  open.delete(id);
  if (outcomes.length === 0) {
    setImmediate(() => {
      say({ kind: 'done', outcomes });
      outcomes = [];
    });
  }
  outcomes.push([id, outcome]);
}

const dispatcher = await egress.dispatcher();

function begin({ id, ...call }: AskedCall): void {
  const controller = new AbortController();
  open.set(id, controller);
  exchange(dispatcher, { ...call, signal: controller.signal }).then(
    (outcome) => end(id, outcome),
    // As on the main thread, where it would be an attempt that threw: nothing of it is known.
    (error: unknown) => end(id, { kind: 'failure', written: true, code: nameOf(error) }),
  );
}

port.on('message', ({ calls, aborted }: ToEgress) => {
  for (const call of calls) begin(call);
  for (const id of aborted) open.get(id)?.abort(new Error('nobody waits for it any more'));
});
say({ kind: 'ready' });

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'error';
}
