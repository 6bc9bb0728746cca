import { describe, expect, it } from 'vitest';
import { patternNames } from '../../../analysis/patterns/pattern.ts';
import { causeCategories } from '../../../analysis/root-cause/hypothesis.ts';
import { type AlertSignal, type Edge, serviceOf } from '../../../analysis/signals.ts';
import { type IncidentWorld, simulateIncidents } from './index.ts';

const seeds = Array.from({ length: 24 }, (_, n) => n + 1);
const worlds = seeds.map((seed) => simulateIncidents(seed, { series: false, missingEdges: 0.2 }));
const firedOf = ({ news }: IncidentWorld): AlertSignal[] =>
  news.filter(({ kind }) => kind === 'fired').map(({ alert }) => alert);

describe('a world of incidents', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(JSON.stringify(simulateIncidents(7))).toBe(JSON.stringify(simulateIncidents(7)));
    expect(simulateIncidents(8, { series: false }).news).not.toEqual(worlds[6]!.news);
  });

  it('tells the same with and without samples, and with other missing edges', () => {
    const [bare, whole] = [worlds[2]!, simulateIncidents(3)];
    expect(whole.news).toEqual(bare.news);
    expect(whole.truth).toEqual(bare.truth);
    expect(whole.declaredEdges.length).toBeGreaterThan(bare.declaredEdges.length);
  });

  it('has news in the order in which they become known, and an end only after a beginning', () => {
    for (const { news, from, to } of worlds) {
      const open = new Set<string>();
      let last = from;
      const wrong = news.filter(({ kind, alert, seenAt }) => {
        const good =
          seenAt >= last &&
          (kind === 'fired') === (alert.endedAt === null) &&
          (kind === 'fired' || open.has(alert.id));
        last = seenAt;
        open.add(alert.id);
        return !good;
      });
      expect(wrong).toEqual([]);
      expect(last).toBeLessThan(to + 120_000);
    }
  });

  it('lets nothing fire anew that fires', () => {
    for (const world of worlds) {
      const until = new Map<string, number>();
      const skews = Math.max(...world.services.map(({ skewMs }) => Math.abs(skewMs)));
      const ends = new Map(
        world.news.flatMap(({ kind, alert }) => (kind === 'fired' ? [] : [[alert.id, alert.endedAt!]])),
      );
      const fired = firedOf(world).sort((one, other) => one.at - other.at);
      const wrong = fired.filter(({ id, key, at }) => {
        const open = (until.get(key) ?? 0) > at + skews;
        until.set(key, ends.get(id) ?? world.to + skews);
        return open;
      });
      expect(wrong).toEqual([]);
    }
  });

  it('says of each alert exactly once where it belongs', () => {
    for (const world of worlds) {
      const { incidents, noise, benign } = world.truth;
      const said = [...incidents, ...benign].flatMap(({ alerts }) => alerts).concat(noise);
      const ids = firedOf(world).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(said.sort()).toEqual(ids.sort());
    }
  });

  it('lets an incident spread along true edges only: up to callers, and a surge down to callees', () => {
    for (const world of worlds) {
      const byId = new Map(firedOf(world).map((alert) => [alert.id, alert]));
      for (const { rootService, category, alerts } of world.truth.incidents) {
        const reached = reachedFrom(rootService, world.trueEdges, category === 'traffic_surge');
        for (const id of alerts) expect(reached).toContain(serviceOf(byId.get(id)!.labels));
      }
    }
  });

  it('has every category, every pattern, and two incidents at once', () => {
    const all = worlds.flatMap(({ truth }) => truth.incidents);
    for (const category of causeCategories)
      expect(all.filter((one) => one.category === category).length).toBeGreaterThan(8);
    const patterns = worlds.flatMap(({ truth }) => truth.patterns);
    for (const name of patternNames)
      expect(patterns.filter(({ pattern }) => pattern === name).length, name).toBeGreaterThan(10);
    const overlaps = worlds.flatMap(({ truth: { incidents } }) =>
      incidents.filter((one, n) =>
        incidents.slice(n + 1).some((other) => other.at < one.endedAt && one.at < other.endedAt),
      ),
    );
    expect(overlaps.length).toBeGreaterThan(worlds.length);
  });

  it('gives no category away by the name of an alert', () => {
    const incidentsOf = new Map<string, { category: string }[]>();
    for (const world of worlds) {
      const byId = new Map(firedOf(world).map((alert) => [alert.id, alert.name]));
      for (const { category, alerts } of world.truth.incidents)
        for (const name of new Set(alerts.map((id) => byId.get(id)!)))
          incidentsOf.set(name, [...(incidentsOf.get(name) ?? []), { category }]);
    }
    for (const [name, incidents] of incidentsOf)
      if (incidents.length >= 10)
        expect(new Set(incidents.map(({ category }) => category)).size, name).toBeGreaterThan(1);
  });

  it('is as hard for simple groupings as it is meant to be', () => {
    const mean = (group: (world: IncidentWorld) => Map<string, string>) =>
      worlds.reduce((sum, world) => sum + pairwiseF1(world, group(world)), 0) / worlds.length;
    const fingerprint = mean((world) => windows(world, ({ key }) => key));
    const plain = mean((world) => windows(world, () => ''));
    const topology = mean(byTopology);
    console.info(
      `pairwise F1, seeds 1-${worlds.length}: 5-minute windows by fingerprint ${fingerprint.toFixed(3)}, plain ${plain.toFixed(3)}, topology and time ${topology.toFixed(3)}`,
    );
    expect(fingerprint).toBeLessThan(0.2);
    expect(plain).toBeLessThan(0.65);
    expect(topology).toBeGreaterThan(plain);
    expect(topology).toBeLessThan(0.9);
  });
});

function reachedFrom(root: string, edges: readonly Edge[], down: boolean): Set<string> {
  const reached = new Set([root]);
  for (const name of reached)
    for (const { from, to } of edges) if ((down ? from : to) === name) reached.add(down ? to : from);
  return reached;
}

/** Fixed windows of five minutes. */
function windows(world: IncidentWorld, of: (alert: AlertSignal) => string): Map<string, string> {
  return new Map(firedOf(world).map((alert) => [alert.id, `${Math.floor(alert.at / 300_000)} ${of(alert)}`]));
}

/** Alerts within two minutes of each other belong together where their services are at most two declared edges apart. */
function byTopology(world: IncidentWorld): Map<string, string> {
  const next = new Map(world.services.map(({ name }) => [name, new Set([name])]));
  for (const { from, to } of world.declaredEdges) {
    next.get(from)!.add(to);
    next.get(to)!.add(from);
  }
  const near = new Map(
    [...next].map(([name, ones]) => [name, new Set([...ones].flatMap((one) => [...next.get(one)!]))]),
  );
  const parent = new Map<string, string>();
  const top = (id: string): string => (parent.get(id) === id ? id : top(parent.get(id)!));
  const latest = new Map<string, { at: number; id: string }>();
  for (const { kind, alert, seenAt } of world.news) {
    if (kind === 'resolved') continue;
    parent.set(alert.id, alert.id);
    const service = serviceOf(alert.labels)!;
    for (const [name, { at, id }] of latest)
      if (at > seenAt - 120_000 && near.get(service)!.has(name)) parent.set(top(id), top(alert.id));
    latest.set(service, { at: seenAt, id: alert.id });
  }
  return new Map([...parent.keys()].map((id) => [id, top(id)]));
}

/** Of the pairs of alerts that are said to belong together, against those of the same incident. */
function pairwiseF1(world: IncidentWorld, groups: ReadonlyMap<string, string>): number {
  const incidentOf = new Map(
    world.truth.incidents.flatMap(({ id, alerts }) => alerts.map((alert) => [alert, id])),
  );
  const pairs = (count: number) => (count * (count - 1)) / 2;
  const tally = (labels: readonly (string | undefined)[]) => {
    const counts = new Map<string, number>();
    for (const label of labels) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
    return [...counts.values()].reduce((sum, count) => sum + pairs(count), 0);
  };
  const ids = [...groups.keys()];
  const said = tally([...groups.values()]);
  const truly = tally(ids.map((id) => incidentOf.get(id)));
  const both = tally(
    ids.map((id) => (incidentOf.has(id) ? `${groups.get(id)} ${incidentOf.get(id)}` : undefined)),
  );
  return (2 * both) / (said + truly);
}
