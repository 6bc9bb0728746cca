import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Listening, serve } from '../http/server.ts';
import { httpStage, type Stage } from '../testing/http-stage.ts';
import type { CliHost } from './host.ts';
import { runCli } from './program.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-cli-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** A process that is none: what was written, and hands to stop it with. */
function fakeHost(argv: readonly string[], env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const waiting: { match: RegExp; resolve: (line: string) => void }[] = [];
  let stop = () => {};
  const host: CliHost = {
    argv,
    env,
    cwd,
    out(line) {
      out.push(line);
      for (const { match, resolve } of waiting) if (match.test(line)) resolve(line);
    },
    err: (line) => void err.push(line),
    onStop(callback) {
      stop = callback;
    },
    exit(code) {
      throw new Error(`exit ${code}`);
    },
  };
  return {
    out,
    err,
    done: () => runCli(host),
    stop: () => stop(),
    line: (match: RegExp) => new Promise<string>((resolve) => void waiting.push({ match, resolve })),
  };
}
async function run(argv: readonly string[], env: Record<string, string> = {}) {
  const host = fakeHost(argv, env);
  const code = await host.done();
  return { code, out: host.out.join('\n'), err: host.err.join('\n') };
}

describe('the command line', () => {
  it('prints its version', async () => {
    expect(await run(['version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  });

  it.each(['serve', 'check', 'push', 'version'])('helps with %s', async (command) => {
    expect(await run([command, '--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining(`tocsin ${command}`),
    });
  });

  it.each([
    [['serf']],
    [['push', 'm', 'many']],
    [['push', 'm', '1', '--label', 'x']],
    [['serve', '--prot', '1']],
  ])('refuses %j as wrong usage', async (argv) => {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: /);
  });
});

describe('check', () => {
  it('says that all is well', async () => {
    writeFileSync(join(cwd, 'tocsin.yaml'), 'data: ./data\n');
    expect(await run(['check'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('0 rules in 0 files'),
    });
  });

  it('warns of people whom nothing reaches', async () => {
    const lines = [
      'channels: { screen: { type: console } }',
      'people:',
      '  bob: {}',
      'teams:',
      '  night: [bob]',
      '  day: api',
      'receivers: { ops: { to: [team:night] }, other: { to: [team:day] } }',
      'route: { receiver: ops }',
      'tenants: { acme: { people: { zoe: { addresses: { sms: "+886912345678" } } } } }',
    ];
    writeFileSync(join(cwd, 'tocsin.yaml'), lines.join('\n'));
    const { code, out } = await run(['check']);
    expect([code, ...out.split('\n').slice(0, -1)]).toEqual([
      0,
      'tocsin.yaml:3 warning: nothing reaches bob: there is no address',
      'tocsin.yaml:5 warning: nothing reaches anybody of the team night (bob)',
      'warning: nothing reaches anybody of the receiver ops (team:night)',
      'tocsin.yaml:9 warning: tenant acme: nothing reaches zoe: no channel that writes to people takes an address for sms',
    ]);
  });

  it('prints the problems of configuration and rules, and fails', async () => {
    writeFileSync(join(cwd, 'tocsin.yaml'), 'listn: 1\n');
    writeFileSync(join(cwd, 'bad.yaml'), 'rules:\n  - { name: A }\n');
    const { code, out, err } = await run(['check', '--rules', 'bad.yaml']);
    expect(code).toBe(1);
    expect(out).toContain('tocsin.yaml:1:1 listn: unknown key "listn"; did you mean "listen"?');
    expect(out).toMatch(/^bad\.yaml:2:\d+ rules\.0/m);
    expect(err).toMatch(/^\d+ problems$/);
  });
});

describe('schema', () => {
  it('prints the schema of rule files, or writes it to a file', async () => {
    const { code, out } = await run(['schema']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ title: 'Tocsin rule file' });
    expect(await run(['schema', '--out', 'rules.json'])).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'rules.json'), 'utf8')).toBe(`${out}\n`);
    expect(await run(['schema', '--out', 'no/such/folder.json'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('could not be written'),
    });
  });
});

describe('push', () => {
  let stage: Stage;
  let listening: Listening;
  let url: string;
  beforeEach(async () => {
    stage = httpStage();
    listening = await serve(stage.app, { host: '127.0.0.1', port: 0 });
    url = `http://127.0.0.1:${listening.port}`;
  });
  afterEach(async () => {
    await listening.close();
    stage.close();
  });

  it('sends one sample', async () => {
    const argv = ['push', 'room.temperature', '-5', '--label', 'room=a', '--label', 'q=x=y', '--url', url];
    expect(await run(argv, { TOCSIN_KEY: stage.keys.ingest })).toMatchObject({
      code: 0,
      out: 'accepted: room.temperature -5',
    });
    expect(stage.pushed).toMatchObject([
      { metric: 'room.temperature', value: -5, labels: { room: 'a', q: 'x=y' } },
    ]);
  });

  it('says why it was refused', async () => {
    const argv = ['push', 'm', '1', '--url', url];
    expect(await run(argv)).toMatchObject({ code: 2, err: expect.stringContaining('API key is needed') });
    expect(await run([...argv, '--key', stage.keys.viewer])).toMatchObject({
      code: 1,
      err: `${url} refused the sample (403): This key may not do that.`,
    });
    await listening.close();
    expect(await run([...argv, '--key', 'x'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('does not answer'),
    });
  });
});

describe('serve', () => {
  const quiet = { TOCSIN_LOG: 'silent' };

  it('refuses an invalid configuration with every problem', async () => {
    writeFileSync(join(cwd, 'tocsin.yaml'), 'listn: 1\nlimits: { json_depth: 0 }\n');
    const { code, err } = await run(['serve']);
    expect(code).toBe(2);
    expect(err.split('\n')).toEqual([
      'tocsin.yaml:1:1 listn: unknown key "listn"; did you mean "listen"?',
      'tocsin.yaml:2:23 limits.json_depth: expected number to be >=1',
      'not started: 2 problems',
    ]);
  });

  it('refuses bad rules and a short admin key', async () => {
    writeFileSync(join(cwd, 'bad.yaml'), 'rules:\n  - { name: A }\n');
    expect(await run(['serve', '--rules', 'bad.yaml'])).toMatchObject({ code: 2 });
    const { code, err } = await run(['serve'], { ...quiet, TOCSIN_ADMIN_KEY: 'short' });
    expect(code).toBe(1);
    expect(err).toContain('TOCSIN_ADMIN_KEY must have 32');
  });

  it('runs in an empty folder, shows its key once, and ends when asked to', async () => {
    const first = fakeHost(['serve', '--listen', '127.0.0.1:0'], quiet);
    const curl = first.line(/curl/);
    const ended = first.done();
    const line = await curl;
    const [, url, key] = /(http:\S+)\/api\/v1\/metrics -H 'X-API-Key: (tcs_\w+)'/.exec(line) ?? [];
    const pushed = await run(['push', 'm', '1', '--url', url!, '--key', key!]);
    expect(pushed).toMatchObject({ code: 0 });

    const port = new URL(url!).port;
    const taken = await run(['serve', '--listen', `127.0.0.1:${port}`, '--data', 'other'], quiet);
    expect(taken.code).toBe(1);
    expect(taken.err).toContain('is taken by another program');
    expect(taken.out).toMatch(/^Operator key, shown this once: tcs_\w+$/);

    first.stop();
    expect(await ended).toBe(0);

    const second = fakeHost(['serve', '--listen', '127.0.0.1:0'], quiet);
    const listens = second.line(/listens on/);
    const again = second.done();
    await listens;
    second.stop();
    expect(await again).toBe(0);
    expect(second.out.join('\n')).not.toContain('Operator key');
  });
});
