// Alerts become incidents as they come: an alert joins the open incident that the most speaks for, or opens one. Two
// incidents become one when an alert belongs to both beyond doubt. Nothing is ever taken apart but by people, and what
// people decided stands. State is bounded; the same news in the same order give the same incidents.
import { type AlertNews, type AlertSignal, serviceOf, severityOrder } from '../signals.ts';
import { type Face, faceOf, likeness } from '../similarity/alert-likeness.ts';
import type { Graph, Reach } from '../topology/graph.ts';
import { again, kinship, nearness, standing, together, weights } from './affinity.ts';
import { aloneness, type Habits, noteHabit } from './habits.ts';
import {
  bounded,
  type CloseReason,
  type Incident,
  type IncidentChange,
  type Join,
  keyHash,
  mostNamed,
  placeOf,
} from './incident.ts';

/** Nothing joins an incident that had no alert for so long, but the same alert again. */
const joinsWithinMs = 10 * 60_000;
/** The same alert again, after it was last seen. */
const againWithinMs = 30 * 60_000;
/** An incident is over when nothing of it fired for so long. */
export const quietMs = 10 * 60_000;
const mostOpen = 1_000;
const mostClosed = 500;
const mostFiring = 20_000;
const mostMoved = 5_000;
/** Incidents at one service that an alert is compared with, the latest ones. */
const mostAtPlace = 6;
/** Latest incidents whose looks an alert without a way to them is compared with. */
const mostAlike = 8;
const facesKept = 5;
/** What only occurs, an event, opens no incident below this: applications tell people much that is no failure. */
const eventOpensFrom = severityOrder.indexOf('high');

export interface Incidents {
  readonly open: Map<string, Incident>;
  /** Closed lately, oldest first: they may open again. */
  readonly closed: Map<string, Incident>;
  /** Firing alert → incident. */
  readonly firing: Map<string, string>;
  /** Place → open incidents with alerts there, the latest last. */
  readonly places: Map<string, string[]>;
  readonly habits: Habits;
  /** Open incidents that an alert joined last, the latest first. */
  recent: string[];
  /** What an incident that is gone became part of. */
  readonly moved: Map<string, string>;
  /** Time never goes back. */
  now: number;
  /** Not before then does an incident close. */
  nextCloseAt: number;
}

export interface IncidentContext {
  readonly graph: Graph;
  /** The id of an incident that this alert opens. */
  readonly newId: (alert: AlertSignal) => string;
}

export function createIncidents(): Incidents {
  return {
    open: new Map(),
    closed: new Map(),
    firing: new Map(),
    places: new Map(),
    habits: new Map(),
    recent: [],
    moved: new Map(),
    now: Number.NEGATIVE_INFINITY,
    nextCloseAt: Number.POSITIVE_INFINITY,
  };
}

/** The incident that this id stands for now: what it became part of. Undefined when it is not remembered. */
export function incidentOf(state: Incidents, id: string): Incident | undefined {
  let at = id;
  for (let next = state.moved.get(at); next !== undefined; next = state.moved.get(at)) at = next;
  return state.open.get(at) ?? state.closed.get(at);
}

/** Takes news in: what changed, in order. */
export function observeIncidents(
  state: Incidents,
  news: AlertNews,
  context: IncidentContext,
): IncidentChange[] {
  const changes = advanceIncidents(state, news.seenAt);
  const now = state.now;
  if (news.kind === 'resolved') {
    ended(state, news.alert.id, now);
    return changes;
  }
  fired(state, news.alert, now, context, changes);
  return changes;
}

/** Time that passed: incidents of which nothing fires any more are closed, as of the time when they were over. */
export function advanceIncidents(state: Incidents, now: number): IncidentChange[] {
  state.now = Math.max(state.now, now);
  if (state.now < state.nextCloseAt) return [];
  const due: Incident[] = [];
  let next = Number.POSITIVE_INFINITY;
  for (const incident of state.open.values()) {
    const at = overAt(incident);
    if (at <= state.now) due.push(incident);
    else next = Math.min(next, at);
  }
  state.nextCloseAt = next;
  due.sort((a, b) => overAt(a) - overAt(b));
  return due.map((incident) => close(state, incident, overAt(incident), 'quiet'));
}

/** When it closes if nothing happens. */
function overAt({ firing, held, lastAt, endedAt }: Incident): number {
  if (firing > 0 || held) return Number.POSITIVE_INFINITY;
  return Math.max(lastAt, endedAt ?? lastAt) + quietMs;
}

export function close(state: Incidents, incident: Incident, at: number, reason: CloseReason): IncidentChange {
  incident.closedAt = at;
  incident.closeReason = reason;
  incident.held = false;
  state.open.delete(incident.id);
  for (const place of incident.services.keys()) leave(state, place, incident.id);
  state.closed.set(incident.id, incident);
  bounded(state.closed, mostClosed);
  return { kind: 'closed', at, incident, reason };
}

/** Puts an incident among the open ones. */
export function reopen(
  state: Incidents,
  incident: Incident,
  at: number,
  alert: string | null,
): IncidentChange {
  incident.closedAt = null;
  incident.closeReason = null;
  state.closed.delete(incident.id);
  state.open.set(incident.id, incident);
  for (const place of incident.services.keys()) enter(state, place, incident.id);
  state.nextCloseAt = Math.min(state.nextCloseAt, overAt(incident));
  return { kind: 'reopened', at, incident, alert };
}

function enter(state: Incidents, place: string, id: string): void {
  const there = state.places.get(place);
  if (there === undefined) {
    state.places.set(place, [id]);
    return;
  }
  if (there.at(-1) === id) return;
  const at = there.lastIndexOf(id);
  if (at >= 0) there.splice(at, 1);
  there.push(id);
}

/** No alert of the incident is at the place any more. */
export function leave(state: Incidents, place: string, id: string): void {
  const there = state.places.get(place);
  const at = there?.lastIndexOf(id) ?? -1;
  if (there === undefined || at < 0) return;
  if (there.length === 1) state.places.delete(place);
  else there.splice(at, 1);
}

function ended(state: Incidents, alert: string, now: number): void {
  const id = state.firing.get(alert);
  if (id === undefined) return;
  state.firing.delete(alert);
  const incident = incidentOf(state, id);
  if (incident === undefined) return;
  incident.firing = Math.max(0, incident.firing - 1);
  incident.endedAt = now;
  if (incident.closedAt === null) state.nextCloseAt = Math.min(state.nextCloseAt, overAt(incident));
}

interface Candidate {
  readonly incident: Incident;
  readonly score: number;
  readonly reason: Join['reason'];
  readonly figures: Readonly<Record<string, number>>;
  /** The services are one or beside each other. */
  readonly close: boolean;
}

function fired(
  state: Incidents,
  alert: AlertSignal,
  now: number,
  context: IncidentContext,
  changes: IncidentChange[],
): void {
  if (state.firing.has(alert.id)) return;
  const service = serviceOf(alert.labels);
  const place = placeOf(alert.labels, service, alert.name);
  const face = faceOf(alert);
  const key = keyHash(alert.key);
  const found = candidatesOf(state, alert, key, place, face, now, context.graph);
  const best = found[0];
  let incident: Incident;
  if (best === undefined) {
    if (alert.endedAt !== null && severityOrder.indexOf(alert.severity) < eventOpensFrom) return;
    const alone = aloneness(state.habits.get(key), (id) => incidentOf(state, id)?.keys.size, now);
    incident = opened(state, context.newId(alert), alert, place, alone, now);
    add(state, incident, alert, key, place, face, now);
    changes.push({ kind: 'opened', at: now, incident, alert: alert.id });
  } else {
    ({ incident } = best);
    if (incident.closedAt !== null) changes.push(reopen(state, incident, now, alert.id));
    add(state, incident, alert, key, place, face, now);
    const { reason, figures } = best;
    changes.push({ kind: 'joined', at: now, incident, join: { alert: alert.id, reason, figures } });
    for (const other of found.slice(1)) {
      if (other.score < weights.mergesAt || !other.close || !best.close || other.incident.closedAt !== null)
        continue;
      if (Math.abs(other.incident.openedAt - incident.openedAt) > weights.mergesWithinMs) continue;
      if (isApart(state, incident, other.incident)) continue;
      // The older one stays, so that its name and link do.
      const [into, from] =
        other.incident.openedAt < incident.openedAt ? [other.incident, incident] : [incident, other.incident];
      changes.push(join(state, into, from, now));
      incident = into;
    }
  }
  noteHabit(state.habits, key, incident.id, (id) => incidentOf(state, id)?.keys.size, now);
  if (state.recent[0] !== incident.id)
    state.recent = [incident.id, ...state.recent.filter((id) => id !== incident.id)].slice(0, mostAlike);
  makeRoom(state, now, changes);
}

function opened(
  state: Incidents,
  id: string,
  alert: AlertSignal,
  place: string,
  habitOfFirst: number,
  now: number,
): Incident {
  const incident: Incident = {
    id,
    openedAt: now,
    lastAt: now,
    endedAt: null,
    closedAt: null,
    closeReason: null,
    alerts: [],
    count: 0,
    firing: 0,
    services: new Map(),
    names: new Map(),
    severities: new Map(),
    keys: new Set(),
    kinds: new Map(),
    faces: [],
    first: { name: alert.name, service: place },
    habitOfFirst,
    held: false,
    apart: new Set(),
    apartKeys: new Set(),
  };
  state.open.set(id, incident);
  return incident;
}

/** The incidents that the alert may be part of, best first; all with a score of 0 or more. */
function candidatesOf(
  state: Incidents,
  alert: AlertSignal,
  key: string,
  place: string,
  face: Face,
  now: number,
  graph: Graph,
): Candidate[] {
  const companyOf = (id: string) => incidentOf(state, id)?.keys.size;
  const habit = state.habits.get(key);
  const alone = aloneness(habit, companyOf, now);
  const kind = kindOf(alert.name, place);
  const found = new Map<string, Candidate>();
  if (habit !== undefined && now - habit.at <= againWithinMs) {
    const incident = incidentOf(state, habit.incident);
    const score = incident === undefined ? -1 : againScore(incident, now - habit.at, alone);
    if (incident !== undefined && score >= 0 && !incident.apartKeys.has(key))
      found.set(incident.id, {
        ...{ incident, score, reason: 'again', close: true },
        figures: { seconds: (now - habit.at) / 1_000 },
      });
  }
  const odds = new Map<string, { sum: number; best: number; reach: Reach | undefined; lagMs: number }>();
  const offer = (id: string, reach: Reach | undefined, lagMs: number): void => {
    const near = nearness(reach, Math.max(0, lagMs));
    const known = odds.get(id);
    if (known === undefined) odds.set(id, { sum: Math.exp(near), best: near, reach, lagMs });
    else {
      known.sum += Math.exp(near);
      if (near > known.best) Object.assign(known, { best: near, reach, lagMs });
    }
  };
  for (const [other, reach] of graph.reachOf(place)) {
    const there = state.places.get(other);
    if (there === undefined) continue;
    for (let at = there.length - 1; at >= Math.max(0, there.length - mostAtPlace); at--) {
      const id = there[at]!;
      const incident = state.open.get(id)!;
      if (now - incident.lastAt <= joinsWithinMs)
        offer(id, reach, now - incident.services.get(other)!.firstAt);
    }
  }
  for (const id of state.recent) {
    const incident = state.open.get(id);
    if (incident === undefined || odds.has(id) || now - incident.lastAt > joinsWithinMs) continue;
    offer(id, undefined, now - incident.lastAt);
  }
  for (const [id, { sum: places, best, reach, lagMs }] of odds) {
    const incident = state.open.get(id)!;
    if (found.has(id) || incident.apartKeys.has(key)) continue;
    const alike = likenessTo(incident, face);
    const keys = incident.keys.size;
    const kinAt = incident.kinds.get(kind);
    const score =
      together(best, Math.log(places), kinAt === undefined ? -10 : kinship(now - kinAt)) +
      standing({
        ...{ keys, habitOfFirst: incident.habitOfFirst, habit: alone },
        ...{ likeness: alike, info: alert.severity === 'info' },
      });
    if (score < 0) continue;
    found.set(id, {
      ...{ incident, score, reason: reach === undefined ? 'alike' : 'near' },
      close: reach !== undefined && reach.hops <= 1,
      figures: {
        ...(reach && { hops: reach.hops, edge: reach.confidence }),
        ...{ seconds: lagMs / 1_000, likeness: alike, alone },
      },
    });
  }
  return [...found.values()].sort((a, b) => b.score - a.score || a.incident.openedAt - b.incident.openedAt);
}

/** Beyond doubt. */
const certain = 10;

/** Where a person took alerts apart, each stays on its side. */
function againScore({ apart, keys }: Incident, lagMs: number, alone: number): number {
  return apart.size > 0 ? certain : again(keys.size, lagMs, alone);
}

/** One rule on one service: its instances and levels are of one kind. */
const kindOf = (name: string, place: string): string => `${name}\u0000${place}`;

function likenessTo(incident: Incident, face: Face): number {
  let best = 0;
  for (const other of incident.faces) best = Math.max(best, likeness(face, other));
  return best;
}

function add(
  state: Incidents,
  incident: Incident,
  alert: AlertSignal,
  key: string,
  place: string,
  face: Face,
  now: number,
): void {
  incident.lastAt = now;
  incident.count += 1;
  incident.alerts.push(alert.id);
  if (incident.alerts.length > mostNamed) incident.alerts.shift();
  const share = incident.services.get(place);
  incident.services.delete(place);
  incident.services.set(place, {
    count: (share?.count ?? 0) + 1,
    firstAt: share?.firstAt ?? now,
    lastAt: now,
  });
  enter(state, place, incident.id);
  while (incident.services.size > mostNamed) {
    const oldest = incident.services.keys().next().value!;
    incident.services.delete(oldest);
    leave(state, oldest, incident.id);
  }
  incident.severities.set(alert.severity, (incident.severities.get(alert.severity) ?? 0) + 1);
  const kind = kindOf(alert.name, place);
  incident.kinds.delete(kind);
  bounded(incident.kinds.set(kind, now), mostNamed);
  incident.keys.delete(key);
  incident.keys.add(key);
  bounded(incident.keys, mostNamed);
  if (!incident.names.has(alert.name) || incident.faces.length === 0) incident.faces.push(face);
  if (incident.faces.length > facesKept) incident.faces.shift();
  incident.names.set(alert.name, (incident.names.get(alert.name) ?? 0) + 1);
  bounded(incident.names, mostNamed);
  // The latest last, for whoever looks for the latest.
  state.open.delete(incident.id);
  state.open.set(incident.id, incident);
  if (alert.endedAt === null) {
    incident.firing += 1;
    state.firing.set(alert.id, incident.id);
  } else incident.endedAt = now;
  state.nextCloseAt = Math.min(state.nextCloseAt, overAt(incident));
}

/** Whether a person keeps the two apart. */
export function isApart(state: Incidents, one: Incident, other: Incident): boolean {
  const names = (from: Incident, to: Incident) =>
    [...from.apart].some((id) => id === to.id || incidentOf(state, id)?.id === to.id);
  return names(one, other) || names(other, one);
}

/** All of `from` becomes part of `into`. */
export function join(state: Incidents, into: Incident, from: Incident, at: number): IncidentChange {
  into.openedAt = Math.min(into.openedAt, from.openedAt);
  into.lastAt = Math.max(into.lastAt, from.lastAt);
  into.endedAt = Math.max(into.endedAt ?? 0, from.endedAt ?? 0) || null;
  into.count += from.count;
  into.firing += from.firing;
  into.alerts = [...from.alerts, ...into.alerts].slice(-mostNamed);
  const shares = new Map(from.services);
  for (const [place, mine] of into.services) {
    const theirs = shares.get(place);
    shares.set(place, {
      count: mine.count + (theirs?.count ?? 0),
      firstAt: Math.min(mine.firstAt, theirs?.firstAt ?? mine.firstAt),
      lastAt: Math.max(mine.lastAt, theirs?.lastAt ?? mine.lastAt),
    });
  }
  for (const place of from.services.keys()) leave(state, place, from.id);
  for (const place of into.services.keys()) leave(state, place, into.id);
  into.services = bounded(new Map([...shares].sort(([, a], [, b]) => a.lastAt - b.lastAt)), mostNamed);
  for (const [name, count] of from.names) into.names.set(name, (into.names.get(name) ?? 0) + count);
  bounded(into.names, mostNamed);
  for (const [level, count] of from.severities)
    into.severities.set(level, (into.severities.get(level) ?? 0) + count);
  into.keys = bounded(new Set([...from.keys, ...into.keys]), mostNamed);
  into.kinds = bounded(new Map([...into.kinds, ...from.kinds].sort(([, a], [, b]) => a - b)), mostNamed);
  into.faces = [...from.faces, ...into.faces].slice(-facesKept);
  into.held ||= from.held;
  for (const id of from.apart) into.apart.add(id);
  for (const key of from.apartKeys) into.apartKeys.add(key);
  into.apart.delete(into.id);
  into.apart.delete(from.id);
  state.open.delete(from.id);
  state.closed.delete(from.id);
  state.moved.set(from.id, into.id);
  bounded(state.moved, mostMoved);
  if (into.closedAt === null) for (const place of into.services.keys()) enter(state, place, into.id);
  state.nextCloseAt = Math.min(state.nextCloseAt, into.closedAt === null ? overAt(into) : state.nextCloseAt);
  return { kind: 'merged', at, incident: into, from };
}

/** Beyond what is remembered the incidents that were silent for the longest are closed, those that people hold last. */
function makeRoom(state: Incidents, now: number, changes: IncidentChange[]): void {
  while (state.open.size > mostOpen) {
    let oldest: Incident | undefined;
    for (const incident of state.open.values()) {
      oldest ??= incident;
      if (incident.held) continue;
      oldest = incident;
      break;
    }
    changes.push(close(state, oldest!, now, 'room'));
  }
  while (state.firing.size > mostFiring) ended(state, state.firing.keys().next().value!, now);
}
