// What becomes of silences: made, changed, taken back, reminded of, over. Adding one touches no group: what is said next
// is held back. Where one holds less than before, the groups that it holds are looked at again.

import { labelSet } from '../../rules/labels.ts';
import { priorityOf } from '../../rules/severity.ts';
import type { EventInput, PipelineInput, Reminder, SilencePutInput, StepResult } from './input.ts';
import type { EventRow, SilenceRow } from './rows.ts';
import type { PipelineState } from './state.ts';
import { release } from './suppress.ts';

/** Of one tenant; a silence that is over does not count. */
export const mostSilences = 10_000;

type SilenceInput = Extract<PipelineInput, { kind: `silence.${string}` }>;

/** Answers the event that tells of an end that is near, to be taken as any other. */
export function changeSilences(
  state: PipelineState,
  input: SilenceInput,
  now: number,
  out: StepResult,
): EventInput | null {
  switch (input.kind) {
    case 'silence.put':
      put(state, input, now, out);
      return null;
    case 'silence.expire': {
      const row = openSilence(state, input.id, now, out);
      if (row === null) return null;
      row.endsAt = Math.max(now, row.startsAt);
      changed(row, input.actor, now);
      tell(state, row, 'silence.expired', input.actor, now, out);
      close(state, row, now, out);
      out.answer = { kind: 'silence', silence: row };
      return null;
    }
    case 'silence.due': {
      const row = state.silences.get(input.id);
      if (!row) return null;
      if (row.endsAt <= now) {
        tell(state, row, 'silence.ended', null, now, out);
        close(state, row, now, out);
        return null;
      }
      const reminder = remind(state, row, now, out);
      out.reminders.push(silenceReminder(state, row));
      return reminder;
    }
  }
}

/** When a silence is to be looked at: before its end, to be reminded of, and at its end. */
export function silenceReminder(state: PipelineState, row: SilenceRow): Reminder {
  const at = remindAt(row, state.routing.remindBeforeMs ?? null) ?? row.endsAt;
  return { owner: row, at, input: { kind: 'silence.due', id: row.id } };
}

/** Null: it was told, or is too short to be told of. */
function remindAt(row: SilenceRow, remindBeforeMs: number | null): number | null {
  if (remindBeforeMs === null || row.remindedAt !== null) return null;
  if (row.endsAt - row.startsAt <= 2 * remindBeforeMs) return null;
  return row.endsAt - remindBeforeMs;
}

function put(state: PipelineState, input: SilencePutInput, now: number, out: StepResult): void {
  const { matchers, startsAt, endsAt, recurs, comment, actor } = input;
  const known = input.id === null ? null : openSilence(state, input.id, now, out);
  if (input.id !== null && known === null) return;
  if (known !== null && input.seen && !input.seen.includes(known.version)) {
    out.answer = { kind: 'refused', reason: 'precondition_failed' };
    return;
  }
  if (known === null && state.silences.size >= mostSilences) {
    out.answer = { kind: 'refused', reason: 'too_many_silences' };
    return;
  }
  const before = known === null ? null : said(known);
  const row: SilenceRow = known ?? {
    tenant: state.tenant,
    id: state.newId(),
    matchers,
    startsAt,
    endsAt,
    recurs,
    comment,
    createdBy: input.createdBy,
    createdAt: now,
    updatedBy: actor,
    updatedAt: now,
    remindedAt: null,
    held: 0,
    version: 0,
    closed: false,
  };
  if (row.endsAt !== endsAt) row.remindedAt = null;
  Object.assign(row, { matchers, startsAt, endsAt, recurs, comment });
  changed(row, actor, now);
  state.silences.put(row);
  out.effects.push({ put: 'silence', row, insert: known === null });
  out.reminders.push(silenceReminder(state, row));
  const body = { ...said(row), ...(before && { before }) };
  tell(state, row, before === null ? 'silence.created' : 'silence.changed', actor, now, out, body);
  if (known !== null) release(state, row.id, now, out);
  out.answer = { kind: 'silence', silence: row };
}

function changed(row: SilenceRow, actor: string, now: number): void {
  row.updatedBy = actor;
  row.updatedAt = now;
  row.version += 1;
}

/** The silence holds nothing any more. */
function close(state: PipelineState, row: SilenceRow, now: number, out: StepResult): void {
  row.closed = true;
  out.reminders.push({ ...silenceReminder(state, row), at: null });
  state.silences.remove(row.id);
  out.effects.push({ put: 'silence', row, insert: false });
  release(state, row.id, now, out);
}

/** Somebody is told that what fires will be heard again soon, if something is held. */
function remind(state: PipelineState, row: SilenceRow, now: number, out: StepResult): EventInput | null {
  const at = remindAt(row, state.routing.remindBeforeMs ?? null);
  if (at === null || at > now) return null;
  row.remindedAt = now;
  out.effects.push({ put: 'silence', row, insert: false });
  const held = heldNow(state, row.id);
  if (held === 0) return null;
  const ends = new Date(row.endsAt).toISOString();
  return {
    kind: 'event',
    source: 'tocsin',
    type: 'silence.ending',
    message: `The silence "${row.comment}" of ${row.createdBy} ends at ${ends}; it holds back ${held} firing alert${held === 1 ? '' : 's'}.`,
    impact: null,
    severity: 'info',
    priority: priorityOf('info'),
    category: 'system',
    labels: labelSet({ silence: row.id }),
    recipients: [],
    dedupKey: `silence.ending:${row.id}:${row.endsAt}`,
    occurredAt: now,
    actor: null,
    classifiedBy: null,
  };
}

/** How many firing alerts the silence holds back, by what their groups found when they were looked at. */
function heldNow(state: PipelineState, id: string): number {
  const alerts = new Set<string>();
  for (const key of state.heldBy.get(id) ?? [])
    for (const [alertId, { ids }] of state.groups.get(key)?.suppressed ?? [])
      if (ids.includes(id) && state.alerts.get(alertId)?.state === 'firing') alerts.add(alertId);
  return alerts.size;
}

function openSilence(state: PipelineState, id: string, now: number, out: StepResult): SilenceRow | null {
  const row = state.silences.get(id);
  if (row && row.endsAt > now) return row;
  out.answer = { kind: 'refused', reason: row ? 'silence_over' : 'silence_not_found' };
  return null;
}

/** What an audit says of a silence. */
function said({ matchers, startsAt, endsAt, recurs, comment }: SilenceRow) {
  return { matchers, startsAt, endsAt, ...(recurs !== null && { recurs }), comment };
}

function tell(
  state: PipelineState,
  row: SilenceRow,
  kind: string,
  actor: string | null,
  now: number,
  out: StepResult,
  body: EventRow['body'] = said(row),
): void {
  const event: EventRow = {
    id: state.newId(),
    tenant: state.tenant,
    at: now,
    subjectKind: 'silence',
    subjectId: row.id,
    kind,
    reason: null,
    actor,
    topic: null,
    priority: null,
    correlationId: null,
    keep: actor === null ? 1 : 2,
    body: kind === 'silence.ended' ? { ...body, held: row.held } : body,
  };
  out.effects.push({ put: 'event', row: event });
}
