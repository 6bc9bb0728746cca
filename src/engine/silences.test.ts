// What a silence promises, on the whole runtime: durable before it is answered, held over a kill, told at its end.
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultLimits } from '../config/config.ts';
import { createHttp } from '../http/app.ts';
import { digestOf, mintKey } from '../http/key-format.ts';
import { silentLog } from '../log.ts';
import { StoreError } from '../store/store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const [s, min, hour] = [1_000, 60_000, 3_600_000];
let stage: Stage;
afterEach(() => stage.close());

function open(options: StageOptions = {}): void {
  stage = new Stage({ route: { groupWaitMs: 10 * s, repeatIntervalMs: 30 * min }, ...options });
}

/** A request to the runtime that there is now; answered when its turn was committed. */
async function call(method: string, path: string, body?: object) {
  const { services } = stage.runtime;
  const app = createHttp(services, {
    limits: defaultLimits,
    log: silentLog,
    metrics: new Registry(),
    later: () => () => {},
  });
  const id = services.newId();
  const key = mintKey(id);
  const life = { expiresAt: null, revokedAt: null, lastUsedAt: null };
  const who = { id, tenant: 'default', name: `ann-${id}`, role: 'editor' as const, scopes: [] };
  const now = services.now();
  stage.store.addKey({ ...who, ...life, createdAt: now }, digestOf(key).toString('hex'), null, now);
  const asked = app.request(path, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  await stage.advance(0);
  const answer = await asked;
  return {
    status: answer.status,
    body: (await answer.json()) as { id: string; held: number; holding: number },
  };
}
const silence = (over: object = {}) =>
  call('POST', '/api/v1/silences', { matchers: ['host="a"'], duration: '2h', comment: 'disk swap', ...over });

describe('a silence', () => {
  it('that was answered holds after a kill, and what still fires at its end is told', async () => {
    open();
    const made = await silence();
    expect(made.status).toBe(201);
    stage.kill();
    stage.start();
    await stage.push(90);
    await stage.push(90, { host: 'b' });
    await stage.advance(hour);
    expect(
      stage.sent.flatMap(({ message }) => message.alerts.map(({ labels }) => labels.host)),
    ).not.toContain('a');
    expect((await call('GET', `/api/v1/silences/${made.body.id}`)).body).toMatchObject({
      held: 1,
      holding: 1,
    });
    stage.kill();
    stage.start();
    await stage.advance(hour + min);
    const told = stage.sent.filter(({ message }) => message.alerts.some(({ labels }) => labels.host === 'a'));
    expect(told[0]!.at).toBeGreaterThanOrEqual(2 * 3_600);
    expect(told[0]!.at).toBeLessThanOrEqual(2 * 3_600 + 60);
    expect(stage.events()).toContain('notify.suppressed(silenced)');
  });

  it('that could not be stored is refused and holds nothing', async () => {
    let broken = false;
    open({
      wrapStore: (store) => ({
        ...store,
        commit(shards) {
          const isSilence = shards.some(({ effects }) => effects.some(({ put }) => put === 'silence'));
          if (broken && isSilence) throw new StoreError('busy', 'locked');
          return store.commit(shards);
        },
      }),
    });
    broken = true;
    expect((await silence()).status).toBe(503);
    broken = false;
    await stage.push(90);
    await stage.advance(min);
    expect(stage.said()).toEqual([[10, 'first']]);
    expect((await silence()).status).toBe(201);
  });

  it('tells before its end that something is going to be heard again', async () => {
    open({ remindBeforeMs: 30 * min });
    await silence();
    await stage.push(90);
    await stage.advance(2 * hour - min);
    expect(stage.sent.map(({ at, message }) => [at, message.alerts[0]!.labels.alertname])).toEqual([
      [90 * 60 + 10, 'silence.ending'],
    ]);
  });
});
