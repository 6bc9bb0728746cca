import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../http/key-format.ts';
import { startTestApp, type TestApp, testKey } from '../testing/test-app.ts';
import { runCli } from './program.ts';

let app: TestApp;
let cwd: string;
const config = 'collector: { host: false }\nchannels: { screen: { type: console } }\n';
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-recovery-'));
  app = await startTestApp(config, 'rules: []', { folder: cwd });
});
afterEach(async () => {
  await app.close().catch(() => undefined);
  rmSync(cwd, { recursive: true });
});

async function run(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv,
    env: {},
    cwd,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop() {},
    exit: (status) => {
      throw new Error(`exit ${status}`);
    },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('key reset', () => {
  const operator = async (name: string) => {
    const { body } = await app.call('POST', '/api/v1/keys', { name, role: 'operator' });
    return (body as { key: string }).key;
  };
  const opens = async (key: string) =>
    (await app.call('GET', '/api/v1/keys', undefined, { 'x-api-key': key })).status === 200;

  it('makes a new operator key and ends the earlier ones, once Tocsin is stopped', async () => {
    const [lost, ingest] = [
      await operator('lost'),
      await app.call('POST', '/api/v1/keys', { name: 'i', role: 'ingest' }),
    ];
    expect(await run('key', 'reset')).toMatchObject({
      code: 1,
      err: expect.stringContaining('stop it first'),
    });
    await app.tocsin.close();
    const { code, out } = await run('key', 'reset');
    expect(code).toBe(0);
    expect(out).toContain('1 earlier operator key revoked.');
    expect(out).toContain('The key of TOCSIN_ADMIN_KEY still opens');
    const made = /shown this once: (tcs_\w+)/.exec(out)![1]!;
    app = await startTestApp(config, 'rules: []', { folder: cwd });
    expect([await opens(made), await opens(lost), await opens(testKey)]).toEqual([true, false, true]);
    const pushed = await app.call('POST', '/api/v1/metrics', [], {
      'x-api-key': (ingest.body as { key: string }).key,
    });
    expect(pushed.status).toBe(202);
    const audit = await app.call('GET', '/api/v1/audit?of=installation');
    expect(audit.body).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({ kind: 'key.added', actor: 'host' }),
        expect.objectContaining({ kind: 'key.revoked', actor: 'host' }),
      ]),
    });
    expect(JSON.stringify(audit.body)).not.toContain(made.slice(13));
    expect(JSON.stringify(audit.body)).not.toContain(digestOf(made).toString('hex'));
  });

  it('says when there is no data', async () => {
    expect(await run('key', 'reset', '--data', 'nowhere')).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no such file'),
    });
  });
});

describe('audit verify', () => {
  /** A copy of the database in which the guards against changes are gone, as somebody with the file would do it. */
  const changed = (sql: string, ...more: string[]) => {
    const folder = mkdtempSync(join(cwd, 'copy-'));
    const file = join(folder, 'tocsin.db');
    copyFileSync(join(cwd, 'data/tocsin.db'), file);
    const database = new Database(file);
    const guards = database
      .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
      .pluck();
    for (const guard of guards.all()) database.exec(`DROP TRIGGER ${guard}`);
    database.exec(sql);
    database.close();
    return run('audit', 'verify', '--data', folder, ...more);
  };
  const chain = "tenant = 'default' AND keep = 2";
  const nth = (n: number) =>
    `seq = (SELECT seq FROM event WHERE ${chain} ORDER BY seq LIMIT 1 OFFSET ${n}) AND ${chain}`;

  beforeEach(async () => {
    for (let i = 0; i < 5; i++) await app.call('POST', '/api/v1/keys', { name: `key ${i}`, role: 'viewer' });
  });

  it('finds nothing wrong beside a running Tocsin, and knows what it said before', async () => {
    const first = await run('audit', 'verify');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^_system: \d+ events? in order, the newest is [0-9a-f]{64}$/m);
    const head = /^default: 5 events in order, the newest is ([0-9a-f]{64})$/m.exec(first.out)![1]!;
    await app.call('POST', '/api/v1/keys', { name: 'later', role: 'viewer' });
    expect((await run('audit', 'verify', '--holds', head)).code).toBe(0);
  });

  it.each<[string, string]>([
    ['a body', `UPDATE event SET body = replace(body, 'key 2', 'key X') WHERE ${nth(2)}`],
    ['a space in a body', `UPDATE event SET body = body || ' ' WHERE ${nth(2)}`],
    ['a body that is no JSON any more', `UPDATE event SET body = '{' WHERE ${nth(2)}`],
    ['an actor', `UPDATE event SET actor = 'key:innocent' WHERE ${nth(2)}`],
    ['a time', `UPDATE event SET at = at - 1 WHERE ${nth(2)}`],
    ['what is no audit event any more', `UPDATE event SET keep = 1 WHERE ${nth(2)}`],
    ['an event that is gone', `DELETE FROM event WHERE ${nth(2)}`],
    ['the oldest, which is gone', `DELETE FROM event WHERE ${nth(0)}`],
    ['a hash', `UPDATE event SET hash = zeroblob(32) WHERE ${nth(4)}`],
  ])('fails on %s', async (_what, sql) => {
    await app.tocsin.close();
    const { code, out, err } = await changed(sql);
    expect(out).toMatch(/^default: BROKEN at event \d+/m);
    expect(out).toMatch(/^_system: \d+ events? in order/m);
    expect([code, err]).toEqual([1, 'the audit trail was changed']);
  });

  it('cannot see that the end was cut off, but for a hash that was kept elsewhere', async () => {
    const head = /^default: .* ([0-9a-f]{64})$/m.exec((await run('audit', 'verify')).out)![1]!;
    await app.tocsin.close();
    const cut = `DELETE FROM event WHERE ${nth(4)}`;
    expect((await changed(cut)).code).toBe(0);
    const { code, out } = await changed(cut, '--holds', head);
    expect([code, out.includes(`no event with the hash ${head}`)]).toEqual([1, true]);
  });
});
