// The state as JSON and back: what is restored goes on as if it had never been away.

import type { Habit } from './habits.ts';
import { type Incident, keyHashOfStored, type Severity } from './incident.ts';
import { createIncidents, type Incidents } from './incidents.ts';

/** Lists in place of maps and sets. */
export interface SavedIncident
  extends Omit<Incident, 'services' | 'names' | 'severities' | 'keys' | 'kinds' | 'apart' | 'apartKeys'> {
  readonly services: readonly [string, { count: number; firstAt: number; lastAt: number }][];
  readonly names: readonly [string, number][];
  readonly severities: readonly [Severity, number][];
  readonly keys: readonly string[];
  readonly kinds: readonly [string, number][];
  readonly apart: readonly string[];
  readonly apartKeys: readonly string[];
}

interface Saved {
  readonly open: readonly SavedIncident[];
  readonly closed: readonly SavedIncident[];
  readonly firing: readonly [string, string][];
  readonly places: readonly [string, readonly string[]][];
  readonly habits: readonly [string, Habit][];
  readonly moved: readonly [string, string][];
  readonly recent: readonly string[];
  readonly now: number | null;
  readonly nextCloseAt: number | null;
}

export function savedIncident(incident: Incident): SavedIncident {
  return {
    ...incident,
    services: [...incident.services],
    names: [...incident.names],
    severities: [...incident.severities],
    keys: [...incident.keys],
    kinds: [...incident.kinds],
    apart: [...incident.apart],
    apartKeys: [...incident.apartKeys],
  };
}

export function restoredIncident(saved: SavedIncident): Incident {
  return {
    ...saved,
    alerts: [...saved.alerts],
    services: new Map(saved.services.map(([place, share]) => [place, { ...share }])),
    names: new Map(saved.names),
    severities: new Map(saved.severities),
    keys: new Set(saved.keys.map(keyHashOfStored)),
    kinds: new Map(saved.kinds),
    faces: [...saved.faces],
    apart: new Set(saved.apart),
    apartKeys: new Set(saved.apartKeys.map(keyHashOfStored)),
  };
}

/** As plain JSON. */
export function saveIncidents(state: Incidents): unknown {
  const saved: Saved = {
    open: [...state.open.values()].map(savedIncident),
    closed: [...state.closed.values()].map(savedIncident),
    firing: [...state.firing],
    places: [...state.places].map(([place, ids]) => [place, [...ids]]),
    habits: [...state.habits],
    moved: [...state.moved],
    recent: state.recent,
    now: Number.isFinite(state.now) ? state.now : null,
    nextCloseAt: Number.isFinite(state.nextCloseAt) ? state.nextCloseAt : null,
  };
  return saved;
}

export function restoreIncidents(from: unknown): Incidents {
  const saved = from as Saved;
  return {
    ...createIncidents(),
    open: new Map(saved.open.map((one) => [one.id, restoredIncident(one)])),
    closed: new Map(saved.closed.map((one) => [one.id, restoredIncident(one)])),
    firing: new Map(saved.firing),
    places: new Map(saved.places.map(([place, ids]) => [place, [...ids]])),
    habits: new Map(saved.habits.map(([key, habit]) => [keyHashOfStored(key), { ...habit }])),
    moved: new Map(saved.moved),
    recent: [...saved.recent],
    now: saved.now ?? Number.NEGATIVE_INFINITY,
    nextCloseAt: saved.nextCloseAt ?? Number.POSITIVE_INFINITY,
  };
}
