// What is known of an incident, and what is said of its life. Everything is plain data and bounded: of very many alerts the
// latest are named and all are counted.
import { fnv32 } from '../fnv32.ts';
import { type AlertSignal, severityOrder } from '../signals.ts';
import type { Face } from '../similarity/alert-likeness.ts';

export type Severity = AlertSignal['severity'];

/** Alerts, services, kinds and keys that one incident remembers by name. */
export const mostNamed = 50;

/** A service in an incident. */
export interface Share {
  /** Alerts of it. */
  count: number;
  /** When its first one and its latest one became known. */
  firstAt: number;
  lastAt: number;
}

export interface Incident {
  readonly id: string;
  openedAt: number;
  /** When the latest alert joined. */
  lastAt: number;
  /** When the latest of its alerts ended. */
  endedAt: number | null;
  /** Null while it is open. */
  closedAt: number | null;
  closeReason: CloseReason | null;
  /** Ids of the latest alerts, oldest first; `count` is of all. */
  alerts: string[];
  count: number;
  /** How many of them fire. */
  firing: number;
  /** By service, or by what stands in its place where labels name none. */
  services: Map<string, Share>;
  /** By the alerts' names: how many. */
  names: Map<string, number>;
  /** By severity: how many. */
  severities: Map<Severity, number>;
  /** Keys of its alerts (`keyHash`), the latest last. */
  keys: Set<string>;
  /** Rule on service: when it fired last. */
  kinds: Map<string, number>;
  /** Looks of its latest alerts. */
  faces: Face[];
  /** The first alert: of the title. */
  first: { readonly name: string; readonly service: string };
  /** How often that one had come alone before. */
  readonly habitOfFirst: number;
  /** A person opened it again: only a person closes it. */
  held: boolean;
  /** Incidents and keys of alerts (`keyHash`) that a person keeps out of it. */
  apart: Set<string>;
  apartKeys: Set<string>;
}

/** Why an alert joined: what was seen, by name; units are in the names. */
export interface Join {
  readonly alert: string;
  /** `again`: the same alert fired before in it; `near`: by time and topology; `alike`: by its looks. */
  readonly reason: 'again' | 'near' | 'alike';
  readonly figures: Readonly<Record<string, number>>;
}

/** A change of an incident's life, to be applied in order. `incident` is the live object: read it at once. */
export type IncidentChange =
  | { readonly kind: 'opened'; readonly at: number; readonly incident: Incident; readonly alert: string }
  | { readonly kind: 'joined'; readonly at: number; readonly incident: Incident; readonly join: Join }
  | { readonly kind: 'merged'; readonly at: number; readonly incident: Incident; readonly from: Incident }
  | {
      readonly kind: 'split';
      readonly at: number;
      readonly incident: Incident;
      readonly from: Incident;
      readonly alerts: readonly string[];
    }
  | {
      readonly kind: 'closed';
      readonly at: number;
      readonly incident: Incident;
      readonly reason: CloseReason;
    }
  | {
      readonly kind: 'reopened';
      readonly at: number;
      readonly incident: Incident;
      readonly alert: string | null;
    };

/** `quiet`: nothing of it fires any more; `room`: too many are open; `person`: somebody said so. */
export type CloseReason = 'quiet' | 'room' | 'person';

/** The highest severity among its alerts. */
export function severityOf({ severities }: Pick<Incident, 'severities'>): Severity {
  return severityOrder.findLast((severity) => (severities.get(severity) ?? 0) > 0) ?? 'info';
}

/** Made of facts alone: the first alert, and how much else there is. */
export function titleOf({ first, count, services }: Pick<Incident, 'first' | 'count' | 'services'>): string {
  const start = `${first.name} on ${first.service}`;
  if (count <= 1) return start;
  const others = services.size - 1;
  const beside = others > 0 ? ` and ${others} other service${others > 1 ? 's' : ''}` : '';
  return `${start}${beside}: ${count} alerts`;
}

/**
 * What an alert's key is known by here: 16 hexadecimal digits. A key is all labels of an alert; fifty of them in each incident
 * were four fifths of its row, which is written with every alert that joins. Two that collide, one pair in 10^10 among the
 * 20,000 that are remembered, count as one alert.
 */
export function keyHash(key: string): string {
  return hex(fnv32(key)) + hex(fnv32(key, otherBasis));
}

const otherBasis = 0x9747b28c;
const hex = (hash: number): string => hash.toString(16).padStart(8, '0');

/** The same of one that was stored: keys themselves were, once. */
export function keyHashOfStored(key: string): string {
  return /^[0-9a-f]{16}$/.test(key) ? key : keyHash(key);
}

/** The alert's service; without one the machine or the alert's own name stands for it. */
export function placeOf(
  labels: Readonly<Record<string, string>>,
  service: string | null,
  name: string,
): string {
  if (service !== null) return service;
  for (const label of ['instance', 'host', 'node', 'pod'] as const) {
    const value = labels[label];
    if (value !== undefined && value !== '') return `${label} ${value}`;
  }
  return name;
}

/** Adds to a map's or set's end and drops the oldest beyond `most`. */
export function bounded<T extends Map<string, unknown> | Set<string>>(of: T, most: number): T {
  while (of.size > most) of.delete(of.keys().next().value!);
  return of;
}
