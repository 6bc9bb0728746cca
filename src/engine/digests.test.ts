import { afterEach, describe, expect, it } from 'vitest';
import type { DigestRule } from '../pipeline/digest-rule.ts';
import { type FailurePlan, failingStore } from '../store/contract/failing-store.ts';
import type { ShardCommit } from '../store/store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const minute = 60_000;
const hour = 60 * minute;
const hourly: DigestRule = { everyMs: hour, severities: ['info'], max: 500, to: null };

let stage: Stage;
/** The clock stands at that time. */
function at(when: string, options: StageOptions = {}): void {
  stage = new Stage({ receiver: { digest: hourly }, startsAt: Date.parse(when), ...options });
}
afterEach(() => stage.close());

async function happen(type: string, message: string): Promise<unknown> {
  const event = { type, severity: 'info' as const, message, labels: {}, recipients: [] };
  const posted = stage.runtime.services.postEvent('default', event, { name: 'key:app' }, null);
  await stage.advance(0);
  return (await posted).body;
}

/** When each digest went out, UTC, and how many it told of. */
const digests = () =>
  stage.sent.map(
    ({ message }) => `${new Date(message.at).toISOString().slice(5, 16)} ${message.digest?.total}`,
  );

describe('a digest', () => {
  it('answers what waits and until when, and goes out once on the hour though the process is killed before', async () => {
    at('2026-06-01T13:15:00Z');
    for (let i = 1; i <= 15; i++) {
      expect(await happen(i % 2 === 1 ? 'user registered' : 'order completed', `no ${i}`)).toMatchObject({
        status: 'accepted',
        digest: { receiver: 'ops', queued: i, flushes_at: '2026-06-01T14:00:00.000Z' },
      });
      await stage.advance(minute);
      if (i === 7 || i === 15) {
        stage.kill();
        stage.start();
      }
    }
    expect(stage.runtime.services.digests('default')).toEqual([
      {
        ...{ receiver: 'ops', queued: 15, flushes_at: '2026-06-01T14:00:00.000Z' },
        ...{ opened_at: '2026-06-01T13:15:00.000Z', every_seconds: 3_600, time_zone: 'UTC', max: 500 },
      },
    ]);
    await stage.advance(hour);
    stage.kill();
    stage.start();
    await stage.advance(24 * hour);
    expect(digests()).toEqual(['06-01T14:00 15']);
    expect(stage.runtime.services.digests('default')).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'is sent once when its commit fails %s it was written',
    async (when) => {
      let failed = 0;
      const plan: FailurePlan = ({ method, args }) => {
        if (method !== 'commit' || failed > 0) return null;
        const effects = (args[0] as readonly ShardCommit[]).flatMap((commit) => commit.effects);
        if (!effects.some((effect) => effect.put === 'notification')) return null;
        failed += 1;
        return when === 'before' ? { when: 'before' } : { when: 'after' };
      };
      at('2026-06-01T13:15:00Z', { wrapStore: (store) => failingStore(store, plan) });
      await happen('user registered', 'user123');
      await stage.advance(24 * hour);
      expect(failed).toBe(1);
      expect(digests()).toEqual(['06-01T14:00 1']);
    },
  );

  it('goes out when somebody wants it now', async () => {
    at('2026-06-01T13:15:00Z');
    const { services } = stage.runtime;
    const flush = async () => {
      const answer = services.flushDigest('default', 'ops', { name: 'key:ann' }, null);
      await stage.advance(0);
      return answer;
    };
    expect(await flush()).toMatchObject({ status: 404, body: { error: { code: 'digest_not_found' } } });
    await happen('user registered', 'user123');
    expect(await flush()).toMatchObject({ status: 200, body: { receiver: 'ops', told: 1 } });
    await stage.advance(24 * hour);
    expect(digests()).toEqual(['06-01T13:15 1']);
  });

  it.each([
    ['by its strategy', {}, 1],
    ['not where the route wants none', { digest: null }, undefined],
  ])('collects %s', async (_, route, told) => {
    const { groupWaitMs } = { groupWaitMs: 45 * minute };
    at('2026-06-01T13:15:00Z', {
      ...{ receiver: {}, route: { ...route, groupWaitMs }, digests: new Map([['info', hourly]]) },
    });
    await happen('user registered', 'user123');
    await stage.advance(hour);
    expect(digests()).toEqual([`06-01T14:00 ${told}`]);
  });
});

describe('an hourly digest in Vienna', () => {
  it.each([
    [
      'autumn',
      '2026-10-24T22:15:00Z',
      ['10-24T23:00 2', '10-25T00:00 2', '10-25T01:00 2', '10-25T02:00 2', '10-25T03:00 2'],
    ],
    [
      'spring',
      '2026-03-28T22:15:00Z',
      ['03-28T23:00 2', '03-29T00:00 2', '03-29T01:00 2', '03-29T02:00 2', '03-29T03:00 2'],
    ],
  ])('goes out once for each hour of the night in %s, over a restart in it', async (_, from, expected) => {
    at(from, { timeZone: 'Europe/Vienna' });
    for (let n = 0; n < 10; n++) {
      await happen('user registered', `user${n}`);
      await stage.advance(30 * minute);
      if (n === 4) {
        stage.kill();
        stage.start();
      }
    }
    expect(digests()).toEqual(expected);
  });
});
