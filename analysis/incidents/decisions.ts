// What people decide about incidents. It stands: nothing that comes later joins what they took apart, takes apart what they
// joined, or closes what they opened again. The later decision of two is the one that holds.
import { type AlertSignal, serviceOf } from '../signals.ts';
import { faceOf } from '../similarity/alert-likeness.ts';
import { type Incident, type IncidentChange, keyHash, mostNamed, placeOf } from './incident.ts';
import { close, type Incidents, incidentOf, join, leave, reopen } from './incidents.ts';

/** Incidents and keys that one incident is kept apart from. */
const mostApart = 200;

/** Why a decision cannot be carried out. */
export type Undecidable =
  | 'unknown_incident'
  | 'same_incident'
  | 'closed'
  | 'open'
  | 'no_alerts'
  | 'all_alerts'
  | 'too_many_apart';

export type Decided =
  | { readonly done: true; readonly changes: readonly IncidentChange[] }
  | { readonly done: false; readonly why: Undecidable };

const no = (why: Undecidable): Decided => ({ done: false, why });

/** An incident that is not remembered any more, as it was stored, is known again. */
export function adopt(state: Incidents, incident: Incident): Incident {
  const known = incidentOf(state, incident.id);
  if (known) return known;
  // Which of its alerts fire is not known any more: it closes when nothing joins it.
  incident.firing = 0;
  if (incident.closedAt === null) reopen(state, incident, incident.lastAt, null);
  else state.closed.set(incident.id, incident);
  return incident;
}

/** All alerts of `from` are part of `into`, which is open when one of them is. */
export function mergeByPerson(state: Incidents, into: string, from: readonly string[], at: number): Decided {
  const target = incidentOf(state, into);
  if (target === undefined) return no('unknown_incident');
  const others = new Set<Incident>();
  for (const id of from) {
    const other = incidentOf(state, id);
    if (other === undefined) return no('unknown_incident');
    if (other === target) return no('same_incident');
    others.add(other);
  }
  if (others.size === 0) return no('same_incident');
  state.now = Math.max(state.now, at);
  const changes: IncidentChange[] = [];
  for (const other of others) {
    if (target.closedAt !== null && other.closedAt === null) changes.push(reopen(state, target, at, null));
    reconcile(state, target, other);
    changes.push(join(state, target, other, at));
  }
  return { done: true, changes };
}

/** What was decided before between these two is over: they are one. */
function reconcile(state: Incidents, one: Incident, other: Incident): void {
  for (const [mine, theirs] of [
    [one, other],
    [other, one],
  ] as const) {
    for (const id of [...mine.apart]) if (incidentOf(state, id) === theirs) mine.apart.delete(id);
    for (const key of theirs.keys) mine.apartKeys.delete(key);
  }
}

/** Whether a person's split can be remembered, and what is to become of it. */
export interface Split {
  /** The incident that the alerts leave. */
  readonly id: string;
  /** Alerts of it, each once; whether they are is the caller's to know. Those with `endedAt` null fire still. */
  readonly alerts: readonly AlertSignal[];
  /** Id of the incident that they are from now on. */
  readonly newId: string;
}

/** The alerts are an incident of their own from now on, and so is whatever fires again of them. */
export function splitByPerson(state: Incidents, { id, alerts, newId }: Split, at: number): Decided {
  const from = incidentOf(state, id);
  if (from === undefined) return no('unknown_incident');
  if (alerts.length === 0) return no('no_alerts');
  if (alerts.length >= from.count) return no('all_alerts');
  const keys = new Set(alerts.map(({ key }) => keyHash(key)));
  const stay = [...from.keys].filter((key) => !keys.has(key));
  if (
    from.apart.size + 1 > mostApart ||
    new Set([...from.apartKeys, ...keys]).size > mostApart ||
    keys.size > mostApart
  )
    return no('too_many_apart');
  state.now = Math.max(state.now, at);
  const first = alerts.reduce((a, b) => (b.at < a.at ? b : a));
  const made: Incident = {
    id: newId,
    openedAt: Math.max(from.openedAt, Math.min(first.at, at)),
    lastAt: Math.min(from.lastAt, Math.max(...alerts.map((alert) => alert.at), from.openedAt)),
    endedAt: null,
    closedAt: null,
    closeReason: null,
    alerts: [],
    count: 0,
    firing: 0,
    services: new Map(),
    names: new Map(),
    severities: new Map(),
    keys,
    kinds: new Map(),
    faces: [],
    first: { name: first.name, service: placeOf(first.labels, serviceOf(first.labels), first.name) },
    habitOfFirst: 0,
    held: from.held,
    // They are kept apart from whatever the others are kept apart from, too.
    apart: new Set([...from.apart, from.id]),
    apartKeys: new Set([...from.apartKeys].filter((key) => !keys.has(key))),
  };
  for (const alert of alerts) take(state, from, made, alert);
  for (const key of stay) if (made.apartKeys.size < mostApart) made.apartKeys.add(key);
  from.apart.add(newId);
  for (const key of keys) {
    from.apartKeys.add(key);
    from.keys.delete(key);
  }
  if (!from.names.has(from.first.name) || !from.services.has(from.first.service)) {
    const [name = from.first.name] = from.names.keys();
    const [service = from.first.service] = from.services.keys();
    from.first = { name, service };
  }
  if (made.firing === 0) made.endedAt = from.endedAt;
  if (from.closedAt === null) {
    reopen(state, from, at, null);
    reopen(state, made, at, null);
  } else {
    made.closedAt = from.closedAt;
    made.closeReason = from.closeReason;
    state.closed.set(newId, made);
  }
  for (const key of keys) {
    const habit = state.habits.get(key);
    if (habit) habit.incident = newId;
  }
  const ids = alerts.map((alert) => alert.id);
  return { done: true, changes: [{ kind: 'split', at, incident: made, from, alerts: ids }] };
}

/** One alert changes sides. */
function take(state: Incidents, from: Incident, to: Incident, alert: AlertSignal): void {
  const place = placeOf(alert.labels, serviceOf(alert.labels), alert.name);
  from.count -= 1;
  to.count += 1;
  from.alerts = from.alerts.filter((id) => id !== alert.id);
  to.alerts.push(alert.id);
  if (to.alerts.length > mostNamed) to.alerts.shift();
  less(from.names, alert.name);
  to.names.set(alert.name, (to.names.get(alert.name) ?? 0) + 1);
  less(from.severities, alert.severity);
  to.severities.set(alert.severity, (to.severities.get(alert.severity) ?? 0) + 1);
  const share = from.services.get(place);
  if (share !== undefined) {
    const own = to.services.get(place);
    to.services.set(place, { ...share, count: (own?.count ?? 0) + 1 });
    share.count -= 1;
    if (share.count <= 0) {
      from.services.delete(place);
      leave(state, place, from.id);
    }
  } else to.services.set(place, { count: 1, firstAt: alert.at, lastAt: alert.at });
  to.faces = [...to.faces, faceOf(alert)].slice(-3);
  if (state.firing.has(alert.id)) {
    state.firing.set(alert.id, to.id);
    from.firing = Math.max(0, from.firing - 1);
    to.firing += 1;
  }
}

function less<K>(counts: Map<K, number>, key: K): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

/** The incident is open again, until a person closes it. */
export function reopenByPerson(state: Incidents, id: string, at: number): Decided {
  const incident = incidentOf(state, id);
  if (incident === undefined) return no('unknown_incident');
  if (incident.closedAt === null) return no('open');
  state.now = Math.max(state.now, at);
  incident.held = true;
  return { done: true, changes: [reopen(state, incident, at, null)] };
}

/** The incident is over, whatever of it fires still. It opens again when one of its alerts does. */
export function closeByPerson(state: Incidents, id: string, at: number): Decided {
  const incident = incidentOf(state, id);
  if (incident === undefined) return no('unknown_incident');
  if (incident.closedAt !== null) return no('closed');
  state.now = Math.max(state.now, at);
  return { done: true, changes: [close(state, incident, at, 'person')] };
}
