// What became of one message on one channel: a line for each attempt and for what people did, and for what is open one
// that says when it goes on.
import type { StoredEvent } from '../store/rows.ts';
import type { DeliveryFacts } from './facts.ts';
import { type Say, whoText } from './say.ts';
import type { TimelineEntry } from './timeline-entry.ts';

export function deliveryLines(
  { row, events }: DeliveryFacts,
  now: number,
  say: Say,
): readonly TimelineEntry[] {
  const lines: TimelineEntry[] = [];
  // Who carries it: a channel that is paused hands over without an attempt, so without a line of its own.
  let carrier = row.recipient;
  for (const event of events) {
    const { at, kind: what, actor, reason, body } = event;
    const channel = typeof body.channel === 'string' ? body.channel : carrier;
    // A provider may speak of a message that another channel carries by now.
    const receipt = typeof body.receipt === 'string';
    if (channel !== carrier && what !== 'delivery.requeued' && !receipt) {
      const details = { delivery_id: row.id, channel, paused: carrier };
      const text = say.t.delivery.instead({ paused: carrier, channel });
      lines.push({ at, what: 'delivery.fallback', text, actor: null, details });
    }
    const details = { delivery_id: row.id, ...(reason !== null && { reason }), ...body };
    lines.push({ at, what, text: attemptText(channel, event, say), actor, details });
    if (typeof body.next === 'string') carrier = body.next;
    else if (!receipt) carrier = channel;
  }
  const open = openText(row, say);
  if (open !== null) {
    const details = { delivery_id: row.id, channel: row.channel, due_at: row.dueAt, reason: row.reason };
    lines.push({ at: now, what: `delivery.${row.state}`, text: open, actor: null, details });
  }
  return lines;
}

function attemptText(channel: string, { kind, reason, actor, body }: StoredEvent, say: Say): string {
  const { delivery } = say.t;
  const attempt = typeof body.attempt === 'number' ? body.attempt : 0;
  const error = errorText(body);
  const by = whoText(actor, say);
  switch (kind) {
    case 'delivery.sent':
      return delivery.accepted({ channel, attempt });
    case 'delivery.delivered':
      if (reason === 'receipt') return delivery.confirmed({ channel });
      return delivery.arrived({ channel, attempt });
    case 'delivery.retry':
      if (reason === 'receipt_failed')
        return delivery.lostAndHandedOver({ channel, error: saidOf(body), next: String(body.next) });
      if (typeof body.next === 'string') return delivery.handedOver({ channel, error, next: body.next });
      return delivery.retry({ channel, attempt, error });
    case 'delivery.dead':
      if (reason === 'expired') return delivery.expired({ channel });
      if (reason === 'receipt_failed') return delivery.lost({ channel, error: saidOf(body) });
      if (reason === 'poison') return delivery.poison({ channel });
      return attempt > 1 ? delivery.dead({ channel, attempt, error }) : delivery.refused({ channel, error });
    case 'delivery.receipt':
      return reason === 'receipt_failed'
        ? delivery.partlyLost({ channel, error: saidOf(body) })
        : delivery.confirmed({ channel });
    case 'delivery.answered':
      return delivery.answered({ channel, answer: String(body.answer) });
    case 'delivery.dropped':
      if (reason === 'resolved_before_send') return delivery.overtaken({ channel });
      if (reason === 'superseded') return delivery.superseded({ channel });
      if (reason === 'confirmed') return delivery.seen({ channel });
      if (reason === 'end_not_told') return delivery.endUntold({ channel });
      return delivery.pointless({ channel });
    case 'delivery.requeued':
      return delivery.requeued({ by, channel });
    case 'delivery.discarded':
      return delivery.discarded({ by, channel, note: typeof body.note === 'string' ? body.note : null });
    default:
      return delivery.unknown({ channel, kind, reason });
  }
}

/** `503 no upstream (transient)`: what the receiver said, and what kind of a result that is. */
function errorText({ result, code, message }: StoredEvent['body']): string {
  const named = typeof code === 'string' && typeof message === 'string' && message.includes(code);
  const said = [named ? null : code, message].filter((part) => typeof part === 'string' && part !== '');
  return said.length === 0 ? String(result) : `${said.join(' ')} (${String(result)})`;
}

/** `30005 Unknown destination`: what the provider reported later; `?` when it gave no reason. */
function saidOf({ code, message }: StoredEvent['body']): string {
  const said = [code, message].filter((part) => typeof part === 'string' && part !== '');
  return said.length === 0 ? '?' : said.join(' ');
}

/** The same of `lastError`, which is `transient: 503: no upstream`. */
export function lastErrorText(lastError: string): string {
  const [kind = '', ...said] = lastError.split(': ');
  return said.length === 0 ? kind : `${said.join(' ')} (${kind})`;
}

function openText({ state, reason, channel, dueAt }: DeliveryFacts['row'], say: Say): string | null {
  const { delivery } = say.t;
  if (state === 'sending') return delivery.sending({ channel });
  if (state !== 'queued') return null;
  const until = say.time(dueAt);
  if (reason === 'breaker_open') return delivery.paused({ channel, until });
  if (reason === 'slow_round') return delivery.slow({ channel, until });
  return delivery.waiting({ channel, until });
}
