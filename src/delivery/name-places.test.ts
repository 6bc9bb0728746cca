import { describe, expect, it } from 'vitest';
import { macrotask } from '../testing/manual-clock.ts';
import { inPlaces, type ResolvedAddress } from './name-places.ts';

const here: readonly ResolvedAddress[] = [{ address: '127.0.0.1', family: 4 }];

/** A system that looks up at most two names at a time, and stalls at those called dead until told otherwise. */
function system() {
  const asked: string[] = [];
  const stalled = new Map<string, (error?: Error) => void>();
  let most = 0;
  let busy = 0;
  const resolve = inPlaces(async (name) => {
    asked.push(name);
    busy += 1;
    most = Math.max(most, busy);
    try {
      if (name.startsWith('dead'))
        await new Promise<void>((end, fail) => stalled.set(name, (error) => (error ? fail(error) : end())));
      return here;
    } finally {
      busy -= 1;
    }
  }, 5);
  const slowNow = () => new Promise((go) => setTimeout(go, 10));
  const giveUp = async (name: string) => {
    stalled.get(name)!(Object.assign(new Error(name), { code: 'EAI_AGAIN' }));
    await macrotask();
  };
  return { resolve, asked, giveUp, slowNow, end: (name: string) => stalled.get(name)!(), most: () => most };
}
const outcome = (answer: Promise<unknown>) =>
  answer.then(
    () => 'found',
    (error: { code: string }) => error.code,
  );

describe('look-ups of names', () => {
  it('of a resolver that stalls hold one place, and the others are answered', async () => {
    const { resolve, asked, giveUp, slowNow, most } = system();
    const first = ['dead1', 'dead2', 'dead3'].map((name) => outcome(resolve(name)));
    await slowNow();
    // Nobody knew of these two: as long as they take this once, the others wait.
    expect(asked).toEqual(['dead1', 'dead2']);
    await giveUp('dead1');
    await giveUp('dead2');
    await slowNow();
    await giveUp('dead3');
    expect(await Promise.all(first)).toEqual(['EAI_AGAIN', 'EAI_AGAIN', 'EAI_AGAIN']);

    asked.length = 0;
    const again = ['dead1', 'dead2', 'dead3'].map((name) => outcome(resolve(name)));
    for (const name of ['a', 'b', 'c']) expect(await outcome(resolve(name))).toBe('found');
    expect(asked).toEqual(['dead1', 'a', 'b', 'c']);
    for (const name of ['dead1', 'dead2', 'dead3']) await giveUp(name);
    expect(await Promise.all(again)).toEqual(['EAI_AGAIN', 'EAI_AGAIN', 'EAI_AGAIN']);
    expect(most()).toBe(2);
  });

  it('are as quick as the others again once they are answered quickly', async () => {
    const { resolve, asked, giveUp, slowNow, end } = system();
    for (const name of ['dead1', 'dead2']) {
      const answer = outcome(resolve(name));
      await slowNow();
      await giveUp(name);
      await answer;
    }
    for (const name of ['dead1', 'dead2']) {
      const answer = resolve(name);
      await macrotask();
      end(name);
      expect(await answer).toEqual(here);
    }
    asked.length = 0;
    void resolve('dead1');
    void resolve('dead2');
    await macrotask();
    expect(asked).toEqual(['dead1', 'dead2']);
  });

  it('ask once for a name that several want', async () => {
    const { resolve, asked } = system();
    await Promise.all([resolve('a'), resolve('a'), resolve('a')]);
    expect(asked).toEqual(['a']);
  });
});
