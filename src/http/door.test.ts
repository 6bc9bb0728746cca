import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import { httpStage, type Stage } from '../testing/http-stage.ts';
import { AccessLog } from './access-log.ts';
import { Door } from './door.ts';
import { digestOf, mintKey, shortId } from './key-format.ts';
import { adminKeyName, Keyring } from './keys.ts';
import { callerOf } from './remote-address.ts';
import { type Listening, serve } from './server.ts';

let stage: Stage;
let door: Door;
let access: AccessLog;
let later: (() => void)[];
beforeEach(() => {
  stage = httpStage();
  later = [];
  const { store } = stage;
  const keyring = new Keyring({ store, log: silentLog, defer: () => {} });
  access = new AccessLog({
    store,
    log: silentLog,
    now: () => stage.now,
    later(_ms, callback) {
      later.push(callback);
      return () => {
        later = later.filter((waiting) => waiting !== callback);
      };
    },
  });
  door = new Door(keyring, access);
});
afterEach(() => stage.close());

const passLater = () => {
  for (const callback of later.splice(0)) callback();
};
const enter = (text: string, address: string | undefined = '203.0.113.9') =>
  door.enter({ apiKey: text, authorization: undefined }, address, stage.now);
/** What a caller gets: the role of the key, `refused`, or the seconds that it has to wait. */
const tried = (text: string, address?: string): string | number => {
  try {
    return enter(text, address)?.role ?? 'refused';
  } catch (error) {
    return (error as { code: string; retryAfter: number }).retryAfter;
  }
};
const guess = (of = '0190a000-0000-7000-8000-00001234abcd') => mintKey(of);
const audited = () =>
  stage.store.auditEvents(null, 100, null).items.filter(({ kind }) => kind.startsWith('auth.'));

describe('whoever guesses keys', () => {
  it('holds nothing of a program that has written its audit for the last time', () => {
    tried('wrong');
    expect(later).toHaveLength(1);
    access.flush();
    expect(later).toEqual([]);
    expect(audited()).toHaveLength(1);
  });

  it('is refused ten times and then has to wait, from that address only', () => {
    for (let i = 0; i < 10; i++) expect(tried(`wrong-${i}`)).toBe('refused');
    expect(tried('wrong')).toBe(10);
    expect(tried('wrong', '203.0.113.10')).toBe('refused');
    stage.now += 10_000;
    expect(tried('wrong')).toBe('refused');
    expect(tried('wrong')).toBe(20);
  });

  it('locks nobody out who has a key of ours, although both come from one address', () => {
    const { text } = stage.addKey({ role: 'ingest' });
    for (let i = 0; i < 11; i++) tried(`wrong-${i}`);
    expect(tried('wrong')).toBe(10);
    expect(tried(text)).toBe('ingest');
  });

  it('at one key from many addresses makes that key wait, but not where it was used lately', () => {
    const { text, row } = stage.addKey({ role: 'viewer' });
    expect(tried(text, '198.51.100.1')).toBe('viewer');
    for (let i = 0; i < 10; i++) expect(tried(guess(row.id), `203.0.113.${i}`)).toBe('refused');
    expect(tried(guess(row.id), '203.0.113.200')).toBe(10);
    expect(tried(text, '203.0.113.201')).toBe(10);
    expect(tried(text, '198.51.100.1')).toBe('viewer');
    stage.now += 86_400_000;
    for (let i = 0; i < 10; i++) tried(guess(row.id), `203.0.113.${i}`);
    expect(tried(text, '198.51.100.1')).toBe('viewer');
    stage.now += 10_000;
    expect(tried(text, '203.0.113.201')).toBe('viewer');
  });

  it('makes a key that people chose wait with its address', () => {
    const text = 'a-key-that-somebody-chose-for-himself';
    const row = {
      ...stage.addKey({ role: 'operator', tenant: '*' }).row,
      id: stage.newId(),
      name: adminKeyName,
    };
    stage.store.addKey(row, digestOf(text).toString('hex'), null, stage.now);
    for (let i = 0; i < 10; i++) tried(`wrong-${i}`);
    expect(tried(text)).toBe(10);
    expect(tried(text, '198.51.100.1')).toBe('operator');
    stage.now += 10_000;
    expect(tried(text)).toBe('operator');
    for (let i = 0; i < 10; i++) tried(`wrong-${i}`);
    expect(tried(text)).toBe('operator');
  });

  it('is told nothing by the wait: keys that were revoked count as guesses', () => {
    const { text, row } = stage.addKey({ role: 'viewer' });
    stage.store.revokeKey(row.id, 'test', stage.now);
    for (let i = 0; i < 10; i++) expect(tried(text)).toBe('refused');
    expect(tried(text)).toBe(10);
  });

  it('is not whoever brings no key', () => {
    for (let i = 0; i < 100; i++) {
      expect(
        door.enter({ apiKey: undefined, authorization: undefined }, '203.0.113.9', stage.now),
      ).toBeNull();
    }
    expect(tried('wrong')).toBe('refused');
    passLater();
    expect(audited()).toHaveLength(1);
  });

  it('cannot hide behind the many addresses of one IPv6 network', () => {
    for (let i = 0; i < 10; i++) tried('wrong', `2001:db8:1:2::${i}`);
    expect(tried('wrong', '2001:db8:1:2:ffff::1')).toBe(10);
    expect(tried('wrong', '2001:db8:1:3::1')).toBe('refused');
    expect([
      callerOf('::ffff:192.0.2.1'),
      callerOf('::1'),
      callerOf('nonsense'),
      callerOf(undefined),
    ]).toEqual(['192.0.2.1', '::1', '', '']);
  });
});

describe('the audit', () => {
  it('has one row for each address and minute, without a secret', () => {
    const wrong = guess();
    for (let i = 0; i < 500; i++) tried(wrong);
    stage.now += 59_000;
    tried('a secret that is no key', '203.0.113.77');
    passLater();
    expect(audited().map(({ kind, body }) => [kind, body])).toEqual([
      ['auth.failed', { address: '203.0.113.77', count: 1, firstAt: stage.now, lastAt: stage.now, keys: [] }],
      [
        'auth.braked',
        {
          address: '203.0.113.9',
          count: 500,
          firstAt: stage.now - 59_000,
          lastAt: stage.now - 59_000,
          keys: ['1234abcd'],
        },
      ],
    ]);
    const rows = JSON.stringify(audited());
    expect(rows).not.toContain(wrong.slice(13));
    expect(rows).not.toContain('a secret');
  });

  it('stays small however many addresses guess', () => {
    for (let i = 0; i < 5_000; i++) tried('wrong', `10.0.${i >> 8}.${i & 255}`);
    expect(later).toHaveLength(1);
    passLater();
    const rows = audited();
    expect(rows).toHaveLength(21);
    expect(rows[0]).toMatchObject({ body: { address: 'others', count: 4_980 } });
    tried('wrong');
    passLater();
    expect(audited()).toHaveLength(22);
  });

  it('has the first use of a key from an address, once a day', () => {
    const { text, row } = stage.addKey({ role: 'viewer' });
    const uses = () => {
      passLater();
      return stage.store
        .events('default', { kind: 'key', id: row.id }, 100, null)
        .items.filter(({ kind }) => kind === 'auth.first_use');
    };
    for (let i = 0; i < 100; i++) enter(text, '198.51.100.1');
    enter(text, '198.51.100.2');
    enter(text, '198.51.100.1');
    expect(uses().map(({ actor, keep, body }) => [actor, keep, body])).toEqual([
      ['key:viewer', 2, { address: '198.51.100.2' }],
      ['key:viewer', 2, { address: '198.51.100.1' }],
    ]);
    stage.now += 86_400_000;
    enter(text, '198.51.100.1');
    expect(uses()).toHaveLength(3);
  });

  it('says when a key is in too many hands, and stops counting', () => {
    const { text, row } = stage.addKey({ role: 'viewer' });
    for (let i = 0; i < 2_000; i++) enter(text, `10.0.${i >> 8}.${i & 255}`);
    passLater();
    const page = stage.store.events('default', { kind: 'key', id: row.id }, 2_000, null).items;
    expect(page.filter(({ kind }) => kind === 'auth.first_use')).toHaveLength(1_000);
    expect(page[0]!.body).toMatchObject({ further: 'not recorded today' });
    expect(shortId(row.id)).toHaveLength(8);
  });

  it('never keeps anybody out when it cannot be written', () => {
    const { text } = stage.addKey({ role: 'viewer' });
    const failing = {
      recordAudit: () => {
        throw new Error('disk full');
      },
    };
    const warned: string[] = [];
    const log = { ...silentLog, warn: (event: string) => void warned.push(event) };
    const access = new AccessLog({
      store: failing,
      log,
      now: () => stage.now,
      later(_ms, now) {
        now();
        return () => {};
      },
    });
    const other = new Door(new Keyring({ store: stage.store, log, defer: () => {} }), access);
    expect(other.enter({ apiKey: text, authorization: undefined }, '192.0.2.1', stage.now)?.role).toBe(
      'viewer',
    );
    expect(warned).toEqual(['audit.failed']);
  });
});

describe('over a connection', () => {
  let listening: Listening;
  beforeEach(async () => {
    listening = await serve(stage.app, { host: '127.0.0.1', port: 0 });
  });
  afterEach(() => listening.close());

  it.each(['/api/v1/metrics', '/api/v1/events'])(
    '%s answers 429 with Retry-After after ten guesses',
    async (path) => {
      const post = (key: string, more = {}) =>
        fetch(`http://127.0.0.1:${listening.port}${path}`, {
          method: 'POST',
          headers: { 'x-api-key': key, 'content-type': 'application/json', ...more },
          body: path.endsWith('metrics') ? '[]' : '{"type":"t","severity":"info","message":"m"}',
        });
      const statuses = [];
      for (let i = 0; i < 11; i++) {
        // Saying to be somebody else does not help.
        statuses.push((await post(`wrong-${i}`, { 'x-forwarded-for': `192.0.2.${i}` })).status);
      }
      expect(statuses).toEqual([...Array(10).fill(401), 429]);
      const refused = await post('wrong');
      expect(refused.headers.get('retry-after')).toBe('10');
      expect(await refused.json()).toMatchObject({ error: { code: 'too_many_attempts' } });
      expect((await post(stage.keys.ingest)).status).toBe(202);
      stage.passLater();
      const { items } = stage.store.auditEvents(null, 10, null);
      expect(items[0]).toMatchObject({ kind: 'auth.braked', body: { address: '127.0.0.1', count: 12 } });
    },
  );
});
