// Incidents on simulated worlds: how well they are found, with a fifth of the edges missing too, what simpler ways give,
// and what an alert costs. Scored on seeds above 1,000; the weights were found on those below.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createIncidents, observeIncidents } from '../../analysis/incidents/index.ts';
import { type AlertSignal, serviceOf } from '../../analysis/signals.ts';
import { createTopology, observeTopology } from '../../analysis/topology/index.ts';
import { type IncidentWorld, simulateIncidents } from '../../src/testing/incidents/index.ts';
import { atLeast, atMost, type Report } from '../report.ts';
import { byFingerprint, byTopologyAndTime, byWindow, firedOf, ours } from './incident-groupings.ts';
import { type Grouping, pairScore, scoreOfAll } from './incident-score.ts';

const firstSeed = 1_001;
const worldsScored = 60;

const worldsWith = (missingEdges?: number): IncidentWorld[] =>
  Array.from({ length: worldsScored }, (_, n) =>
    simulateIncidents(firstSeed + n, { series: false, ...(missingEdges !== undefined && { missingEdges }) }),
  );

const scored = (worlds: readonly IncidentWorld[], group: (world: IncidentWorld) => Grouping) =>
  scoreOfAll(
    worlds.map((world) =>
      pairScore(
        world.truth,
        firedOf(world).map(({ alert }) => alert.id),
        group(world),
      ),
    ),
  );

const unit = `mean pairwise F1 on seeds ${firstSeed} to ${firstSeed + worldsScored - 1}`;

export function incidentRows(report: Report): void {
  const worlds = worldsWith();
  const whole = scored(worlds, ours);
  const { f1, noiseReduction, pooledF1, precision, recall, found, ofIncidents } = whole;
  report.row({
    id: 'signal.incidents.f1',
    value: f1,
    unit,
    bar: atLeast(0.85, 'count'),
    goal: 'value >= 0.92',
    also: { pooled_f1: pooledF1, precision, recall },
  });
  report.row({
    id: 'signal.incidents.noise_reduction',
    value: noiseReduction,
    unit: '1 - found incidents / alerts, of alerts of true incidents',
    bar: atLeast(0.9, 'count'),
    also: { incidents: found, alerts: ofIncidents },
  });
  const missing = scored(worldsWith(0.2), ours);
  report.row({
    id: 'signal.incidents.missing_edges',
    value: f1 - missing.f1,
    unit: 'F1 lost when a fifth of the edges is not declared',
    bar: atMost(0.08, 'count'),
    also: { f1: missing.f1, noise_reduction: missing.noiseReduction },
  });
  const simpler = {
    fingerprint_windows: byFingerprint,
    windows: byWindow,
    topology_and_time: byTopologyAndTime,
  };
  for (const [name, group] of Object.entries(simpler)) {
    const score = scored(worlds, group);
    report.row({
      id: `signal.incidents.simpler.${name}`,
      value: score.f1,
      unit,
      bar: null,
      also: { pooled_f1: score.pooledF1, noise_reduction: score.noiseReduction },
    });
  }
  costRow(report);
}

/** Ten thousand alerts a minute for an hour: three hundred services in layers, every alert new for its first minutes. */
function costRow(report: Report): void {
  const perMinute = 10_000;
  const minutes = 60;
  const services = Array.from({ length: 300 }, (_, n) => `service-${n}`);
  const topology = createTopology(
    services.flatMap((from, n) =>
      [2 * n + 1, 2 * n + 2, n + 17].flatMap((to) =>
        to < services.length ? [{ from, to: services[to]!, confidence: 1, source: 'declared' as const }] : [],
      ),
    ),
  );
  const state = createIncidents();
  let draw = 1;
  const next = (below: number): number => {
    draw = (Math.imul(draw, 1_103_515_245) + 12_345) >>> 0;
    return (draw >>> 8) % below;
  };
  const context = (graph: typeof topology.graph) => ({ graph, newId: ({ id }: AlertSignal) => `I${id}` });
  const firing: AlertSignal[] = [];
  const heapBefore = heapBytes();
  const { user, system } = process.cpuUsage();
  const total = perMinute * minutes;
  for (let n = 0; n < total; n++) {
    const seenAt = (n * 60_000) / perMinute;
    const service = services[next(services.length)]!;
    const name = `Alert${next(12)}`;
    const instance = `${service}-${next(40)}`;
    const alert: AlertSignal = {
      ...{ id: `a${n}`, key: `${name} ${instance}`, name, labels: { service, instance } },
      ...{ severity: 'high', text: `${name} of ${instance}`, at: seenAt, endedAt: null },
    };
    firing.push(alert);
    if (serviceOf(alert.labels) === null) throw new Error('the load names its services');
    const news = { kind: 'fired', alert, seenAt } as const;
    observeIncidents(state, news, context(observeTopology(topology, news)));
    if (firing.length < 5_000) continue;
    const ended = { ...firing.shift()!, endedAt: seenAt };
    observeIncidents(state, { kind: 'resolved', alert: ended, seenAt }, context(topology.graph));
  }
  const after = process.cpuUsage();
  report.row({
    id: 'signal.incidents.alert',
    value: (after.user + after.system - user - system) / total,
    unit: `us of CPU for each alert and its end, ${perMinute} a minute for an hour`,
    bar: atMost(100),
    also: { open: state.open.size, closed: state.closed.size, habits: state.habits.size },
  });
  firing.length = 0;
  const held = heapBytes() - heapBefore;
  report.row({
    id: 'signal.incidents.memory',
    value: held / 1_048_576,
    unit: 'MiB held after that hour',
    bar: atMost(64, 'count'),
    // Read after the heap was measured, so that the state is held until then.
    also: { firing: state.firing.size, pairs: topology.learned.pairs.size },
  });
}

const collect = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
