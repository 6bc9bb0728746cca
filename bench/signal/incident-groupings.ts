// Ways to make incidents of a world's alerts: ours, and the simple ones that it is measured against.
import { createIncidents, observeIncidents } from '../../analysis/incidents/index.ts';
import { type AlertNews, serviceOf } from '../../analysis/signals.ts';
import { createTopology, observeTopology } from '../../analysis/topology/index.ts';
import type { IncidentWorld } from '../../src/testing/incidents/index.ts';
import type { Grouping } from './incident-score.ts';

const minute = 60_000;

export const firedOf = ({ news }: IncidentWorld): AlertNews[] => news.filter(({ kind }) => kind === 'fired');

/** As the product does it: news by news, with what is declared of the world and what is learned on the way. */
export function ours({ news, declaredEdges }: IncidentWorld): Grouping {
  const topology = createTopology(declaredEdges);
  const state = createIncidents();
  const of = new Map<string, string>();
  const into = new Map<string, string>();
  let count = 0;
  for (const one of news) {
    const graph = observeTopology(topology, one);
    for (const change of observeIncidents(state, one, { graph, newId: () => `I${++count}` })) {
      if (change.kind === 'opened') of.set(change.alert, change.incident.id);
      if (change.kind === 'joined') of.set(change.join.alert, change.incident.id);
      if (change.kind === 'merged') into.set(change.from.id, change.incident.id);
    }
  }
  const now = (id: string): string => {
    const next = into.get(id);
    return next === undefined ? id : now(next);
  };
  return new Map([...of].map(([alert, id]) => [alert, now(id)]));
}

/** One incident for each five minutes by the clock and each alert key. */
export const byFingerprint = (world: IncidentWorld): Grouping =>
  new Map(
    firedOf(world).map(({ alert, seenAt }) => [
      alert.id,
      `${Math.floor(seenAt / (5 * minute))} ${alert.key}`,
    ]),
  );

/** One incident for each five minutes by the clock. */
export const byWindow = (world: IncidentWorld): Grouping =>
  new Map(firedOf(world).map(({ alert, seenAt }) => [alert.id, String(Math.floor(seenAt / (5 * minute)))]));

/** An alert joins the alerts of the last five minutes that are of its service or of one that a declared edge leads to. */
export function byTopologyAndTime(world: IncidentWorld): Grouping {
  const beside = new Set(world.declaredEdges.flatMap(({ from, to }) => [`${from}\n${to}`, `${to}\n${from}`]));
  const parent = new Map<string, string>();
  const root = (id: string): string => {
    const next = parent.get(id);
    return next === undefined ? id : root(next);
  };
  let recent: AlertNews[] = [];
  for (const news of firedOf(world)) {
    recent = recent.filter(({ seenAt }) => news.seenAt - seenAt <= 5 * minute);
    const service = serviceOf(news.alert.labels);
    for (const { alert } of recent) {
      const other = serviceOf(alert.labels);
      if (service !== other && !beside.has(`${service}\n${other}`)) continue;
      const [one, two] = [root(alert.id), root(news.alert.id)];
      if (one !== two) parent.set(two, one);
    }
    recent.push(news);
  }
  return new Map(firedOf(world).map(({ alert }) => [alert.id, root(alert.id)]));
}
