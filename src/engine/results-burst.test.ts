// Results that come in all at once take their part of a turn, and no more of it.
import { afterEach, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { Stage } from '../testing/stage.ts';

let stage: Stage;
afterEach(() => stage.close());

it('is taken with what is new beside a burst of results that would fill the turn', async () => {
  stage = new Stage({ rules: [], route: { groupWaitMs: 0 } });
  const { engine, services } = stage.runtime;
  await stage.advance(1_000);
  const event = {
    ...({ type: 'deploy', severity: 'info', category: 'business', message: 'v2' } as const),
    ...{ labels: labelSet({ host: 'a' }), recipients: [] },
  };
  const posted = services.postEvent('default', event, { name: 'key:test' }, null);
  for (let n = 0; n < 20 && engine.tenant('default')?.busy !== true; n++) await Promise.resolve();
  for (let n = 0; n < 100; n++)
    engine.complete('default', { kind: 'released', orderKey: `o${n}`, deliveryId: `d${n}`, leaseToken: 1 });
  // Whatever is looked at takes a quarter of a millisecond.
  const { clock } = stage;
  const now = clock.now.bind(clock);
  let looks = 0;
  clock.now = () => now() + Math.floor(looks++ / 4);
  engine.turn();
  clock.now = () => now() + Math.floor(looks / 4);
  expect(stage.store.alerts('default', {}, 10, null).items.map(({ kind }) => kind)).toEqual(['event']);
  await stage.advance(1_000);
  await posted;
  expect(stage.sent.length).toBe(1);
});
