// Models grow in a real thread, which may die.
import { afterEach, expect, it } from 'vitest';
import { detectors, type Model, type TrainingOrder } from '../../analysis/detectors/index.ts';
import { labelSet } from '../../rules/labels.ts';
import { systemClock } from '../clock.ts';
import type { Log } from '../log.ts';
import { Detections } from './detections.ts';
import { ThreadGrower } from './thread-grower.ts';

const forest = detectors['isolation-forest'];
const training = forest.training!;
const stepMs = 360_000;
const valueAt = (n: number): number => 20 + 2 * Math.sin(n * 1.7) * Math.cos(n * 0.31);

const warned: unknown[] = [];
const log = { warn: (event: string, fields: unknown) => void warned.push([event, fields]) } as unknown as Log;
let grower: ThreadGrower;
const begin = (): ThreadGrower => {
  warned.length = 0;
  grower = new ThreadGrower(systemClock(), log);
  return grower;
};
afterEach(() => grower.close());

const grown = (order: TrainingOrder): Promise<Model | null> =>
  new Promise((resolve) => grower.grow(training, order, resolve));

/** The order that a state of 128 samples has. */
function anOrder(): TrainingOrder {
  const state = forest.create(7);
  for (let n = 0; n < 128; n++) forest.observe(state, valueAt(n), n * stepMs);
  return training.wanted(state)!;
}

it('grows in the thread the model that would grow here', async () => {
  begin();
  const order = anOrder();
  expect(await grown(order)).toEqual(training.grow(order));
});

it('hands out nothing of a thread that dies, says so, and begins another', async () => {
  begin();
  const order = anOrder();
  const broken = { ...order, rows: null } as unknown as TrainingOrder;
  expect(await Promise.all([grown(broken), grown(order)])).toEqual([null, null]);
  expect(warned).toEqual([['detectors.thread_failed', { error: expect.stringContaining('TypeError') }]]);
  expect(await grown(order)).toEqual(training.grow(order));
});

it('hands out nothing any more once it is closed', async () => {
  begin();
  const open = grown(anOrder());
  grower.close();
  expect(await open).toBeNull();
  expect(await grown(anOrder())).toBeNull();
  expect(warned).toEqual([]);
});

it('comes in time, or not at all: what is said is the same', async () => {
  begin();
  const watched = { key: 'isolation-forest', detector: 'isolation-forest', exclude: null } as const;
  const table = { metricOf: () => 'cpu', labelsOf: () => labelSet({ host: 'a' }) };
  const run = async (give: 'in time' | 'never' | 'alone') => {
    const came: boolean[] = [];
    const pending: Promise<void>[] = [];
    const detections = new Detections({
      table,
      ...(give !== 'alone' && {
        grower: (_training, order, done) => {
          const one = grown(order).then((model) => {
            came.push(model !== null);
            done(give === 'never' ? null : model);
          });
          pending.push(one);
        },
      }),
    });
    detections.bind(0, [{ detection: watched, recent: false }]);
    const tails: (number | undefined)[] = [];
    for (let n = 0; n < 700; n++) {
      detections.feed(0, n * stepMs, valueAt(n), n * stepMs);
      tails.push(detections.sight(0, watched.key)?.seen.tail);
      // Thirty-two samples lie between an order and its effect.
      if (pending.length > 0 && n % 16 === 0) await Promise.all(pending.splice(0));
    }
    return { came, tails, bytes: Buffer.from(detections.bytesOf(0, watched.key)!) };
  };
  const alone = await run('alone');
  const helped = await run('in time');
  // After 128 and 512 samples.
  expect(helped.came).toEqual([true, true]);
  const { tails, bytes } = await run('never');
  expect(helped.tails).toEqual(alone.tails);
  expect(tails).toEqual(alone.tails);
  expect(helped.bytes.equals(alone.bytes)).toBe(true);
  expect(bytes.equals(alone.bytes)).toBe(true);
});
