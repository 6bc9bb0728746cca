// A dead man's switch: something that is expected to come, and an alert when it does not. A heartbeat that comes is one row
// that changes and nothing else; what it missed is an alert like those from outside, which ends when it is back.
import { fingerprint } from '../../rules/fingerprint.ts';
import { emptyLabels, labelSet } from '../../rules/labels.ts';
import { type Heartbeat, heartbeatDueAt, type Watch } from './heartbeat.ts';
import type { OutsideAlert, Reminder, StepResult } from './input.ts';
import { endEpisode } from './life-cycle.ts';
import { type Arrive, takeOne } from './outside.ts';
import type { HeartbeatRow } from './rows.ts';
import type { PipelineState, Subject } from './state.ts';

const heartbeatSource = 'heartbeat';
const keyPrefix = 'heartbeat:';

function reminderOf(watch: Watch, at: number | null): Reminder {
  return { owner: watch.row, at, input: { kind: 'heartbeat_due', name: watch.row.name } };
}

function subjectOf({ name, labels: own, severity }: Heartbeat): Subject {
  const labels = labelSet({ alertname: 'HeartbeatMissed', ...own, heartbeat: name, severity });
  return { key: `${keyPrefix}${name}`, labels, fingerprint: fingerprint(labels) };
}

function toldOf(heartbeat: Heartbeat, startsAt: number, summary: string): OutsideAlert {
  const { labels, annotations, severity, category } = heartbeat;
  return {
    ...{ labels, severity, category, startsAt, status: 'firing', endsAt: null, value: null },
    annotations: { summary, ...annotations },
    classifiedBy: null,
  };
}

/** Takes the place of what was expected before. What is new is expected from now on, what is gone is forgotten. */
export function expectHeartbeats(
  state: PipelineState,
  heartbeats: readonly Heartbeat[],
  now: number,
  out: StepResult,
  arrive: Arrive,
): void {
  const names = new Set(heartbeats.map(({ name }) => name));
  for (const [name, watch] of state.heartbeats) {
    if (names.has(name)) continue;
    state.heartbeats.delete(name);
    out.reminders.push(reminderOf(watch, null));
    out.effects.push({ put: 'heartbeat.removed', tenant: state.tenant, name });
  }
  for (const alert of [...state.openByKey.values()]) {
    if (alert.source !== heartbeatSource || names.has(alert.key.slice(keyPrefix.length))) continue;
    const fired = endEpisode(state, alert, 'rule_removed', now, out);
    if (fired) arrive(state, fired, now, out);
  }
  for (const heartbeat of heartbeats) {
    let watch = state.heartbeats.get(heartbeat.name);
    if (watch) watch.heartbeat = heartbeat;
    else {
      const row = { tenant: state.tenant, name: heartbeat.name, since: now, lastAt: null, failed: false };
      watch = { row, heartbeat, excusedUntil: 0 };
      state.heartbeats.set(heartbeat.name, watch);
      out.effects.push({ put: 'heartbeat', row });
    }
    out.reminders.push(reminderOf(watch, heartbeatDueAt(watch)));
  }
}

/** One came. It ends what it was missed for; one whose job failed fires at once. */
export function takeHeartbeat(
  state: PipelineState,
  { name, failed }: { readonly name: string; readonly failed: boolean },
  now: number,
  out: StepResult,
  arrive: Arrive,
): void {
  const watch = state.heartbeats.get(name);
  if (!watch) {
    out.answer = { kind: 'refused', reason: 'heartbeat_not_found' };
    return;
  }
  const { row, heartbeat } = watch;
  row.lastAt = now;
  row.failed = failed;
  out.effects.push({ put: 'heartbeat', row });
  out.reminders.push(reminderOf(watch, heartbeatDueAt(watch)));
  const subject = subjectOf(heartbeat);
  const open = state.openByKey.get(subject.key);
  if (failed) {
    const summary = `The job behind heartbeat ${name} says that it failed`;
    takeOne(state, heartbeatSource, subject, toldOf(heartbeat, now, summary), now, out, arrive);
  } else if (open) {
    const fired = endEpisode(state, open, 'condition_cleared', now, out);
    if (fired) arrive(state, fired, now, out);
  }
  out.answer = { kind: 'heartbeat', row, dueAt: heartbeatDueAt(watch) };
}

/** The time has come by which it had to come. */
export function missHeartbeat(
  state: PipelineState,
  name: string,
  now: number,
  out: StepResult,
  arrive: Arrive,
): void {
  const watch = state.heartbeats.get(name);
  if (!watch) return;
  const dueAt = heartbeatDueAt(watch);
  if (dueAt > now) return;
  const { row, heartbeat } = watch;
  const subject = subjectOf(heartbeat);
  if (state.openByKey.has(subject.key)) return;
  const last =
    row.lastAt === null ? 'it never came' : `it came last at ${new Date(row.lastAt).toISOString()}`;
  const told = toldOf(heartbeat, dueAt, `Heartbeat ${name} did not come: ${last}`);
  takeOne(state, heartbeatSource, subject, told, now, out, arrive);
}

/** Nothing could be taken until now, so nobody can tell who would have come. */
export function excuseHeartbeats(state: PipelineState, now: number, out: StepResult): void {
  for (const watch of state.heartbeats.values()) {
    watch.excusedUntil = now;
    out.reminders.push(reminderOf(watch, heartbeatDueAt(watch)));
  }
}

/**
 * What was known of the heartbeats when the tenant was left, and `before` in memory, where it was; who is expected is told
 * by `heartbeats`.
 */
export function restoreHeartbeats(
  state: PipelineState,
  rows: readonly HeartbeatRow[],
  before: ReadonlyMap<string, Watch>,
  now: number,
): void {
  for (const row of rows) {
    // A clock that was ahead must not make the silence shorter.
    row.since = Math.min(row.since, now);
    if (row.lastAt !== null) row.lastAt = Math.min(row.lastAt, now);
    const heartbeat: Heartbeat = {
      ...{ name: row.name, intervalMs: 0, graceMs: 0, severity: 'warning', category: 'system' },
      ...{ labels: emptyLabels, annotations: {} },
    };
    const excusedUntil = Math.min(before.get(row.name)?.excusedUntil ?? 0, now);
    state.heartbeats.set(row.name, { row, heartbeat, excusedUntil });
  }
}
