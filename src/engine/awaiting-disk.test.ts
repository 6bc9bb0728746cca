// What was committed is told once it is on the disk: not before, in its order, and not at all where the disk failed.
import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { type CommitSync, type Store, StoreError } from '../store/store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

/** A store whose disk takes what was written when it is told to. */
class HeldDisk {
  held = true;
  failsNext = false;
  syncs = 0;
  readonly asked: (CommitSync | undefined)[] = [];
  #waiting: ((failed: StoreError | null) => void)[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  wrap(store: Store): Store {
    return {
      ...store,
      commit: (commits, sync) => {
        if (this.failsNext) {
          this.failsNext = false;
          throw new StoreError('full', 'planned');
        }
        this.asked.push(sync);
        return store.commit(commits);
      },
      onDisk: (done) => {
        if (this.held) this.#waiting.push(done);
        else done(null);
      },
      sync: () => {
        this.syncs += 1;
        this.take();
      },
    };
  }

  take(failed: StoreError | null = null): void {
    for (const done of this.#waiting.splice(0)) done(failed);
  }
}

let disk: HeldDisk;
let stage: Stage;

function begin(answer?: StageOptions['answer']): void {
  disk = new HeldDisk();
  disk.held = false;
  const quick = { groupBy: 'all' as const, groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0 };
  stage = new Stage({
    rules: [{ forMs: 0 }],
    route: quick,
    receiver: { dedupeWindowMs: 0 },
    wrapStore: (store) => disk.wrap(store),
    ...(answer && { answer }),
  });
  disk.held = true;
}

afterEach(async () => {
  disk.held = false;
  disk.take();
  await stage.close();
});

/** What became of a push, as it is known by now. */
function pushed(value: number, host = 'a'): { outcome: string } {
  const seen = { outcome: 'waits' };
  stage.push(value, { host }).then(
    () => {
      seen.outcome = 'taken';
    },
    (error: { code?: string }) => {
      seen.outcome = error.code ?? String(error);
    },
  );
  return seen;
}

const firing = () => stage.store.alerts('default', { states: ['firing'] }, 10, null).items.length;

describe('a turn that is committed and not on the disk', () => {
  it('is told to nobody: no answer, no message', async () => {
    begin();
    const push = pushed(90);
    await stage.advance(1_000);
    expect([push.outcome, stage.sent.length, firing()]).toEqual(['waits', 0, 1]);
    expect(new Set(disk.asked)).toEqual(new Set(['written']));
    disk.take();
    disk.held = false;
    await stage.advance(0);
    expect([push.outcome, stage.said()]).toEqual(['taken', [[1, 'first']]]);
  });

  it('holds nobody up: the turns behind it are decided, and told in their order', async () => {
    begin();
    const pushes = [pushed(90, 'a')];
    await stage.advance(10);
    pushes.push(pushed(90, 'b'));
    await stage.advance(10);
    expect([firing(), pushes.map(({ outcome }) => outcome)]).toEqual([2, ['waits', 'waits']]);
    disk.take();
    disk.held = false;
    await stage.advance(0);
    expect(pushes.map(({ outcome }) => outcome)).toEqual(['taken', 'taken']);
    await stage.advance(1_000);
    const told = stage.sent.flatMap(({ message }) => message.changed);
    const fired = [...stage.store.alerts('default', {}, 10, null).items].sort(
      (a, b) => a.firedAt! - b.firedAt!,
    );
    expect(told).toEqual(fired.map(({ id }) => id));
  });

  it('is told before what failed behind it is refused and everything is loaded again', async () => {
    begin();
    const first = pushed(90, 'a');
    await stage.advance(10);
    disk.failsNext = true;
    const second = pushed(90, 'b');
    await stage.advance(0);
    disk.take();
    disk.held = false;
    await stage.advance(2_000);
    expect([first.outcome, second.outcome, disk.syncs > 0]).toEqual(['taken', 'unavailable', true]);
    expect([firing(), stage.fatal]).toEqual([1, []]);
    // The lease was void with the memory: the message goes out once, under the one that was taken anew.
    expect(stage.sent.length).toBe(1);
  });

  it('is refused where the disk breaks, and nothing goes on', async () => {
    begin();
    const pushes = [pushed(90, 'a')];
    await stage.advance(10);
    pushes.push(pushed(90, 'b'));
    await stage.advance(10);
    disk.take(new StoreError('io', 'planned'));
    await stage.advance(5_000);
    expect(pushes.map(({ outcome }) => outcome)).toEqual(['unavailable', 'unavailable']);
    expect(stage.sent).toEqual([]);
    expect(stage.fatal.map((error) => (error as StoreError).failure)).toEqual(['io']);
  });

  it('waits with 31 others at most: the loop waits for a disk that is slower', async () => {
    begin();
    for (let n = 0; disk.syncs === 0 && n < 100; n++) {
      pushed(n % 2 === 0 ? 90 : 10);
      await stage.advance(1_000);
      expect(disk.waiting).toBeLessThanOrEqual(32);
    }
    expect([disk.syncs, stage.sent.length > 0]).toEqual([1, true]);
    const { turns, held } = stage.runtime.engine.awaitingDisk;
    expect([turns < 32, held]).toEqual([true, 1]);
  });

  it('is told before the program ends', async () => {
    begin();
    const push = pushed(90);
    await stage.advance(10);
    const closing = stage.runtime.close(1_000);
    await stage.advance(2_000);
    await closing;
    expect(push.outcome).toBe('taken');
  });

  it('is told by nobody when the process is killed, and by the next one as it is stored', async () => {
    begin();
    const push = pushed(90);
    await stage.advance(10);
    stage.kill();
    disk.take();
    await stage.advance(0);
    expect([push.outcome, stage.sent.length]).toEqual(['waits', 0]);
    disk.held = false;
    stage.start();
    await stage.advance(1_000);
    expect([firing(), stage.said().map(([, reason]) => reason)]).toEqual([1, ['first']]);
  });
});

describe('a channel that a turn pauses', () => {
  const refused: SendResult = { kind: 'auth', code: '401', message: 'no' };
  /** Attempts under way, to be answered by hand. */
  let open: ((result: SendResult) => void)[];
  const states = () =>
    stage.store
      .deliveries('default', {}, 100, null)
      .items.map(({ state, reason }) => (reason === null ? state : `${state}(${reason})`))
      .sort();
  const begins = () => {
    open = [];
    begin(() => new Promise((resolve) => open.push(resolve)));
  };

  it('gets nothing any more that was leased in a turn before it and not told', async () => {
    begins();
    disk.held = false;
    pushed(90, 'a');
    await stage.advance(10);
    disk.held = true;
    pushed(90, 'b');
    await stage.advance(10);
    open[0]!(refused);
    await stage.advance(10);
    expect([disk.waiting, states()]).toEqual([2, ['queued(breaker_open)', 'sending']]);
    disk.take();
    disk.held = false;
    await stage.advance(100);
    expect([stage.sent.length, states()]).toEqual([1, ['queued(breaker_open)', 'queued(breaker_open)']]);
    // The probe goes out when it is due, and everything behind it.
    await stage.advance(300_000);
    expect(stage.sent.length).toBe(2);
    open[1]!({ kind: 'sent' });
    await stage.advance(100);
    open[2]!({ kind: 'sent' });
    await stage.advance(100);
    expect(states()).toEqual(['sent', 'sent']);
  });

  it('begins none of those that wait for a place on it, although the turn is not on the disk', async () => {
    begins();
    disk.held = false;
    for (const host of 'abcdef') pushed(90, host);
    await stage.advance(10);
    expect(stage.sent.length).toBe(4);
    disk.held = true;
    open[0]!(refused);
    await stage.advance(10);
    // Their places are free, and the pause is committed.
    const before = stage.sent.length;
    open[1]!({ kind: 'sent' });
    open[2]!({ kind: 'sent' });
    await stage.advance(10);
    expect([disk.waiting > 0, stage.sent.length]).toEqual([true, before]);
  });
});
