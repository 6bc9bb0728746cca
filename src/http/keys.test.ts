import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../log.ts';
import type { Store } from '../store/store.ts';
import { httpStage, type Stage } from '../testing/http-stage.ts';
import { digestOf, isMintedKey, mintKey } from './key-format.ts';
import { ensureFirstKey, Keyring, presentedKey } from './keys.ts';

let stage: Stage;
beforeEach(() => {
  stage = httpStage();
});
afterEach(() => stage.close());

describe('a key', () => {
  it('has a prefix that scanners find, the tail of its id, and 256 random bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const text = mintKey('0190a000-0000-7000-8000-00001234abcd', () => bytes);
        expect(isMintedKey(text)).toBe(true);
        expect(text.startsWith('tcs_1234abcd_')).toBe(true);
      }),
    );
  });

  it.each([
    ['X-API-Key', { apiKey: 'k', authorization: undefined }],
    ['bearer', { apiKey: undefined, authorization: 'Bearer k' }],
    [
      'basic password',
      { apiKey: undefined, authorization: `basic ${Buffer.from('user:k').toString('base64')}` },
    ],
  ])('is read from %s', (_name, credentials) => {
    expect(presentedKey(credentials)).toBe('k');
  });

  it.each([undefined, '', 'Bearer', 'Digest k', `Basic ${Buffer.from('nocolon').toString('base64')}`])(
    'is not read from %j',
    (authorization) => {
      expect(presentedKey({ apiKey: undefined, authorization })).toBeNull();
    },
  );

  it('opens nothing when it is unknown, cut, changed, revoked or expired', async () => {
    const { text, row } = stage.addKey({ role: 'viewer', expiresAt: stage.now + 60_000 });
    const status = async (key: string) => (await stage.request('GET', '/api/v1/alerts', { as: key })).status;
    expect(await status(text)).toBe(200);
    expect(await status(text.slice(0, -1))).toBe(401);
    expect(await status(`${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}`)).toBe(401);
    expect(await status('x'.repeat(100_000).slice(0, 8_000))).toBe(401);
    stage.now += 60_000;
    expect(await status(text)).toBe(401);
    const other = stage.addKey({ role: 'viewer' });
    expect(await status(other.text)).toBe(200);
    const revoked = await stage.request('DELETE', `/api/v1/keys/${other.row.id}`, { as: 'admin' });
    expect(revoked.status).toBe(204);
    expect(await status(other.text)).toBe(401);
    expect(row.revokedAt).toBeNull();
  });
});

describe('the keyring', () => {
  const counting = (store: Store) => {
    const calls = { lookups: 0, touches: 0 };
    const counted: Store = {
      ...store,
      keyByDigest(digest) {
        calls.lookups++;
        return store.keyByDigest(digest);
      },
      touchKey(id, now) {
        calls.touches++;
        store.touchKey(id, now);
      },
    };
    return { calls, counted };
  };

  it('asks the store once in five seconds and writes last_used once a minute', () => {
    const { calls, counted } = counting(stage.store);
    const deferred: (() => void)[] = [];
    const ring = new Keyring({ store: counted, log: silentLog, defer: (later) => void deferred.push(later) });
    const { text } = stage.addKey({ role: 'viewer' });
    const credentials = { apiKey: text, authorization: undefined };
    for (let second = 0; second < 120; second++) {
      for (let i = 0; i < 10; i++) {
        expect(ring.authenticate(credentials, stage.now + second * 1_000)).not.toBeNull();
      }
      for (const later of deferred.splice(0)) later();
    }
    expect(calls).toEqual({ lookups: 24, touches: 2 });
  });

  it('goes on when last_used cannot be written', () => {
    const failing: Store = {
      ...stage.store,
      touchKey: () => {
        throw new Error('disk full');
      },
    };
    const ring = new Keyring({ store: failing, log: silentLog, defer: (later) => later() });
    const { text } = stage.addKey({ role: 'viewer' });
    expect(ring.authenticate({ apiKey: text, authorization: undefined }, stage.now)).not.toBeNull();
  });
});

describe('the first key', () => {
  const first = (adminKey?: string) =>
    ensureFirstKey(stage.store, { newId: stage.newId, now: stage.now, ...(adminKey && { adminKey }) });
  const revokeAll = () => {
    for (const key of stage.store.keys(null)) stage.store.revokeKey(key.id, 'test', stage.now);
  };

  it('is generated when no operator key lives, and only then', async () => {
    expect(first()).toEqual({ generated: null });
    revokeAll();
    const made = first() as { generated: string };
    expect(isMintedKey(made.generated)).toBe(true);
    expect((await stage.request('GET', '/api/v1/keys', { as: made.generated })).status).toBe(200);
    expect(first()).toEqual({ generated: null });
  });

  it('of the environment takes the place of an earlier one', () => {
    const [one, two] = ['a'.repeat(32), 'b'.repeat(40)];
    expect(first(one)).toEqual({ generated: null });
    expect(first(one)).toEqual({ generated: null });
    expect(first(two)).toEqual({ generated: null });
    const row = (key: string) => stage.store.keyByDigest(digestOf(key).toString('hex'));
    expect(row(one)?.revokedAt).toBe(stage.now);
    expect(row(two)?.revokedAt).toBeNull();
    expect(first(one)).toEqual({ problem: 'TOCSIN_ADMIN_KEY was revoked or has expired; choose another' });
  });

  it('of the environment must be long', () => {
    expect(first('short')).toEqual({ problem: 'TOCSIN_ADMIN_KEY must have 32 to 512 characters, it has 5' });
  });
});

describe('the keys of the API', () => {
  it('are shown once and listed without their secret', async () => {
    const made = await stage.request('POST', '/api/v1/keys', {
      as: 'admin',
      body: { name: 'ci', role: 'ingest' },
    });
    expect(made.status).toBe(201);
    const text = String(made.json.key);
    expect((await stage.request('POST', '/api/v1/metrics', { as: text, body: [] })).status).toBe(202);
    const listed = await stage.request('GET', '/api/v1/keys', { as: 'admin' });
    expect(listed.text).toContain(text.slice(0, 12));
    expect(listed.text).not.toContain(text.slice(13));
  });

  it.each([
    ['an operator', { name: 'x', role: 'operator' }],
    ['a key of another tenant', { name: 'x', role: 'viewer', tenant: 'other' }],
    ['a key of all tenants', { name: 'x', role: 'viewer', tenant: '*' }],
  ])('never make %s out of an admin', async (_what, body) => {
    expect((await stage.request('POST', '/api/v1/keys', { as: 'admin', body })).code).toBe('forbidden');
  });

  it('with scopes give only scopes of their own', async () => {
    const { text } = stage.addKey({ role: 'admin', scopes: ['administer', 'read'] });
    const make = (scopes: string[]) =>
      stage.request('POST', '/api/v1/keys', { as: text, body: { name: 'x', role: 'admin', scopes } });
    expect((await make([])).code).toBe('forbidden');
    expect((await make(['push'])).code).toBe('forbidden');
    expect((await make(['read'])).status).toBe(201);
  });

  it('of other tenants and of operators are not there for an admin', async () => {
    const other = stage.addKey({ role: 'viewer', tenant: 'other' });
    const revoke = (id: string) => stage.request('DELETE', `/api/v1/keys/${id}`, { as: 'admin' });
    expect((await revoke(other.row.id)).code).toBe('key_not_found');
    expect((await revoke('nonsense')).code).toBe('key_not_found');
    const listed = await stage.request('GET', '/api/v1/keys', { as: 'admin' });
    expect(listed.text).not.toContain(other.row.id);
    expect((await stage.request('GET', '/api/v1/keys', { as: 'operator' })).text).toContain(other.row.id);
  });
});
