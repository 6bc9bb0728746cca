// The report of a running Tocsin, over HTTP and by the command.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { runCli } from './program.ts';

let app: TestApp;
let url: string;
let viewer: string;
beforeAll(async () => {
  const config =
    'listen: 127.0.0.1:0\ncollector: { host: false }\nroute: { group_wait: 0s }\nchannels: { screen: { type: console } }\n';
  let delivered: () => void = () => {};
  const sent = new Promise<void>((resolve) => {
    delivered = resolve;
  });
  app = await startTestApp(
    config,
    'rules:\n  - { name: HighCpu, metric: cpu, threshold: 80, operator: gt }\n',
    {
      durability: 'normal',
      onEvents(events) {
        if (events.some(({ row }) => /^delivery\.(sent|delivered)$/.test(row.kind))) delivered();
      },
    },
  );
  url = `http://127.0.0.1:${(await app.tocsin.listen()).port}`;
  const { body } = await app.call('POST', '/api/v1/keys', {
    name: 'watch',
    role: 'viewer',
    tenant: 'default',
  });
  viewer = (body as { key: string }).key;
  await app.push([{ metric: 'cpu', labels: { host: '<b>a</b>' }, value: 97 }]);
  await sent;
  const alerts = await app.call('GET', '/api/v1/alerts');
  const [alert] = (alerts.body as { items: { id: string }[] }).items;
  await app.call('POST', `/api/v1/alerts/${alert!.id}/acknowledge`);
  // The end of the period is not in it.
  await new Promise((resolve) => setTimeout(resolve, 5));
});
afterAll(() => app.close());

async function run(flags: readonly string[], key = app.key) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv: ['report', '--url', url, ...flags],
    env: { TOCSIN_KEY: key },
    cwd: app.folder,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop() {},
    exit(code) {
      throw new Error(`exit ${code}`);
    },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

it('tells what fired, who was told, and who did what', async () => {
  const { code, out, err } = await run(['--from', '1h']);
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject({
    tenant: 'default',
    alerts: 1,
    open: 1,
    acknowledged: 1,
    by_severity: [{ severity: 'warning', alerts: 1 }],
    by_rule: [{ rule: 'HighCpu', alerts: 1 }],
    channels: [{ channel: 'screen', deliveries: 1, dead_letters: 0 }],
    audit: expect.arrayContaining([expect.objectContaining({ kind: 'alert.acknowledged', count: 1 })]),
  });
});

it('keeps from a key that only reads who did what', async () => {
  const { out } = await run([], viewer);
  expect(JSON.parse(out)).toMatchObject({ alerts: 1, audit: null });
  const { out: csv } = await run(['--format', 'csv'], viewer);
  expect(csv).toContain('\r\nrule,HighCpu,,alerts,1\r\n');
  expect(csv).not.toContain('audit');
});

it('writes a page that shows names as they are', async () => {
  const file = 'week.html';
  const { code, out } = await run([
    '--format',
    'html',
    '--locale',
    'zh-TW',
    '--tz',
    'Asia/Taipei',
    '-o',
    file,
  ]);
  expect([code, out]).toEqual([0, `${join(app.folder, file)}: html`]);
  const html = readFileSync(join(app.folder, file), 'utf8');
  expect(html).toContain('告警報告');
  expect(html).toContain('&lt;b&gt;a&lt;/b&gt;');
  expect(readdirSync(app.folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  const { headers } = await fetch(`${url}/api/v1/reports?format=html`, { headers: { 'x-api-key': viewer } });
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

it.each([
  [['--from', '2026-01-02T00:00:00Z', '--to', '2026-01-01T00:00:00Z'], 'from: expected a time before `to`'],
  [['--from', '401d'], 'at most 400 days'],
  [['--format', 'pdf'], 'format'],
  [['--locale', 'fr'], 'locale'],
  [['--tz', 'Mars/Base'], 'expected the name of a time zone'],
  [['-o', 'no/such/folder/x.json'], 'no such file or directory'],
])('says what is wrong with %j', async (flags, why) => {
  const { code, err } = await run(flags);
  expect(code).toBe(1);
  expect(err).toContain(why);
});
