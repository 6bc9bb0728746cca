// What happened, in order: the alert's own events, each message with the reason for it, and what became of each delivery.
import { findingText } from '../../channels/finding-text.ts';
import type { NotifyReason } from '../../channels/message.ts';
import type { Finding } from '../../rules/types.ts';
import { saysFiring } from '../pipeline/rows.ts';
import type { StoredEvent } from '../store/rows.ts';
import { deliveryLines } from './delivery-lines.ts';
import { confirmedText, escalationLines } from './escalation-lines.ts';
import type { AlertFacts, MessageFacts } from './facts.ts';
import { holderLines } from './holder-lines.ts';
import { incidentLines } from './incident-lines.ts';
import { idsOf, receiverOfGroup, textsIn } from './outcome.ts';
import { reasonText } from './reasons.ts';
import { ruleFacts } from './rule-text.ts';
import { type Say, severityText, spanText, valueText, whoText } from './say.ts';
import type { TimelineEntry } from './timeline-entry.ts';

export function timelineOf(facts: AlertFacts, say: Say): readonly TimelineEntry[] {
  const lines: TimelineEntry[] = [...holderLines(facts, say)];
  for (const event of facts.events) {
    lines.push(eventLine(facts, event, say));
    lines.push(...routeLines(event, say));
  }
  lines.push(...incidentLines(facts, say));
  lines.push(...escalationLines(facts.groupEvents, say));
  const saidFiring = new Set<string>();
  for (const message of facts.messages) {
    lines.push(messageLine(facts, message, saidFiring, say));
    for (const delivery of message.deliveries) lines.push(...deliveryLines(delivery, facts.now, say));
    for (const event of message.events) lines.push(endLine(message, event, say));
  }
  // Sorting is stable: of one moment the alert's own lines come first, then the message, then its deliveries.
  return lines.sort((a, b) => a.at - b.at);
}

function eventLine(facts: AlertFacts, event: StoredEvent, say: Say): TimelineEntry {
  const { at, kind, reason, actor, body } = event;
  const details = { ...(reason !== null && { reason }), ...body };
  return { at, what: kind, text: eventText(facts, event, say), actor, details };
}

/** What was stored with an event that tells of an unusual value. */
function isFinding(value: unknown): value is Finding {
  return typeof value === 'object' && value !== null && 'oneIn' in value;
}

function eventText(facts: AlertFacts, event: StoredEvent, say: Say): string {
  const { at, kind, reason, actor, body } = event;
  const { line } = say.t;
  const rule = ruleFacts(facts.rule);
  const value = typeof body.value === 'number' ? valueText(body.value) : null;
  const until = typeof body.until === 'number' ? say.timeBeside(body.until, at) : null;
  const note = textOr(body.note);
  const by = whoText(actor, say);
  const { pendingSince } = facts.alert;
  const sampleAt = typeof body.sampleAt === 'number' ? body.sampleAt : at;
  const lasted = pendingSince === null ? null : sampleAt - pendingSince;
  switch (kind) {
    case 'alert.pending':
      return line.pending({
        value: value ?? '–',
        condition: rule?.condition ?? '?',
        span: rule === null ? null : spanText(rule.forMs),
      });
    case 'alert.firing':
      if (typeof body.source === 'string')
        return line.firingOutside({
          source: body.source,
          severity: typeof body.severity === 'string' ? severityText(body.severity, say) : null,
          rule: textOr(body.classifiedBy),
        });
      if (value === null) return line.firingAbsent;
      if (isFinding(body.finding)) {
        return line.firingUnusual({ finding: findingText(body.finding, say.locale, say.zone) });
      }
      return facts.events.some((other) => other.kind === 'alert.pending')
        ? line.firingAfter({ value, lasted: spanText(lasted ?? 0) })
        : line.firingAtOnce({ value, condition: rule?.condition ?? '?' });
    case 'alert.held':
      return line.held({
        until: facts.alert.keepUntil === null ? null : say.timeBeside(facts.alert.keepUntil, at),
      });
    case 'alert.recovered':
      return line.recovered;
    case 'alert.cleared':
      return line.cleared({
        value,
        lasted: lasted === null ? null : spanText(lasted),
        span: rule === null ? null : spanText(rule.forMs),
      });
    case 'alert.resolved':
      if (reason === 'manual') return line.resolvedManual({ by, note });
      if (reason === 'sender_resolved') return line.resolvedBySender({ source: facts.alert.source });
      if (reason === 'ends_at_passed') return line.resolvedByDeadline({ source: facts.alert.source });
      if (reason === 'no_data') return line.resolvedNoData;
      if (reason === 'rule_removed') return line.resolvedRuleRemoved;
      return reason === null ? line.resolved({ value }) : line.resolvedOther(reason);
    case 'alert.severity_changed':
      if (reason === 'promoted')
        return say.t.escalation.promoted({
          ...{ from: severityText(String(body.from), say), to: severityText(String(body.to), say) },
          ...{ policy: String(body.escalation), span: spanText(Number(body.after)) },
          while: body.while === 'unresolved' ? 'unresolved' : 'unacknowledged',
        });
      return line.severity({
        ...{ from: severityText(String(body.from), say), to: severityText(String(body.to), say) },
        value,
      });
    case 'alert.data_back':
      return line.dataBack({ value: value ?? '–' });
    case 'event.received': {
      const message = facts.alert.annotations.summary ?? '';
      return reason === null ? line.event({ message }) : line.eventDeduplicated({ message });
    }
    case 'alert.acknowledged':
      return line.acknowledged({ by, until, note });
    case 'alert.unacknowledged':
      return line.unacknowledged({ by });
    case 'alert.ack_expired':
      return line.ackExpired;
    case 'alert.snoozed':
      return line.snoozed({ by, until, note });
    case 'alert.unsnoozed':
      return line.unsnoozed({ by });
    case 'alert.snooze_ended':
      return line.snoozeEnded;
    case 'alert.flapping':
      return line.flapping({ times: Number(body.times ?? 0), until });
    case 'alert.updated':
      return line.updated({ source: facts.alert.source });
    case 'alert.assigned':
      return line.assigned({ by, to: textOr(body.to) });
    case 'alert.commented':
      return line.commented({ by, text: textOr(body.text) ?? '' });
    case 'alert.escalated':
      return line.escalated({ to: textOr(body.to) });
    case 'notify.suppressed':
    case 'notify.held':
    case 'notify.skipped':
      return notifyText(facts, event, say);
    default:
      return line.unknown({ kind, reason });
  }
}

function notifyText(facts: AlertFacts, event: StoredEvent, say: Say): string {
  const { at, kind, reason, body } = event;
  const { line } = say.t;
  const receiver = typeof body.groupKey === 'string' ? receiverOfGroup(body.groupKey) : '–';
  const until = typeof body.until === 'number' ? body.until : null;
  const said = { by: reason ?? '', ids: idsOf(facts.events, event), until };
  if (kind === 'notify.suppressed')
    return line.suppressed({ receiver, why: reasonText(facts, said, say, { beside: at }) });
  if (kind === 'notify.held')
    return line.heldBack({ receiver, why: reasonText(facts, said, say, { beside: at }) });
  if (reason === 'send_resolved_off') return line.skippedResolved({ receiver });
  const over = facts.alert.resolvedAt !== null && facts.alert.resolvedAt <= at;
  const why = reasonText(facts, said, say, { beside: at, over });
  const knows = facts.messages.some(
    ({ row }) => row.receiver === receiver && row.createdAt <= at && saysFiring(row.alerts[facts.alert.id]),
  );
  return knows && over ? line.skippedEndHeld({ receiver, why }) : line.skipped({ receiver, why });
}

/** Where the alert went when it fired: one line for each group. */
function routeLines({ at, body }: StoredEvent, say: Say): readonly TimelineEntry[] {
  return textsIn(body.groups).map((groupKey) => {
    const receiver = receiverOfGroup(groupKey);
    const rest = groupKey.slice(receiver.length + 1);
    const groupAt = rest.lastIndexOf(':{');
    const [route, group] = groupAt < 0 ? [rest, ''] : [rest.slice(0, groupAt), rest.slice(groupAt + 1)];
    return {
      at,
      what: 'route',
      text: say.t.line.routed({ receiver, route, group }),
      actor: null,
      details: { receiver, route, group, group_key: groupKey },
    };
  });
}

function messageLine(
  facts: AlertFacts,
  { row }: MessageFacts,
  saidFiring: Set<string>,
  say: Say,
): TimelineEntry {
  const { line } = say.t;
  const receiver = row.receiver ?? '–';
  const saying = row.alerts[facts.alert.id] ?? 'event';
  const says = saying === 'standing' ? 'firing' : saying;
  const text =
    row.status === 'dropped'
      ? line.messageWithout({ receiver })
      : line.message({
          receiver,
          why: becauseText(facts, { row, says, known: saidFiring.has(receiver) }, say),
        });
  if (says === 'firing') saidFiring.add(receiver);
  else saidFiring.delete(receiver);
  const details = { notification_id: row.id, receiver, reason: row.reason, says };
  return { at: row.createdAt, what: 'notification', text, actor: null, details };
}

/** What the deliveries of a message came to together, and who confirmed it. */
function endLine({ row }: MessageFacts, event: StoredEvent, say: Say): TimelineEntry {
  const { at, kind, reason, actor, body } = event;
  const { line } = say.t;
  const receiver = row.receiver ?? '–';
  const count = { receiver, accepted: Number(body.accepted ?? 0), dead: Number(body.dead ?? 0) };
  const text =
    reason === 'none_accepted'
      ? line.noneAccepted(count)
      : reason === 'not_all_accepted'
        ? line.notAllAccepted(count)
        : kind === 'notification.partial'
          ? line.someAccepted(count)
          : kind === 'notification.unreached'
            ? line.unreached({ receiver, names: (body.unreached ?? []) as string[] })
            : kind === 'notification.confirmed'
              ? confirmedText(event, say)
              : line.unknown({ kind, reason });
  const details = { notification_id: row.id, receiver, ...(reason !== null && { reason }), ...body };
  return { at, what: kind, text, actor, details };
}

/** Why the message was made. A group speaks of all that fires in it, also when the news is another's. */
function becauseText(
  { alert, events }: AlertFacts,
  { row, says, known }: { row: MessageFacts['row']; says: string; known: boolean },
  say: Say,
): string {
  const { because } = say.t;
  const reason = row.reason as NotifyReason;
  if (says === 'firing' && known && (reason === 'new_alerts' || reason === 'some_resolved'))
    return because.others;
  switch (reason) {
    case 'first': {
      const held = events.some(
        ({ at, kind, body }) =>
          kind === 'notify.suppressed' &&
          at < row.createdAt &&
          receiverOfGroup(String(body.groupKey)) === row.receiver,
      );
      if (held) return because.released;
      const waited = alert.firedAt === null ? 0 : row.createdAt - alert.firedAt;
      return because.first(waited < 1_000 ? null : spanText(waited));
    }
    case 'digest':
    case 'storm':
      return because[reason](say.time(row.createdAt));
    case 'new_alerts':
    case 'refired':
    case 'escalated':
    case 'resolved':
    case 'some_resolved':
    case 'repeat':
    case 'event':
    case 'undelivered':
    case 'escalation_step':
      return because[reason];
    default:
      return because.other(row.reason);
  }
}

const textOr = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
