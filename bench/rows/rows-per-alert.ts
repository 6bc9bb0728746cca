// Rows are the price of an alert: a new one with one delivery, label set and group known, over both of its commits.
// Inserts are counted twice, by what the engine asks for and by what the tables gained; the larger figure counts. What the
// analyses write behind the alert, in commits of their own, is a row of its own.

import { AlertLoad } from '../alert-load.ts';
import { Ledger } from '../ledger.ts';
import { atMost } from '../report.ts';
import type { Scenario } from '../scenario.ts';
import { startTocsin } from '../server.ts';
import type { RowCounts } from '../server-protocol.ts';
import { alertRules, holdRule, loadConfigText } from '../settings.ts';
import { startSink } from '../sink.ts';
import { patienceMs, settle } from '../stage.ts';
import { Wire } from '../wire.ts';

const hosts = 200;

/** Of the analyses, which write behind the alerts, in commits of their own. */
const ofAnalyses = new Set(
  [
    'incident',
    'incident_alert',
    'analysis',
    'analysis_part',
    'finding',
    'prediction',
    'forecast',
    'forecast_part',
  ].map((table) => `rows.${table}`),
);

const held = ({ tables, analysedEvents }: RowCounts) =>
  Object.entries(tables).reduce(
    (sum, [name, rows]) => sum + (name.startsWith('rows.') && !ofAnalyses.has(name) ? rows : 0),
    -analysedEvents,
  );

export const rowsPerAlert: Scenario = {
  id: 'alerts.rows',
  async run(bench) {
    const ledger = new Ledger();
    const sink = await startSink((arrival) => ledger.receive(arrival));
    const rules = { 'bench.yaml': alertRules(), 'hold.yaml': holdRule };
    const server = await startTocsin(bench, 'durable', loadConfigText(sink.port), rules);
    const wire = new Wire(server.port, 4);
    // A second alert of each host fires all the time, so that the host's group is known.
    const hold = new AlertLoad({ wire, ledger, hosts, prefix: 'host', metric: 'bench.hold' });
    await hold.each('firing', 0, hosts, patienceMs);
    const load = new AlertLoad({ wire, ledger, hosts, prefix: 'host', lag: 0 });
    await load.warmUp(patienceMs);
    await settle();
    const figures = { inserts: 0, updates: 0 };
    const gained: Record<string, number> = {};
    await server.ask({ ask: 'mark' });
    const before = await server.rows();
    await load.each('firing', 0, hosts, patienceMs);
    await settle();
    const fired = await server.rows();
    await load.each('resolved', 0, hosts, patienceMs);
    await settle();
    const resolved = await server.rows();
    for (const table of Object.keys(fired.tables)) {
      const rows = (fired.tables[table] ?? 0) - (before.tables[table] ?? 0);
      if (table.startsWith('rows.') && rows !== 0) gained[table] = rows / hosts;
    }
    const deleted = fired.deletes - before.deletes;
    figures.inserts = Math.max(fired.inserts - before.inserts, held(fired) - held(before) + deleted) / hosts;
    const byClock = fired.analysedByClock - before.analysedByClock;
    figures.updates = (fired.updates - before.updates) / hosts;
    bench.report.row({
      id: 'alerts.rows.inserts',
      value: figures.inserts,
      unit: 'rows per new alert',
      ratio: figures.inserts / 5,
      against: 'budget: 5',
      bar: atMost(5, 'count'),
      also: gained,
    });
    bench.report.row({
      id: 'alerts.rows.updates',
      value: figures.updates,
      unit: 'rows per new alert',
      ratio: figures.updates / 2,
      against: 'budget: 2',
      bar: atMost(2, 'count'),
    });
    bench.report.row({
      id: 'alerts.rows.analyses',
      value: (fired.analysed - before.analysed - byClock) / hosts,
      unit: 'rows that the analyses write behind each new alert',
      bar: atMost(4, 'count'),
      also: { by_the_clock: byClock / hosts },
    });
    bench.report.row({
      id: 'alerts.rows.resolve',
      value: (resolved.inserts + resolved.updates - fired.inserts - fired.updates) / hosts,
      unit: 'rows per resolved alert',
      loopP999Ms: (await server.usage()).loop.p999,
      also: {
        inserts: (resolved.inserts - fired.inserts) / hosts,
        updates: (resolved.updates - fired.updates) / hosts,
      },
    });
    wire.close();
    await server.stop();
    await sink.close();
  },
};
