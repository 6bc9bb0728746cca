// The thread that looks for causes: one question at a time, each with connections of its own that can only read. Whoever
// asked ends the thread when it takes too long.
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { AlertRow } from '../pipeline/rows.ts';
import { signalOf } from './alert-signal.ts';
import { asOneIncident, incidentsIn, newsOf, patternsIn } from './alerts-analyzed.ts';
import { causeOf, type StoredAlerts, storedAlerts } from './cause-inputs.ts';
import { analyzeLimits, type FoundIncident, type FromCauses, type ToCauses } from './cause-messages.ts';
import { unpackEdges } from './packed-edges.ts';

if (parentPort === null) throw new Error('causes are looked for in a thread');
const port = parentPort;
const { folder } = workerData as { readonly folder: string };

function read<T>(work: (stored: StoredAlerts, history: Database.Database) => T): T {
  const opened: Database.Database[] = [];
  const open = (name: string): Database.Database => {
    const raw = new Database(join(folder, name), { readonly: true, timeout: 1_000 });
    // One look reads little of it, and little twice. The driver's own is 16 MB, which a thread never gives back whole.
    raw.pragma('cache_size = -2000');
    opened.push(raw);
    return raw;
  };
  try {
    const raw = open('tocsin.db');
    return work(storedAlerts(raw), open('samples.db'));
  } finally {
    for (const raw of opened) raw.close();
  }
}

function cause(task: Extract<ToCauses, { kind: 'cause' }>): FromCauses {
  const { tenant, incident, now } = task;
  return read((stored, history) => {
    const rows = stored
      .alertsOf(tenant, incident, analyzeLimits.alerts)
      .flatMap((id) => stored.alert(tenant, id) ?? []);
    const question = { tenant, rows, edges: unpackEdges(task.edges), now };
    return { kind: 'cause', cause: causeOf(question, stored, history) };
  });
}

/** How long after its latest alert an incident's samples are looked at: what is over by then hides what broke. */
const seenAfterMs = 5 * 60_000;

type Analyze = Extract<ToCauses, { kind: 'analyze' }>;

/** The alerts that are asked for, or why they are not looked at. */
function asked({ tenant, of, patternRules }: Analyze, stored: StoredAlerts): AlertRow[] | FromCauses {
  const { alerts: most, spanMs } = analyzeLimits;
  if ('from' in of) {
    const rows = stored.alertsBetween(tenant, of.from, of.to, most + 1);
    const about = new Set(patternRules);
    if (rows.length <= most) return rows.filter(({ rule }) => rule === null || !about.has(rule));
    return { kind: 'too_large', message: `More than ${most} alerts; ask for a shorter span.` };
  }
  const rows: AlertRow[] = [];
  for (const id of new Set(of.alerts)) {
    const row = stored.alert(tenant, id);
    if (row === null) return { kind: 'unknown_alert', alert: id };
    rows.push(row);
  }
  const times = rows.map(({ firedAt }) => firedAt ?? 0);
  const least = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const latest = times.reduce((a, b) => Math.max(a, b), 0);
  if (latest - least <= spanMs) return rows;
  return { kind: 'too_large', message: `These alerts are of more than ${spanMs / 3_600_000} hours.` };
}

function analyze(task: Analyze): FromCauses {
  const { tenant, of, now } = task;
  return read((stored, history) => {
    const rows = asked(task, stored);
    if (!Array.isArray(rows)) return rows;
    const edges = unpackEdges(task.edges);
    const until = 'to' in of ? Math.min(now, of.to) : now;
    const news = newsOf(rows, until);
    const byId = new Map(rows.map((row) => [row.id, row]));
    const groups =
      'from' in of
        ? incidentsIn(news, edges)
        : [asOneIncident(rows.map((row) => signalOf(row, row.resolvedAt, now)))];
    const causeAt = (lastAt: number, alerts: readonly string[]) => {
      const mine = alerts.map((id) => byId.get(id)!);
      return causeOf(
        { tenant, rows: mine, edges, now: Math.min(until, lastAt + seenAfterMs) },
        stored,
        history,
      );
    };
    const patterns = patternsIn(news, edges);
    const incidents = groups.slice(0, analyzeLimits.incidents).map(
      ({ alerts, ...group }, n): FoundIncident => ({
        ...group,
        count: alerts.length,
        alerts: alerts.slice(0, analyzeLimits.named),
        cause: n < analyzeLimits.causes ? causeAt(group.lastAt, alerts) : null,
      }),
    );
    const times = rows.map(({ firedAt }) => firedAt ?? now);
    return {
      kind: 'analyze',
      found: {
        from: 'from' in of ? of.from : times.reduce((a, b) => Math.min(a, b), now),
        to: 'to' in of ? of.to : times.reduce((a, b) => Math.max(a, b), 0),
        alerts: rows.length,
        patterns: patterns.slice(0, analyzeLimits.patterns),
        morePatterns: Math.max(0, patterns.length - analyzeLimits.patterns),
        incidents,
        moreIncidents: Math.max(0, groups.length - analyzeLimits.incidents),
      },
    };
  });
}

port.on('message', (task: ToCauses) => {
  port.postMessage(task.kind === 'cause' ? cause(task) : analyze(task));
});
port.postMessage({ kind: 'ready' } satisfies FromCauses);
