import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../cli/program.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const minute = 60_000;
const hot = { name: 'Hot', metric: 'cpu', operator: 'gt', threshold: 80, resolve_threshold: 70 };
const hotLater = { ...hot, for: '5m' };
const rules = `rules: [${JSON.stringify(hot)}, { name: HotOnAverage, metric: cpu, aggregate: avg, window: 20m, operator: gt, threshold: 5 }]`;

let app: TestApp;
let folder: string;
/** Twenty minutes ago, on the minute. */
let start: number;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-replays-'));
  app = await startTestApp('collector: { host: false }\nchannels: { screen: { type: console } }\n', rules, {
    folder,
  });
  start = Math.floor(Date.now() / minute) * minute - 20 * minute;
  expect(await app.push(samples())).toBe(202);
});
afterAll(async () => {
  await app.close().catch(() => undefined);
  rmSync(folder, { recursive: true });
});

/** Three times a minute above 80, two minutes below 70. */
function samples() {
  const values = [50, 90, 60, 60, 90, 60, 60, 90, 75, 75];
  return values.map((value, i) => ({
    metric: 'cpu',
    labels: { host: 'a' },
    value,
    timestamp: start + i * minute,
  }));
}

async function cli(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv,
    env: {},
    cwd: folder,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop() {},
    exit: (status) => {
      throw new Error(`exit ${status}`);
    },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('evaluate', () => {
  it('says of running rules on given samples what they say and why', async () => {
    const { status, body } = await app.call('POST', '/api/v1/alerts/evaluate', {
      samples: samples(),
      at: start + 9 * minute,
    });
    expect([status, body]).toEqual([
      200,
      {
        at: new Date(start + 9 * minute).toISOString(),
        more: false,
        verdicts: [
          {
            rule: 'Hot',
            labels: { host: 'a' },
            verdict: 'true',
            value: 75,
            why: `last = 75, gt 70 (resolve_threshold: it was true): true; firing since ${new Date(start + 7 * minute).toISOString()}`,
            state: 'firing',
            since: new Date(start + 7 * minute).toISOString(),
          },
          {
            rule: 'HotOnAverage',
            labels: { host: 'a' },
            verdict: 'insufficient_data',
            value: null,
            why: `avg over 20m: the window reaches back to ${new Date(start - 11 * minute).toISOString()}, before the first sample at ${new Date(start).toISOString()}`,
            state: 'inactive',
            since: null,
          },
        ],
      },
    ]);
  });

  it.each([
    [{ names: ['Nothing'] }, 404, 'rule_not_found'],
    [{ rules: [{ name: 'X', metric: 'x', operator: 'gt' }] }, 400, 'invalid_body'],
    [{ rules: [hot, hot] }, 400, 'invalid_body'],
    [{ rules: [hot], names: ['Hot'] }, 400, 'invalid_body'],
    [{ rulez: [] }, 400, 'invalid_body'],
  ])('refuses %j', async (body, status, code) => {
    const refused = await app.call('POST', '/api/v1/alerts/evaluate', body);
    expect(refused).toMatchObject({ status, body: { error: { code } } });
  });
});

describe('events that were posted', () => {
  const often = {
    ...{ name: 'FailedLogins', type: 'frequency', event_type: 'login_failed', by: ['user'] },
    ...{ window: '2m', threshold: 3 },
  };

  it('are counted by backtests and evaluations of rules that count them', async () => {
    const post = (user: string, seconds: number) =>
      app.call('POST', '/api/v1/events', {
        ...{ type: 'login_failed', severity: 'low', message: `${user} ${seconds}`, labels: { user } },
        occurred_at: new Date(start + seconds * 1_000).toISOString(),
      });
    for (const [user, seconds] of [
      ['bob', 10],
      ['bob', 30],
      ['eve', 40],
      ['bob', 70],
      ['bob', 75],
    ] as const)
      expect((await post(user, seconds)).status).toBe(202);
    const span = { from: new Date(start).toISOString(), to: new Date(start + 10 * minute).toISOString() };
    const tested = await app.call('POST', '/api/v1/alerts/backtest', { rules: [often], ...span });
    expect(tested).toMatchObject({
      status: 200,
      body: {
        outcome: { rules: [{ rule: 'FailedLogins', fired: 1, label_sets: 1 }] },
      },
    });
    const at = new Date(start + 80_000).toISOString();
    const said = await app.call('POST', '/api/v1/alerts/evaluate', { rules: [often], at });
    const { verdicts } = said.body as { verdicts: { labels: object; verdict: string; value: number }[] };
    expect(verdicts.map(({ labels, verdict, value }) => [labels, verdict, value])).toEqual([
      [{ user: 'bob' }, 'true', 4],
      [{ user: 'eve' }, 'false', 1],
    ]);
  });
});

describe('backtest', () => {
  it('shows a new rule beside the one that runs, one question of a tenant at a time', async () => {
    const ask = () =>
      app.call('POST', '/api/v1/alerts/backtest', {
        rules: [hotLater],
        against: 'running',
        samples: samples(),
        from: start,
        to: start + 10 * minute,
      });
    const [first, second] = await Promise.all([ask(), ask()]);
    expect(first).toMatchObject({
      status: 200,
      body: {
        samples: 10,
        series: 1,
        refused_samples: 0,
        outcome: { messages: 0, rules: [{ rule: 'Hot', fired: 0, cleared: 2, flaps: 0 }] },
        against: {
          messages: 2,
          messages_by_receiver: { default: 2 },
          rules: [
            {
              fired: 3,
              flaps: 2,
              firing_at_end: 1,
              firing_ms: 5 * minute,
              label_sets: 1,
              top: [{ fired: 3, labels: { host: 'a', alertname: 'Hot' } }],
            },
          ],
        },
      },
    });
    expect(second).toMatchObject({ status: 429, body: { error: { code: 'overloaded' } } });
  });

  it('says its bounds', async () => {
    const span = { from: '2026-01-01T00:00:00Z', to: '2026-03-01T00:00:00Z' };
    const { status, body } = await app.call('POST', '/api/v1/alerts/backtest', span);
    expect([status, body]).toEqual([
      422,
      {
        error: expect.objectContaining({
          code: 'query_too_large',
          message: 'Expected a span of at most 31 days.',
        }),
      },
    ]);
    const backwards = { from: span.to, to: span.from };
    expect(await app.call('POST', '/api/v1/alerts/backtest', backwards)).toMatchObject({ status: 400 });
  });

  it('is to be had on the command line, from the data folder and from a file', async () => {
    await app.tocsin.close();
    writeFileSync(join(folder, 'new.yaml'), `rules: [${JSON.stringify(hotLater)}]`);
    writeFileSync(join(folder, 'old.yaml'), `rules: [${JSON.stringify(hot)}]`);
    writeFileSync(
      join(folder, 's.ndjson'),
      samples()
        .map((sample) => JSON.stringify(sample))
        .join('\n'),
    );
    const own = ['backtest', '--rules', 'new.yaml', '--against', 'old.yaml'];
    const span = [
      '--from',
      new Date(start).toISOString(),
      '--to',
      new Date(start + 10 * minute).toISOString(),
    ];
    const stored = await cli(...own, ...span);
    expect(stored).toMatchObject({ code: 0, err: '' });
    expect(stored.out).toMatch(/: 10 samples of 1 series$/m);
    expect(stored.out).toMatch(/^ {2}fired {6}3 → 0$/m);
    expect(stored.out).toMatch(/^messages of all rules: 2 → 0$/m);
    const given = await cli(...own, '--samples', 's.ndjson', '--json', ...span);
    const answer = JSON.parse(given.out) as { against: { rules: unknown[] } };
    expect(answer.against.rules[0]).toMatchObject({ fired: 3, firingMs: 5 * minute });
    expect(await cli(...own, '--from', 'soon')).toMatchObject({ code: 2 });
    expect(await cli(...own, '--samples', 'new.yaml')).toMatchObject({ code: 2 });
  });
});
