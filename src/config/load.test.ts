import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TocsinConfig } from './config.ts';
import { type LoadOptions, loadConfig } from './load.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function load(text: string | null, options: Partial<LoadOptions> = {}) {
  if (text !== null) writeFileSync(join(cwd, 'tocsin.yaml'), text);
  return loadConfig({ cwd, env: {}, flags: {}, ...options });
}
function config(text: string | null, options: Partial<LoadOptions> = {}): TocsinConfig {
  const loaded = load(text, options);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1));
  return loaded.config;
}
function problems(text: string | null, options: Partial<LoadOptions> = {}): string[] {
  const loaded = load(text, options);
  if ('config' in loaded) throw new Error('expected problems');
  return loaded.problems.map(
    ({ file, line, column, path, message }) =>
      `${file.replace(`${cwd}/`, '')}:${line}:${column} ${path}: ${message}`,
  );
}

const documented = `
listen: 127.0.0.1:8787
data: ./data
rules: [rules/]
collector: { host: true, interval: 5s }
channels:
  ops-hook: { type: webhook, url: "http://127.0.0.1:9000/alerts", secret: "\${env:HOOK_SECRET}" }
  ops-mail: { type: email, host: 127.0.0.1, port: 2525, from_email: alerts@example.com, to: [ops@example.com] }
receivers:
  ops: { channels: [ops-hook, ops-mail] }
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 4h
  routes:
    - { match: ['severity=~"critical|emergency"'], receiver: ops, group_wait: 0s }
egress: { allow: [127.0.0.0/8] }
`;

describe('a configuration file', () => {
  it('names the telephone number that cannot be read, and the keys of the providers', () => {
    const aws = 'type: sms, provider: aws, access_key_id: A, secret_access_key: b, region: eu-central-1';
    const found = problems(
      [
        'channels:',
        `  one: { ${aws}, country: TW, to: ["0912345678", "12"] }`,
        `  two: { ${aws}, to: ["0912345678"] }`,
        `  three: { ${aws}, to: ["+886912345678"], max_segment: 1 }`,
      ].join('\n'),
    );
    expect(found).toMatchInlineSnapshot(`
      [
        "tocsin.yaml:2:3 channels: expected at least one channel",
        "tocsin.yaml:2:130 channels.one.to.1: must be a telephone number of TW, such as +886912345678",
        "tocsin.yaml:3:103 channels.two.to.0: must be a telephone number with + in front (or set country), such as +886912345678",
        "tocsin.yaml:4:123 channels.three.max_segment: unknown key "max_segment"; did you mean "max_segments"?",
      ]
    `);
  });

  it('is read as it is documented', () => {
    const read = config(documented, { env: { HOOK_SECRET: 'a secret of enough letters' } });
    expect(read).toMatchObject({
      listen: { host: '127.0.0.1', port: 8787 },
      data: join(cwd, 'data'),
      rules: [join(cwd, 'rules')],
      collector: { host: true, intervalMs: 5_000 },
      egress: { allow: ['127.0.0.0/8'], proxy: null },
      routing: {
        route: {
          path: '{}',
          receiver: 'ops',
          groupBy: ['alertname'],
          groupWaitMs: 10_000,
          groupIntervalMs: 60_000,
          repeatIntervalMs: 14_400_000,
          resolveWaitMs: 60_000,
          routes: [{ path: '{}/{severity=~"critical|emergency"}', groupWaitMs: 0, groupIntervalMs: 60_000 }],
        },
      },
    });
    expect([...read.channels.values()].map(({ name, type }) => `${name} ${type}`)).toEqual([
      'ops-hook webhook',
      'ops-mail email',
    ]);
    expect(read.routing.receivers.get('ops')).toEqual({
      name: 'ops',
      channels: ['ops-hook', 'ops-mail'],
      sendResolved: true,
      dedupeWindowMs: 300_000,
      strategy: null,
    });
    expect(JSON.stringify([...read.channels.values()])).not.toContain('enough letters');
  });

  it('is not needed', () => {
    mkdirSync(join(cwd, 'rules'));
    const read = config(null);
    expect(read).toMatchObject({
      listen: { host: '127.0.0.1', port: 8787 },
      data: join(cwd, 'data'),
      rules: [join(cwd, 'rules')],
      collector: { host: true },
      routing: { route: { receiver: 'default', groupWaitMs: 30_000, resolveWaitMs: 300_000 } },
    });
    expect(read.channels.get('console')?.type).toBe('console');
    expect(read.routing.receivers.get('default')?.channels).toEqual(['console']);
  });

  it('may say as little as it likes', () => {
    expect(config('')).toMatchObject({ rules: [], collector: { host: false } });
    const one = config('channels: { hook: { type: webhook, url: "https://example.com" } }');
    expect(one.routing.receivers.get('default')?.channels).toEqual(['hook']);
  });

  it('may set limits and retention', () => {
    const read = config(`
limits: { series_per_tenant: 7, body_bytes: 64KiB, past: 2h }
retention: { samples: 1d, samples_bytes: 1GiB, audit: 800d }
`);
    expect(read.limits).toMatchObject({
      seriesPerTenant: 7,
      bodyBytes: 65_536,
      pastMs: 7_200_000,
      jsonDepth: 64,
    });
    expect(read.retention).toMatchObject({
      samplesMs: 86_400_000,
      samplesBytes: 1_073_741_824,
      eventAuditMs: 800 * 86_400_000,
      alertMs: 90 * 86_400_000,
    });
  });

  it('hands down what a route does not say, and groups by everything with ...', () => {
    const { route } = config(`
channels: { c: { type: console } }
receivers: { a: { channels: [c] }, b: { channels: [c], send_resolved: false, dedupe_window: 0 } }
route:
  receiver: a
  group_by: [alertname, host]
  resolve_wait: 10s
  routes:
    - match: [team=db, env="prod"]
      receiver: b
      group_interval: 2m
      continue: true
      routes:
        - { match: ['host!~"x.*"'], group_by: ... }
`).routing;
    const child = route.routes[0]!;
    const grandchild = child.routes[0]!;
    expect(child).toMatchObject({ path: '{}/{team="db",env="prod"}', receiver: 'b', continue: true });
    expect(child).toMatchObject({
      groupBy: ['alertname', 'host'],
      groupIntervalMs: 120_000,
      resolveWaitMs: 10_000,
    });
    expect(grandchild).toMatchObject({
      path: '{}/{team="db",env="prod"}/{host!~"x.*"}',
      receiver: 'b',
      groupBy: 'all',
      continue: false,
    });
  });
});

describe('problems', () => {
  it('are all said at once, each at its place', () => {
    const text = `listen: 127.0.0.1:99999
colector: { host: true }
channels:
  hook: { type: webhook, url: 12, secret: "\${env:HOOK_SECRET}" }
  mail: { type: webhok }
receivers:
  ops: { channels: [hok], dedupe_window: 5 }
route:
  receiver: opz
  match: [a=b]
  repeat_intervall: 4h
  group_by: 7
  routes:
    - { match: ['severity=~"critical'], group_wait: 10 }
    - { receiver: ops }
egress: { allow: [127.0.0.0/8, "foo/99"] }
limits: { json_depth: -1, body_bytes: 1 zebra }
`;
    expect(problems(text, { env: { PORT: 'x' } })).toMatchInlineSnapshot(`
      [
        "environment:1:1 PORT: expected a port number from 0 to 65535",
        "tocsin.yaml:1:9 listen: expected host:port, e.g. 127.0.0.1:8787",
        "tocsin.yaml:2:1 colector: unknown key "colector"; did you mean "collector"?",
        "tocsin.yaml:4:31 channels.hook.url: expected string, got number",
        "tocsin.yaml:4:43 channels.hook.secret: \${env:HOOK_SECRET}: this environment variable is not set",
        "tocsin.yaml:5:17 channels.mail.type: there is no kind of channel "webhok"; did you mean "webhook"?",
        "tocsin.yaml:7:21 receivers.ops.channels.0: there is no channel "hok"; did you mean "hook"?",
        "tocsin.yaml:7:42 receivers.ops.dedupe_window: expected a duration such as 30s, 1m30s, 4h or 1d, got 5",
        "tocsin.yaml:9:13 route.receiver: there is no receiver "opz"; did you mean "ops"?",
        "tocsin.yaml:10:10 route.match: the top route takes every alert: expected no matchers here",
        "tocsin.yaml:11:3 route.repeat_intervall: unknown key "repeat_intervall"; did you mean "repeat_interval"?",
        "tocsin.yaml:12:13 route.group_by: expected a list of label names, or ...",
        "tocsin.yaml:14:17 route.routes.0.match.0: expected a closing " (in a matcher such as severity="critical")",
        "tocsin.yaml:14:53 route.routes.0.group_wait: expected a duration such as 30s, 1m30s, 4h or 1d, got 10",
        "tocsin.yaml:15:7 route.routes.1: is required: expected \`match\`, a list of matchers",
        "tocsin.yaml:16:32 egress.allow.1: expected a range such as 10.0.0.0/8, an address or a host name",
        "tocsin.yaml:17:23 limits.json_depth: expected number to be >=1",
        "tocsin.yaml:17:39 limits.body_bytes: expected an amount of bytes such as 1048576, 64MiB or 2GiB",
      ]
    `);
  });

  it('of syntax name line and column', () => {
    expect(problems('listen: [\nroute: {')).toMatchInlineSnapshot(`
      [
        "tocsin.yaml:2:1 : Flow sequence in block collection must be sufficiently indented and end with a ]",
        "tocsin.yaml:2:9 : Flow map in block collection must be sufficiently indented and end with a }",
      ]
    `);
    expect(problems('data: a\ndata: b\n')).toMatchInlineSnapshot(`
      [
        "tocsin.yaml:2:1 : the key "data" is there twice",
      ]
    `);
  });

  it('are found when nothing says who receives', () => {
    const two =
      'channels: { c: { type: console } }\nreceivers: { a: { channels: [c] }, b: { channels: [c] } }\n';
    expect(problems(two)).toMatchInlineSnapshot(`
      [
        "tocsin.yaml:1:1 route: is required: expected \`receiver\`, one of a, b",
      ]
    `);
    expect(problems('channels: {}')).toMatchInlineSnapshot(`
      [
        "tocsin.yaml:1:11 channels: expected at least one channel",
      ]
    `);
  });

  it('are two siblings that would share their groups', () => {
    const text = `
channels: { c: { type: console } }
route: { receiver: default, routes: [ { match: [a=b] }, { match: [a="b"] } ] }
`;
    expect(problems(text)).toMatchInlineSnapshot(`
      [
        "tocsin.yaml:3:57 route.routes.1: has the matchers and the receiver of routes.0 beside it",
      ]
    `);
  });

  it('name a file that is not there', () => {
    expect(problems(null, { file: 'other.yaml' })).toEqual(['other.yaml:1:1 : there is no such file']);
  });
});

describe('a proxy', () => {
  const at = (egress: string) => `channels: { c: { type: console } }\negress: ${egress}\n`;
  const given = (egress: string, env: Record<string, string> = {}) =>
    config(at(egress), { env }).egress.proxy;

  it('is named in the file, its login apart from it and secret', () => {
    expect(given('{ proxy: "http://proxy.internal:3128" }')).toEqual({
      host: 'proxy.internal',
      port: 3128,
      username: null,
      password: null,
    });
    expect(given('{ proxy: "http://[fd00::7]/" }')).toMatchObject({ host: 'fd00::7', port: 80 });
    const login = given(
      `{ proxy: "http://10.0.0.7:3128", proxy_username: tocsin, proxy_password: "\${env:PROXY}" }`,
      { PROXY: 'p@ss/word' },
    );
    expect(login?.password?.reveal()).toBe('p@ss/word');
    expect(JSON.stringify(login)).toContain('"***"');
  });

  it('is never taken from the environment', () => {
    const env = { HTTP_PROXY: 'http://10.0.0.7:3128', HTTPS_PROXY: 'http://10.0.0.7:3128', ALL_PROXY: 'x' };
    expect(given('{ allow: [] }', env)).toBeNull();
  });

  it('is refused where it cannot be meant, without repeating it', () => {
    for (const proxy of [
      'https://proxy.internal:3128',
      'socks5://proxy.internal',
      'proxy.internal:3128',
      'http://user:hunter2@proxy.internal:3128',
      'http://proxy.internal:3128/hunter2',
      'http://proxy.internal:0',
      'http://proxy.internal:99999',
      'http://a b',
      'http://',
    ]) {
      expect(problems(at(`{ proxy: "${proxy}" }`))).toEqual([
        'tocsin.yaml:2:18 egress.proxy: expected http://host:port; user and password go into proxy_username and proxy_password',
      ]);
    }
    expect(problems(at('{ proxy: "http://p:1", proxy_username: "a:b", proxy_password: hunter2 }'))).toEqual([
      'tocsin.yaml:2:48 egress.proxy_username: expected a name without ":" and control characters',
    ]);
    expect(problems(at('{ proxy: "http://p:1", proxy_username: a }'))).toEqual([
      expect.stringContaining('proxy_username and proxy_password belong together'),
    ]);
    expect(problems(at('{ proxy_username: a, proxy_password: hunter2 }'))).toEqual([
      expect.stringContaining('proxy_username without a proxy'),
    ]);
  });
});

describe('a hostile file', () => {
  it.skipIf(process.platform === 'win32')(
    'is not waited for when it is a pipe, and not read when it is a device',
    () => {
      spawnSync('mkfifo', [join(cwd, 'pipe')]);
      for (const file of ['pipe', '/dev/zero', '.']) {
        expect(loadConfig({ file, cwd, env: {}, flags: {} })).toMatchObject({
          problems: [{ message: 'this is not a file' }],
        });
      }
      const text = `channels: { hook: { type: webhook, url: "https://example.com", secret: "\${file:/dev/zero}" } }`;
      expect(problems(text).join('\n')).toMatch(/\$\{file:\/dev\/zero\}: this is not a file$/m);
      writeFileSync(join(cwd, 'large.yaml'), ' '.repeat(1024 * 1024 + 1));
      expect(loadConfig({ file: 'large.yaml', cwd, env: {}, flags: {} })).toMatchObject({
        problems: [{ message: 'expected a file of at most 1048576 bytes' }],
      });
    },
  );

  it('reaches no prototype by its keys or names', () => {
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      for (const text of [
        `${name}: { polluted: 1 }`,
        `limits: { ${name}: { polluted: 1 } }`,
        `channels: { ${name}: { type: console, polluted: 1 } }`,
        `channels: { a: { type: ${name} } }`,
        `channels: { a: { type: console, ${name}: { polluted: 1 } } }`,
        `receivers: { ${name}: { polluted: 1 } }`,
        `channels: { a: { type: webhook, url: "https://example.com", headers: { "${name}": { polluted: 1 } } } }`,
      ]) {
        writeFileSync(join(cwd, 'tocsin.yaml'), text);
        expect(() => loadConfig({ cwd, env: {}, flags: {} })).not.toThrow();
      }
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('references', () => {
  it('stand for variables and files', () => {
    writeFileSync(join(cwd, 'secret'), 'a secret of enough letters\n');
    const read = config(
      `
data: "\${env:BASE}/tocsin"
channels:
  hook: { type: webhook, url: "https://example.com", secret: "\${file:secret}" }
`,
      { env: { BASE: '/srv' } },
    );
    expect(read.data).toBe('/srv/tocsin');
    const { secret } = read.channels.get('hook')!.settings as { secret: { reveal(): string }[] };
    expect(secret[0]?.reveal()).toBe('a secret of enough letters');
  });

  it.skipIf(process.platform === 'win32')('wait for no pipe', () => {
    spawnSync('mkfifo', [join(cwd, 'pipe')]);
    const text = `channels: { hook: { type: webhook, url: "https://example.com", secret: "\${file:pipe}" } }`;
    expect(problems(text).join('\n')).toMatch(/\$\{file:pipe\}: this is not a file$/m);
  });

  it('that lead nowhere are named, what they stand for never is', () => {
    writeFileSync(join(cwd, 'long'), 'x'.repeat(65_537));
    const text = `
data: "\${env:NOPE}"
listen: "\${env:SECRET}"
channels:
  hook: { type: webhook, url: "\${file:/nope}", secret: "\${file:long}" }
  mail: { type: "\${env:SECRET}" }
route: { receiver: "\${env:SECRET}", group_wait: "\${env:SECRET}" }
`;
    const said = problems(text, { env: { SECRET: 'hunter2' } });
    expect(said.join('\n')).not.toContain('hunter2');
    expect(said).toMatchInlineSnapshot(`
      [
        "tocsin.yaml:2:7 data: \${env:NOPE}: this environment variable is not set",
        "tocsin.yaml:3:9 listen: expected host:port, e.g. 127.0.0.1:8787 in what \${env:SECRET} stands for",
        "tocsin.yaml:5:31 channels.hook.url: \${file:/nope}: there is no such file",
        "tocsin.yaml:5:56 channels.hook.secret: \${file:long}: expected a file of at most 65536 bytes",
        "tocsin.yaml:6:17 channels.mail.type: there is no kind of channel "\${env:SECRET}"; expected one of webhook, alertmanager-webhook, email, wecom, dingtalk, feishu, sms, phone, console, slack, pagerduty",
        "tocsin.yaml:7:20 route.receiver: there is no receiver "\${env:SECRET}"; expected one of default",
        "tocsin.yaml:7:49 route.group_wait: expected a duration such as 30s, 1m30s, 4h or 1d in what \${env:SECRET} stands for",
      ]
    `);
  });
});

describe('flags and environment', () => {
  const file = 'listen: 127.0.0.1:1\ndata: /from-file\n';

  it('win in this order: flag, variable, file, default', () => {
    const listen = (options: Partial<LoadOptions>) => config(file, options).listen;
    expect(listen({})).toEqual({ host: '127.0.0.1', port: 1 });
    expect(listen({ env: { PORT: '2' } })).toEqual({ host: '127.0.0.1', port: 2 });
    expect(listen({ env: { PORT: '2', TOCSIN_LISTEN: '0.0.0.0:3' } })).toEqual({ host: '0.0.0.0', port: 3 });
    expect(listen({ env: { TOCSIN_LISTEN: '0.0.0.0:3' }, flags: { listen: '[::1]:4' } })).toEqual({
      host: '::1',
      port: 4,
    });
    expect(config(file, { env: { TOCSIN_DATA: 'd' } }).data).toBe(join(cwd, 'd'));
    expect(config(file, { env: { TOCSIN_DATA: 'd' }, flags: { data: '/flag' } }).data).toBe('/flag');
    expect(config(file, { flags: { rules: ['r'] } }).rules).toEqual([join(cwd, 'r')]);
  });

  it('have problems of their own', () => {
    const options = { env: { TOCSIN_LISTEN: 'nope', PORT: '99999' }, flags: { listen: 'a:b:c' } };
    expect(problems(null, options)).toMatchInlineSnapshot(`
      [
        "command line:1:1 --listen: expected host:port, e.g. 127.0.0.1:8787",
        "environment:1:1 TOCSIN_LISTEN: expected host:port, e.g. 127.0.0.1:8787",
        "environment:1:1 PORT: expected a port number from 0 to 65535",
      ]
    `);
  });
});
