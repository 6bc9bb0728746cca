// Takes up a tenant where it was left: the same code for a start, a take-over and a poisoned shard.
import type { Rule } from '../../rules/types.ts';
import { notePromotion, policyOf } from './escalate.ts';
import type { StepResult } from './input.ts';
import { endReminder } from './life-cycle.ts';
import { indexLog, reroute } from './reroute.ts';
import type { RoutingConfig } from './routing.ts';
import type { AlertRow, GroupRow, SeenKindRow, SilenceRow, StormRow } from './rows.ts';
import { silenceReminder } from './silence-changes.ts';
import { emptyPipelineState, type Group, type PipelineState, type Suppression } from './state.ts';
import { stormReminder } from './storm-mode.ts';

export interface LoadedRows {
  readonly alerts: readonly AlertRow[];
  readonly groups: readonly GroupRow[];
  /** Those that are not over. */
  readonly silences: readonly SilenceRow[];
  /** When alerts began to fire lately, by key; absent where nothing is called flapping. */
  readonly firings?: readonly { readonly key: string; readonly at: number }[];
  /** The storm that lasts, or the last one; absent: there was none. */
  readonly storm?: StormRow | null;
  /** When new alerts and events came lately, oldest first; absent where nobody counts them. */
  readonly came?: readonly number[];
  /** Kinds that were seen, the oldest first. */
  readonly kinds?: readonly Pick<SeenKindRow, 'name' | 'seenAt' | 'first'>[];
}

/** Builds the state and routes everything again; `out` gets what that changes. */
export function loadPipeline(
  tenant: string,
  rows: LoadedRows,
  routing: RoutingConfig,
  rules: ReadonlyMap<string, Rule>,
  newId: () => string,
  now: number,
  out: StepResult,
): PipelineState {
  const state = emptyPipelineState(tenant, routing, rules, newId);
  for (const alert of rows.alerts) {
    bringBack(alert, rules, now);
    state.alerts.set(alert.id, alert);
    if (alert.kind !== 'alert' || alert.state === 'resolved') continue;
    state.openByKey.set(alert.key, alert);
    if (alert.endsAt !== null) out.reminders.push(endReminder(alert, alert.endsAt));
  }
  for (const { key, at } of rows.firings ?? []) state.flaps.started(key, at);
  takeUpStorm(state, rows, now, out);
  for (const row of rows.silences) {
    state.silences.put(row);
    out.reminders.push(silenceReminder(state, row));
  }
  for (const row of rows.groups) {
    const group = {
      row,
      route: routing.route,
      alone: [row.groupKey],
      members: new Set<string>(),
      lastOfKey: new Map<string, string>(),
      held: new Set<string>(),
      suppressed: new Map<string, Suppression>(),
    };
    notAhead(row, now);
    indexLog(group);
    state.groups.set(row.groupKey, group);
  }
  reroute(state, routing, now, out);
  for (const group of state.groups.values()) {
    bringDeadlineBack(state, group, now);
    takeUpEscalation(state, group, now);
  }
  for (const group of state.groups.values()) out.groups.add(group);
  return state;
}

/** How much came lately is counted anew, and a storm that lasts goes on. */
function takeUpStorm(
  state: PipelineState,
  { storm = null, came = [], kinds = [] }: LoadedRows,
  now: number,
  out: StepResult,
): void {
  const { storms } = state;
  for (const at of came) storms.recount(Math.min(at, now));
  for (const { name, seenAt, first } of kinds) storms.recall(name, Math.min(seenAt, now), first);
  if (storm === null) return;
  const startedAt = Math.min(storm.startedAt, now);
  storms.row = { ...storm, startedAt, hotAt: Math.min(storm.hotAt, now) };
  if (storms.present) out.reminders.push(stormReminder(state, now));
}

// A clock that was ahead when a row was written, and is right now, must not silence anybody: nothing was said later than
// now, and no deadline lies further off than its reason can mean. Written with the next change of the row.

/** How far a sample may be ahead of the clock. */
const sampleAheadMs = 300_000;

function bringBack(alert: AlertRow, rules: ReadonlyMap<string, Rule>, now: number): void {
  // When an alert from outside began is by its sender's clock, which is compared with nothing but itself.
  if (alert.source !== 'rule') return;
  const latest = now + sampleAheadMs;
  if (alert.pendingSince !== null && alert.pendingSince > latest) alert.pendingSince = now;
  if (alert.keepUntil === null) return;
  const keepFiringForMs = rules.get(alert.rule ?? '')?.keepFiringForMs ?? 0;
  alert.keepUntil = Math.min(alert.keepUntil, latest + keepFiringForMs);
}

function notAhead(row: GroupRow, now: number): void {
  if (row.lastSentAt !== null) row.lastSentAt = Math.min(row.lastSentAt, now);
  if (!Object.values(row.notified).some(({ at }) => at > now)) return;
  row.notified = Object.fromEntries(
    Object.entries(row.notified).map(([id, entry]) => [id, { ...entry, at: Math.min(entry.at, now) }]),
  );
}

/** People say themselves until when an acknowledgement or a snooze holds; everything else is a span of the configuration. */
function bringDeadlineBack(state: PipelineState, { row, route }: Group, now: number): void {
  if (row.nextAt === null) return;
  const spans = [route.groupWaitMs, route.groupIntervalMs, route.repeatIntervalMs, route.resolveWaitMs];
  if (row.nextAt <= now + Math.max(...spans)) return;
  const window = state.routing.receivers.get(row.receiver)?.dedupeWindowMs ?? 0;
  if (route.collects) spans.push(2 * route.collects.everyMs);
  for (const rule of state.rules.values()) spans.push(rule.dedupeWindowMs ?? 0);
  row.nextAt = Math.min(row.nextAt, now + Math.max(window, ...spans));
}

/** The next step is no further off than it can be, and what becomes more urgent is known again. */
function takeUpEscalation(state: PipelineState, group: Group, now: number): void {
  notePromotion(state, group, now);
  const policy = policyOf(state, group);
  const row = group.row.escalation;
  if (!policy || row?.state !== 'waiting' || row.nextAt === null) return;
  const latest = now + Math.max(0, ...policy.steps.map(({ afterMs }) => afterMs));
  if (row.nextAt > latest) group.row.escalation = { ...row, nextAt: latest };
}
