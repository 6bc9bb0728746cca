// Stage on arrival, and a deadline: a storm begins with the alert or event that is one too many, and ends when it has been
// calm for a while. Both are recorded and told to the administrator. With its beginning everything that waits to be told
// goes into summaries, which are told at once.
import { labelSet } from '../../rules/labels.ts';
import { priorityOf } from '../../rules/severity.ts';
import type { Severity } from '../../rules/types.ts';
import { collects } from './digest.ts';
import { dueGroup } from './due.ts';
import type { EventInput, Reminder, StepResult } from './input.ts';
import type { AlertRow, StormRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { countKind, endsAt, kindOf, type StormConfig } from './storm.ts';
import { mergeInStorm } from './storm-merge.ts';

/** Takes what the program says of itself as any other event. */
type Tell = (state: PipelineState, input: EventInput, now: number, out: StepResult) => void;

/** Kinds that are named to people. */
const mostNamed = 5;

/** The same alert or event, before it is decided where it goes: whether it is the first of its kind. */
export function noteKind(state: PipelineState, alert: AlertRow, now: number, out: StepResult): void {
  const { storms, tenant } = state;
  const seen = storms.see(alert, now);
  if (!seen) return;
  out.effects.push({
    put: 'seen_kind',
    row: { tenant, name: kindOf(alert), seenAt: now, first: seen.first },
  });
  if (seen.forgotten !== null) out.effects.push({ put: 'seen_kind.removed', tenant, name: seen.forgotten });
}

/** An alert began to fire, or an event came that is not one of many equal ones. */
export function countForStorm(
  state: PipelineState,
  alert: AlertRow,
  now: number,
  out: StepResult,
  tell: Tell,
): void {
  const { config, present } = state.storms;
  if (!config) return;
  const sum = state.storms.count(now);
  if (present) {
    countKind(present, kindOf(alert));
    if (sum > config.calmEvents) {
      present.hotAt = now;
      out.reminders.push(stormReminder(state, now));
    }
    out.effects.push({ put: 'storm', row: present });
  } else if (sum > config.events) begin(state, config, sum, now, out, tell);
}

/** When a storm that lasts is to be looked at. */
export function stormReminder({ storms }: PipelineState, now: number): Reminder {
  const { config, present } = storms;
  const at = present === null ? null : config === null ? now : endsAt(present, config);
  return { owner: storms, at, input: { kind: 'storm.due' } };
}

function begin(
  state: PipelineState,
  config: StormConfig,
  count: number,
  now: number,
  out: StepResult,
  tell: Tell,
): void {
  const row: StormRow = {
    ...{ tenant: state.tenant, id: state.newId(), startedAt: now, hotAt: now, endedAt: null },
    ...{ count: 0, summed: 0, alone: 0, summaries: 0, kinds: new Map() },
  };
  for (const alert of state.alerts.values())
    if (alert.state !== 'pending' && (alert.firedAt ?? 0) > now - config.withinMs)
      countKind(row, kindOf(alert));
  row.count = count;
  state.storms.begin(row);
  out.effects.push({ put: 'storm', row });
  record(state, row, 'storm.begun', now, out, { count, within: config.withinMs, kinds: mostFrequent(row) });
  out.reminders.push(stormReminder(state, now));
  const summaries = new Set<Group>();
  for (const group of [...state.groups.values()]) {
    if (group.row.nextAt === null || collects(group)) continue;
    const receiver = state.routing.receivers.get(group.row.receiver);
    const summary = mergeInStorm(state, group, receiver, now, out);
    if (summary) summaries.add(summary);
  }
  for (const summary of summaries) {
    summary.row.collectUntil = now;
    dueGroup(state, summary, now, out);
  }
  const seconds = Math.round(config.withinMs / 1_000);
  const message = `A storm has begun: ${count} alerts and events in ${seconds} s (${namedKinds(row)}). Summaries are told in their place; what is critical, and the first of its kind, is told by itself.`;
  notice(state, row, 'tocsin.storm_begun', 'high', message, now, out, tell);
}

/** The storm ends when its time has come, or nobody counts any more. */
export function lookAtStorm(state: PipelineState, now: number, out: StepResult, tell: Tell): void {
  const { config, present } = state.storms;
  if (!present) return;
  if (config !== null && endsAt(present, config) > now) {
    out.reminders.push(stormReminder(state, now));
    return;
  }
  state.storms.end(now);
  out.reminders.push({ ...stormReminder(state, now), at: null });
  out.effects.push({ put: 'storm', row: present });
  const { count, summed, alone, summaries, startedAt } = present;
  record(state, present, 'storm.ended', now, out, {
    ...{ startedAt, count, summed, alone, summaries, kinds: mostFrequent(present) },
    ...(config === null && { switchedOff: true }),
  });
  const minutes = Math.max(1, Math.round((now - startedAt) / 60_000));
  const message = `The storm is over after ${minutes} min: ${count} alerts and events came (${namedKinds(present)}). ${summed} were told in ${summaries} summar${summaries === 1 ? 'y' : 'ies'}, ${alone} by themselves.`;
  notice(state, present, 'tocsin.storm_ended', 'warning', message, now, out, tell);
}

function mostFrequent({ kinds }: StormRow): Readonly<Record<string, number>> {
  return Object.fromEntries([...kinds].sort((a, b) => b[1] - a[1]).slice(0, mostNamed));
}

function namedKinds(row: StormRow): string {
  const named = Object.entries(mostFrequent(row)).map(([name, n]) => `${name.slice(0, 100)} ${n}`);
  return `${named.join(', ')}${row.kinds.size > mostNamed ? ', …' : ''}`;
}

function record(
  state: PipelineState,
  { id }: StormRow,
  kind: 'storm.begun' | 'storm.ended',
  now: number,
  out: StepResult,
  body: Readonly<Record<string, unknown>>,
): void {
  out.effects.push({
    put: 'event',
    row: {
      ...{ id: state.newId(), tenant: state.tenant, at: now, subjectKind: 'storm', subjectId: id },
      ...{ kind, reason: null, actor: null, topic: null, priority: null, correlationId: null, keep: 1, body },
    },
  });
}

/** Whoever administers hears of it; nobody else is told. */
function notice(
  state: PipelineState,
  { id }: StormRow,
  type: string,
  severity: Severity,
  message: string,
  now: number,
  out: StepResult,
  tell: Tell,
): void {
  if (state.routing.administrator == null) return;
  const { answer } = out;
  const input: EventInput = {
    ...{ kind: 'event', source: 'tocsin', type, message, impact: null, severity },
    ...{ priority: priorityOf(severity), category: 'system', labels: labelSet({}), recipients: [] },
    ...{ dedupKey: `${type}:${id}`, occurredAt: now, actor: null, classifiedBy: null },
  };
  tell(state, input, now, out);
  // What caused the storm is what was asked for.
  out.answer = answer;
}
