// What statistics cost over a large history, and how long they hold the main loop meanwhile.
//   npx tsx bench/span-statistics.ts [alerts=200000] [seed=1]
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { labelSet } from '../rules/labels.ts';
import { severities } from '../rules/types.ts';
import { systemClock } from '../src/clock.ts';
import type { Effect } from '../src/pipeline/effect.ts';
import { bucketEdges } from '../src/statistics/calendar.ts';
import type { FiguresQuery, TenantFigures } from '../src/statistics/figures.ts';
import { openStatistics } from '../src/statistics/statistics.ts';
import { rowBuilders, t0 } from '../src/store/contract/row-builders.ts';
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts';

const alerts = Number(process.argv[2] ?? 200_000);
let state = Number(process.argv[3] ?? 1);
/** Numerical Recipes' generator: as good as a seed has to be here. */
const upTo = (n: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
const dayMs = 86_400_000;
const spanMs = 30 * dayMs;

const folder = mkdtempSync(join(tmpdir(), 'tocsin-bench-'));
const file = join(folder, 'tocsin.db');
const store = openSqliteStore({ file, durability: 'normal' });
const rows = rowBuilders();
const { shard } = store.ensureTenant('acme', t0);
const epoch = store.takeShards('bench', t0).find((lease) => lease.shard === shard)!.epoch;

let effects: Effect[] = [];
for (let n = 0; n < alerts; n++) {
  const at = t0 + Math.floor((n / alerts) * spanMs);
  rows.clock.at = at;
  const row = rows.alert({
    rule: `rule-${upTo(500)}`,
    labels: labelSet({ alertname: `rule-${upTo(500)}`, host: `host-${upTo(200)}` }),
    effectiveSeverity: severities[upTo(severities.length)]!,
    state: 'resolved',
    resolvedAt: at + upTo(3_600_000),
    resolveReason: 'condition_cleared',
    ackedAt: upTo(3) === 0 ? at + upTo(600_000) : null,
  });
  effects.push({ put: 'alert', row, insert: true });
  for (const kind of ['alert.pending', 'alert.firing', 'alert.resolved'])
    effects.push({ put: 'event', row: rows.event({ subjectId: row.id, kind }) });
  if (upTo(4) === 0)
    effects.push({
      put: 'event',
      row: rows.event({ kind: 'notify.skipped', reason: 'resolved_before_notify' }),
    });
  if (row.ackedAt !== null) {
    const event = rows.event({
      subjectId: row.id,
      at: row.ackedAt,
      kind: 'alert.acknowledged',
      keep: 2,
      actor: 'key:ann',
    });
    effects.push({ put: 'event', row: event });
  }
  for (const half of ['ops-hook', 'mail']) {
    const note = rows.notification();
    const delivery = rows.delivery(note, {
      channel: half,
      state: upTo(50) === 0 ? 'dead' : 'sent',
      finishedAt: at + upTo(5_000),
      attempts: 1,
    });
    effects.push({ put: 'notification', row: note }, { put: 'delivery', row: delivery });
  }
  if (effects.length > 2_000) {
    store.commit([{ shard, epoch, effects }]);
    effects = [];
  }
}
store.commit([{ shard, epoch, effects }]);
store.checkpoint();
console.log(`${alerts} alerts, ${2 * alerts} deliveries, ${Math.round(statSync(file).size / 2 ** 20)} MiB`);

const to = t0 + spanMs;
const base = { tenants: ['acme'], from: t0, to, by: [], edges: null, with: [], limit: 20 } as const;
const asks: Record<string, FiguresQuery | null> = {
  'nobody asks, for a second': null,
  'a first question, of a day': {
    ...base,
    from: to - dayMs,
    with: ['total', 'label_sets', 'deliveries', 'held_back'],
  },
  'overview of a day': {
    ...base,
    from: to - dayMs,
    with: ['total', 'label_sets', 'deliveries', 'held_back'],
  },
  'severity, 30 d': { ...base, by: ['severity'] },
  'rule, 30 d': { ...base, by: ['rule'] },
  'time by days, 30 d': { ...base, edges: bucketEdges(t0, to, '1d', 'Europe/Vienna') },
  'channel, 30 d': { ...base, with: ['deliveries'] },
  'overview, 30 d': { ...base, with: ['total', 'label_sets', 'deliveries', 'held_back'] },
  'report, 30 d': {
    ...base,
    by: ['severity', 'rule'],
    edges: bucketEdges(t0, to, '1d', 'Europe/Vienna'),
    with: ['total', 'label_sets', 'deliveries', 'held_back', 'acts'],
  },
};
const statistics = openStatistics({ file, clock: systemClock() });
const ask = (query: FiguresQuery | null) =>
  query === null
    ? new Promise<readonly TenantFigures[]>((resolve) => setTimeout(resolve, 1_000, []))
    : statistics.reportFigures(query);
const keepAlive = setInterval(() => {}, 1_000);
for (const [name, query] of Object.entries(asks)) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  const cpu = process.cpuUsage();
  const said = await ask(query).then(
    ([figures]) => `${figures?.total.fired ?? 0} alerts`,
    (error: Error) => error.message,
  );
  const took = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  console.log(
    `${name.padEnd(28)} ${took.toFixed(0).padStart(6)} ms, ${((user + system) / 1000).toFixed(0).padStart(5)} ms of CPU   main loop held at most ${(delay.max / 1e6).toFixed(0).padStart(3)} ms   ${said}`,
  );
}
clearInterval(keepAlive);
statistics.close();
store.close();
rmSync(folder, { recursive: true });
