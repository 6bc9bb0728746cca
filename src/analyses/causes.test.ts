import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RootCause } from '../../analysis/root-cause/hypothesis.ts';
import { silentLog } from '../log.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { IncidentRow } from '../pipeline/rows.ts';
import type { CommittedEvent } from '../store/store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { CauseThreads } from './cause-threads.ts';
import { Causes } from './causes.ts';
import { packEdges, unpackEdges } from './packed-edges.ts';

const config = `
collector: { host: false }
channels: { screen: { type: console } }
topology:
  - { from: web, to: cart }
  - { from: cart, to: db }
  - { from: bank, to: ledger, tenant: globex }
`;

const apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

const of = (tenant: string) => ({ 'x-tenant-id': tenant });
const minuteMs = 60_000;

/** Fifty minutes of samples, of which the last five are in trouble. */
async function measured(app: TestApp, metric: string, service: string, calm: number, trouble: number) {
  const now = Date.now();
  const samples = Array.from({ length: 100 }, (_, n) => {
    const timestamp = now - (99 - n) * (minuteMs / 2);
    const swing = 1 + 0.01 * ((n * 7) % 5);
    return { metric, labels: { service }, value: (n < 90 ? calm : trouble) * swing, timestamp };
  });
  expect(await app.push(samples)).toBeLessThan(300);
}

async function fire(
  app: TestApp,
  alerts: readonly (readonly [string, string, number])[],
  tenant = 'default',
) {
  const now = Date.now();
  const { status } = await app.call(
    'POST',
    '/api/v1/webhooks/alertmanager',
    {
      alerts: alerts.map(([alertname, service, secondsAgo]) => ({
        status: 'firing',
        startsAt: new Date(now - secondsAgo * 1_000).toISOString(),
        labels: { alertname, service, severity: 'high' },
        annotations: { summary: `${alertname} of ${service}` },
      })),
    },
    of(tenant),
  );
  expect(status).toBeLessThan(300);
}

interface Cause {
  readonly verdict: string;
  readonly first: { readonly service: string; readonly category: string; readonly confidence: number } | null;
  readonly hypotheses: readonly {
    readonly service: string;
    readonly category: string;
    readonly evidence: readonly { kind: string; text: string; refs: string[]; subject: string | null }[];
  }[];
}
interface Shown {
  readonly id: string;
  readonly title: string;
  readonly cause: Cause | null;
}

async function only(app: TestApp, tenant = 'default'): Promise<{ listed: Shown; shown: Shown }> {
  const list = await app.call('GET', '/api/v1/alerts/incidents', undefined, of(tenant));
  const { items } = list.body as { items: Shown[] };
  expect(items.length).toBe(1);
  const one = await app.call('GET', `/api/v1/alerts/incidents/${items[0]!.id}`, undefined, of(tenant));
  return { listed: items[0]!, shown: one.body as Shown };
}

async function found(app: TestApp): Promise<void> {
  await app.tocsin.analysed();
  await app.tocsin.causesFound();
}

const fullDisk = [
  ['DiskFull', 'db', 50],
  ['HighErrorRate', 'cart', 30],
  ['HighErrorRate', 'web', 20],
] as const;

/** A start on samples that are stored: those of the last second may not be in the history yet. */
async function withFullDisk(): Promise<TestApp> {
  const first = await startTestApp(config, 'rules: []');
  apps.push(first);
  await measured(first, 'disk_used_percent', 'db', 40, 99);
  await measured(first, 'http_errors_ratio', 'cart', 0.001, 0.2);
  await measured(first, 'http_errors_ratio', 'web', 0.001, 0.1);
  const app = await first.restart();
  apps.splice(0, 1, app);
  return app;
}

describe('the cause of an incident in the program that runs', () => {
  it('is named with evidence, told once, known at once, kept over a restart, and found again by an analysis', async () => {
    const app = await withFullDisk();
    await fire(app, fullDisk);
    // Of the same name, and with nothing measured.
    await fire(app, [['HighErrorRate', 'web', 10]], 'globex');
    await found(app);
    const { listed, shown } = await only(app);
    expect(listed.cause).toMatchObject({
      verdict: 'found',
      first: { service: 'db', category: 'resource_exhaustion' },
    });
    expect(listed.cause).not.toHaveProperty('hypotheses');
    const [first] = shown.cause!.hypotheses;
    expect(first).toMatchObject({ service: 'db', category: 'resource_exhaustion' });
    const metric = first!.evidence.find(({ subject }) => subject === 'disk_used_percent');
    expect(metric?.text).toMatch(/^disk_used_percent of db left its level of 40\.\d by .* times its noise/);
    const refs = first!.evidence.flatMap((one) => one.refs);
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of refs) expect(app.tocsin.services.alert('default', ref)).not.toBeNull();

    const foreign = (await only(app, 'globex')).shown.cause!;
    expect(foreign.hypotheses.map(({ service }) => service)).toEqual(['web']);
    expect(foreign.hypotheses[0]!.evidence.map(({ kind }) => kind)).not.toContain('metric');

    const told = () =>
      app.tocsin.services.store
        .events('default', { kind: 'incident', id: listed.id }, 50, null)
        .items.filter(({ kind }) => kind === 'incident.cause')
        .map(({ reason, body }) => [reason, body.service]);
    expect(told()).toEqual([['found', 'db']]);
    await fire(app, [['HighLatency', 'web', 0]]);
    await found(app);
    expect(told()).toEqual([['found', 'db']]);

    const span = { from: new Date(Date.now() - 10 * minuteMs).toISOString() };
    const analysed = await app.call('POST', '/api/v1/alerts/analyze', span, of('default'));
    expect(analysed.status).toBe(200);
    const { incidents, alerts } = analysed.body as {
      alerts: number;
      incidents: { alerts: number; alert_ids: string[]; cause: Cause }[];
    };
    expect([alerts, incidents.length, incidents[0]!.alerts]).toEqual([4, 1, 4]);
    expect(incidents[0]!.cause.hypotheses[0]).toMatchObject({
      service: 'db',
      category: 'resource_exhaustion',
    });
    const ids = { alerts: incidents[0]!.alert_ids };
    const given = await app.call('POST', '/api/v1/alerts/analyze', ids, of('default'));
    expect((given.body as typeof analysed.body & { incidents: { cause: Cause }[] }).incidents).toMatchObject([
      { alerts: 4, cause: { verdict: 'found' } },
    ]);
    expect(await app.call('POST', '/api/v1/alerts/analyze', ids, of('globex'))).toMatchObject({
      status: 404,
      body: { error: { code: 'alert_not_found' } },
    });
    for (const [body, path] of [
      [{}, 'from'],
      [{ ...span, ...ids }, 'from'],
      [{ from: 0 }, 'from'],
      [{ from: 10, to: 5 }, 'from'],
    ] as const)
      expect(await app.call('POST', '/api/v1/alerts/analyze', body, of('default'))).toMatchObject({
        status: 400,
        body: { error: { details: { problems: [{ path }] } } },
      });
    const both = await Promise.all(
      [1, 2].map(() => app.call('POST', '/api/v1/alerts/analyze', span, of('default'))),
    );
    expect(both.map(({ status }) => status)).toEqual([200, 429]);

    const again = await app.restart();
    apps.splice(0, 1, again);
    expect((await only(again)).shown.cause).toMatchObject({ verdict: 'found', first: { service: 'db' } });
  });

  it('is the deployment before it, which is no alert of it', async () => {
    const app = await withFullDisk();
    const deployed = await app.call(
      'POST',
      '/api/v1/events',
      {
        ...{ type: 'deploy', severity: 'info', message: 'cart 4.2', labels: { service: 'cart' } },
        occurred_at: Date.now() - 7 * minuteMs,
      },
      of('default'),
    );
    const foreign = { type: 'deploy', severity: 'info', message: 'web 1.0', labels: { service: 'web' } };
    await app.call('POST', '/api/v1/events', foreign, of('globex'));
    await fire(app, [
      ['HighErrorRate', 'cart', 30],
      ['HighErrorRate', 'web', 20],
    ]);
    await found(app);
    const { items } = (await app.call('GET', '/api/v1/alerts/incidents', undefined, of('default'))).body as {
      items: Shown[];
    };
    const about = items.find(({ cause }) => cause?.first != null)!;
    expect(about.cause!.first!.service).toBe('cart');
    const { body } = await app.call('GET', `/api/v1/alerts/incidents/${about.id}`, undefined, of('default'));
    const { hypotheses } = (body as Shown).cause!;
    expect(hypotheses[0]!.category).toBe('change');
    const { id } = deployed.body as { id: string };
    const evidence = hypotheses.flatMap((one) => one.evidence);
    const [change, ...otherChanges] = evidence.filter(({ kind }) => kind === 'change');
    expect([change!.refs, otherChanges]).toEqual([[id], []]);
    for (const { kind, refs } of evidence) if (kind !== 'change') expect(refs).not.toContain(id);
    expect(change!.text).toMatch(/^cart was changed \d+ s before the trouble began\.$/);
  });
});

describe('the thread of causes', () => {
  it('is begun anew after it died, and leaves the program alone', async () => {
    const app = await startTestApp(config, 'rules: []');
    apps.push(app);
    const folder = join(app.folder, 'moved');
    const clock = new ManualClock();
    const edges = () => [{ from: 'web', to: 'db', confidence: 1, source: 'declared' }] as const;
    const threads = new CauseThreads({ folder, clock, edges, patternRules: () => [] });
    try {
      const id = '0190a000-0000-7000-8000-00001234abcd';
      await expect(threads.cause('default', id)).rejects.toMatchObject({ code: 'unavailable' });
      symlinkSync(join(app.folder, 'data'), folder);
      expect(await threads.cause('default', id)).toBeNull();
    } finally {
      threads.close();
    }
  });

  it('gets the topology as it is', () => {
    const edges = [
      { from: 'web', to: 'db', confidence: 1, source: 'declared' },
      { from: 'web', to: 'a "b"', confidence: 0.25, source: 'learned' },
      { from: 'a "b"', to: 'db', confidence: 0.5, source: 'labels' },
    ] as const;
    expect(unpackEdges(packEdges(edges))).toEqual(edges);
  });
});

const cause = (service: string): RootCause => ({
  verdict: 'found',
  hypotheses: [{ service, category: 'network', confidence: 0.9, evidence: [] }],
});

/** Incidents of a store that only remembers, and a thread that answers as it is told. */
function stage(answers: (RootCause | Error)[]) {
  const clock = new ManualClock();
  const begun = clock.now();
  const asked: number[] = [];
  const written: Effect[] = [];
  let row = { id: 'a', state: 'open', cause: null, causeAt: null } as IncidentRow;
  const causes = new Causes({
    ...{ clock, log: silentLog, newId: () => 'event' },
    store: {
      incident: () => row,
      incidents: () => ({ items: [], next: null }),
      tenants: () => [],
    },
    engine: {
      async submitAnalysis(_tenant, { decide }) {
        const { effects, answer } = decide(clock.now());
        written.push(...effects);
        for (const effect of effects)
          if (effect.put === 'incident.cause')
            row = { ...row, cause: effect.row.cause, causeAt: effect.row.at };
        return answer;
      },
    },
    async find() {
      asked.push(clock.now() - begun);
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  const say = (kind: string, id = 'a', body = {}) =>
    causes.see([
      { seq: 1, row: { tenant: 'default', subjectKind: 'incident', subjectId: id, kind, body } },
    ] as unknown as CommittedEvent[]);
  const become = (state: IncidentRow['state']) => {
    row = { ...row, state };
  };
  const told = () => written.filter(({ put }) => put === 'event').length;
  return { clock, causes, asked, say, told, written, become };
}

describe('when a cause is looked for', () => {
  it('half a minute after it opened, at most so often again, and when it closes', async () => {
    const { clock, asked, say, told, causes } = stage([cause('db')]);
    say('incident.opened');
    await clock.advance(10_000);
    say('incident.joined');
    await clock.advance(60_000);
    expect(asked).toEqual([30_000]);
    expect(causes.causeOf('default', 'a')).toMatchObject({ service: 'db', category: 'network' });
    expect(causes.causeOf('globex', 'a')).toBeNull();
    for (let n = 0; n < 10; n++) {
      say('incident.joined');
      await clock.advance(1_000);
    }
    await clock.advance(60_000);
    expect(asked).toEqual([30_000, 70_000, 100_000]);
    say('incident.closed');
    await clock.advance(0);
    expect(asked.length).toBe(4);
    expect(told()).toBe(1);
  });

  it('tells of another service, and of nothing that was told', async () => {
    const { clock, say, told } = stage([cause('db'), cause('cache'), cause('cache')]);
    for (const expected of [1, 2, 2]) {
      say('incident.joined');
      await clock.advance(60_000);
      expect(told()).toBe(expected);
    }
  });

  it('and says nothing of an incident that is part of another one by then', async () => {
    const { clock, causes, say, written, become } = stage([cause('db')]);
    say('incident.opened');
    become('merged');
    await clock.advance(60_000);
    expect(written).toEqual([]);
    expect(causes.causeOf('default', 'a')).toBeNull();
    say('incident.opened', 'b');
    say('incident.merged', 'a', { from: 'b' });
    become('open');
    await clock.advance(60_000);
    expect(written.length).toBe(2);
  });

  it('again when the thread died, later each time, and not for ever', async () => {
    const { clock, asked, say } = stage([new Error('the thread ended')]);
    say('incident.opened');
    await clock.advance(3_600_000);
    expect(asked).toEqual([30_000, 60_000, 120_000, 240_000, 480_000]);
    say('incident.joined');
    await clock.advance(30_000);
    expect(asked.length).toBe(6);
  });
});
