import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import type { Effect } from '../pipeline/effect.ts';
import { migrations } from '../store/sqlite/migrate.ts';
import { macrotask } from '../testing/manual-clock.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { newRun, type Run } from './run.ts';
import { StateKeeper } from './state-keeper.ts';
import type { TenantAnalyses } from './tenant-analyses.ts';

const apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

const text = (length: number) => 'x'.repeat(length);

/** A run that knows so many texts of 40,000 characters, and the effects of each commit that stores them. */
function keeping(texts: number, refusedAt = Number.POSITIVE_INFINITY) {
  const commits: (readonly Effect[])[] = [];
  const keeper = new StateKeeper({
    engine: {
      async submitAnalysis(_tenant, { decide }) {
        if (commits.length === refusedAt) throw new Error('no room');
        const { effects, answer } = decide(0);
        commits.push(effects);
        return answer;
      },
    },
    clock: { breath: macrotask },
  });
  const run: Run = Object.assign(newRun('acme'), { cursor: 42, savedCursor: 3 });
  run.analyses = {
    *save() {
      yield 1;
      for (let n = 0; n < texts; n++) yield text(40_000);
    },
  } as unknown as TenantAnalyses;
  return { keeper, run, commits };
}

describe('what the analyses know', () => {
  it('is stored piece by piece beside what counts, and counts with the row that comes last', async () => {
    const { keeper, run, commits } = keeping(5);
    const end = await keeper.state(run);
    expect(commits.map((effects) => effects.length)).toEqual([1, 1, 1, 1, 1]);
    expect(commits.flat().map((effect) => effect.put === 'analysis.part' && effect.row)).toEqual(
      [0, 1, 2, 3, 4].map((part) => ({ tenant: 'acme', generation: 0, part, body: text(40_000) })),
    );
    expect(run.savedCursor).toBe(3);
    expect(end(7)).toEqual([
      { put: 'analysis', row: { tenant: 'acme', cursor: 42, at: 7, saved: { generation: 0, parts: 5 } } },
    ]);
    expect(run).toMatchObject({ savedCursor: 42, savedAt: 7, savedBytes: 200_000, stored: true });
  });

  it('goes with the row where it is small, and at the end of a program', async () => {
    for (const { texts, atOnce } of [
      { texts: 2, atOnce: false },
      { texts: 5, atOnce: true },
    ]) {
      const { keeper, run, commits } = keeping(texts);
      const effects = (atOnce ? keeper.stateAtOnce(run) : await keeper.state(run))(7);
      expect(commits).toEqual([]);
      expect(effects.map(({ put }) => put)).toEqual([...Array(texts).fill('analysis.part'), 'analysis']);
    }
  });

  it('stays what it was when a piece cannot be stored', async () => {
    const { keeper, run } = keeping(5, 3);
    await expect(keeper.state(run)).rejects.toThrow('no room');
    expect(run).toMatchObject({ savedCursor: 3, stored: false });
  });

  it('is taken up after a storm from its pieces, and begun anew where one is missing', async () => {
    const app = await startTestApp(
      'collector: { host: false }\nchannels: { screen: { type: console } }',
      'rules: []',
    );
    apps.push(app);
    for (let from = 0; from < 1_500; from += 500) {
      const alerts = Array.from({ length: 500 }, (_, n) => ({
        status: 'firing',
        labels: { alertname: `Down${n % 40}`, service: `service-${(from + n) % 300}`, severity: 'high' },
        annotations: { summary: `${from + n} of many ${text(100)}` },
      }));
      expect((await app.call('POST', '/api/v1/webhooks/alertmanager', { alerts })).status).toBeLessThan(300);
    }
    await app.tocsin.analysed();
    const open = async (of: TestApp) => {
      const { body } = await of.call('GET', '/api/v1/alerts/incidents?limit=500');
      return (body as { items: { id: string; alerts: number }[] }).items.map(({ id, alerts }) => [
        id,
        alerts,
      ]);
    };
    const before = await open(app);
    const again = await app.restart();
    apps.splice(0, 1, again);
    const { store } = again.tocsin.services;
    const { generation, parts, cursor, savedCursor } = store.analysis('default')!;
    expect(parts).toBeGreaterThan(2);
    expect(savedCursor).toBe(cursor);
    expect(store.analysisPart('default', generation, parts - 1)).not.toBeNull();
    expect(store.analysisPart('default', generation, parts)).toBeNull();
    await again.tocsin.analysed();
    expect(await open(again)).toEqual(before);
    await again.tocsin.close();
    const raw = new Database(`${again.folder}/data/tocsin.db`);
    raw.prepare('DELETE FROM analysis_part WHERE part = 1').run();
    raw.close();
    const lines: string[] = [];
    const log = { warn: (line: string) => void lines.push(line), info() {}, error() {}, debug() {} };
    const third = await again.restart({ log });
    apps.splice(0, 1, third);
    await third.tocsin.analysed();
    expect(lines).toContain('analysis.begins_anew');
    expect(await open(third)).toEqual(before);
  });

  it('is kept by the migration that puts it apart', () => {
    const raw = new Database(':memory:');
    const folder = new URL('../store/sqlite/migrations/', import.meta.url);
    const all = migrations();
    const before = all.findIndex(({ name }) => name.includes('analysis_parts'));
    for (const { name } of all.slice(0, before)) raw.exec(readFileSync(new URL(name, folder), 'utf8'));
    const state = JSON.stringify({ format: 1, text: 'größe "x"', list: [1] });
    raw.prepare("INSERT INTO analysis VALUES ('acme', 9, 7, 5, ?)").run(state);
    raw.exec(readFileSync(new URL(all[before]!.name, folder), 'utf8'));
    expect(raw.prepare('SELECT * FROM analysis').all()).toEqual([
      { tenant: 'acme', cursor: 9, saved_cursor: 7, saved_at: 5, generation: 0, parts: 1 },
    ]);
    const [body] = raw.prepare<[], string>('SELECT body FROM analysis_part').pluck().all();
    expect(JSON.parse(body!)).toEqual([{ at: [], value: JSON.parse(state) }]);
    raw.close();
  });
});
