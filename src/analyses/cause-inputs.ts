// What a root cause is looked for in, out of the databases, over connections that only read: the alerts of an incident,
// what was changed before it, and the series of its services and of those within two calls of them.
import type Database from 'better-sqlite3';
import type { RootCause } from '../../analysis/root-cause/hypothesis.ts';
import { findRootCause, limits } from '../../analysis/root-cause/root-cause.ts';
import {
  type AlertSignal,
  type ChangeSignal,
  type Edge,
  type SeriesSignal,
  serviceLabels,
  serviceOf,
} from '../../analysis/signals.ts';
import { samplesOf, TooManySamples } from '../ingest/range-read.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { alertReads } from '../store/sqlite/alert-reads.ts';
import { databaseOf } from '../store/sqlite/database.ts';
import { firstIdAt, idBytes, idText } from '../store/sqlite/id-codec.ts';
import { signalOf } from './alert-signal.ts';
import { changeOf, changeTypes } from './change-events.ts';

const minuteMs = 60_000;
/** Changes before the first alert: an hour before the onset, which lies half an hour before the alert at most. */
const changesBeforeMs = 90 * minuteMs;
/** Who tells of an event may have a clock that is so much apart, or tell it so much later. */
const toldLaterMs = 60 * minuteMs;
/** Rows lie in the order in which they were born: an alert waits so long at most until it fires, to be found by a span. */
const pendingMs = 24 * 60 * minuteMs;
/** Samples before the first alert, after it, and, of an incident that takes longer, before now. */
const samplesBeforeMs = 210 * minuteMs;
const samplesAfterMs = 60 * minuteMs;
const latestMs = 60 * minuteMs;
/** Services whose series are read, the alerted ones and their nearest first. */
const mostServices = 256;
const hops = 2;

export interface StoredAlerts {
  /** The alert that is stored under the id. */
  alert(tenant: string, id: string): AlertRow | null;
  /** Fired or occurred in the span, at most `limit`. */
  alertsBetween(tenant: string, from: number, to: number, limit: number): AlertRow[];
  /** Ids of the alerts of an incident, the oldest `limit`. */
  alertsOf(tenant: string, incident: string, limit: number): string[];
  /** The latest `limits.changes`. */
  changes(tenant: string, from: number, to: number): ChangeSignal[];
}

/** @param raw `tocsin.db`. */
export function storedAlerts(raw: Database.Database): StoredAlerts {
  const reads = alertReads(databaseOf(raw, () => raw.close()));
  const members = raw
    .prepare<[string, Buffer, number], Buffer>(
      `SELECT alert FROM incident_alert INDEXED BY incident_alert_of
       WHERE tenant = ? AND incident = ? ORDER BY alert LIMIT ?+0`,
    )
    .pluck();
  const fired = raw
    .prepare<[string, string, Buffer, Buffer, number, number, number], Buffer>(
      `SELECT a.id FROM alert a WHERE a.tenant = ? AND a.kind = ? AND a.id >= ? AND a.id < ?
         AND a.fired_at >= ? AND a.fired_at < ? ORDER BY a.id LIMIT ?+0`,
    )
    .pluck();
  const changed = raw
    .prepare<[string, Buffer, Buffer, string, number], Buffer>(
      `SELECT a.id FROM alert a WHERE a.tenant = ? AND a.kind = 'event' AND a.id >= ? AND a.id < ? AND (
         SELECT lower(l.json ->> '$.alertname') FROM labelset l WHERE l.tenant = a.tenant AND l.id = a.labelset
       ) IN (SELECT value FROM json_each(?)) ORDER BY a.id DESC LIMIT ?+0`,
    )
    .pluck();
  return {
    alert: (tenant, id) => reads.alert(tenant, id),
    alertsBetween: (tenant, from, to, limit) =>
      (['alert', 'event'] as const)
        .flatMap((kind) => {
          const born = [firstIdAt(from - pendingMs), firstIdAt(to + toldLaterMs)] as const;
          return fired.all(tenant, kind, ...born, from, to, limit);
        })
        .slice(0, limit)
        .map((id) => reads.alert(tenant, idText(id))!),
    alertsOf: (tenant, incident, limit) => members.all(tenant, idBytes(incident), limit).map(idText),
    changes(tenant, from, to) {
      const types = JSON.stringify(changeTypes);
      return changed
        .all(tenant, firstIdAt(from), firstIdAt(to + toldLaterMs), types, limits.changes)
        .flatMap((id) => changeOf(reads.alert(tenant, idText(id))!) ?? [])
        .filter(({ at }) => at >= from && at <= to);
    },
  };
}

/** The services of the alerts, and those within two calls of them whichever way; the nearest first. */
export function servicesAround(alerts: readonly AlertSignal[], edges: readonly Edge[]): string[] {
  const beside = new Map<string, string[]>();
  const note = (from: string, to: string): void => {
    const mine = beside.get(from);
    if (mine) mine.push(to);
    else beside.set(from, [to]);
  };
  for (const { from, to } of edges) {
    note(from, to);
    note(to, from);
  }
  const found = new Set(alerts.flatMap(({ labels }) => serviceOf(labels) ?? []));
  for (let hop = 0, border = [...found]; hop < hops; hop++) {
    const next: string[] = [];
    for (const service of border)
      for (const other of beside.get(service) ?? []) {
        if (found.has(other)) continue;
        found.add(other);
        next.push(other);
      }
    border = next;
  }
  return [...found].slice(0, mostServices);
}

interface ListedSeries {
  readonly metric: string;
  readonly labels: string;
  readonly service: string;
  readonly ids: { readonly shard: number; readonly id: number }[];
}

const serviceInSql = `coalesce(${serviceLabels.map((label) => `nullif(labels ->> '$.${label}', '')`).join(', ')})`;

/** @param raw `samples.db`. Series of the services that are named first come first; at most `limits.series`. */
function seriesOf(raw: Database.Database, tenant: string, services: readonly string[]): ListedSeries[] {
  const rows = raw
    .prepare<
      [string, string],
      { shard: number; id: number; metric: string; labels: string; service: string }
    >(
      `SELECT shard, id, metric, labels, ${serviceInSql} AS service FROM series
       WHERE tenant = ? AND ${serviceInSql} IN (SELECT value FROM json_each(?)) ORDER BY metric, labels, shard, id`,
    )
    .iterate(tenant, JSON.stringify(services));
  const found = new Map<string, ListedSeries>();
  // Sorted afterwards: of very many, those of the alerted services stay.
  const mostListed = 10 * limits.series;
  for (const { shard, id, metric, labels, service } of rows) {
    const key = JSON.stringify([metric, labels]);
    const known = found.get(key);
    if (known) known.ids.push({ shard, id });
    else if (found.size < mostListed) found.set(key, { metric, labels, service, ids: [{ shard, id }] });
  }
  const place = new Map(services.map((service, n) => [service, n]));
  return [...found.values()]
    .sort((a, b) => place.get(a.service)! - place.get(b.service)!)
    .slice(0, limits.series);
}

/** Spans of samples that say how it was before and how it is. */
function spansOf(firstAt: number, now: number): readonly (readonly [number, number])[] {
  const from = firstAt - samplesBeforeMs;
  if (now - firstAt <= samplesAfterMs + latestMs) return [[from, now]];
  return [
    [from, firstAt + samplesAfterMs],
    [now - latestMs, now],
  ];
}

function samples(
  raw: Database.Database,
  listed: readonly ListedSeries[],
  spans: readonly (readonly [number, number])[],
): SeriesSignal[] {
  const parts = spans.map(([from, to]) => [...samplesOf(raw, listed, from, to)]);
  return listed.map(({ metric, labels, service }, n) => {
    const mine = parts.map((part) => part[n]!);
    const length = mine.reduce((sum, { times }) => sum + times.length, 0);
    const times = new Float64Array(length);
    const values = new Float64Array(length);
    let at = 0;
    for (const part of mine) {
      times.set(part.times, at);
      values.set(part.values, at);
      at += part.times.length;
    }
    return { service, metric, labels: JSON.parse(labels) as Record<string, string>, times, values };
  });
}

/** Of more samples than fit, the series of the nearest services. */
function seriesAround(
  raw: Database.Database,
  tenant: string,
  services: readonly string[],
  firstAt: number,
  now: number,
): SeriesSignal[] {
  const listed = seriesOf(raw, tenant, services);
  const spans = spansOf(firstAt, now);
  for (let most = listed.length; most > 0; most = Math.floor(most / 2)) {
    try {
      return samples(raw, listed.slice(0, most), spans);
    } catch (error) {
      if (!(error instanceof TooManySamples)) throw error;
    }
  }
  return [];
}

/** Hypotheses that are kept, and ids that one piece of their evidence names: what is kept is 30 kB at most. */
const mostHypotheses = 5;
const mostRefs = 10;

export interface CauseQuestion {
  readonly tenant: string;
  /** What is stored of them; changes among them are changes. */
  readonly rows: readonly AlertRow[];
  readonly edges: readonly Edge[];
  readonly now: number;
}

/** What broke; null: no alert names a service. */
export function causeOf(
  { tenant, rows, edges, now }: CauseQuestion,
  stored: Pick<StoredAlerts, 'changes'>,
  history: Database.Database,
): RootCause | null {
  const alerts = rows
    .filter((row) => changeOf(row) === null)
    .map((row) => signalOf(row, row.resolvedAt, now))
    .filter(({ at, labels }) => at <= now && serviceOf(labels) !== null);
  if (alerts.length === 0) return null;
  const firstAt = alerts.reduce((first, { at }) => Math.min(first, at), now);
  const changes = stored.changes(tenant, firstAt - changesBeforeMs, now);
  const services = servicesAround(alerts, edges);
  const series = seriesAround(history, tenant, services, firstAt, now);
  const found = findRootCause({ alerts, changes, series, edges, now }, { most: mostHypotheses });
  return {
    verdict: found.verdict,
    hypotheses: found.hypotheses.map((one) => ({
      ...one,
      evidence: one.evidence.map((piece) => ({ ...piece, refs: piece.refs.slice(0, mostRefs) })),
    })),
  };
}
