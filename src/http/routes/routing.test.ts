// Stories of routes that are made through the API, and of tenants with a routing of their own, over the whole program.
import { afterEach, describe, expect, it } from 'vitest';
import { type Fault, failingStore } from '../../store/contract/failing-store.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const config = `collector: { host: false }
channels: { one: { type: console }, two: { type: console } }
receivers: { ops: { channels: [one] }, team: { channels: [two] } }
route:
  receiver: ops
  group_wait: 0s
  group_interval: 1s
  routes:
    - { match: [alertname=Disk], receiver: team }
time_intervals: [{ name: always, time_intervals: [{}] }]
tenants:
  acme:
    receivers: { theirs: { channels: [two] } }
    route: { group_wait: 0s, routes: [{ match: [severity=info] }] }
`;
const rules = (tenant: string) =>
  `tenant: ${tenant}\nrules:\n  - { name: HighCpu, metric: cpu, operator: gt, threshold: 80 }\n`;
const all = '/api/v1/alerts/routes';
const cpuToTeam = { name: 'cpu', match: ['alertname="HighCpu"'], receiver: 'team' };

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly [key: string]: unknown;
}

let app: TestApp;
afterEach(() => app.close());

const begin = async (options: Parameters<typeof startTestApp>[2] = {}, text = config, tenant = 'default') => {
  app = await startTestApp(text, rules(tenant), { durability: 'normal', ...options });
};
const make = async (document: object, headers: Record<string, string> = {}): Promise<Shown> => {
  const { status, body } = await app.call('POST', all, document, headers);
  expect([status, body]).toEqual([201, body]);
  return body as Shown;
};
const shown = async (headers: Record<string, string> = {}): Promise<Shown[]> => {
  const { body } = await app.call('GET', all, undefined, headers);
  return (body as { items: Shown[] }).items;
};
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } } | null)?.error?.code,
];
const cpu = (value: number) => app.push([{ metric: 'cpu', labels: { host: 'a' }, value }]);
/** Channels of the deliveries, once there are so many, in the order in which they were made. */
async function told(count: number, headers: Record<string, string> = {}): Promise<string[]> {
  for (;;) {
    const { body } = await app.call('GET', '/api/v1/deliveries', undefined, headers);
    const { items } = body as { items: { channel: string }[] };
    if (items.length >= count) return items.map(({ channel }) => channel).reverse();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const receiversFor = async (labels: Record<string, string>): Promise<string[]> => {
  const { body } = await app.call('POST', `${all}/test`, { labels });
  return (body as { matched: { receiver: string }[] }).matched.map(({ receiver }) => receiver);
};

describe('a route that is made', () => {
  it('takes open alerts over, and they go back when it is deleted', async () => {
    await begin();
    await cpu(91);
    expect(await told(1)).toEqual(['one']);
    const made = await app.call('POST', all, cpuToTeam);
    const { id } = made.body as Shown;
    expect(made.headers.get('location')).toBe(`${all}/${id}`);
    expect(made.body).toMatchObject({ ...cpuToTeam, version: 1, active: true, origin: { kind: 'api' } });
    // The one that knew of it hears that it is over there, the other that it fires.
    expect((await told(3)).sort()).toEqual(['one', 'one', 'two']);
    expect((await app.call('DELETE', `${all}/cpu`)).status).toBe(204);
    expect((await told(5)).sort()).toEqual(['one', 'one', 'one', 'two', 'two']);
    const { body } = await app.call('GET', `${all}/${id}/versions`);
    expect((body as { items: object[] }).items).toMatchObject([
      { version: 2, action: 'deleted' },
      { version: 1, action: 'created', document: cpuToTeam },
    ]);
    const { events } = {
      events: app.tocsin.services.store.events('default', { kind: 'route', id }, 9, null),
    };
    expect(events.items.map(({ kind, actor, keep }) => [kind, actor, keep])).toEqual([
      ['route.deleted', 'key:TOCSIN_ADMIN_KEY', 2],
      ['route.created', 'key:TOCSIN_ADMIN_KEY', 2],
    ]);
  });

  it('is tried after those of the file, by position, then in the order in which they were made', async () => {
    await begin();
    await make({ name: 'b', match: ['a=b'], receiver: 'team' });
    await make({ name: 'c', match: ['a!=""'], receiver: 'ops', continue: true });
    await make({ name: 'first', match: ['a=c'], receiver: 'team', position: -1 });
    const disk = '{}/{alertname="Disk"}';
    expect((await shown()).map(({ name }) => name)).toEqual([disk, 'first', 'b', 'c']);
    expect(await receiversFor({ a: 'c' })).toEqual(['team']);
    expect(await receiversFor({ a: 'd' })).toEqual(['ops']);
    expect(await receiversFor({ a: 'b', alertname: 'Disk' })).toEqual(['team']);
    app = await app.restart();
    expect((await shown()).map(({ name }) => name)).toEqual([disk, 'first', 'b', 'c']);
  });

  it('is changed only by whoever has seen it as it is, and not where a file owns it', async () => {
    await begin();
    const { id } = await make(cpuToTeam);
    const read = await app.call('GET', `${all}/${id}`);
    const tag = read.headers.get('etag')!;
    // What was read can be put again, and changes nothing.
    const again = await app.call('PUT', `${all}/${id}`, read.body, { 'if-match': tag });
    expect(again).toMatchObject({ status: 200, body: { version: 1 } });
    const patch = { group_wait: '1m', mute_time_intervals: ['always'] };
    expect(await app.call('PATCH', `${all}/${id}?dry_run=true`, patch)).toMatchObject({
      status: 200,
      body: { dry_run: true, route: { version: 2, group_wait: '1m' } },
    });
    const edited = await app.call('PATCH', `${all}/${id}`, patch, { 'if-match': tag });
    expect(edited).toMatchObject({ status: 200, body: { version: 2 } });
    const late = await app.call('PUT', `${all}/${id}`, cpuToTeam, { 'if-match': tag });
    expect(codeOf(late)).toEqual([412, 'precondition_failed']);
    const { body } = await app.call('POST', `${all}/test`, { labels: { alertname: 'HighCpu' } });
    expect(body).toMatchObject({
      matched: [{ receiver: 'team', group_wait: '1m', muted: { by: ['always'], until: null } }],
      missed: [{ path: '{}/{alertname="Disk"}', matcher: 'alertname="Disk"', value: 'HighCpu' }],
    });
    const disk = `${all}/${encodeURIComponent('{}/{alertname="Disk"}')}`;
    const owned = await app.call('PATCH', disk, { group_wait: '1m' });
    expect(codeOf(owned)).toEqual([409, 'owned_by_file']);
    expect((owned.body as { error: object }).error).toMatchObject({ details: { line: 9 } });
  });

  it('is refused with every problem, and nothing of it stays', async () => {
    await begin();
    await make(cpuToTeam);
    const problems = async (document: object) => {
      const { status, body } = await app.call('POST', all, document);
      const { error } = body as { error: { code: string; details?: { problems?: { path: string }[] } } };
      return [status, error.code, ...(error.details?.problems?.map(({ path }) => path) ?? [])];
    };
    expect(await problems({ ...cpuToTeam, match: ['b=c'] })).toEqual([409, 'route_name_taken']);
    expect(await problems({ ...cpuToTeam, name: 'twin' })).toEqual([400, 'invalid_body', 'match']);
    const twinOfFile = { name: 'twin', match: ['alertname=Disk'], receiver: 'team' };
    expect(await problems(twinOfFile)).toEqual([400, 'invalid_body', 'match']);
    const nested = { match: ['x=y'], receiver: 'nobody', mute_time_intervals: ['never'] };
    expect(await problems({ name: 'n', match: ['b=c'], routes: [nested] })).toEqual([
      ...[400, 'invalid_body'],
      ...['routes.0.receiver', 'routes.0.mute_time_intervals.0'],
    ]);
    expect(await problems({ name: 'test', group_wait: 'x', extra: 1, routes: [{}] })).toEqual([
      ...[400, 'invalid_body', 'group_wait'],
      ...['name', 'extra', '', 'routes.0'],
    ]);
    const large = {
      ...cpuToTeam,
      name: 'l',
      match: Array.from({ length: 64 }, () => `a!="${'x'.repeat(1_100)}"`),
    };
    expect(await problems(large)).toEqual([413, 'payload_too_large']);
    expect((await shown()).map(({ name }) => name)).toEqual(['{}/{alertname="Disk"}', 'cpu']);
  });

  it('that is not stored is not there, nor do alerts go its way', async () => {
    let fault: Fault | null = null;
    await begin({
      wrapStore: (store) =>
        failingStore(store, ({ method, args }) => {
          if (method !== 'commit' || !JSON.stringify(args).includes('"config_object"')) return null;
          const now = fault;
          fault = null;
          return now;
        }),
    });
    const { id } = await make({ name: 'kept', match: ['a=b'], receiver: 'team' });
    fault = { when: 'before' };
    expect(codeOf(await app.call('POST', all, cpuToTeam))).toEqual([503, 'unavailable']);
    fault = { when: 'before' };
    expect(codeOf(await app.call('PATCH', `${all}/${id}`, { receiver: 'ops' }))).toEqual([
      503,
      'unavailable',
    ]);
    expect((await shown()).map(({ name }) => name).slice(1)).toEqual(['kept']);
    expect(await receiversFor({ alertname: 'HighCpu' })).toEqual(['ops']);
    expect(await receiversFor({ a: 'b' })).toEqual(['team']);
    await cpu(91);
    expect(await told(1)).toEqual(['one']);
    fault = { when: 'after' };
    expect(codeOf(await app.call('POST', all, cpuToTeam))).toEqual([503, 'unavailable']);
    expect((await shown()).map(({ name }) => name).slice(1)).toEqual(['kept', 'cpu']);
    expect((await told(3)).sort()).toEqual(['one', 'one', 'two']);
  });

  it('waits when the file lets it in no more, and says why', async () => {
    await begin();
    await make(cpuToTeam);
    const { folder } = app;
    await app.tocsin.close();
    const without = config.replace('team: { channels: [two] }', 'crew: { channels: [two] }');
    app = await startTestApp(without.replace('receiver: team', 'receiver: crew'), rules('default'), {
      folder,
    });
    expect((await shown()).at(-1)).toMatchObject({
      ...{ name: 'cpu', active: false },
      problems: [{ path: 'receiver', message: 'there is no such receiver; expected one of ops, crew' }],
    });
    expect(await receiversFor({ alertname: 'HighCpu' })).toEqual(['ops']);
  });
});

describe('a tenant with a routing of its own', () => {
  const acme = { 'x-tenant-id': 'acme' };

  it('is told by it, also by routes that it makes, and others are not', async () => {
    await begin({}, config, 'acme');
    const samples = [{ metric: 'cpu', labels: { host: 'a' }, value: 91 }];
    await app.call('POST', '/api/v1/metrics', { samples }, acme);
    expect(await told(1, acme)).toEqual(['two']);
    const { status, body } = await app.call('POST', all, cpuToTeam, acme);
    expect([status, (body as { error: { code: string } }).error.code]).toEqual([400, 'invalid_body']);
    await make({ name: 'own', match: ['a=b'], receiver: 'theirs' }, acme);
    expect((await shown(acme)).map(({ name }) => name)).toEqual(['{}/{severity="info"}', 'own']);
    const others = await shown({ 'x-tenant-id': 'default' });
    expect(others.map(({ name }) => name)).toEqual(['{}/{alertname="Disk"}']);
  });
});
