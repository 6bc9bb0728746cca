import { setTimeout as passed } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { AlertMessage } from '../../../channels/message.ts';
import type { Machine } from './machine.ts';
import { Provider } from './providers.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A process dies as it calls the provider, which never answers: what waits for that answer knows its world. */
function diesInACall(): WeakRef<object> {
  const world = { mayCrash: () => true };
  const provider = new Provider('pager', world as unknown as Machine, []);
  const { instance } = provider.channel(1, 1);
  void (async () => {
    await instance.send({} as AlertMessage, {} as Parameters<typeof instance.send>[1]);
    world.mayCrash();
  })();
  return new WeakRef(world);
}

it('a world whose process died in a call is no longer held by it', async () => {
  const world = diesInACall();
  await passed(1);
  collect();
  expect(world.deref()).toBeUndefined();
});
