// Stories of who is on call, over the whole program: asked, taken over for a night, and read by a calendar program.
import { afterEach, describe, expect, it } from 'vitest';
import { type Fault, failingStore } from '../../store/contract/failing-store.ts';

import { readCalendar } from '../../testing/read-calendar.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const config = `collector: { host: false }
channels: { one: { type: console } }
time_zone: Europe/Vienna
schedules:
  primary:
    layers:
      - { name: week, start: 2020-01-06 09:00, every: 1w, people: [ann, bob] }
      - { name: nights, start: 2020-01-06, every: 1d, people: [[cy, dee]], restrict: [{ from: '22:00', to: '06:00' }] }
tenants:
  acme:
    schedules:
      theirs: { time_zone: UTC, layers: [{ name: all, start: 2020-01-06, every: 1d, people: [zoe] }] }
`;
const rules = 'rules: []\n';
const overrides = '/api/v1/on-call/overrides';

let app: TestApp;
afterEach(() => app.close());
const begin = async (options: Parameters<typeof startTestApp>[2] = {}, text = config) => {
  app = await startTestApp(text, rules, { durability: 'normal', ...options });
};

interface Shown {
  readonly items: readonly {
    readonly schedule: string;
    readonly people: string[];
    readonly [key: string]: unknown;
  }[];
}
const onCall = async (at: string, headers: Record<string, string> = {}) => {
  const { status, body } = await app.call(
    'GET',
    `/api/v1/on-call?at=${encodeURIComponent(at)}`,
    undefined,
    headers,
  );
  expect([status, body]).toEqual([200, body]);
  return (body as Shown).items;
};
const problemsOf = (body: unknown) =>
  (
    body as { error: { details: { problems: { path: string; message: string }[] } } }
  ).error.details.problems.map(({ path, message }) => `${path}: ${message}`);
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } } | null)?.error?.code,
];
/** Far enough ahead that it is never over. Monday 2 January 2090, 09:00 in Vienna, is 08:00 UTC. */
const tonight = {
  schedule: 'primary',
  person: 'eve',
  from: '2090-01-03T17:00:00.000Z',
  to: '2090-01-03T23:00:00.000Z',
};

describe('who is on call', () => {
  it('is said by each schedule, with until when and who is next; of another tenant by its own', async () => {
    await begin();
    expect(await onCall('2090-01-03T12:00:00Z')).toEqual([
      {
        ...{
          schedule: 'primary',
          time_zone: 'Europe/Vienna',
          people: ['ann'],
          layer: 'week',
          override: false,
        },
        until: '2090-01-03T21:00:00.000Z',
        next: { people: ['cy', 'dee'], from: '2090-01-03T21:00:00.000Z' },
      },
    ]);
    expect(await onCall('2090-01-03T12:00:00Z', { 'x-tenant-id': 'acme' })).toMatchObject([
      { schedule: 'theirs', people: ['zoe'], until: null, next: null },
    ]);
    const { body } = await app.call(
      'GET',
      '/api/v1/on-call/schedules/primary?from=2090-01-03T12:00:00Z&to=2090-01-04T12:00:00Z',
    );
    expect(body).toMatchObject({
      time_zone: 'Europe/Vienna',
      shifts: [
        {
          start: '2090-01-03T12:00:00.000Z',
          end: '2090-01-03T21:00:00.000Z',
          people: ['ann'],
          layer: 'week',
        },
        { start: '2090-01-03T21:00:00.000Z', people: ['cy', 'dee'], layer: 'nights' },
        { start: '2090-01-03T23:00:00.000Z', end: '2090-01-04T05:00:00.000Z', people: ['cy', 'dee'] },
        { start: '2090-01-04T05:00:00.000Z', end: '2090-01-04T12:00:00.000Z', people: ['ann'] },
      ],
      next: null,
    });
    for (const [path, code] of [
      ['/api/v1/on-call/schedules/second', [404, 'schedule_not_found']],
      ['/api/v1/on-call/schedules/theirs', [404, 'schedule_not_found']],
      [
        '/api/v1/on-call/schedules/primary?from=2090-01-01T00:00:00Z&to=2092-01-01T00:00:00Z',
        [400, 'invalid_query'],
      ],
      [
        '/api/v1/on-call/schedules/primary?from=2090-01-01T00:00:00Z&to=2089-01-01T00:00:00Z',
        [400, 'invalid_query'],
      ],
    ] as const)
      expect(codeOf(await app.call('GET', path))).toEqual(code);
  });

  it('is told in parts where there are many shifts', async () => {
    await begin({}, config.replace('every: 1w', 'every: 1h'));
    const ask = async (from: string) => {
      const path = `/api/v1/on-call/schedules/primary?from=${from}&to=2090-06-01T00:00:00Z`;
      return (await app.call('GET', path)).body as { shifts: { start: string }[]; next: string | null };
    };
    const first = await ask('2090-01-01T00:00:00Z');
    expect(first.shifts).toHaveLength(1_000);
    expect((await ask(first.next!)).shifts[0]!.start).toBe(first.next);
  });
});

describe('an override', () => {
  it('takes a shift tonight, is there after a restart, audited, and can be taken back', async () => {
    await begin();
    const made = await app.call(
      'POST',
      overrides,
      { ...tonight, comment: 'theatre' },
      { 'idempotency-key': 'a' },
    );
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...tonight,
        layer: null,
        active: true,
        created_by: 'key:TOCSIN_ADMIN_KEY',
      },
    });
    const again = await app.call(
      'POST',
      overrides,
      { ...tonight, comment: 'theatre' },
      { 'idempotency-key': 'a' },
    );
    expect(again.body).toEqual(made.body);
    const { id } = made.body as { id: string };
    const night = async () => (await onCall('2090-01-03T22:00:00Z'))[0];
    expect(await night()).toMatchObject({
      people: ['eve'],
      override: true,
      next: { people: ['cy', 'dee'], from: '2090-01-03T23:00:00.000Z' },
    });
    app = await app.restart();
    expect(await night()).toMatchObject({ people: ['eve'] });
    expect(app.tocsin.services.onCall.schedules('default').get('primary')!.overrides).toMatchObject([{ id }]);
    const listed = await app.call('GET', `${overrides}?schedule=primary`);
    expect(listed.body).toMatchObject({ items: [{ id, person: 'eve' }], next: null });
    const one = await app.call('GET', `${overrides}/${id}`);
    const stale = { 'if-match': '"9-0000000000000000"' };
    expect(codeOf(await app.call('DELETE', `${overrides}/${id}`, undefined, stale))).toEqual([
      412,
      'precondition_failed',
    ]);
    const seen = { 'if-match': one.headers.get('etag')! };
    expect((await app.call('DELETE', `${overrides}/${id}`, undefined, seen)).status).toBe(204);
    expect(await night()).toMatchObject({ people: ['cy', 'dee'] });
    expect(codeOf(await app.call('DELETE', `${overrides}/${id}`))).toEqual([404, 'override_not_found']);
    const versions = await app.call('GET', `${overrides}/${id}/versions`);
    expect(versions.body).toMatchObject({ items: [{ action: 'deleted' }, { action: 'created' }] });
    const audit = (await app.call('GET', '/api/v1/audit')).body as { items: { kind: string }[] };
    expect(audit.items.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['override.created', 'override.deleted']),
    );
  });

  it('in the place of a layer holds where that layer has somebody; of two the later one wins', async () => {
    await begin();
    await app.call('POST', overrides, { ...tonight, layer: 'nights' });
    expect(await onCall('2090-01-03T20:59:00Z')).toMatchObject([{ people: ['ann'] }]);
    expect(await onCall('2090-01-03T21:00:00Z')).toMatchObject([{ people: ['eve'], layer: 'nights' }]);
    await app.call('POST', overrides, { ...tonight, person: 'fay', layer: 'nights' });
    expect(await onCall('2090-01-03T21:00:00Z')).toMatchObject([{ people: ['fay'] }]);
  });

  it('is tried first: who would be on call instead, what is left open, what it meets', async () => {
    const gap = `\n  thin: { time_zone: UTC, allow_gaps: true, layers: [{ name: all, start: 2020-01-06, every: 1d, people: [ann], restrict: [{ from: '08:00', to: '20:00' }] }] }\ntenants:`;
    await begin({}, config.replace('\ntenants:', gap));
    const asked = async (body: object) =>
      (await app.call('POST', `${overrides}?dry_run=true`, body)) as { status: number; body: object };
    expect(await asked(tonight)).toMatchObject({
      status: 200,
      body: {
        ...{ dry_run: true, override: { person: 'eve', active: true }, gaps: [], overlaps: [], more: false },
        taken: [
          {
            ...{ start: tonight.from, end: tonight.to },
            instead: [
              { start: tonight.from, end: '2090-01-03T21:00:00.000Z', people: ['ann'] },
              { start: '2090-01-03T21:00:00.000Z', end: tonight.to, people: ['cy', 'dee'] },
            ],
          },
        ],
      },
    });
    expect(((await app.call('GET', overrides)).body as Shown).items).toEqual([]);
    // In the place of a layer: where that has nobody there is nothing to take over.
    expect(await asked({ ...tonight, schedule: 'thin', layer: 'all' })).toMatchObject({
      body: {
        taken: [{ start: tonight.from, end: '2090-01-03T20:00:00.000Z', instead: [{ people: ['ann'] }] }],
        gaps: [{ start: '2090-01-03T20:00:00.000Z', end: tonight.to }],
      },
    });
    const { id } = (await app.call('POST', overrides, tonight)).body as { id: string };
    expect(await asked({ ...tonight, person: 'fay', from: '2090-01-03T22:00:00Z' })).toMatchObject({
      body: { taken: [{ instead: [{ people: ['eve'] }] }], overlaps: [{ id, person: 'eve' }] },
    });
    expect(codeOf(await asked({ ...tonight, schedule: 'second' }))).toEqual([400, 'invalid_body']);
  });

  it('that is wrong is refused, and says where; one whose schedule is gone waits', async () => {
    await begin();
    const refused = async (change: object) => {
      const reply = await app.call('POST', overrides, { ...tonight, ...change });
      expect(codeOf(reply)).toEqual([400, 'invalid_body']);
      return problemsOf(reply.body);
    };
    expect(await refused({ schedule: 'second' })).toEqual([
      'schedule: there is no such schedule; expected one of primary',
    ]);
    expect(await refused({ layer: 'days' })).toEqual([
      'layer: there is no such layer; expected one of week, nights',
    ]);
    expect(await refused({ to: tonight.from })).toEqual(['to: expected a time after `from`']);
    expect(await refused({ to: '2092-01-01T00:00:00Z' })).toEqual([
      'to: expected a time at most 366d after `from`',
    ]);
    expect(await refused({ from: '2001-01-01T00:00:00Z', to: '2001-01-02T00:00:00Z' })).toEqual([
      'to: expected a time in the future',
    ]);
    expect(await refused({ who: 'eve' })).toEqual(['who: unknown key']);
    await app.call('POST', overrides, tonight);
    await app.tocsin.close();
    const { folder } = app;
    await begin({ folder }, config.replace('  primary:', '  renamed:'));
    expect((await app.call('GET', overrides)).body).toMatchObject({
      items: [{ active: false, problems: [{ path: 'schedule' }] }],
    });
    expect(await onCall('2090-01-03T22:00:00Z')).toMatchObject([
      { schedule: 'renamed', people: ['cy', 'dee'] },
    ]);
  });

  it('that could not be stored is nobody’s, and the next one is', async () => {
    let fault: Fault | null = null;
    const plan = ({ method }: { method: string }) => {
      if (method !== 'commit') return null;
      const now = fault;
      fault = null;
      return now;
    };
    await begin({ wrapStore: (store) => failingStore(store, plan) });
    fault = { when: 'before' };
    expect(codeOf(await app.call('POST', overrides, tonight))).toEqual([503, 'unavailable']);
    expect(await onCall('2090-01-03T22:00:00Z')).toMatchObject([{ people: ['cy', 'dee'] }]);
    for (;;) {
      const { status } = await app.call('POST', overrides, tonight);
      if (status === 201) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await onCall('2090-01-03T22:00:00Z')).toMatchObject([{ people: ['eve'] }]);
  });
});

describe('the calendar of a schedule', () => {
  const link = async (name = 'primary') => {
    const { status, body } = await app.call('POST', `/api/v1/on-call/schedules/${name}/calendar`);
    expect([status, body]).toEqual([201, body]);
    return body as { id: string; url: string };
  };
  const fetched = async (url: string) => {
    const response = await app.tocsin.fetch(new Request(url));
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  };

  it('is what the schedule says, with an override in it, and the same events each time', async () => {
    await begin();
    const { url } = await link();
    const { status, type, text } = await fetched(url);
    expect([status, type]).toEqual([200, 'text/calendar; charset=utf-8']);
    const calendar = readCalendar(text);
    expect(calendar.name).toBe('On call: primary');
    const now = Math.floor(app.tocsin.services.now());
    expect(calendar.events.length).toBeGreaterThan(1_000);
    const { body } = await app.call('GET', `/api/v1/on-call?at=${now}`);
    const [watch] = (body as Shown).items;
    const current = calendar.events.find(({ start, end }) => start <= now && now < end)!;
    expect(current.summary).toBe(`${watch!.people.join(', ')} (primary)`);
    expect(calendar.events.every(({ end }, i) => end <= (calendar.events[i + 1]?.start ?? end))).toBe(true);
    expect(new Set(calendar.events.map(({ uid }) => uid)).size).toBe(calendar.events.length);

    const { start: from, end } = current;
    await app.call('POST', overrides, {
      ...tonight,
      person: 'eve',
      from,
      to: Math.min(end, now + 3_600_000),
    });
    const changed = readCalendar((await fetched(url)).text);
    expect(changed.events.filter(({ summary }) => summary === 'eve (primary)').length).toBe(1);
    const kept = new Set(changed.events.map(({ uid }) => uid));
    const lost = calendar.events.filter(({ uid }) => !kept.has(uid));
    expect(lost.length).toBeLessThanOrEqual(1);
    const own = readCalendar((await fetched(`${url}&person=bob`)).text);
    expect(new Set(own.events.map(({ summary }) => summary))).toEqual(new Set(['bob (primary)']));
  });

  it('opens by the key of its link alone, which opens nothing else, until it is revoked', async () => {
    await begin(
      {},
      config.replace(
        '  primary:',
        `  second: { layers: [{ name: all, start: 2020-01-01, every: 1d, people: [ann] }] }\n  primary:`,
      ),
    );
    const { id, url } = await link();
    const token = new URL(url).searchParams.get('token')!;
    const status = async (other: string) => (await fetched(other)).status;
    expect(await status(url)).toBe(200);
    expect(await status(url.replace('primary', 'second'))).toBe(404);
    expect(await status(url.replace(token, ''))).toBe(401);
    expect(await status(url.replace(token, app.key))).toBe(401);
    expect(await status(`${url.slice(0, -1)}${url.endsWith('a') ? 'b' : 'a'}`)).toBe(401);
    for (const path of ['/api/v1/on-call', '/api/v1/alerts', '/openapi.json', '/api/v1/keys'])
      expect(codeOf(await app.call('GET', path, undefined, { 'x-api-key': token }))).toEqual([
        403,
        'forbidden',
      ]);
    expect(
      codeOf(
        await app.call(
          'POST',
          '/api/v1/events',
          { type: 'a', severity: 'info', message: 'x' },
          { 'x-api-key': token },
        ),
      ),
    ).toEqual([403, 'forbidden']);
    const keys = (await app.call('GET', '/api/v1/keys')).body as { items: { id: string; role: string }[] };
    expect(keys.items.find((one) => one.id === id)).toMatchObject({
      role: 'calendar',
      name: 'calendar primary',
    });
    // Nobody asks for such a key but by a link.
    expect((await app.call('POST', '/api/v1/keys', { name: 'mine', role: 'calendar' })).status).toBe(400);
    expect((await app.call('DELETE', `/api/v1/keys/${id}`)).status).toBe(204);
    expect(await status(url)).toBe(401);
    const theirs = await app.call('POST', '/api/v1/on-call/schedules/theirs/calendar', undefined, {
      'x-tenant-id': 'acme',
    });
    const other = (theirs.body as { url: string }).url;
    expect((await fetched(other)).text).toContain('zoe');
    expect(await status(other.replace('theirs', 'primary'))).toBe(404);
  });
});
