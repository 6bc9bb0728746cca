// Silences over HTTP, on the whole program.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const path = '/api/v1/silences';
const hour = 3_600_000;
let app: TestApp;
const keys: Record<string, string> = {};
beforeAll(async () => {
  const config =
    'collector: { host: false }\nroute: { group_wait: 0s, group_by: [host] }\nsilences: { max_duration: 7d }\n';
  app = await startTestApp(config, 'rules:\n  - { name: HighCpu, metric: cpu, threshold: 80 }\n', {
    durability: 'normal',
  });
  for (const [role, scopes] of [
    ['viewer', []],
    ['responder', []],
    ['editor', []],
  ] as const) {
    const made = await app.call('POST', '/api/v1/keys', { name: role, role, tenant: 'default', scopes });
    keys[role] = (made.body as { key: string }).key;
  }
});
afterAll(() => app.close());

type Silence = { id: string; version: number; [key: string]: unknown };
const given = { matchers: ['host="a"'], duration: '1h', comment: 'disk swap' };
const as = (role: string, more = {}) => ({ 'x-api-key': keys[role]!, ...more });
async function make(over: object = {}): Promise<Silence> {
  const { status, body } = await app.call('POST', path, { ...given, ...over });
  expect([status, body]).toEqual([201, body]);
  return body as Silence;
}
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } } | null)?.error?.code,
];
const problemOf = (body: unknown) =>
  (body as { error: { details: { problems: { path: string; message: string }[] } } }).error.details
    .problems[0];

describe('a silence', () => {
  it('is made by a responder, shown, changed and ended', async () => {
    const made = await app.call('POST', path, given, as('responder'));
    const silence = made.body as Silence;
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`${path}/${silence.id}`);
    expect(silence).toMatchObject({
      state: 'active',
      matchers: ['host="a"'],
      comment: 'disk swap',
      created_by: 'key:responder',
      updated_by: 'key:responder',
      held: 0,
      version: 1,
      reminded_at: null,
    });
    expect(silence.holds_until).toBe(silence.ends_at);
    const at = `${path}/${silence.id}`;
    const read = await app.call('GET', at, undefined, as('viewer'));
    expect(read.body).toEqual({ ...silence, holding: 0 });
    const tag = read.headers.get('etag')!;

    const change = { ...given, matchers: ['host=~"a|b"'], duration: '2h' };
    const changed = await app.call('PUT', at, change, as('editor', { 'if-match': tag }));
    expect(changed.body).toMatchObject({
      id: silence.id,
      matchers: ['host=~"a|b"'],
      starts_at: silence.starts_at,
      updated_by: 'key:editor',
      created_by: 'key:responder',
      version: 2,
    });
    expect(codeOf(await app.call('PUT', at, change, { 'if-match': tag }))).toEqual([
      412,
      'precondition_failed',
    ]);
    expect(changed.headers.get('etag')).not.toBe(tag);
    const again = await app.call('PUT', at, change, { 'if-match': changed.headers.get('etag')! });
    expect([again.status, (again.body as Silence).version]).toEqual([200, 3]);

    for (let time = 0; time < 2; time++) {
      const ended = await app.call('DELETE', at);
      expect([ended.status, ended.body]).toMatchObject([
        200,
        { state: 'expired', version: 4, holds_until: null },
      ]);
    }
    expect(codeOf(await app.call('PUT', at, change))).toEqual([409, 'silence_over']);
  });

  it('is made once under one Idempotency-Key', async () => {
    const header = { 'idempotency-key': 'one' };
    const first = await app.call('POST', path, given, header);
    const second = await app.call('POST', path, given, header);
    expect(second.body).toEqual(first.body);
    expect(codeOf(await app.call('POST', path, { ...given, comment: 'x' }, header))).toEqual([
      409,
      'idempotency_conflict',
    ]);
  });

  it('takes the matchers of Alertmanager, as texts and as objects', async () => {
    const matchers = [
      '"service.name"!="api"',
      { name: '主機', value: 'a|b', isRegex: true, isEqual: true },
      { name: 'env', value: 'dev', isRegex: true, isEqual: false },
      { name: 'team', value: 'x' },
      { name: 'zone', value: '', isEqual: false },
    ];
    expect(await make({ matchers })).toMatchObject({
      matchers: ['service.name!="api"', '主機=~"a|b"', 'env!~"dev"', 'team="x"', 'zone!=""'],
    });
  });

  it('says what is wrong with it', async () => {
    const now = Date.now();
    const wrong: [object, string, RegExp][] = [
      [{ matchers: [] }, 'matchers', /at least one matcher/],
      [{ matchers: ['host=~".*"', 'env!="x"'] }, 'matchers', /absent label/],
      [{ matchers: ['host=~"("'] }, 'matchers.0', /./],
      [{ matchers: [{ name: 'host', value: 'a', op: '=' }] }, 'matchers.0.op', /unknown key/],
      [{ matchers: Array.from({ length: 65 }, () => 'a="b"') }, 'matchers', /./],
      [{ comment: ' ' }, 'comment', /why/],
      [{ comment: '靜'.repeat(1_400) }, 'comment', /4096 bytes/],
      [{ duration: undefined }, 'ends_at', /ends_at/],
      [{ ends_at: now + hour }, 'ends_at', /`ends_at` or `duration`/],
      [{ duration: '0s' }, 'duration', /after the start/],
      [{ duration: undefined, ends_at: now - hour }, 'ends_at', /after the start/],
      [{ duration: undefined, starts_at: now + 2 * hour, ends_at: now + hour }, 'ends_at', /after the start/],
      [{ duration: '8d' }, 'ends_at', /at most 7d of silence/],
      [
        { duration: '30d', recurs: [{ months: ['january:december'] }] },
        'recurs',
        /7d of silence in one piece/,
      ],
      [{ recurs: [{ years: ['1999'] }] }, 'recurs', /between the start and the end/],
      [{ recurs: [{ weekdays: ['someday'] }] }, 'recurs.0.weekdays.0', /weekday/],
      [{ starts_at: now + 400 * 24 * hour }, 'ends_at', /within 400d/],
    ];
    for (const [over, where, message] of wrong) {
      const answer = await app.call('POST', path, { ...given, ...over });
      expect([over, ...codeOf(answer)]).toEqual([over, 400, 'invalid_body']);
      expect(problemOf(answer.body)).toEqual({ path: where, message: expect.stringMatching(message) });
    }
  });

  it('of more than a day is not for a responder, nor for a key that may only respond', async () => {
    const long = { ...given, duration: '25h' };
    const narrow = await app.call('POST', '/api/v1/keys', {
      name: 'narrow',
      role: 'editor',
      tenant: 'default',
      scopes: ['respond'],
    });
    const narrowKey = { 'x-api-key': (narrow.body as { key: string }).key };
    for (const key of [as('responder'), narrowKey]) {
      const refused = await app.call('POST', path, long, key);
      expect(codeOf(refused)).toEqual([403, 'forbidden']);
      expect(refused.body).toMatchObject({ error: { details: { max_duration: '1d', requires: 'edit' } } });
    }
    expect((await app.call('POST', path, long, as('editor'))).status).toBe(201);
    expect((await app.call('POST', path, given, as('viewer'))).status).toBe(403);
  });

  it('that nobody knows is not found', async () => {
    for (const id of ['none', '0190a000-0000-7000-8000-00001234abcd'])
      for (const [method, body] of [['GET'], ['PUT', given], ['DELETE']] as const)
        expect(codeOf(await app.call(method, `${path}/${id}`, body))).toEqual([404, 'silence_not_found']);
  });

  it('is listed by its state and by what it asks for, a page at a time', async () => {
    const mine = { comment: 'listed' };
    const active = await make({ ...mine, matchers: ['zone="x"', 'team="web"'] });
    const pending = await make({ ...mine, matchers: ['zone="x"'], starts_at: Date.now() + hour });
    const over = await make({ ...mine, matchers: ['zone=~"x|y"'] });
    await app.call('DELETE', `${path}/${over.id}`);
    const list = async (query: string) => {
      const { body } = await app.call('GET', `${path}?${query}`);
      return body as { items: Silence[]; next: string | null };
    };
    const ids = async (query: string) => (await list(query)).items.map(({ id }) => id);
    const zone = `matcher=${encodeURIComponent('zone=~".*x.*"')}&matcher=${encodeURIComponent('zone!=""')}`;
    expect(await ids(zone)).toEqual([over.id, pending.id, active.id]);
    expect(await ids(`${zone}&state=active`)).toEqual([active.id]);
    expect(await ids(`${zone}&state=pending`)).toEqual([pending.id]);
    expect(await ids(`${zone}&state=expired`)).toEqual([over.id]);
    expect(await ids(`${zone}&state=pending,expired`)).toEqual([over.id, pending.id]);
    expect(await ids(`matcher=team%3D"web"`)).toEqual([active.id]);
    const first = await list(`${zone}&limit=2`);
    expect(first.items.map(({ id }) => id)).toEqual([over.id, pending.id]);
    expect(await ids(`${zone}&limit=2&cursor=${first.next}`)).toEqual([active.id]);
    expect(codeOf(await app.call('GET', `${path}?matcher=x`))).toEqual([400, 'invalid_query']);
  });

  it('says how many firing alerts it holds back now', async () => {
    const sample = (host: string, value: number) => ({ metric: 'cpu', labels: { host }, value });
    await app.push([sample('h1', 99), sample('h2', 99), sample('h3', 1)]);
    const { id } = await make({ matchers: ['host=~"h.*"'] });
    const holding = async () => ((await app.call('GET', `${path}/${id}`)).body as Silence).holding;
    expect(await holding()).toBe(2);
    await app.call('DELETE', `${path}/${id}`);
    expect(await holding()).toBe(0);
  });
});

describe('before it is made', () => {
  const sample = (host: string, value: number) => ({ metric: 'cpu', labels: { host }, value });

  it('a silence is shown with what it would hold back now', async () => {
    await app.push([sample('p1', 99), sample('p2', 99), sample('p3', 99)]);
    const matchers = ['host=~"p1|p2"'];
    const { status, body } = await app.call('POST', `${path}/preview`, { matchers, limit: 1 }, as('viewer'));
    expect([status, body]).toMatchObject([
      200,
      {
        firing: 2,
        pending: 0,
        suppressed: 0,
        receivers: [{ receiver: 'default', groups: 2, alerts: 2 }],
        alerts: [{ rule: 'HighCpu', state: 'firing', labels: { host: 'p1' }, suppressed: null }],
        groups: {
          total: 2,
          silent: 2,
          shorter: 0,
          items: [{ receiver: 'default', labels: { host: 'p1' }, taken: 1, members: 1, left: null }],
        },
      },
    ]);
    const group = (body as { groups: { items: { next: { reason: string } }[] } }).groups.items[0]!;
    expect(group.next.reason).toBe('repeat');
  });

  it('a silence is tried on what was sent', async () => {
    const from = Date.now();
    await app.push([sample('t1', 99), sample('t2', 99)]);
    const matchers = ['host="t1"', 'severity="warning"'];
    const tried = async (over: object) =>
      app.call('POST', `${path}/try`, { matchers, from, ...over }, as('viewer'));
    const { body } = await tried({ to: Date.now() + 1_000 });
    expect(body).toMatchObject({
      messages: 2,
      held: { messages: 1, whole: 1, in_part: 0, alerts: 1 },
      items: [{ receiver: 'default', reason: 'first', whole: true, taken: 1, alerts: 1 }],
    });
    const { id } = (body as { items: { id: string }[] }).items[0]!;
    expect((await app.call('GET', `/api/v1/notifications/${id}`)).status).toBe(200);
    expect((await tried({ to: from - 5, from: from - 10 })).body).toMatchObject({ held: { messages: 0 } });
    expect(codeOf(await tried({ to: from - 1 }))).toEqual([400, 'invalid_body']);
    expect(codeOf(await tried({ from: from - 32 * 24 * hour }))).toEqual([400, 'invalid_body']);
  });
});

describe('a recurring silence', () => {
  it('holds for longer than one may, since no piece of it does', async () => {
    const recurs = [{ times: [{ start_time: '02:00', end_time: '04:00' }], location: 'Asia/Taipei' }];
    const made = await make({ recurs, duration: '365d' });
    expect(made).toMatchObject({ state: 'active', recurs });
    const read = await app.call('GET', `${path}/${made.id}`);
    expect(read.body).toMatchObject({ recurs });
    const refused = await app.call('POST', path, { ...given, recurs, duration: '365d' }, as('responder'));
    expect(codeOf(refused)).toEqual([403, 'forbidden']);
  });
});
