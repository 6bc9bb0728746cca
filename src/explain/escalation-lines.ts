// Lines about what the escalations of an alert's groups did, and how they stand.
import type { EscalationStanding } from '../pipeline/escalation-standing.ts';
import type { StoredEvent } from '../store/rows.ts';
import { type Say, spanText, whoText } from './say.ts';
import type { TimelineEntry } from './timeline-entry.ts';

export function escalationLines(events: readonly StoredEvent[], say: Say): readonly TimelineEntry[] {
  return events.map((event) => {
    const { at, kind, reason, actor, body, subjectId } = event;
    const details = { group_id: subjectId, ...(reason !== null && { reason }), ...body };
    return { at, what: kind, text: escalationText(event, say), actor, details };
  });
}

function escalationText({ at, kind, reason, body }: StoredEvent, say: Say): string {
  const { escalation } = say.t;
  const policy = String(body.policy);
  const when = (time: unknown) => (typeof time === 'number' ? say.timeBeside(time, at) : null);
  const step = { policy, step: Number(body.step), of: Number(body.of), round: Number(body.round) };
  switch (kind) {
    case 'escalation.armed':
      return escalation.armed({ policy, next: when(body.nextAt) ?? '–' });
    case 'escalation.step':
      return escalation.step({ ...step, to: namesIn(body.to), since: when(body.since) ?? '–' });
    case 'escalation.skipped':
      return escalation.skipped({ ...step, by: reason === 'hours' ? 'hours' : 'severity' });
    case 'escalation.paused':
      return escalation.paused({
        ...{ policy, why: pauseText(reason, say) },
        left: typeof body.leftMs === 'number' ? spanText(body.leftMs) : null,
      });
    case 'escalation.resumed':
      return escalation.resumed({ policy, next: when(body.nextAt) ?? '–' });
    case 'escalation.ended':
      return escalation.ended({ policy, why: endText(reason, say) });
    default:
      return say.t.line.unknown({ kind, reason });
  }
}

/** How it stands, as a clause; null: there is nothing to come. */
export function escalationNow(
  { policy, state, nextAt, nextTo, step, of, pausedBy }: EscalationStanding,
  say: Say,
): string | null {
  const { escalation } = say.t;
  if (state === 'ended') return escalation.over({ policy });
  if (state === 'paused') return escalation.waits({ policy, why: pauseText(pausedBy, say) });
  if (nextAt === null || nextTo.length === 0) return null;
  return escalation.next({ policy, at: say.time(nextAt), to: nextTo, step: step + 1, of });
}

/** Who confirmed a message, and by what means. */
export function confirmedText({ reason, actor, body }: StoredEvent, say: Say): string {
  const { confirmed, confirmedBy } = say.t.escalation;
  const name = [body.name, body.recipient].find((one) => typeof one === 'string');
  const via = Object.entries(confirmedBy).find(([way]) => way === reason)?.[1] ?? null;
  const note = typeof body.note === 'string' && body.note !== '' ? body.note : null;
  return confirmed({ by: typeof name === 'string' ? name : whoText(actor, say), via, note });
}

function pauseText(by: string | null, say: Say): string {
  const words: Readonly<Record<string, string>> = say.t.escalation.pausedBy;
  return words[by ?? ''] ?? by ?? '–';
}

function endText(reason: string | null, say: Say): string {
  const words: Readonly<Record<string, string>> = say.t.escalation.endedBy;
  return words[reason ?? ''] ?? reason ?? '–';
}

const namesIn = (list: unknown): readonly string[] => (Array.isArray(list) ? list.map(String) : []);
