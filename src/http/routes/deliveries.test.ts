import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryRow } from '../../pipeline/rows.ts';
import { rowBuilders } from '../../store/contract/row-builders.ts';
import { startReceiver } from '../../testing/http-receiver.ts';
import { httpStage, type Stage, startAt } from '../../testing/http-stage.ts';
import { startTestApp } from '../../testing/test-app.ts';

let stage: Stage;
beforeEach(() => {
  stage = httpStage();
});
afterEach(() => stage.close());

const rows = rowBuilders(startAt);

/** A delivery with its notification, as it is stored. */
function add(changes: Partial<DeliveryRow> = {}, tenant = 'default'): DeliveryRow {
  const note = rows.notification({ tenant, alerts: { [rows.newId()]: 'firing' } });
  const row = rows.delivery(note, { state: 'dead', reason: 'permanent', finishedAt: startAt, ...changes });
  stage.commit(tenant, [
    { put: 'notification', row: note },
    { put: 'delivery', row },
    {
      put: 'event',
      row: rows.event({
        tenant,
        subjectKind: 'delivery',
        subjectId: row.id,
        kind: 'delivery.dead',
        reason: 'permanent',
        body: { attempt: 1, result: 'permanent', code: '410' },
      }),
    },
  ]);
  return row;
}
const commands = (id: string) => [`/api/v1/deliveries/${id}/retry`, `/api/v1/deliveries/${id}/discard`];

describe('a delivery', () => {
  it('is shown with its attempts, its message and what would be sent', async () => {
    const row = add({ attempts: 1, lastError: 'permanent: 410: gone', shorter: true, crashes: 2 });
    const { status, json } = await stage.request('GET', `/api/v1/deliveries/${row.id}`, { as: 'viewer' });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: row.id,
      state: 'dead',
      reason: 'permanent',
      last_error: 'permanent: 410: gone',
      shorter: true,
      crashes: 2,
      history: [{ kind: 'delivery.dead', reason: 'permanent', body: { code: '410' } }],
      message: { id: row.notificationId, alerts: [] },
      payload: { rendered: row.notificationId, shorter: true },
    });
    expect(Object.values(json.alerts as object)).toEqual(['firing']);
  });

  it('is nobody else’s, whatever is asked of it', async () => {
    const theirs = add({}, 'globex');
    const ids = [theirs.id, rows.newId(), 'nonsense'];
    for (const id of ids) {
      const shown = await stage.request('GET', `/api/v1/deliveries/${id}`, { as: 'viewer' });
      expect([shown.status, shown.code]).toEqual([404, 'delivery_not_found']);
      for (const path of commands(id)) {
        const { status, code } = await stage.request('POST', path, { as: 'responder' });
        expect([status, code]).toEqual([404, 'delivery_not_found']);
      }
    }
    expect(stage.store.delivery('globex', theirs.id)?.state).toBe('dead');
  });
});

describe('what is done with dead letters', () => {
  it('is for those who respond', async () => {
    const { id } = add();
    for (const path of [...commands(id), '/api/v1/deliveries/retry']) {
      for (const as of ['ingest', 'viewer'] as const)
        expect((await stage.request('POST', path, { as })).code).toBe('forbidden');
      for (const as of ['responder', 'editor', 'admin'] as const)
        expect((await stage.request('POST', path, { as })).status).toBe(200);
      expect((await stage.request('POST', path)).code).toBe('unauthenticated');
    }
  });

  it('takes a note, a channel, a time and a limit, and nothing else', async () => {
    const { id } = add();
    const post = (path: string, body: unknown) => stage.request('POST', path, { as: 'responder', body });
    const all = '/api/v1/deliveries/retry';
    expect((await post(`/api/v1/deliveries/${id}/discard`, { note: 'noise' })).json.note).toBe('noise');
    expect((await post(all, {})).json).toMatchObject({ filter: {}, limit: 100 });
    expect(
      (await post(all, { channel: 'hook', since: '2026-01-31T12:00:00Z', limit: 1_000 })).json,
    ).toMatchObject({ filter: { channel: 'hook', since: Date.UTC(2026, 0, 31, 12) }, limit: 1_000 });
    for (const bad of [{ limit: 0 }, { limit: 1_001 }, { since: 'yesterday' }, { chanel: 'hook' }])
      expect((await post(all, bad)).code).toBe('invalid_body');
    expect((await post(`/api/v1/deliveries/${id}/retry`, { force: true })).code).toBe('invalid_body');
  });

  it('gives the same answer under the same Idempotency-Key, and 409 with another body', async () => {
    const { id } = add();
    const post = (body: unknown) =>
      stage.request('POST', `/api/v1/deliveries/${id}/discard`, {
        as: 'responder',
        body,
        headers: { 'idempotency-key': 'one' },
      });
    const first = await post({ note: 'a' });
    expect((await post({ note: 'a' })).json).toEqual(first.json);
    expect((await post({ note: 'b' })).code).toBe('idempotency_conflict');
  });

  it('is described', async () => {
    const { json } = await stage.request('GET', '/openapi.json', { as: 'viewer' });
    const paths = json.paths as Record<string, Record<string, unknown>>;
    expect(Object.keys(paths['/api/v1/deliveries/{id}']!)).toEqual(['get']);
    for (const path of [
      '/api/v1/deliveries/{id}/retry',
      '/api/v1/deliveries/{id}/discard',
      '/api/v1/deliveries/retry',
    ])
      expect(Object.keys(paths[path]!)).toEqual(['post']);
  });
});

describe('a dead letter of a webhook', () => {
  it('is looked at, sent again once the receiver takes it, and then is no dead letter any more', async () => {
    let gone = true;
    const hook = await startReceiver({ handler: () => ({ status: gone ? 410 : 200 }) });
    const app = await startTestApp(
      `
collector: { host: false }
channels: { hook: { type: webhook, url: "${hook.url}/alerts", secret: "a-secret-of-at-least-24-bytes" } }
receivers: { ops: { channels: [hook] } }
route: { receiver: ops, group_wait: 0s }
egress: { allow: [127.0.0.0/8] }
`,
      'group: none\nrules: []\n',
    );
    try {
      const event = { type: 'deploy.failed', severity: 'high', message: 'Rollback of web' };
      await app.call('POST', '/api/v1/events', event);
      type Delivery = {
        id: string;
        state: string;
        history: { kind: string; actor: string | null }[];
        payload: string;
      };
      const dead = async () =>
        ((await app.call('GET', '/api/v1/deliveries?state=dead')).body as { items: Delivery[] }).items;
      await expect.poll(dead).toHaveLength(1);
      const { id } = (await dead())[0]!;
      const shown = (await app.call('GET', `/api/v1/deliveries/${id}`)).body as Delivery;
      expect(shown.payload).toBe(hook.received[0]!.body);
      gone = false;
      const key = { 'idempotency-key': 'again' };
      const first = await app.call('POST', `/api/v1/deliveries/${id}/retry`, {}, key);
      expect(first).toMatchObject({ status: 200, body: { id, state: 'queued', attempts: 0 } });
      const [, again] = await hook.waitFor(2);
      expect(again!.headers['webhook-id']).toBe(id);
      expect(again!.body).toBe(shown.payload);
      const shownNow = async () => (await app.call('GET', `/api/v1/deliveries/${id}`)).body as Delivery;
      await expect.poll(async () => (await shownNow()).state).toBe('sent');
      expect((await shownNow()).history.map(({ kind, actor }) => [kind, actor !== null])).toEqual([
        ['delivery.sent', false],
        ['delivery.requeued', true],
        ['delivery.dead', false],
      ]);
      const { status, body } = first;
      expect(await app.call('POST', `/api/v1/deliveries/${id}/retry`, {}, key)).toMatchObject({
        status,
        body: body as object,
      });
      expect(hook.count).toBe(2);
      expect(await app.call('POST', `/api/v1/deliveries/${id}/retry`)).toMatchObject({
        status: 409,
        body: { error: { code: 'delivery_not_dead' } },
      });
    } finally {
      await app.close();
      await hook.close();
    }
  });
});
