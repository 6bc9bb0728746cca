// What the store holds of the groups is always what is in memory, and a look that changes nothing is not written.
import { afterEach, expect, it } from 'vitest';
import type { GroupRow } from '../pipeline/rows.ts';
import { type ShardCommit, StoreError } from '../store/store.ts';
import { Stage } from '../testing/stage.ts';

const [s, min, hour] = [1_000, 60_000, 3_600_000];
const ann = { name: 'key:ann' };
let stage: Stage;
/** Rows of groups that were committed, as they were then. */
let written: GroupRow[];
let failing: number;
afterEach(() => stage.close());

function open(): void {
  written = [];
  failing = 0;
  stage = new Stage({
    route: { groupWaitMs: 10 * s, repeatIntervalMs: 30 * min },
    wrapStore: (store) => ({
      ...store,
      commit(shards: readonly ShardCommit[]) {
        if (failing-- > 0) throw new StoreError('full', 'the disk is full');
        const events = store.commit(shards);
        for (const { effects } of shards)
          for (const effect of effects) if (effect.put === 'group') written.push({ ...effect.row });
        return events;
      },
    }),
  });
}

async function silence(endsAt: number, id: string | null = null): Promise<string> {
  const { services } = stage.runtime;
  const matchers = [{ name: 'host', op: '=' as const, value: 'a' }];
  const order = { id, matchers, startsAt: services.now(), endsAt, recurs: null };
  const answer = services.silences.put('default', { ...order, comment: 'x', createdBy: 'ann' }, ann, null);
  answer.catch(() => {});
  await stage.advance(0);
  return ((await answer).body as { id: string }).id;
}

async function expire(id: string): Promise<void> {
  const ended = stage.runtime.services.silences.expire('default', id, ann);
  ended.catch(() => {});
  await stage.advance(0);
  await ended;
}

const inMemory = () =>
  [...stage.runtime.engine.tenant('default')!.pipeline.groups.values()].map(({ row }) => row);
const inStore = () => stage.store.loadTenant('default').groups;

it('a group that stays held back as it was is looked at and not written', async () => {
  open();
  const until = stage.clock.now() + 2 * hour;
  await silence(until);
  const other = await silence(stage.clock.now() + hour);
  await stage.push(90);
  await stage.advance(min);
  expect(inStore()).toMatchObject([{ nextAt: until, lastReason: 'silenced' }]);
  written = [];
  expect(stage.runtime.engine.tenant('default')!.pipeline.heldBy.get(other)?.size).toBe(1);
  await expire(other);
  expect(written).toEqual([]);
  expect(inStore()).toEqual(inMemory());
});

it('a group that is held back until another time is written', async () => {
  open();
  const id = await silence(stage.clock.now() + hour);
  await stage.push(90);
  await stage.advance(min);
  const until = stage.clock.now() + 2 * hour;
  await silence(until, id);
  expect(inMemory()).toMatchObject([{ nextAt: until }]);
  expect(inStore()).toEqual(inMemory());
});

it('what a commit that failed would have written is written by the next', async () => {
  open();
  await silence(stage.clock.now() + hour);
  await stage.push(90);
  await stage.advance(5 * s);
  failing = 1;
  written = [];
  await stage.advance(min);
  expect(stage.runtime.engine.counts.reloads).toBe(1);
  expect(written).not.toEqual([]);
  expect(inMemory()).toMatchObject([{ lastReason: 'silenced' }]);
  expect(inStore()).toEqual(inMemory());
});

it('what was said before a restart is known after it, and a new word is written', async () => {
  open();
  await stage.push(90);
  await stage.advance(min);
  await stage.restart();
  expect(inStore()).toEqual(inMemory());
  await stage.keepPushing(90, hour, min);
  expect(stage.said().map(([, reason]) => reason)).toEqual(['first', 'repeat', 'repeat']);
  expect(inStore()).toEqual(inMemory());
});
