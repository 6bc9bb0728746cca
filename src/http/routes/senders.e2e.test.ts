// The senders themselves, from Debian's packages, towards a real process: what they say, how they authenticate, and what
// they do when they are not heard.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../bench/free-port.ts';
import { obtainPeer, type PeerName, type Run } from '../../../bench/peers.ts';
import { type Receiver, startReceiver } from '../../testing/http-receiver.ts';
import { titled } from '../../testing/machine/lacks.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const cache = join(root, 'node_modules/.cache/peers');
const patienceMs = 20_000;
/** Lists of packages are not fetched for a test: where there are none it is skipped. */
const run: Run = (command, args, cwd) => {
  if (args[0] === 'update') return null;
  const { status, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: patienceMs });
  return status === 0 ? stdout : null;
};
const program = (name: PeerName) => obtainPeer(name, cache, true, run);
const alertmanager = program('prometheus-alertmanager');
const apprise = program('apprise');
const why = (obtained: ReturnType<typeof program>) => ('why' in obtained ? obtained.why : null);

const key = 'e2e-operator-key-of-enough-characters';
const pollMs = 50;
const folder = mkdtempSync(join(tmpdir(), 'tocsin-senders-'));
const children: ChildProcess[] = [];
let tocsin: string;

function start(command: string, args: readonly string[], more: { cwd?: string; env?: object } = {}): void {
  const child = spawn(command, args, {
    ...{ cwd: more.cwd ?? root, stdio: 'ignore' },
    env: { PATH: process.env.PATH ?? '', ...more.env },
  });
  children.push(child);
}

/**
 * Debian's build looks for its templates where the package puts them; it is not installed here. A copy that looks below
 * the folder that it is started in, which is the package's root.
 */
function lookingHere(original: string): string {
  const copy = join(folder, 'alertmanager-here');
  const bytes = readFileSync(original);
  const installed = '/usr/share/prometheus/alertmanager';
  for (let at = bytes.indexOf(installed); at >= 0; at = bytes.indexOf(installed, at + 1))
    bytes.write(`${installed.slice(1)}/`, at);
  writeFileSync(copy, bytes, { mode: 0o755 });
  return copy;
}

/** Asks until there is an answer that will do; the test's own time is the limit. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const found = await ask().catch(() => null);
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

const ready = (url: string) => until(async () => ((await fetch(url)).ok ? true : null));
// On a slow machine a kept connection may be gone by the time that it is used again: what is asked twice does no harm.
const listed = (kind: 'alert' | 'event') =>
  until(async () => {
    const response = await fetch(`${tocsin}/api/v1/alerts?kind=${kind}`, { headers: { 'x-api-key': key } });
    return ((await response.json()) as { items: Record<string, unknown>[] }).items;
  });

beforeAll(async () => {
  if (why(alertmanager) !== null && why(apprise) !== null) return;
  const port = await freePort();
  tocsin = `http://127.0.0.1:${port}`;
  const file = join(folder, 'tocsin.yaml');
  writeFileSync(file, `listen: 127.0.0.1:${port}\nballast: 0\nchannels: { screen: { type: console } }\n`);
  start(process.execPath, ['--import', 'tsx', 'src/main.ts', 'serve', '--config', file], {
    env: { TOCSIN_ADMIN_KEY: key, TOCSIN_LOG: 'silent' },
  });
  await ready(`${tocsin}/health/ready`);
});
afterAll(async () => {
  for (const child of children) {
    const exited = once(child, 'exit');
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await exited;
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('an Alertmanager', () => {
  let front: Receiver;
  afterAll(() => front?.close());

  it.skipIf(why(alertmanager) !== null)(
    titled('makes one alert of what it repeats, and ends it', why(alertmanager)),
    async () => {
      if ('why' in alertmanager) throw new Error('not skipped');
      const answers: unknown[] = [];
      // Not heard at first; then heard, with the answer lost on its way back.
      front = await startReceiver({
        async handler({ path, headers, body }, count) {
          if (count === 1) return { status: 503 };
          const { authorization = '', 'content-type': type = '' } = headers;
          const response = await fetch(`${tocsin}${path}`, {
            ...{ method: 'POST', body, headers: { authorization, 'content-type': type } },
          }).catch(() => null);
          if (response === null) return { status: 503 };
          answers.push(await response.json());
          return answers.length === 1 ? 'reset' : { status: response.status };
        },
      });
      const config = join(folder, 'alertmanager.yml');
      writeFileSync(
        config,
        JSON.stringify({
          route: { receiver: 'tocsin', group_by: ['...'], group_wait: '0s', group_interval: '1s' },
          receivers: [
            {
              name: 'tocsin',
              webhook_configs: [
                {
                  url: `${front.url}/api/v1/webhooks/alertmanager`,
                  http_config: { authorization: { credentials: key } },
                },
              ],
            },
          ],
        }),
      );
      const port = await freePort();
      const api = `http://127.0.0.1:${port}`;
      const args = [
        ...[`--config.file=${config}`, `--storage.path=${join(folder, 'alertmanager')}`],
        ...[`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='],
      ];
      start(lookingHere(alertmanager.program), args, { cwd: join(dirname(alertmanager.program), '../..') });
      await ready(`${api}/-/ready`);
      const post = (alert: object) =>
        until(async () => {
          const { ok } = await fetch(`${api}/api/v2/alerts`, {
            ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
            body: JSON.stringify([alert]),
          });
          return ok ? true : null;
        });
      const labels = { alertname: 'DiskFull', instance: 'web-1', severity: 'Critical' };
      const startsAt = new Date(Date.now() - 60_000).toISOString();
      const annotations = { summary: '磁盤已滿' };
      await post({ labels, annotations, startsAt, generatorURL: 'http://p.example/g' });
      await until(async () => (answers.length >= 2 ? true : null));
      expect(answers.slice(0, 2)).toMatchObject([
        { received: 1, fired: 1 },
        { received: 1, unchanged: 1 },
      ]);
      expect(await listed('alert')).toMatchObject([
        {
          ...{ source: 'alertmanager', state: 'firing', severity: 'critical', fired_at: startsAt },
          annotations: { ...annotations, generator_url: 'http://p.example/g' },
        },
      ]);
      const endsAt = new Date().toISOString();
      await post({ labels, annotations, startsAt, endsAt });
      await until(async () => ((await listed('alert'))[0]?.state === 'resolved' ? true : null));
      expect(await listed('alert')).toMatchObject([
        { resolve_reason: 'sender_resolved', resolved_at: endsAt },
      ]);
    },
  );
});

it.skipIf(why(apprise) !== null)(titled('Apprise posts an event', why(apprise)), async () => {
  if ('why' in apprise) throw new Error('not skipped');
  const { host } = new URL(tocsin);
  const address = `json://tocsin:${key}@${host}/api/v1/webhooks/apprise?cto=30&rto=30&:service=pay`;
  const child = spawnSync(
    '/usr/bin/python3',
    [apprise.program, '-t', 'Backup', '-b', 'db-1 failed', '-n', 'failure', address],
    {
      ...{ encoding: 'utf8' as const, cwd: folder },
      env: {
        PATH: process.env.PATH ?? '',
        LC_ALL: 'C.UTF-8',
        HOME: folder,
        PYTHONPATH: join(dirname(apprise.program), '../lib/python3/dist-packages'),
      },
    },
  );
  expect([child.status, child.stderr]).toEqual([0, '']);
  expect(await listed('event')).toMatchObject([
    {
      ...{ source: 'apprise', severity: 'high', annotations: { summary: 'Backup: db-1 failed' } },
      labels: { alertname: 'apprise', notify_type: 'failure', service: 'pay' },
    },
  ]);
});
