// Channels and templates made through the API: the whole application, a real receiver, a real database.
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyFile } from '../../secrets/vault.ts';
import { type Receiver, type ReceiverAnswer, startReceiver } from '../../testing/http-receiver.ts';
import { memoryFolder } from '../../testing/memory-folder.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

type Body = Readonly<Record<string, unknown>>;

let app: TestApp;
let hook: Receiver;
let answers: ReceiverAnswer = { status: 200 };
const gate: { hold: Promise<void> | null } = { hold: null };

const config = `
collector: { host: false }
egress: { allow: [127.0.0.1] }
channels: { screen: { type: console }, theirs: { type: console } }
templates: { short: { text: '{{ status_text }}' } }
receivers: { ops: { channels: [screen] } }
route: { group_wait: 0s, receiver: ops }
tenants:
  acme: { receivers: { ops: { channels: [theirs] } } }
`;
const rules = 'rules:\n  - { name: HighCpu, type: threshold, metric: cpu, operator: gt, threshold: 80 }\n';

beforeAll(async () => {
  hook = await startReceiver({
    async handler() {
      await gate.hold;
      return answers;
    },
  });
  app = await startTestApp(config, rules);
});
afterAll(async () => {
  await app.close();
  await hook.close();
});

const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const said = await app.call(method, path, body, { 'x-tenant-id': 'default', ...headers });
  return { status: said.status, body: (said.body ?? {}) as Body, etag: said.headers.get('etag') };
};
const channels = '/api/v1/alerts/channels';
const acme = { 'x-tenant-id': 'acme' };
const codeOf = ({ status, body }: { status: number; body: Body }) =>
  [status, (body.error as { code?: string } | undefined)?.code] as const;
const problemsOf = ({ body }: { body: Body }) =>
  ((body.error as { details?: { problems?: Body[] } })?.details?.problems ?? []).map(({ path }) => path);
const secret = 'a-signing-secret-that-nobody-sees';
const aHook = (name: string, over: Body = {}) => ({
  ...{ name, type: 'webhook', url: `${hook.url}/${name}`, secret },
  ...over,
});
const push = (host: string, value = 97) =>
  ask('POST', '/api/v1/metrics', { samples: [{ metric: 'cpu', labels: { host }, value }] });
const test = async (name: string, headers = {}) =>
  (await ask('POST', `/api/v1/channels/${name}/test`, {}, headers)).body;

describe('a channel of the API', () => {
  it('is there at once, shown without its secrets, and can be put as it is shown', async () => {
    const made = await ask('POST', channels, aHook('hook'));
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'hook', version: 1, secret: { secret: true }, origin: { kind: 'api' }, active: true },
    });
    expect(made.body.url).toEqual({ secret: true, address: hook.url });
    expect(await test('hook')).toMatchObject({ status: 'sent' });
    const shown = await ask('GET', `${channels}/hook`);
    const again = await ask('PUT', `${channels}/hook`, shown.body, { 'if-match': shown.etag! });
    expect(again.body).toEqual(shown.body);
    const patched = await ask('PATCH', `${channels}/hook`, { max_alerts: 7 }, { 'if-match': shown.etag! });
    expect(patched.body).toMatchObject({ version: 2, max_alerts: 7, secret: { secret: true } });
    expect(hook.received.at(-1)!.headers['webhook-signature']).toMatch(/^v1,/);
    expect(await test('hook')).toMatchObject({ status: 'sent' });
    expect(hook.received.at(-1)!.headers['webhook-signature']).toMatch(/^v1,/);
    expect(codeOf(await ask('PATCH', `${channels}/hook`, {}, { 'if-match': shown.etag! }))).toEqual([
      412,
      'precondition_failed',
    ]);
    const { body: state } = await ask('GET', '/api/v1/channels/hook');
    expect(state).toMatchObject({ origin: { kind: 'api' }, attempts: { since_start: { sent: 2 } } });
    const { body: versions } = await ask('GET', `${channels}/hook/versions`);
    expect((versions.items as Body[]).map(({ version, action }) => [version, action])).toEqual([
      [2, 'patched'],
      [1, 'created'],
    ]);
    const { body: trail } = await ask('GET', '/api/v1/audit');
    expect(trail.items).toContainEqual(expect.objectContaining({ kind: 'channel.created' }));
    expect(JSON.stringify([made, shown, patched, state, versions, trail])).not.toContain(secret);
  });

  it('is refused with the place of what is wrong, and what a file has with its file and line', async () => {
    const bad = await ask('POST', channels, aHook('bad', { url: 'gopher://x', secret: 'short', color: 1 }));
    expect([bad.status, problemsOf(bad).sort()]).toEqual([400, ['color', 'secret', 'url']]);
    // One of another tenant is not there for this one.
    expect(problemsOf(await ask('POST', channels, aHook('bad', { fallback: ['theirs'] })))).toEqual([
      'fallback.0',
    ]);
    expect(problemsOf(await ask('POST', channels, aHook('bad', { template: 'none' })))).toEqual(['template']);
    const taken = await ask('POST', channels, { name: 'screen', type: 'console' });
    expect(taken).toMatchObject({
      status: 409,
      body: { error: { code: 'channel_name_taken', details: { line: 4 } } },
    });
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const body = method === 'DELETE' ? undefined : {};
      const refused = await ask(method, `${channels}/screen`, body);
      expect(refused.body).toMatchObject({ error: { code: 'owned_by_file', details: { line: 4 } } });
    }
    expect(codeOf(await ask('POST', channels, aHook('hook')))).toEqual([409, 'channel_name_taken']);
    expect(problemsOf(await ask('PATCH', `${channels}/hook`, { name: 'other' }))).toEqual(['name']);
    const moved = await ask('PATCH', `${channels}/hook`, { url: 'http://127.0.0.1:1/' });
    expect(problemsOf(moved)).toEqual(['secret']);
    expect(codeOf(await ask('GET', `${channels}/none`))).toEqual([404, 'channel_not_found']);
  });

  it('is only looked at by a dry run, and made once under one key', async () => {
    const would = await ask('POST', `${channels}?dry_run=true`, aHook('dry'));
    expect(would).toMatchObject({ status: 200, body: { dry_run: true, channel: { name: 'dry' } } });
    expect(codeOf(await ask('GET', `${channels}/dry`))[0]).toBe(404);
    const key = { 'idempotency-key': 'once' };
    const first = await ask('POST', channels, aHook('once'), key);
    const second = await ask('POST', channels, aHook('once'), key);
    expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
    expect(codeOf(await ask('POST', channels, aHook('once', { max_alerts: 1 }), key))).toEqual([
      409,
      'idempotency_conflict',
    ]);
  });

  it("is its tenant's alone, whoever else calls one by the same name", async () => {
    expect(await ask('POST', channels, aHook('shared'))).toMatchObject({ status: 201 });
    // Of the file, and of nobody else: to acme it is a name like any other.
    for (const name of ['shared', 'screen'])
      expect(
        await ask('POST', channels, { name, type: 'webhook', url: `${hook.url}/of-acme` }, acme),
      ).toMatchObject({
        status: 201,
      });
    await test('shared', acme);
    expect(hook.received.at(-1)!.path).toBe('/of-acme');
    await test('shared');
    expect(hook.received.at(-1)!.path).toBe('/shared');
    await test('screen', acme);
    expect(hook.received.at(-1)!.path).toBe('/of-acme');
    // One that is refused and pauses stays alone with that, too.
    answers = { status: 401 };
    await test('shared', acme);
    answers = { status: 200 };
    expect((await ask('GET', '/api/v1/channels/shared', undefined, acme)).body).toMatchObject({
      breaker: { state: 'open' },
      attempts: { since_start: { sent: 1, auth: 1 } },
    });
    expect((await ask('GET', '/api/v1/channels/shared')).body).toMatchObject({
      breaker: { state: 'closed' },
      attempts: { since_start: { sent: 1, auth: 0 } },
    });
    expect(codeOf(await ask('GET', `${channels}/hook`, undefined, acme))[0]).toBe(404);
    const { body } = await ask('GET', channels, undefined, acme);
    expect((body.items as Body[]).map(({ name }) => name)).toEqual(['theirs', 'shared', 'screen']);
  });
});

describe('messages', () => {
  it('go to a channel that a route names alone, and that route keeps the channel', async () => {
    const route = { name: 'to hook', match: ['metric=~".*"'], receiver: 'channel:routed' };
    expect(problemsOf(await ask('POST', '/api/v1/alerts/routes', route))).toEqual(['receiver']);
    await ask('POST', channels, aHook('routed', { fallback: ['hook'] }));
    expect((await ask('POST', '/api/v1/alerts/routes', { ...route, match: ['host="a"'] })).status).toBe(201);
    await push('a');
    await expect.poll(() => hook.received.some(({ path }) => path === '/routed')).toBe(true);
    const kept = await ask('DELETE', `${channels}/routed`);
    expect(kept.body).toMatchObject({
      error: { code: 'channel_in_use', details: { used_by: ['route to hook'] } },
    });
    expect((await ask('DELETE', `${channels}/hook`)).body).toMatchObject({
      error: { details: { used_by: ['channel routed'] } },
    });
    expect((await ask('DELETE', '/api/v1/alerts/routes/to%20hook')).status).toBe(204);
    expect((await ask('DELETE', `${channels}/routed`)).status).toBe(204);
  });

  it('that are under way end on the channel as it was, and those that wait go by what it is now', async () => {
    await ask('POST', channels, aHook('slow', { limits: [{ calls: 1, per: '1h' }] }));
    let release = () => {};
    gate.hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = test('slow');
    await expect.poll(() => hook.received.at(-1)?.path).toBe('/slow');
    const second = test('slow');
    await ask('PATCH', `${channels}/slow`, { url: `${hook.url}/quick`, limits: null });
    release();
    gate.hold = null;
    expect(await first).toMatchObject({ status: 'sent' });
    expect(await second).toMatchObject({ status: 'sent' });
    expect(hook.received.at(-1)!.path).toBe('/quick');
  });

  it('for a channel that is taken away end, behind a limit and behind a pause', async () => {
    await ask('POST', channels, aHook('gone', { limits: [{ calls: 1, per: '1h' }] }));
    expect(await test('gone')).toMatchObject({ status: 'sent' });
    const waiting = test('gone');
    await expect
      .poll(async () => (await ask('GET', '/api/v1/channels/gone')).body.queue)
      .toMatchObject({ queued: 1 });
    // Another tenant's of the same name carries nothing of it.
    const ofAcme = { name: 'gone', type: 'webhook', url: `${hook.url}/gone-of-acme` };
    expect((await ask('POST', channels, ofAcme, acme)).status).toBe(201);
    expect((await ask('DELETE', `${channels}/gone`)).status).toBe(204);
    expect(await waiting).toMatchObject({ status: 'failed', code: 'no_channel' });
    expect(hook.received.filter(({ path }) => path === '/gone-of-acme')).toEqual([]);
    expect(codeOf(await ask('GET', '/api/v1/channels/gone'))[0]).toBe(404);

    await ask('POST', channels, aHook('off'));
    const route = { name: 'off', match: ['host="off"'], receiver: 'channel:off' };
    await ask('POST', '/api/v1/alerts/routes', route);
    answers = { status: 401 };
    await push('off');
    await expect
      .poll(async () => (await ask('GET', '/api/v1/channels/off')).body.breaker)
      .toMatchObject({ state: 'open' });
    answers = { status: 200 };
    await ask('PATCH', `${channels}/off`, { enabled: false });
    const dead = async () =>
      ((await ask('GET', '/api/v1/deliveries?state=dead&channel=off')).body.items as Body[]).map(
        ({ reason }) => reason,
      );
    await expect.poll(dead).toEqual(['no_channel']);
  });

  it('that wait for a paused channel are tried at once when it was changed', async () => {
    await ask('POST', channels, aHook('mended', { headers: { Authorization: 'wrong' } }));
    const route = { name: 'mended', match: ['host="m"'], receiver: 'channel:mended' };
    await ask('POST', '/api/v1/alerts/routes', route);
    answers = { status: 401 };
    await push('m');
    await expect
      .poll(async () => (await ask('GET', '/api/v1/channels/mended')).body.breaker)
      .toMatchObject({ state: 'open' });
    answers = { status: 200 };
    await ask('PATCH', `${channels}/mended`, { headers: { Authorization: 'right' } });
    await expect.poll(() => hook.received.at(-1)?.headers.authorization).toBe('right');
    await expect
      .poll(async () => (await ask('GET', '/api/v1/channels/mended')).body.breaker)
      .toMatchObject({ state: 'closed' });
  });
});

describe('a template of the API', () => {
  const templates = '/api/v1/alerts/templates';

  it('says the next message, is changed at once, and stays while a channel names it', async () => {
    const made = await ask('POST', templates, { name: 'brief', text: 'first {{ count }}' });
    expect(made).toMatchObject({ status: 201, body: { name: 'brief', version: 1 } });
    expect((await ask('GET', '/api/v1/templates')).body).toEqual({ items: ['brief', 'short'] });
    expect((await ask('GET', '/api/v1/templates', undefined, acme)).body).toEqual({ items: ['short'] });
    await ask('POST', channels, aHook('worded', { template: 'brief' }));
    await test('worded');
    expect(hook.received.at(-1)!.body).toContain('first 1');
    await ask('PATCH', `${templates}/brief`, { text: 'second {{ count }}' });
    await test('worded');
    expect(hook.received.at(-1)!.body).toContain('second 1');
    const preview = await ask('POST', '/api/v1/templates/preview', { template: 'brief', channel: 'worded' });
    expect(preview.body.text).toMatch(/^second/);
    expect((await ask('DELETE', `${templates}/brief`)).body).toMatchObject({
      error: { code: 'template_in_use', details: { used_by: ['channel worded'] } },
    });
    await ask('DELETE', `${channels}/worded`);
    expect((await ask('DELETE', `${templates}/brief`)).status).toBe(204);
    expect((await ask('GET', '/api/v1/templates')).body).toEqual({ items: ['short'] });
  });

  it('is refused with its place, and one of the file belongs to the file', async () => {
    expect(problemsOf(await ask('POST', templates, { name: 'x', text: { en: '{{ nmae }}' } }))).toEqual([
      'text.en',
    ]);
    expect(problemsOf(await ask('POST', templates, { name: 'a b' })).sort()).toEqual(['', 'name']);
    expect(await ask('PUT', `${templates}/short`, {})).toMatchObject({
      status: 409,
      body: { error: { code: 'owned_by_file', details: { line: 5 } } },
    });
    expect((await ask('GET', `${templates}/short`)).body).toMatchObject({ text: '{{ status_text }}' });
  });
});

describe('after a start', () => {
  it('is there when the process died right behind the answer', async () => {
    expect((await ask('POST', channels, aHook('survivor'))).status).toBe(201);
    // What a process that is killed now leaves behind.
    const folder = memoryFolder('tocsin-killed-');
    cpSync(join(app.folder, 'data'), join(folder, 'data'), { recursive: true });
    const next = await startTestApp(config, rules, { folder });
    try {
      const tenant = { 'x-tenant-id': 'default' };
      const sent = await next.call('POST', '/api/v1/channels/survivor/test', {}, tenant);
      expect(sent.body).toMatchObject({ status: 'sent' });
      expect(hook.received.at(-1)!.path).toBe('/survivor');
    } finally {
      await next.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('what was made is there again; without its key it waits, says so, and loses nothing', async () => {
    await ask('POST', channels, aHook('late'));
    await ask('POST', '/api/v1/alerts/routes', {
      ...{ name: 'late', match: ['host="late"'], receiver: 'channel:late' },
    });
    app = await app.restart();
    expect(await test('late')).toMatchObject({ status: 'sent' });
    expect((await ask('GET', '/api/v1/channels/shared', undefined, acme)).status).toBe(200);

    const data = join(app.folder, 'data');
    expect(readFileSync(join(data, 'tocsin.db')).includes(secret)).toBe(false);
    renameSync(join(data, keyFile), join(data, 'elsewhere'));
    app = await app.restart();
    const { body: health } = await ask('GET', '/health');
    expect(health).toMatchObject({ status: 'degraded', checks: { channels: 'failed' } });
    expect((await ask('GET', `${channels}/late`)).body).toMatchObject({
      active: false,
      secret: { secret: true },
    });
    expect(codeOf(await ask('POST', channels, aHook('new')))).toEqual([409, 'secrets_key_missing']);
    await push('late', 99);
    const waiting = async () =>
      ((await ask('GET', '/api/v1/deliveries')).body.items as Body[]).find(
        ({ channel }) => channel === 'late',
      );
    await expect.poll(waiting).toMatchObject({ state: 'queued', reason: 'breaker_open' });

    renameSync(join(data, 'elsewhere'), join(data, keyFile));
    app = await app.restart();
    await expect.poll(waiting, { timeout: 5_000 }).toMatchObject({ state: 'sent' });
  });
});
