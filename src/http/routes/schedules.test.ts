// Stories of on-call schedules and escalation policies that are made through the API, over the whole program.
import { afterEach, describe, expect, it } from 'vitest';
import { expand } from '../../policy/expand.ts';
import { type Fault, failingStore } from '../../store/contract/failing-store.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const config = `collector: { host: false }
time_zone: Europe/Vienna
channels: { screen: { type: console } }
people:
  ann: {}
  bob: {}
schedules:
  days:
    layers: [{ name: all, start: 2020-01-06 09:00, every: 1w, people: [ann, [bob, ann]], restrict: [{ days: ['monday:friday'], from: '00:00', to: '24:00' }] }]
    overrides: [{ person: bob, from: 2090-01-01, to: 2090-01-02 12:00 }]
    allow_gaps: true
time_intervals: [{ name: nights, time_intervals: [{ times: [{ start_time: '22:00', end_time: '24:00' }] }] }]
escalations: { loud: { steps: [{ after: 10m, to: [on_call:days], when: { severity: [critical], time_intervals: [nights] } }] } }
teams: { night: api }
receivers: { ops: { channels: [screen], escalation: loud } }
tenants:
  acme: { receivers: { theirs: { channels: [screen] } } }
`;
const schedules = '/api/v1/alerts/schedules';
const escalations = '/api/v1/alerts/escalations';
const layer = { name: 'all', start: '2020-01-06 09:00', every: '1w', people: ['ann', ['bob', 'ann']] };
const primary = { name: 'primary', layers: [layer] };

let app: TestApp;
afterEach(() => app.close());
const begin = async (options: Parameters<typeof startTestApp>[2] = {}, text = config) => {
  app = await startTestApp(text, 'rules: []\n', { durability: 'normal', ...options });
};
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } } | null)?.error?.code,
];
const usersOf = ({ body }: { body: unknown }) =>
  (body as { error: { details: { used_by: string[] } } }).error.details.used_by;
const problemsOf = ({ body }: { body: unknown }) =>
  (
    body as { error: { details: { problems: { path: string; message: string }[] } } }
  ).error.details.problems.map(({ path, message }) => `${path}: ${message}`);
const onCall = async (schedule: string, at = '2090-01-03T12:00:00Z') => {
  const { body } = await app.call('GET', `/api/v1/on-call?at=${at}`);
  const { items } = body as { items: { schedule: string; people: string[] }[] };
  return items.find((one) => one.schedule === schedule)?.people ?? null;
};

describe('a schedule of the API', () => {
  it('is asked like one of the file, over a restart, and can be put as it is shown', async () => {
    await begin();
    const would = await app.call('POST', `${schedules}?dry_run=true`, primary);
    expect(would).toMatchObject({ status: 200, body: { dry_run: true, schedule: { name: 'primary' } } });
    expect(await onCall('primary')).toBeNull();
    const made = await app.call('POST', schedules, primary);
    expect(made).toMatchObject({
      status: 201,
      body: { ...primary, version: 1, origin: { kind: 'api' }, active: true },
    });
    expect(made.headers.get('location')).toBe(`${schedules}/primary`);
    expect(await onCall('primary')).toEqual(['ann']);
    const over = {
      schedule: 'primary',
      person: 'bob',
      to: '2090-01-04T00:00:00Z',
      from: '2090-01-03T00:00:00Z',
    };
    expect((await app.call('POST', '/api/v1/on-call/overrides', over)).status).toBe(201);
    expect(await onCall('primary')).toEqual(['bob']);
    app = await app.restart();
    expect(await onCall('primary')).toEqual(['bob']);
    const shown = await app.call('GET', `${schedules}/primary`);
    const seen = { 'if-match': shown.headers.get('etag')! };
    expect((await app.call('PUT', `${schedules}/primary`, shown.body, seen)).body).toEqual(shown.body);
    const patched = await app.call('PATCH', `${schedules}/primary`, { time_zone: 'UTC' }, seen);
    expect(patched).toMatchObject({ status: 200, body: { version: 2, time_zone: 'UTC' } });
    expect(codeOf(await app.call('DELETE', `${schedules}/primary`, undefined, seen))).toEqual([
      412,
      'precondition_failed',
    ]);
    expect((await app.call('GET', '/api/v1/on-call/schedules/primary')).body).toMatchObject({
      time_zone: 'UTC',
    });
    const { id } = made.body as { id: string };
    expect((await app.call('DELETE', `${schedules}/${id}`)).status).toBe(204);
    expect(await onCall('primary')).toBeNull();
    const versions = (await app.call('GET', `${schedules}/${id}/versions`)).body as { items: object[] };
    expect(versions.items).toMatchObject([
      { version: 3, action: 'deleted' },
      { version: 2, action: 'patched' },
      { version: 1, action: 'created', document: primary },
    ]);
    const audit = (await app.call('GET', '/api/v1/audit')).body as { items: { kind: string }[] };
    expect(audit.items.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['schedule.created', 'schedule.changed', 'schedule.deleted']),
    );
    // The override of it waits, as of one that a file had.
    expect((await app.call('GET', '/api/v1/on-call/overrides')).body).toMatchObject({
      items: [{ active: false, problems: [{ path: 'schedule' }] }],
    });
  });

  it('is refused with the place of what is wrong: gaps, names, times', async () => {
    await begin();
    const refused = async (change: object) => {
      const reply = await app.call('POST', schedules, { ...primary, ...change });
      expect(codeOf(reply)).toEqual([400, 'invalid_body']);
      return problemsOf(reply);
    };
    const restrict = [{ days: ['monday:friday'], from: '00:00', to: '24:00' }];
    expect(await refused({ layers: [{ ...layer, restrict }] })).toEqual([
      expect.stringMatching(
        /^layers: nobody is on call from .* \(Europe\/Vienna\); add a layer that has somebody then, or say allow_gaps: true$/,
      ),
    ]);
    expect(await refused({ layers: [{ ...layer, people: ['ann', ['bob', 'cy'], 'dee'] }] })).toEqual([
      'layers.0.people.1.1: there is no such person',
      'layers.0.people.2: there is no such person',
    ]);
    expect(await refused({ layers: [layer, { ...layer, every: '90m' }] })).toEqual([
      'layers.1.every: expected whole hours from 1h to 366d, such as 12h, 1d or 1w',
    ]);
    expect(await refused({ layers: [layer, layer] })).toEqual([
      'layers.1.name: there is a layer "all" already',
    ]);
    expect(await refused({ time_zone: 'Mars/Olympus', who: 1 })).toHaveLength(2);
    const gaps = await app.call('POST', schedules, {
      ...primary,
      allow_gaps: true,
      layers: [{ ...layer, restrict }],
    });
    expect(gaps.status).toBe(201);
    expect(codeOf(await app.call('POST', schedules, primary))).toEqual([409, 'schedule_name_taken']);
  });

  it('of a file is shown in the words of the API and changed where the file is', async () => {
    await begin();
    const { body } = await app.call('GET', `${schedules}/days`);
    expect(body).toMatchObject({
      origin: { kind: 'file', line: 9 },
      time_zone: 'Europe/Vienna',
      layers: [
        {
          ...layer,
          every: '7d',
          restrict: [{ days: expect.arrayContaining(['monday']), from: '00:00', to: '24:00' }],
        },
      ],
      overrides: [{ person: 'bob', from: '2090-01-01 00:00', to: '2090-01-02 12:00' }],
    });
    const { id: _, ...document } = body as Record<string, unknown>;
    expect((await app.call('POST', schedules, { ...document, name: 'copied' })).status).toBe(201);
    const at = '2089-12-31T23:30:00Z';
    expect(await onCall('copied', at)).toEqual(await onCall('days', at));
    expect(codeOf(await app.call('POST', schedules, { ...primary, name: 'days' }))).toEqual([
      409,
      'schedule_name_taken',
    ]);
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      expect(
        await app.call(method, `${schedules}/days`, method === 'DELETE' ? undefined : primary),
      ).toMatchObject({ status: 409, body: { error: { code: 'owned_by_file', details: { line: 9 } } } });
    // Of another tenant it is a name like any other.
    const acme = { 'x-tenant-id': 'acme' };
    expect((await app.call('POST', schedules, { ...primary, name: 'days' }, acme)).status).toBe(201);
  });

  it('keeps its people, and is kept by groups and escalations that name it', async () => {
    await begin();
    await app.call('POST', '/api/v1/alerts/recipients', { name: 'cy' });
    await app.call('POST', schedules, { ...primary, layers: [{ ...layer, people: ['cy'] }] });
    expect((await app.call('DELETE', '/api/v1/alerts/recipients/cy')).body).toMatchObject({
      error: { code: 'person_in_use', details: { by: ['schedule primary'] } },
    });
    await app.call('POST', '/api/v1/alerts/groups', { name: 'night', members: ['on_call:primary'] });
    const { people } = expand(
      app.tocsin.services.directory('default'),
      [{ kind: 'team', name: 'night' }],
      3e12,
    );
    expect(people.map(({ name }) => name)).toEqual(['cy']);
    await app.call('POST', escalations, { name: 'slow', steps: [{ after: '1h', to: ['on_call:primary'] }] });
    const kept = await app.call('DELETE', `${schedules}/primary`);
    expect([codeOf(kept), usersOf(kept)]).toEqual([
      [409, 'schedule_in_use'],
      ['group night', 'escalation slow'],
    ]);
    await app.call('DELETE', `${escalations}/slow`);
    await app.call('PATCH', '/api/v1/alerts/groups/night', { members: ['ann'] });
    expect((await app.call('DELETE', `${schedules}/primary`)).status).toBe(204);
    expect((await app.call('DELETE', '/api/v1/alerts/recipients/cy')).status).toBe(204);
  });

  it('that could not be stored is nobody’s; one whose name a changed file has waits', async () => {
    let fault: Fault | null = null;
    const plan = ({ method }: { method: string }) => {
      if (method !== 'commit') return null;
      const now = fault;
      fault = null;
      return now;
    };
    await begin({ wrapStore: (store) => failingStore(store, plan) });
    fault = { when: 'before' };
    expect(codeOf(await app.call('POST', schedules, primary))).toEqual([503, 'unavailable']);
    expect(await onCall('primary')).toBeNull();
    for (let made = 503; made !== 201; ) made = (await app.call('POST', schedules, primary)).status;
    await app.tocsin.close();
    const { folder } = app;
    await begin(
      { folder },
      config.replace('  days:', '  primary:').replace('on_call:days', 'on_call:primary'),
    );
    const { body } = await app.call('GET', schedules);
    expect((body as { items: object[] }).items).toMatchObject([
      { origin: { kind: 'file' }, active: true },
      { origin: { kind: 'api' }, active: false, problems: [{ path: 'name' }] },
    ]);
  });
});

describe('an escalation policy of the API', () => {
  const slow = { name: 'slow', steps: [{ after: '1h', to: ['ann', 'team:night'] }], repeat: 1 };

  it('is made, tried, shown, changed and kept while a route names it', async () => {
    await begin();
    expect((await app.call('POST', `${escalations}?dry_run=true`, slow)).status).toBe(200);
    expect(codeOf(await app.call('GET', `${escalations}/slow`))).toEqual([404, 'escalation_not_found']);
    const route = { name: 'db', match: ['job="db"'], receiver: 'ops', escalation: 'slow' };
    expect(problemsOf(await app.call('POST', '/api/v1/alerts/routes', route))).toEqual([
      'escalation: there is no such escalation; expected one of loud',
    ]);
    expect(await app.call('POST', escalations, slow)).toMatchObject({ status: 201, body: slow });
    expect(
      (
        await app.call('POST', '/api/v1/alerts/routes', {
          ...route,
          routes: [{ match: ['a="b"'], escalation: 'slow' }],
        })
      ).status,
    ).toBe(201);
    const kept = await app.call('DELETE', `${escalations}/slow`);
    expect([codeOf(kept), usersOf(kept)]).toEqual([[409, 'escalation_in_use'], ['route db']]);
    app = await app.restart();
    const { escalations: policies } = app.tocsin.services.routing('default');
    expect(policies!.get('slow')).toMatchObject({ repeat: 1, steps: [{ afterMs: 3_600_000 }] });
    const { routes } = app.tocsin.services.routing('default').route;
    expect(routes.map(({ escalation }) => escalation)).toEqual(['slow']);
    const patched = await app.call('PATCH', `${escalations}/slow`, { repeat: 3 });
    expect(patched).toMatchObject({ status: 200, body: { version: 2, repeat: 3 } });
    expect(app.tocsin.services.routing('default').escalations!.get('slow')!.repeat).toBe(3);
    expect(await app.call('GET', `${escalations}/loud`)).toMatchObject({
      body: {
        origin: { kind: 'file', line: 13 },
        steps: [
          {
            after: '10m',
            to: ['on_call:days'],
            when: { severity: ['critical'], time_intervals: ['nights'] },
          },
        ],
      },
    });
    expect(codeOf(await app.call('PATCH', `${escalations}/loud`, { repeat: 3 }))).toEqual([
      409,
      'owned_by_file',
    ]);
  });

  it('is refused with the place of what is wrong', async () => {
    await begin();
    const steps = [
      { after: '0s', to: ['ann'] },
      {
        after: '1h',
        to: ['zoe', 'on_call:days', 'on_call:nobody'],
        strategy: 'x',
        when: { time_intervals: ['y'] },
      },
    ];
    expect(problemsOf(await app.call('POST', escalations, { name: 'bad', steps }))).toEqual([
      'steps.0.after: expected a duration above 0',
    ]);
    expect(problemsOf(await app.call('POST', escalations, { name: 'bad', steps: steps.slice(1) }))).toEqual([
      'steps.0.to.0: there is no such person',
      'steps.0.to.2: there is no such on-call schedule',
      'steps.0.strategy: there is no such strategy',
      'steps.0.when.time_intervals.0: there is no such time interval',
    ]);
    expect(problemsOf(await app.call('POST', escalations, { name: 'bad' }))).toEqual([
      'steps: is required: expected at least one step, or `promote`',
    ]);
  });
});
