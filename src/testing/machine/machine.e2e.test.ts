// A real process while the machine's clock jumps and while it stands still.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../http-receiver.ts';
import { compileChild } from '../kills/compile.ts';
import { type Life, operatorKey, startLife } from '../kills/process.ts';
import { titled } from './lacks.ts';

const library = fakeTimeLibrary();
const lackingFakeTime = library === null ? 'needs libfaketime' : null;

function fakeTimeLibrary(): string | null {
  const places = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib', '/usr/local/lib'];
  return (
    places.map((place) => `${place}/faketime/libfaketimeMT.so.1`).find((file) => existsSync(file)) ?? null
  );
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startProgram(
  hook: Receiver,
  env: (folder: string) => Readonly<Record<string, string>> = () => ({}),
) {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-machine-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, 'tocsin.yaml'),
    `listen: 127.0.0.1:0
data: ./data
ballast: 0
rules: [rules.yaml]
collector: { host: false }
channels: { hook: { type: webhook, url: "${hook.url}/" } }
receivers: { ops: { channels: [hook], dedupe_window: 0s } }
storm: false
route: { receiver: ops, group_by: [alertname, n], group_wait: 0s, group_interval: 0s, repeat_interval: 4h }
egress: { allow: [127.0.0.0/8] }
`,
  );
  writeFileSync(
    join(folder, 'rules.yaml'),
    `group: machine
rules:
  - { name: High, type: threshold, metric: level, operator: gt, threshold: 80, severity: warning }
  - { name: HighForLong, type: threshold, metric: level, operator: gt, threshold: 80, for: 3h, severity: warning }
`,
  );
  const life: Life = startLife({
    child: await compileChild(),
    configFile: join(folder, 'tocsin.yaml'),
    no: 1,
    env: env(folder),
  });
  closing.push(async () => {
    life.kill();
    await life.exited;
  });
  const url = await life.ready;
  if (url === null) throw new Error(life.tail.join('\n'));
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'x-api-key': operatorKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  return {
    folder,
    life,
    call,
    post: (n: number) =>
      call('POST', '/api/v1/events', {
        type: 'load',
        severity: 'warning',
        message: 'm',
        labels: { n: `${n}` },
      }),
  };
}

const namesOf = (hook: Receiver) =>
  hook.received.map(
    ({ body }) =>
      (JSON.parse(body) as { data: { alerts: { labels: Record<string, string> }[] } }).data.alerts[0]!.labels
        .alertname!,
  );
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe('a clock that jumps', () => {
  it.skipIf(lackingFakeTime !== null)(
    titled(
      'from a leap day on, back and forth and past 2038: told each time, no storm, no `for` cut short',
      lackingFakeTime,
    ),
    async () => {
      const hook = await startReceiver();
      closing.push(() => hook.close());
      const clockFile = (folder: string) => join(folder, 'clock');
      // Offsets from the real time, in seconds.
      const real = Date.now();
      const offsetTo = (time: string) => Math.round((Date.parse(time) - real) / 1_000);
      const set = (folder: string, offset: number) =>
        writeFileSync(clockFile(folder), `${offset < 0 ? '' : '+'}${offset}\n`);
      const leapDay = offsetTo('2028-02-29T23:59:55Z');
      const { folder, call, post } = await startProgram(hook, (where) => {
        set(where, leapDay);
        return {
          LD_PRELOAD: library!,
          FAKETIME_TIMESTAMP_FILE: clockFile(where),
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          DONT_FAKE_MONOTONIC: '1',
          FAKETIME_NO_CACHE: '1',
        };
      });
      const pushed = await call('POST', '/api/v1/metrics', {
        samples: [{ metric: 'level', labels: { n: 'a' }, value: 97 }],
      });
      expect(pushed.status).toBe(202);
      await until(() => hook.count === 1);
      expect((await call('GET', '/api/v1/alerts?state=firing')).text).toMatch(/"fired_at":"?(2028|1835)/);

      let jumps = 0;
      const jumped = () => namesOf(hook).filter((name) => name === 'tocsin.clock_jump').length;
      for (const offset of [
        leapDay - 3_600,
        leapDay - 3_600 + 86_400,
        leapDay + 86_400 - 3_900,
        leapDay + 86_400 - 3_600,
        offsetTo('2038-01-19T03:14:06Z'),
      ]) {
        set(folder, offset);
        jumps += 1;
        await until(() => jumped() === jumps);
        // What comes after the jump is taken and told.
        expect((await post(jumps)).status).toBe(202);
        await until(() => namesOf(hook).filter((name) => name === 'load').length === jumps);
      }
      const names = namesOf(hook);
      expect(names).not.toContain('HighForLong');
      // Once at first, and once for each of the two jumps over more than a repeat_interval.
      expect(names.filter((name) => name === 'High').length).toBeLessThanOrEqual(3);
      const ids = hook.received.map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids).size).toBe(ids.length);
      expect((await call('GET', '/health/ready')).status).toBe(200);
    },
  );
});

describe('a process', () => {
  it('that is stopped while a receiver answers: the answer counts, nothing is told twice, and its lateness shows', async () => {
    let freeze: () => void = () => undefined;
    const hook = await startReceiver({
      handler: () => {
        freeze();
        return { status: 200 };
      },
    });
    closing.push(() => hook.close());
    const { call, post, life } = await startProgram(hook);
    await call('GET', '/metrics');
    expect((await post(0)).status).toBe(202);
    await until(() => hook.count === 1);
    freeze = () => {
      life.freeze();
      freeze = () => undefined;
    };
    const one = post(1);
    await until(() => hook.count === 2);
    setTimeout(() => life.thaw(), 1_500);
    expect((await one).status).toBe(202);
    expect((await post(2)).status).toBe(202);
    await until(() => hook.count === 3);
    const ids = hook.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(3);
    const late = /^nodejs_eventloop_lag_max_seconds ([\d.e+-]+)$/m.exec((await call('GET', '/metrics')).text);
    expect(Number(late?.[1])).toBeGreaterThan(1);
    let open = 1;
    while (open > 0) {
      const { text } = await call('GET', '/api/v1/deliveries?state=queued,sending');
      open = (JSON.parse(text) as { items: unknown[] }).items.length;
    }
    expect(hook.count).toBe(3);
  });

  it('that is asked to end lets an attempt under way end, and stores its result', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hook = await startReceiver({
      handler: async () => {
        await held;
        return { status: 200 };
      },
    });
    closing.push(() => hook.close());
    const { post, life, folder } = await startProgram(hook);
    expect((await post(0)).status).toBe(202);
    await until(() => hook.count === 1);
    life.end();
    setTimeout(release, 200);
    expect(await life.exited).toMatchObject({ code: 0 });
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(join(folder, 'data/tocsin.db'), { readonly: true });
    expect(db.prepare('SELECT state, attempts FROM delivery').all()).toEqual([
      { state: 'sent', attempts: 1 },
    ]);
    db.close();
  });
});
