// Stories of digests over HTTP, on the whole program.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const config = `collector: { host: false }
channels: { chat: { type: console }, daily: { type: console } }
receivers:
  ops: { channels: [chat], digest: { every: 1d, to: daily-updates } }
  daily-updates: { channels: [daily] }
route: { receiver: ops, group_wait: 0s }
`;
let app: TestApp;
const keys: Record<string, string> = {};
beforeAll(async () => {
  app = await startTestApp(config, 'rules: []\n', { durability: 'normal' });
  for (const role of ['viewer', 'responder'] as const) {
    const made = await app.call('POST', '/api/v1/keys', { name: role, role, tenant: 'default', scopes: [] });
    keys[role] = (made.body as { key: string }).key;
  }
});
afterAll(() => app.close());

const as = (role: string, more = {}) => ({ 'x-api-key': keys[role]!, ...more });
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } } | null)?.error?.code,
];
const happen = async (message: string, severity = 'info') =>
  (await app.call('POST', '/api/v1/events', { type: 'user registered', severity, message })).body;
const open = async () => (await app.call('GET', '/api/v1/digests', undefined, as('viewer'))).body;
const flush = (receiver: string, headers = as('responder')) =>
  app.call('POST', `/api/v1/digests/${receiver}/flush`, undefined, headers);

describe('a digest over HTTP', () => {
  it('says what waits in it and until when, and goes out when a responder wants it, once', async () => {
    expect(await open()).toEqual({ items: [] });
    expect(codeOf(await flush('daily-updates'))).toEqual([404, 'digest_not_found']);
    const answer = (await happen('user1')) as { digest: { flushes_at: string } };
    expect(answer.digest).toEqual({
      receiver: 'daily-updates',
      queued: 1,
      flushes_at: expect.stringMatching(/T00:00:00\.000Z$/),
    });
    expect(await happen('user2')).toMatchObject({ digest: { queued: 2 } });
    // What is urgent is told at once and waits nowhere.
    expect(await happen('all gone', 'critical')).not.toHaveProperty('digest');
    expect(await open()).toEqual({
      items: [
        {
          ...{ receiver: 'daily-updates', queued: 2, flushes_at: answer.digest.flushes_at, max: 500 },
          ...{ every_seconds: 86_400, time_zone: 'UTC', opened_at: expect.any(String) },
        },
      ],
    });

    expect(codeOf(await flush('daily-updates', as('viewer')))).toEqual([403, 'forbidden']);
    expect(codeOf(await flush('ops'))).toEqual([404, 'digest_not_found']);
    const once = as('responder', { 'idempotency-key': 'now-please' });
    const flushed = await flush('daily-updates', once);
    const { notifications } = flushed.body as { notifications: string[] };
    expect([flushed.status, flushed.body]).toEqual([
      200,
      { receiver: 'daily-updates', told: 2, notifications: [expect.any(String)] },
    ]);
    expect((await flush('daily-updates', once)).body).toEqual(flushed.body);
    expect(codeOf(await flush('daily-updates'))).toEqual([404, 'digest_not_found']);
    expect(await open()).toEqual({ items: [] });
    const told = await app.call('GET', '/api/v1/deliveries', undefined, as('viewer'));
    const daily = (told.body as { items: { channel: string; notification_id: string }[] }).items.filter(
      ({ channel }) => channel === 'daily',
    );
    expect(daily.map(({ notification_id }) => notification_id)).toEqual(notifications);
  });

  it('is answered for one tenant only', async () => {
    await happen('user3');
    const other = { 'x-tenant-id': 'acme' };
    expect((await app.call('GET', '/api/v1/digests', undefined, other)).body).toEqual({ items: [] });
    expect(codeOf(await app.call('POST', '/api/v1/digests/daily-updates/flush', undefined, other))).toEqual([
      404,
      'digest_not_found',
    ]);
    expect(await flush('daily-updates')).toMatchObject({ status: 200, body: { told: 1 } });
  });
});

describe('a route with a digest, made through the API', () => {
  const all = '/api/v1/alerts/routes';
  const signups = { name: 'signups', match: ['type="signup"'], receiver: 'ops' };

  it.each([
    ['of a new route', { ...signups, digest: { to: 'nobody' } }, 'digest.to'],
    [
      'of a route below it',
      { ...signups, routes: [{ match: ['a=b'], digest: { every: '1h', to: 'nobody' } }] },
      'routes.0.digest.to',
    ],
  ])('is refused where its digest goes to nobody: %s', async (_, document, path) => {
    const refused = await app.call('POST', all, document);
    expect(refused).toMatchObject({
      status: 400,
      body: {
        error: {
          details: {
            problems: [{ path, message: 'there is no such receiver; expected one of ops, daily-updates' }],
          },
        },
      },
    });
    expect((await app.call('GET', all)).body).toMatchObject({ items: [] });
  });

  it('collects for the receiver that it names, and a change to nobody leaves it as it was', async () => {
    const hourly = { every: '1h', to: 'ops' };
    const { status, body } = await app.call('POST', all, { ...signups, digest: hourly });
    expect([status, body]).toEqual([201, expect.objectContaining({ name: 'signups' })]);
    const { id } = body as { id: string };
    const changed = await app.call('PATCH', `${all}/${id}`, { digest: { to: 'nobody' } });
    expect(changed).toMatchObject({
      status: 400,
      body: { error: { details: { problems: [{ path: 'digest.to' }] } } },
    });
    const event = { type: 'signup', severity: 'info', message: 'ann', labels: { type: 'signup' } };
    expect((await app.call('POST', '/api/v1/events', event)).body).toMatchObject({
      digest: { receiver: 'ops', queued: 1 },
    });
    expect(await flush('ops')).toMatchObject({ status: 200, body: { told: 1 } });
  });
});
