// Store contract: objects that people configure through the API, and every version of them.
import { expect, it } from 'vitest';
import type { ConfigAction, ConfigObjectRow, Effect } from '../../pipeline/effect.ts';
import { type StoreError, shardCount } from '../store.ts';
import type { Story } from './harness.ts';
import { t0 } from './row-builders.ts';

const policy = {
  eventShortMs: 86_400_000,
  eventHistoryMs: 90 * 86_400_000,
  eventAuditMs: 400 * 86_400_000,
  alertMs: 90 * 86_400_000,
  deliveryMs: 30 * 86_400_000,
};

export function configObjectContract(current: () => Story): void {
  const put = (row: ConfigObjectRow, action: ConfigAction): Effect => ({ put: 'config_object', row, action });
  const anObject = (changes: Partial<ConfigObjectRow> = {}): ConfigObjectRow => ({
    tenant: 'acme',
    kind: 'rule',
    id: current().rows.newId(),
    name: 'HighCpu',
    version: 1,
    body: '{"name":"HighCpu"}',
    createdAt: t0,
    createdBy: 'key:ann',
    updatedAt: t0,
    updatedBy: 'key:ann',
    deletedAt: null,
    ...changes,
  });
  const live = (tenant = 'acme') => current().store.configObjects(tenant, 'rule');
  const versions = (row: ConfigObjectRow, limit = 10, cursor: string | null = null) =>
    current().store.configObjectVersions(row.tenant, 'rule', row.id, limit, cursor);

  it('are there after a restart, of their tenant alone, in the order in which they were made', () => {
    const { commit, reopen, rows } = current();
    const first = anObject();
    rows.clock.at += 1;
    const second = anObject({ name: 'AnotherOne' });
    commit([put(first, 'created'), put(second, 'created')]);
    const foreign = anObject({ tenant: 'globex' });
    commit([put(foreign, 'created')], 'globex');
    reopen();
    expect(live()).toEqual([first, second]);
    expect(live('globex')).toEqual([foreign]);
    expect(current().store.configObject('globex', 'rule', first.id)).toBeNull();
    expect(versions({ ...first, tenant: 'globex' }).items).toEqual([]);
  });

  it('keep what they were at each change, and by whom', () => {
    const { commit } = current();
    const made = anObject();
    const next = { ...made, version: 2, body: '{"v":2}', updatedAt: t0 + 5, updatedBy: 'key:bob' };
    const gone = { ...next, version: 3, updatedAt: t0 + 9, updatedBy: null, deletedAt: t0 + 9 };
    commit([put(made, 'created')]);
    commit([put(next, 'patched'), put(gone, 'deleted')]);
    expect(live()).toEqual([]);
    expect(current().store.configObject('acme', 'rule', made.id)).toEqual(gone);
    const name = 'HighCpu';
    expect(versions(made).items).toEqual([
      { version: 3, action: 'deleted', name, body: '{"v":2}', at: t0 + 9, actor: null },
      { version: 2, action: 'patched', name, body: '{"v":2}', at: t0 + 5, actor: 'key:bob' },
      { version: 1, action: 'created', name, body: made.body, at: t0, actor: 'key:ann' },
    ]);
    const page = versions(made, 2);
    expect(page.items.map(({ version }) => version)).toEqual([3, 2]);
    expect(versions(made, 2, page.next).items.map(({ version }) => version)).toEqual([1]);
    expect(versions(made, 2, page.next).next).toBeNull();
  });

  it('have a name to themselves until they are deleted; whoever takes it gets nothing else written either', () => {
    const { commit, rows } = current();
    const first = anObject();
    commit([put(first, 'created')]);
    const event = rows.event();
    expect(() => commit([{ put: 'event', row: event }, put(anObject(), 'created')])).toThrow();
    expect(current().store.events('acme', null, 10, null).items).toEqual([]);
    expect(live()).toEqual([first]);
    commit([put({ ...first, version: 2, deletedAt: t0 }, 'deleted')]);
    const second = anObject();
    commit([put(second, 'created')]);
    expect(live()).toEqual([second]);
  });

  it('follow the version before, else nothing is written', () => {
    const { commit } = current();
    const made = anObject();
    commit([put(made, 'created')]);
    expect(() => commit([put({ ...made, version: 3 }, 'patched')])).toThrow();
    expect(versions(made).items).toHaveLength(1);
    expect(live()).toEqual([made]);
  });

  it('are fenced like everything else of a tenant', () => {
    const { store } = current();
    const { shard } = store.ensureTenant('acme', t0);
    expect(shard).toBeLessThan(shardCount);
    const stale = () => store.commit([{ shard, epoch: 0, effects: [put(anObject(), 'created')] }]);
    expect(stale).toThrow(expect.objectContaining({ failure: 'fenced' } satisfies Partial<StoreError>));
    expect(live()).toEqual([]);
  });

  it('keep their last 100 versions, and go with all of them when they were deleted long ago', () => {
    const { commit, retainAll } = current();
    const made = anObject();
    commit([put(made, 'created')]);
    for (let version = 2; version <= 104; version++) commit([put({ ...made, version }, 'patched')]);
    expect(versions(made, 500).items).toHaveLength(100);
    const kept = anObject({ name: 'Kept' });
    commit([put(kept, 'created'), put({ ...made, version: 105, updatedAt: t0, deletedAt: t0 }, 'deleted')]);
    retainAll(policy, t0 + policy.eventAuditMs);
    expect(current().store.configObject('acme', 'rule', made.id)).not.toBeNull();
    retainAll(policy, t0 + policy.eventAuditMs + 1);
    expect(current().store.configObject('acme', 'rule', made.id)).toBeNull();
    expect(versions(made, 500).items).toEqual([]);
    expect(live()).toEqual([kept]);
  });
}
