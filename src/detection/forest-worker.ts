// The thread in which models of the isolation forest grow: one order after the other. Pure work; it reads and writes nothing.
import { parentPort } from 'node:worker_threads';
import { detectors } from '../../analysis/detectors/index.ts';
import type { FromForest, ToForest } from './forest-messages.ts';

if (parentPort === null) throw new Error('models grow in a thread');
const port = parentPort;
const { training } = detectors['isolation-forest'];
if (training === undefined) throw new Error('the isolation forest has a training');

port.on('message', ({ id, order }: ToForest) => {
  port.postMessage({ id, model: training.grow(order) } satisfies FromForest);
});
