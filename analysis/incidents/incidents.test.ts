import { describe, expect, it } from 'vitest';
import type { AlertNews, AlertSignal, Edge } from '../signals.ts';
import { graphOf } from '../topology/graph.ts';
import { adopt, closeByPerson, mergeByPerson, reopenByPerson, splitByPerson } from './decisions.ts';
import { type IncidentChange, keyHash, severityOf, titleOf } from './incident.ts';
import {
  advanceIncidents,
  createIncidents,
  type Incidents,
  incidentOf,
  observeIncidents,
} from './incidents.ts';
import { restoreIncidents, saveIncidents } from './saved.ts';

const minute = 60_000;
const edges: Edge[] = [
  ['web', 'cart'],
  ['web', 'orders'],
  ['cart', 'cart-db'],
  ['orders', 'orders-db'],
  ['bank', 'ledger'],
  ['front', 'api'],
  ['api', 'files'],
  ['files', 'disk'],
].map(([from, to]) => ({ from: from!, to: to!, confidence: 1, source: 'declared' }));
const graph = graphOf(edges);

/** A stage on which services begin and end to alert. */
function stage(state: Incidents = createIncidents()) {
  const alerts = new Map<string, AlertSignal>();
  const said: string[] = [];
  const hear = (changes: readonly IncidentChange[]) =>
    said.push(...changes.map(({ kind, incident }) => `${kind} ${incident.id}`));
  let count = 0;
  return {
    state,
    alerts,
    said,
    hear,
    fires(service: string, at: number, more: Partial<AlertSignal> = {}): string {
      const name = more.name ?? 'HighErrorRate';
      const id = more.id ?? `${service}-${++count}`;
      const alert: AlertSignal = {
        ...{ id, key: `${name} ${service}`, name, labels: { service }, severity: 'high' },
        ...{ text: `requests to ${service} fail`, at, endedAt: null, ...more },
      };
      alerts.set(id, alert);
      const news: AlertNews = { kind: 'fired', alert, seenAt: at };
      hear(observeIncidents(state, news, { graph, newId: ({ id }) => `I-${id}` }));
      return id;
    },
    ends(id: string, at: number): void {
      const alert = { ...alerts.get(id)!, endedAt: at };
      hear(observeIncidents(state, { kind: 'resolved', alert, seenAt: at }, { graph, newId: () => 'never' }));
    },
    of: (id: string) => [...state.open.values()].find(({ alerts }) => alerts.includes(id))?.id,
  };
}

describe('alerts become incidents', () => {
  it('follows a failure from callee to callers, and leaves what is far away alone', () => {
    const story = stage();
    const db = story.fires('cart-db', 0, { name: 'SlowQueries', severity: 'warning' });
    const bank = story.fires('bank', minute / 2, { name: 'DiskUsageHigh', text: 'volume at 91 %' });
    const cart = story.fires('cart', minute);
    const web = story.fires('web', 2 * minute, { severity: 'critical' });
    expect([cart, web].map(story.of)).toEqual([story.of(db), story.of(db)]);
    expect(story.of(bank)).not.toBe(story.of(db));
    const incident = incidentOf(story.state, story.of(db)!)!;
    expect(titleOf(incident)).toBe('SlowQueries on cart-db and 2 other services: 3 alerts');
    expect(severityOf(incident)).toBe('critical');
    expect(incident).toMatchObject({ openedAt: 0, lastAt: 2 * minute, count: 3, firing: 3 });
  });

  it('opens none for what only occurs and is no more than a warning; that joins what is there', () => {
    const story = stage();
    const told = story.fires('cart', 0, { severity: 'warning', endedAt: 0 });
    expect(story.of(told)).toBeUndefined();
    expect(story.said).toEqual([]);
    const failed = story.fires('cart', minute, { severity: 'high', endedAt: minute });
    expect(story.said).toEqual([`opened I-${failed}`]);
    const after = story.fires('cart', 2 * minute, { severity: 'warning', endedAt: 2 * minute });
    expect(story.of(after)).toBe(story.of(failed));
  });

  it('says of each alert why it joined', () => {
    const state = createIncidents();
    const story = stage(state);
    story.fires('cart-db', 0);
    const alert = { ...story.alerts.get('cart-db-1')!, id: 'x', key: 'x', labels: { service: 'cart' } };
    const [change] = observeIncidents(
      state,
      { kind: 'fired', alert, seenAt: minute },
      { graph, newId: () => 'n' },
    );
    expect(change).toMatchObject({
      kind: 'joined',
      join: { alert: 'x', reason: 'near', figures: { hops: 1, seconds: 60 } },
    });
  });

  it('makes one of two incidents when the services between them alert', () => {
    const story = stage();
    const disk = story.fires('disk', 0, { name: 'DiskUsageHigh', text: 'volume at 91 %' });
    const front = story.fires('front', 30_000, { name: 'PodNotReady', text: 'not ready' });
    story.fires('front', 31_000, { name: 'HighLatency', text: 'not ready' });
    expect(story.of(front)).not.toBe(story.of(disk));
    const files = story.fires('files', 40_000);
    const api = story.fires('api', 50_000);
    expect([front, files, api].map(story.of)).toEqual(Array(3).fill(story.of(disk)));
    expect(story.said).toContain(`merged I-${disk}`);
  });

  it('closes ten minutes after the last of it ended, as of that time, and opens again with the same alert', () => {
    const story = stage();
    const all = ['cart', 'cart-db', 'web', 'orders'].map((service) => story.fires(service, 0));
    for (const id of all) story.ends(id, minute);
    const id = `I-${all[0]}`;
    story.hear(advanceIncidents(story.state, 10 * minute));
    expect(incidentOf(story.state, id)).toMatchObject({ closedAt: null, count: 4 });
    story.hear(advanceIncidents(story.state, 13 * minute));
    expect(incidentOf(story.state, id)).toMatchObject({ closedAt: 11 * minute, firing: 0 });
    const again = story.fires('cart', 14 * minute);
    expect(story.said.slice(4)).toEqual([`closed ${id}`, `reopened ${id}`, `joined ${id}`]);
    expect(story.of(again)).toBe(id);
  });

  it('stays open while something of it fires', () => {
    const story = stage();
    story.fires('cart', 0);
    expect(advanceIncidents(story.state, 24 * 60 * minute)).toEqual([]);
  });
});

describe('what people decide', () => {
  it('takes alerts out for good: the same alert again goes with them, and nothing brings the two together', () => {
    const story = stage();
    const db = story.fires('cart-db', 0);
    const cart = story.fires('cart', minute);
    const decided = splitByPerson(
      story.state,
      { id: `I-${db}`, alerts: [story.alerts.get(cart)!], newId: 'own' },
      2 * minute,
    );
    expect(decided).toMatchObject({ done: true, changes: [{ kind: 'split', alerts: [cart] }] });
    expect(story.of(cart)).toBe('own');
    story.ends(cart, 3 * minute);
    expect(story.of(story.fires('cart', 4 * minute))).toBe('own');
    expect(story.of(story.fires('cart-db', 4 * minute))).toBe(`I-${db}`);
    // It lies beside both, and belongs to both beyond doubt.
    story.fires('cart', 4 * minute + 1_000, { name: 'SlowRequests' });
    story.fires('cart-db', 4 * minute + 2_000, { name: 'SlowQueries' });
    expect(story.said.some((line) => line.startsWith('merged'))).toBe(false);
    expect(story.of(cart)).not.toBe(story.of(db));
  });

  it('joins incidents for good, and takes back an earlier split of the two', () => {
    const story = stage();
    const db = story.fires('cart-db', 0);
    const cart = story.fires('cart', minute);
    splitByPerson(story.state, { id: `I-${db}`, alerts: [story.alerts.get(cart)!], newId: 'own' }, minute);
    const decided = mergeByPerson(story.state, `I-${db}`, ['own'], 2 * minute);
    expect(decided).toMatchObject({ done: true, changes: [{ kind: 'merged' }] });
    expect(incidentOf(story.state, 'own')?.id).toBe(`I-${db}`);
    expect(incidentOf(story.state, `I-${db}`)).toMatchObject({ count: 2, firing: 2 });
    story.ends(cart, 3 * minute);
    expect(story.of(story.fires('cart', 4 * minute))).toBe(`I-${db}`);
  });

  it('keeps open what people opened again, until they close it', () => {
    const story = stage();
    const cart = story.fires('cart', 0);
    story.ends(cart, minute);
    story.hear(advanceIncidents(story.state, 30 * minute));
    expect(reopenByPerson(story.state, `I-${cart}`, 31 * minute)).toMatchObject({ done: true });
    expect(advanceIncidents(story.state, 24 * 60 * minute)).toEqual([]);
    expect(closeByPerson(story.state, `I-${cart}`, 24 * 60 * minute)).toMatchObject({
      changes: [{ kind: 'closed', reason: 'person' }],
    });
  });

  it('refuses what makes no sense, and says why', () => {
    const story = stage();
    const cart = story.fires('cart', 0);
    const id = `I-${cart}`;
    const whole = { id, alerts: [story.alerts.get(cart)!], newId: 'own' };
    expect(mergeByPerson(story.state, id, ['nobody'], 0)).toEqual({ done: false, why: 'unknown_incident' });
    expect(mergeByPerson(story.state, id, [id], 0)).toEqual({ done: false, why: 'same_incident' });
    expect(splitByPerson(story.state, whole, 0)).toEqual({ done: false, why: 'all_alerts' });
    expect(splitByPerson(story.state, { ...whole, alerts: [] }, 0)).toEqual({
      done: false,
      why: 'no_alerts',
    });
    expect(reopenByPerson(story.state, id, 0)).toEqual({ done: false, why: 'open' });
  });

  it('can decide about an incident that is remembered only in the store', () => {
    const before = stage();
    const cart = before.fires('cart', 0);
    before.ends(cart, minute);
    advanceIncidents(before.state, 30 * minute);
    const stored = incidentOf(before.state, `I-${cart}`)!;
    const story = stage();
    adopt(story.state, stored);
    expect(reopenByPerson(story.state, stored.id, 60 * minute)).toMatchObject({ done: true });
  });
});

/** Two hours of failures here and there, the same for every call. */
function* news(count: number): Generator<AlertNews> {
  const services = ['web', 'cart', 'cart-db', 'orders', 'orders-db', 'bank', 'ledger', 'x', 'y'];
  let draw = 7;
  const next = (below: number) => {
    draw = (Math.imul(draw, 1_103_515_245) + 12_345) >>> 0;
    return (draw >>> 8) % below;
  };
  const firing: AlertSignal[] = [];
  for (let n = 0, at = 0; n < count; n++, at += next(90_000)) {
    if (firing.length > 0 && next(2) === 0) {
      const alert = { ...firing.splice(next(firing.length), 1)[0]!, endedAt: at };
      yield { kind: 'resolved', alert, seenAt: at };
      continue;
    }
    const service = services[next(services.length)]!;
    const name = ['HighLatency', 'HighErrorRate', 'DiskUsageHigh'][next(3)]!;
    const alert: AlertSignal = {
      ...{ id: `n${n}`, key: `${name} ${service}`, name, labels: { service }, severity: 'high' },
      ...{ text: `${name} of ${service}`, at, endedAt: null },
    };
    firing.push(alert);
    yield { kind: 'fired', alert, seenAt: at };
  }
}

it('goes on after it was saved as if nothing had happened', () => {
  const context = { graph, newId: ({ id }: AlertSignal) => `I-${id}` };
  const whole = createIncidents();
  let split = createIncidents();
  for (const one of news(600)) {
    const expected = observeIncidents(whole, one, context).map(({ kind, incident }) => [kind, incident.id]);
    const found = observeIncidents(split, one, context).map(({ kind, incident }) => [kind, incident.id]);
    expect(found).toEqual(expected);
    split = restoreIncidents(JSON.parse(JSON.stringify(saveIncidents(split))));
  }
  expect(saveIncidents(split)).toEqual(saveIncidents(whole));
});

it('goes on with what was saved when keys stood there as they are', () => {
  const context = { graph, newId: ({ id }: AlertSignal) => `I-${id}` };
  const state = createIncidents();
  const plain = new Map<string, string>();
  for (const one of news(200)) {
    plain.set(keyHash(one.alert.key), one.alert.key);
    observeIncidents(state, one, context);
  }
  const saved = saveIncidents(state);
  const then = JSON.parse(
    JSON.stringify(saved, (name, value) =>
      name === 'keys' || name === 'apartKeys'
        ? value.map((key: string) => plain.get(key))
        : name === 'habits'
          ? value.map(([key, habit]: [string, unknown]) => [plain.get(key), habit])
          : value,
    ),
  );
  expect(JSON.stringify(then)).toContain('"HighLatency ');
  expect(saveIncidents(restoreIncidents(then))).toEqual(saved);
});

it('is bounded, whatever comes', () => {
  const state = createIncidents();
  const context = { graph, newId: ({ id }: AlertSignal) => `I-${id}` };
  for (let n = 0; n < 30_000; n++) {
    const alert: AlertSignal = {
      ...{ id: `b${n}`, key: `key ${n}`, name: `Name${n % 7_000}`, labels: { service: `s${n % 9_000}` } },
      ...{ severity: 'info', text: `text ${n}`, at: n, endedAt: null },
    };
    observeIncidents(state, { kind: 'fired', alert, seenAt: n * 50 }, context);
  }
  expect(state.open.size).toBeLessThanOrEqual(1_000);
  expect(state.closed.size).toBeLessThanOrEqual(500);
  expect(state.firing.size).toBeLessThanOrEqual(20_000);
  expect(state.habits.size).toBeLessThanOrEqual(20_000);
  expect(state.places.size).toBeLessThanOrEqual(50_000);
  for (const incident of state.open.values()) expect(incident.alerts.length).toBeLessThanOrEqual(50);
});
