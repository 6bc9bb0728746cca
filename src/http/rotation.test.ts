import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiKeyRow } from '../store/rows.ts';
import { httpStage, type Stage } from '../testing/http-stage.ts';
import { digestOf } from './key-format.ts';
import { adminKeyName } from './keys.ts';

let stage: Stage;
beforeEach(() => {
  stage = httpStage();
});
afterEach(() => stage.close());

const hour = 3_600_000;
const rotate = (id: string, as: string, body?: unknown) =>
  stage.request('POST', `/api/v1/keys/${id}/rotate`, { as, ...(body !== undefined && { body }) });
const opens = async (key: string) =>
  (await stage.request('GET', '/api/v1/alerts', { as: key })).status === 200;
const listed = async (id: string) => {
  const { json } = await stage.request('GET', '/api/v1/keys', { as: 'admin' });
  return (json.items as unknown as Record<string, unknown>[]).find((key) => key.id === id)!;
};

describe('rotating a key', () => {
  it('gives a new one with the same rights, and the old one opens for another day', async () => {
    const old = stage.addKey({ role: 'responder', scopes: ['read'], name: 'pager' });
    const reply = await rotate(old.row.id, 'admin');
    expect(reply.status).toBe(201);
    expect(reply.json).toMatchObject({
      name: 'pager',
      tenant: 'default',
      role: 'responder',
      scopes: ['read'],
    });
    const next = String(reply.json.key);
    expect([await opens(old.text), await opens(next)]).toEqual([true, true]);
    expect(await listed(old.row.id)).toMatchObject({
      expires_at: new Date(stage.now + 24 * hour).toISOString(),
      revoked_at: null,
    });
    expect(await listed(String(reply.json.id))).toMatchObject({ expires_at: null });
    stage.now += 24 * hour - 1;
    expect(await opens(old.text)).toBe(true);
    stage.now += 1;
    expect([await opens(old.text), await opens(next)]).toEqual([false, true]);
    expect((await rotate(old.row.id, 'admin')).code).toBe('key_not_found');
  });

  it('takes an overlap from none to seven days', async () => {
    const ends = async (overlap: unknown) => {
      const old = stage.addKey({ role: 'viewer' });
      expect(await opens(old.text)).toBe(true);
      const reply = await rotate(old.row.id, 'admin', { overlap });
      if (reply.status !== 201) return reply.code;
      const { expires_at, revoked_at } = await listed(old.row.id);
      const spanOf = (at: unknown) => (at === null ? null : Date.parse(String(at)) - stage.now);
      return [await opens(old.text), spanOf(expires_at), spanOf(revoked_at)];
    };
    expect(await ends('0s')).toEqual([false, null, 0]);
    expect(await ends(0)).toEqual([false, null, 0]);
    expect(await ends('1h30m')).toEqual([true, 1.5 * hour, null]);
    expect(await ends('7d')).toEqual([true, 168 * hour, null]);
    expect(await ends('8d')).toBe('invalid_body');
    expect(await ends(-1)).toBe('invalid_body');
  });

  it('lengthens no life: neither that of the old key nor, unless it is said, that of the new one', async () => {
    const old = stage.addKey({ role: 'viewer', expiresAt: stage.now + hour });
    const reply = await rotate(old.row.id, 'admin', { overlap: '7d' });
    const until = new Date(stage.now + hour).toISOString();
    expect(await listed(old.row.id)).toMatchObject({ expires_at: until });
    expect(reply.json.expires_at).toBe(until);
    const longer = await rotate(old.row.id, 'admin', { expires_at: stage.now + 9 * hour });
    expect(longer.json.expires_at).toBe(new Date(stage.now + 9 * hour).toISOString());
    expect((await rotate(old.row.id, 'admin', { expires_at: stage.now })).code).toBe('invalid_body');
  });

  it('gives nobody more than they have', async () => {
    const operator = stage.addKey({ role: 'operator', tenant: '*' });
    expect((await rotate(operator.row.id, 'admin')).code).toBe('key_not_found');
    expect((await rotate('nonsense', 'admin')).code).toBe('key_not_found');
    const scoped = stage.addKey({ role: 'admin', scopes: ['administer'] });
    const whole = stage.addKey({ role: 'admin' });
    expect((await rotate(whole.row.id, scoped.text)).code).toBe('forbidden');
    expect((await rotate(scoped.row.id, scoped.text)).status).toBe(201);
    expect((await rotate(operator.row.id, 'operator')).status).toBe(201);
    const revoked = stage.addKey({ role: 'viewer', revokedAt: stage.now });
    expect((await rotate(revoked.row.id, 'admin')).code).toBe('key_not_found');
  });

  it('leaves the key of the environment to the environment', async () => {
    const row: ApiKeyRow = {
      ...stage.addKey({ role: 'operator', tenant: '*' }).row,
      id: stage.newId(),
      name: adminKeyName,
    };
    stage.store.addKey(row, digestOf('k'.repeat(32)).toString('hex'), null, stage.now);
    expect(await rotate(row.id, 'operator')).toMatchObject({ status: 409, code: 'owned_by_environment' });
  });

  it('is in the audit, with both keys and neither secret', async () => {
    const old = stage.addKey({ role: 'viewer' });
    const reply = await rotate(old.row.id, 'admin');
    const audit = await stage.request('GET', '/api/v1/audit?limit=2', { as: 'admin' });
    expect(audit.json.items).toMatchObject([
      { kind: 'key.added', subject: { id: reply.json.id }, body: { predecessor: old.row.id } },
      { kind: 'key.rotated', subject: { id: old.row.id }, body: { successor: reply.json.id } },
    ]);
    for (const text of [old.text, String(reply.json.key)]) expect(audit.text).not.toContain(text.slice(13));
  });
});

describe('the audit trail', () => {
  it('is paged, newest first, and only of the own tenant', async () => {
    for (let i = 0; i < 7; i++) stage.addKey({ role: 'viewer', name: `mine-${i}` });
    stage.addKey({ role: 'viewer', tenant: 'other', name: 'foreign' });
    const names: string[] = [];
    let cursor: unknown = '';
    for (let page = 0; cursor !== null; page++) {
      const { json } = await stage.request('GET', `/api/v1/audit?limit=3${cursor && `&cursor=${cursor}`}`, {
        as: 'admin',
      });
      const items = json.items as unknown as { body: { name: string } }[];
      expect(items.length).toBeLessThanOrEqual(3);
      names.push(...items.map(({ body }) => body.name));
      cursor = json.next;
      expect(page).toBeLessThan(10);
    }
    expect(names.slice(0, 7)).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `mine-${i}`));
    expect(names).toHaveLength(7 + 5);
    expect(names).not.toContain('foreign');
  });

  it('of the installation is for keys of all tenants', async () => {
    const of = (as: string) => stage.request('GET', '/api/v1/audit?of=installation', { as });
    expect((await of('admin')).code).toBe('forbidden');
    expect((await of('operator')).json.items).toMatchObject([
      { kind: 'key.added', body: { role: 'operator' } },
    ]);
    const bad = await stage.request('GET', '/api/v1/audit?cursor=nonsense', { as: 'admin' });
    expect(bad.code).toBe('invalid_cursor');
  });
});
