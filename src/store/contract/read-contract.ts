// Store contract: reads page by key, newest first, and never show one tenant what belongs to another.

import { expect, it } from 'vitest';
import { labelSet } from '../../../rules/labels.ts';
import { parseMatcher } from '../../../rules/matchers.ts';
import type { Matcher } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { AlertRow } from '../../pipeline/rows.ts';
import { brokenLink } from '../audit-chain.ts';
import type { ApiKeyRow } from '../rows.ts';
import { searchWords } from '../search-text.ts';
import { type Story, sending } from './harness.ts';
import { t0 } from './row-builders.ts';

const digest = (character: string) => character.repeat(64);

export function readContract(current: () => Story): void {
  it('pages through alerts and events, newest first, with every filter', () => {
    const { rows, store, commit } = current();
    const all = Array.from({ length: 25 }, (_, n) =>
      rows.alert({
        kind: n % 3 === 0 ? 'event' : 'alert',
        state: n % 3 === 0 || n % 2 === 0 ? 'resolved' : n % 5 === 0 ? 'pending' : 'firing',
        firedAt: n % 5 === 0 ? null : t0,
        rule: n % 4 === 0 ? 'LowDisk' : 'HighCpu',
        effectiveSeverity: n % 7 === 0 ? 'critical' : 'info',
      }),
    );
    commit(all.map((row): Effect => ({ put: 'alert', row, insert: true })));
    const newestFirst = all.toReversed();
    const walk = (filter: Parameters<typeof store.alerts>[1], limit: number) => {
      const items = [];
      let cursor: string | null = null;
      do {
        const page = store.alerts('acme', filter, limit, cursor);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      return items;
    };
    for (const limit of [1, 4, 5, 25, 100]) {
      expect(walk({}, limit)).toEqual(newestFirst);
      expect(walk({ kind: 'event' }, limit)).toEqual(newestFirst.filter((row) => row.kind === 'event'));
      expect(walk({ kind: 'alert', states: ['firing'] }, limit)).toEqual(
        newestFirst.filter((row) => row.kind === 'alert' && row.state === 'firing'),
      );
      expect(walk({ states: ['firing', 'resolved'], rule: 'LowDisk' }, limit)).toEqual(
        newestFirst.filter((row) => row.state !== 'pending' && row.rule === 'LowDisk'),
      );
      expect(walk({ severities: ['critical'], firedOnly: true }, limit)).toEqual(
        newestFirst.filter((row) => row.effectiveSeverity === 'critical' && row.firedAt !== null),
      );
    }
    expect(() => store.alerts('acme', {}, 5, 'nonsense')).toThrow(/cursor/);
    expect(() => store.events('acme', null, 5, '-1')).toThrow(/cursor/);
  });

  it('finds alerts by who has them, by time, by matchers and by words of any language, in slices', () => {
    const { rows, store, commit } = current();
    const filler = () =>
      Array.from({ length: 4 }, () => rows.alert({ labels: labelSet({ alertname: 'filler' }) }));
    const oldest = filler();
    const [cpu, disk, deploy] = [
      rows.alert({
        labels: labelSet({ alertname: 'HighCpu', host: 'a', severity: 'warning' }),
        effectiveSeverity: 'critical',
        category: 'performance',
        firedAt: t0 + 1_000,
        assignee: 'bea',
        ackedBy: 'bea',
        ackedAt: t0,
        ackUntil: t0 + 5_000,
      }),
      rows.alert({
        labels: labelSet({ alertname: 'DiskFull', host: 'b', severity: 'warning' }),
        annotations: { summary: '磁碟空間不足，請儘快處理' },
        firedAt: t0 + 2_000,
        fingerprint: 'feedfeedfeedfeed',
        snoozedUntil: t0 + 9_000,
      }),
      rows.alert({
        kind: 'event',
        state: 'resolved',
        labels: labelSet({ alertname: 'deploy', severity: 'info' }),
        effectiveSeverity: 'info',
        annotations: { summary: 'Straße ÉTÉ ｆｕｌｌ "quoted"' },
        firedAt: t0 + 3_000,
        comments: 1,
      }),
    ];
    const comment = rows.event({
      kind: 'alert.commented',
      subjectId: deploy.id,
      body: { text: '已經回滾' },
      keep: 2,
    });
    commit([
      ...[...oldest, cpu, disk, deploy, ...filler()].map(
        (row): Effect => ({ put: 'alert', row, insert: true }),
      ),
      { put: 'event', row: comment },
    ]);
    /** Which of the three, looked for in slices of `look` rows. */
    const find = (filter: Parameters<typeof store.alerts>[1], look: number) => {
      const names = [];
      let cursor: string | null = null;
      do {
        const page = store.alerts('acme', filter, 10, cursor, look);
        names.push(...page.items.map(({ labels }) => labels.alertname).filter((name) => name !== 'filler'));
        cursor = page.next;
      } while (cursor !== null);
      return names.join(' ');
    };
    const matchers = (...texts: string[]) => texts.map((text) => parseMatcher(text) as Matcher);
    for (const look of [1, 2, 1_000]) {
      expect(find({ severities: ['critical', 'info'] }, look)).toBe('deploy HighCpu');
      expect(find({ categories: ['performance'] }, look)).toBe('HighCpu');
      expect(find({ fingerprint: 'feedfeedfeedfeed' }, look)).toBe('DiskFull');
      expect(find({ assignee: 'bea' }, look)).toBe('HighCpu');
      expect(find({ acknowledged: { is: true, at: t0 + 4_999 } }, look)).toBe('HighCpu');
      expect(find({ acknowledged: { is: true, at: t0 + 5_000 } }, look)).toBe('');
      expect(find({ acknowledged: { is: false, at: t0 } }, look)).toBe('deploy DiskFull');
      expect(find({ snoozed: { is: true, at: t0 } }, look)).toBe('DiskFull');
      expect(find({ since: t0 + 2_000 }, look)).toBe('deploy DiskFull');
      expect(find({ since: t0 + 1_000, until: t0 + 2_000 }, look)).toBe('HighCpu');
      expect(find({ matchers: matchers('severity=critical', 'host!=""') }, look)).toBe('HighCpu');
      expect(find({ matchers: matchers('host=~"a|b"'), states: ['firing'] }, look)).toBe('DiskFull HighCpu');
      for (const [query, found] of [
        ['磁碟', 'DiskFull'],
        ['不足 請儘', 'DiskFull'],
        ['host=b disk', 'DiskFull'],
        ['strasse été FULL', 'deploy'],
        ['"quoted"', 'deploy'],
        ['回滾', 'deploy'],
        ['磁盤', ''],
      ] as const)
        expect([query, find({ words: searchWords(query) }, look)]).toEqual([query, found]);
    }
    expect(store.alerts('globex', { words: ['磁碟'] }, 10, null).items).toEqual([]);
  });

  it('reads the log of a subject and of a tenant', () => {
    const { rows, store, commit } = current();
    const subjectId = rows.newId();
    const mine = ['a', 'b', 'c'].map((kind) => rows.event({ kind, subjectId, correlationId: subjectId }));
    const rule = rows.event({ subjectKind: 'rule', subjectId: 'HighCpu', correlationId: 'by name', keep: 0 });
    commit([...mine, rule].map((row): Effect => ({ put: 'event', row })));
    const ofSubject = store.events('acme', { kind: 'alert', id: subjectId }, 2, null);
    expect(ofSubject.items.map((event) => event.kind)).toEqual(['c', 'b']);
    expect(store.events('acme', { kind: 'alert', id: subjectId }, 2, ofSubject.next)).toMatchObject({
      items: [{ ...mine[0], seq: 1 }],
      next: null,
    });
    expect(store.events('acme', { kind: 'rule', id: 'HighCpu' }, 9, null).items).toMatchObject([rule]);
    const first = store.events('acme', null, 3, null);
    const rest = store.events('acme', null, 3, first.next);
    expect([...first.items, ...rest.items].map((event) => event.seq)).toEqual([4, 3, 2, 1]);
    expect(rest.next).toBeNull();
  });

  it('reads the notifications of a period, oldest first', () => {
    const { rows, store, commit } = current();
    const notes = [0, 1, 2, 3].map((ms) => {
      rows.clock.at = t0 + ms;
      return rows.notification();
    });
    commit(notes.map((row): Effect => ({ put: 'notification', row })));
    const first = store.notificationsBetween('acme', t0 + 1, t0 + 3, 1, null);
    expect(first.items).toEqual([notes[1]]);
    expect(store.notificationsBetween('acme', t0 + 1, t0 + 3, 5, first.next)).toEqual({
      items: [notes[2]],
      next: null,
    });
    expect(store.notificationsBetween('acme', 0, 9e15, 9, null).items).toEqual(notes);
    expect(store.notificationsBetween('globex', 0, 9e15, 9, null).items).toEqual([]);
  });

  it('finds the notifications that name an alert', () => {
    const { rows, store, commit } = current();
    const alert = rows.alert();
    const other = rows.alert();
    const group = rows.group({ notified: { [alert.id]: { key: alert.key, status: 'firing', at: t0 } } });
    const inGroup = (changes: object) => rows.notification({ groupId: group.id, ...changes });
    const first = inGroup({ alerts: { [alert.id]: 'firing', [other.id]: 'firing' } });
    const unrelated = inGroup({ alerts: { [other.id]: 'resolved' } });
    const last = inGroup({ alerts: { [alert.id]: 'resolved' }, status: 'dropped', dropReason: 'muted' });
    commit([
      { put: 'alert', row: alert, insert: true },
      { put: 'alert', row: other, insert: true },
      { put: 'group', row: group, insert: true },
      ...[first, unrelated, last].flatMap((row) => sending(row)),
    ]);
    expect(store.notificationsOf('acme', alert.id, 10)).toEqual([last, first]);
    expect(store.notificationsOf('acme', alert.id, 1)).toEqual([last]);
    commit([{ put: 'group.closed', tenant: 'acme', id: group.id }]);
    expect(store.notificationsOf('acme', alert.id, 10)).toEqual([last, first]);
    expect(store.notificationsOf('acme', rows.newId(), 10)).toEqual([]);
    expect(store.notification('acme', last.id)).toEqual(last);
  });

  it('shows nothing of one tenant to another', () => {
    const { rows, store, commit } = current();
    const alert = rows.alert();
    const group = rows.group({ notified: { [alert.id]: { key: 'k', status: 'firing', at: t0 } } });
    const note = rows.notification({ groupId: group.id, alerts: { [alert.id]: 'firing' } });
    commit([
      { put: 'alert', row: alert, insert: true },
      { put: 'group', row: group, insert: true },
      ...sending(note, rows.delivery(note)),
      { put: 'event', row: rows.event({ subjectId: alert.id }) },
    ]);
    commit([{ put: 'event', row: rows.event({ tenant: 'globex' }) }], 'globex');
    expect(store.alert('globex', alert.id)).toBeNull();
    expect(store.alerts('globex', {}, 10, null)).toEqual({ items: [], next: null });
    expect(store.alerts('globex', { states: ['firing'] }, 10, null).items).toEqual([]);
    expect(store.events('globex', { kind: 'alert', id: alert.id }, 10, null).items).toEqual([]);
    expect(store.events('globex', null, 10, null).items.map((event) => event.tenant)).toEqual(['globex']);
    expect(store.notification('globex', note.id)).toBeNull();
    expect(store.notificationsOf('globex', alert.id, 10)).toEqual([]);
    expect(store.deliveries('globex', {}, 10, null).items).toEqual([]);
    expect(store.deliveryCounts('globex').queued).toBe(0);
    expect(store.loadTenant('globex')).toEqual({
      alerts: [],
      groups: [],
      deliveries: [],
      breakers: [],
      silences: [],
      tallies: [],
      untold: [],
      confirmations: [],
    });
    expect(store.alert('acme', "' OR 1=1 --")).toBeNull();
    expect(store.notification('acme', alert.id.toUpperCase())).toBeNull();
  });

  it('tells when events occurred and alerts began to fire, of a tenant, since a time', () => {
    const { store, commit, rows } = current();
    const fired = (over: Partial<AlertRow>) => rows.alert({ state: 'firing', ...over });
    const all = [
      fired({ labels: labelSet({ n: 'old' }), firedAt: t0 }),
      fired({ labels: labelSet({ n: 'a' }), rule: 'R', firedAt: t0 + 1_000 }),
      fired({ labels: labelSet({ n: 'pending' }), state: 'pending', firedAt: null }),
      fired({
        kind: 'event',
        labels: labelSet({ n: 'b' }),
        rule: null,
        firedAt: t0 + 2_000,
        state: 'resolved',
      }),
      fired({
        kind: 'event',
        labels: labelSet({ n: 'c', alertname: 'c' }),
        rule: null,
        firedAt: t0 + 3_000,
        state: 'resolved',
      }),
    ];
    commit(all.map((row) => ({ put: 'alert', row, insert: true })));
    const told = (kind: 'event' | 'alert', limit = 10, bornAt = 0, tenant = 'acme') =>
      store
        .occurrences({ tenant, kind, after: t0, bornAt, names: null, limit })
        .map(({ rule, labels, at }) => [rule, labels.n, at - t0])
        .sort();
    expect(told('alert')).toEqual([['R', 'a', 1_000]]);
    expect(told('event')).toEqual([
      [null, 'b', 2_000],
      [null, 'c', 3_000],
    ]);
    expect(told('event', 1)).toEqual([[null, 'c', 3_000]]);
    expect(told('event', 10, t0 + 3_600_000)).toEqual([]);
    // An alert may have been pending for long before it fired.
    expect(told('alert', 10, t0 + 3_600_000)).toEqual([['R', 'a', 1_000]]);
    commit([{ put: 'alert', row: { ...all[1]!, state: 'resolved', version: 2 }, insert: false }]);
    expect(told('alert', 10, t0 + 3_600_000)).toEqual([]);
    const named = { tenant: 'acme', kind: 'event', after: t0, bornAt: 0, limit: 10 } as const;
    expect(store.occurrences({ ...named, names: ['c', 'd'] }).map(({ labels }) => labels.n)).toEqual(['c']);
    expect(store.occurrences({ ...named, names: [] })).toEqual([]);
    // Whoever told it has a clock that is years ahead.
    const ahead = fired({ kind: 'event', rule: null, firedAt: t0 + 1e11, state: 'resolved' });
    commit([{ put: 'alert', row: ahead, insert: true }]);
    const [latest] = store.occurrences({ ...named, after: t0 + 3_000, names: null });
    expect(latest!.at).toBeLessThan(t0 + 1e11);
    expect(store.occurrences({ ...named, after: latest!.at, names: null })).toEqual([]);
    expect(told('event', 10, 0, 'globex')).toEqual([]);
    // Of alerts only, by key; those before are not asked for.
    expect(store.firings('acme', t0).map(({ at }) => at - t0)).toEqual([1_000]);
    expect(store.firings('acme', t0 + 1_000)).toEqual([]);
    expect(store.firings('globex', t0)).toEqual([]);
  });

  it('keeps tenants in their shard', () => {
    const story = current();
    const row = story.store.ensureTenant('acme', t0);
    expect(row).toMatchObject({ id: 'acme', createdAt: t0 });
    expect(row.shard).toBeGreaterThanOrEqual(0);
    expect(row.shard).toBeLessThan(64);
    story.reopen();
    expect(story.store.ensureTenant('acme', t0 + 5)).toEqual(row);
    expect(story.store.tenants()).toEqual([row]);
    expect(story.store.takeShards('node-1', t0)).toHaveLength(64);
  });

  it('finds keys by their digest and tells when they are revoked', () => {
    const { rows, store } = current();
    const key = (changes: Partial<ApiKeyRow> = {}): ApiKeyRow => ({
      id: rows.newId(),
      tenant: 'acme',
      name: 'ci',
      role: 'ingest',
      scopes: ['push'],
      createdAt: t0,
      expiresAt: t0 + 1_000,
      revokedAt: null,
      lastUsedAt: null,
      ...changes,
    });
    const mine = key();
    const operator = key({ tenant: '*', role: 'operator', scopes: [], expiresAt: null });
    store.addKey(mine, digest('a'), 'key:first', t0);
    store.addKey(operator, digest('b'), null, t0);
    expect(() => store.addKey(key(), digest('a'), null, t0)).toThrow();
    expect(store.keyByDigest(digest('a'))).toEqual(mine);
    expect(store.keyByDigest(digest('c'))).toBeNull();
    expect(store.keyByDigest('nonsense')).toBeNull();
    expect(store.keys('acme')).toEqual([mine]);
    expect(store.keys(null)).toEqual([operator, mine]);
    store.touchKey(mine.id, t0 + 5);
    store.touchKey(mine.id, t0 + 60_004); // within the minute: not worth a write
    expect(store.keyByDigest(digest('a'))?.lastUsedAt).toBe(t0 + 5);
    store.touchKey(mine.id, t0 + 60_005);
    expect(store.keyByDigest(digest('a'))?.lastUsedAt).toBe(t0 + 60_005);
    expect(store.revokeKey(mine.id, 'key:root', t0 + 7)).toBe(true);
    expect(store.revokeKey(mine.id, 'key:root', t0 + 8)).toBe(false);
    expect(store.revokeKey('nonsense', 'key:root', t0 + 8)).toBe(false);
    expect(store.keyByDigest(digest('a'))?.revokedAt).toBe(t0 + 7);
    expect(store.events('acme', { kind: 'key', id: mine.id }, 10, null).items).toMatchObject([
      { kind: 'key.revoked', actor: 'key:root', keep: 2 },
      { kind: 'key.added', actor: 'key:first', keep: 2, body: { name: 'ci', role: 'ingest' } },
    ]);
    expect(store.events('_system', { kind: 'key', id: operator.id }, 10, null).items).toHaveLength(1);
    expect(JSON.stringify(store.keys(null))).not.toContain(digest('a'));
  });

  it('puts a key in the place of another in one, and keeps an audit of it', () => {
    const { rows, store } = current();
    const key = (changes: Partial<ApiKeyRow> = {}): ApiKeyRow => ({
      id: rows.newId(),
      tenant: 'acme',
      name: 'ci',
      role: 'ingest',
      scopes: [],
      createdAt: t0,
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
      ...changes,
    });
    const [old, next] = [key(), key()];
    store.addKey(old, digest('a'), null, t0);
    const rotation = { successor: next, digest: digest('b'), oldUntil: t0 + 50 };
    expect(store.rotateKey(next.id, rotation, 'key:root', t0)).toBe(false);
    expect(store.rotateKey(old.id, rotation, 'key:root', t0)).toBe(true);
    expect(store.keyByDigest(digest('a'))).toEqual({ ...old, expiresAt: t0 + 50 });
    expect(store.keyByDigest(digest('b'))).toEqual(next);
    // A successor that cannot be stored leaves the old one as it was.
    const twice = { successor: key(), digest: digest('b'), oldUntil: t0 };
    expect(() => store.rotateKey(old.id, twice, 'key:root', t0)).toThrow();
    expect(store.keyByDigest(digest('a'))?.revokedAt).toBeNull();
    expect(store.rotateKey(old.id, rotation, 'key:root', t0 + 50)).toBe(false);
    const note = { subjectKind: 'system', subjectId: 'auth', kind: 'auth.failed', actor: null } as const;
    store.recordAudit(
      [
        { ...note, tenant: 'acme', body: { count: 1 } },
        { ...note, tenant: '*', body: { count: 2 } },
      ],
      t0 + 60,
    );
    const first = store.auditEvents('acme', 3, null);
    expect(first.items.map(({ kind, keep }) => [kind, keep])).toEqual([
      ['auth.failed', 2],
      ['key.added', 2],
      ['key.rotated', 2],
    ]);
    const rest = store.auditEvents('acme', 3, first.next);
    expect([rest.items.map(({ kind }) => kind), rest.next]).toEqual([['key.added'], null]);
    expect(brokenLink([...first.items, ...rest.items].reverse(), null)).toBeNull();
    expect(store.auditEvents(null, 9, null).items).toMatchObject([{ tenant: '_system', body: { count: 2 } }]);
  });

  it('takes a probe, answers figures and its marks', () => {
    const { store } = current();
    store.probe(t0);
    store.checkpoint();
    expect(store.meta('log_epoch')).toMatch(/^[0-9a-f]{16}$/);
    expect(store.meta('nothing')).toBeNull();
    expect(store.stats()['rows.alert']).toBe(0);
    expect(store.stats()['bytes.database']).toBeGreaterThan(0);
  });
}
