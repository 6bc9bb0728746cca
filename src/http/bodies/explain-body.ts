// An explanation as the API shows it: the sentences that people read, and the figures behind them.
import { z } from 'zod';
import type { Explanation } from '../../explain/explanation.ts';
import type { ReceiverOutcome } from '../../explain/outcome.ts';
import { alertBody, toAlertBody } from './alert-body.ts';
import { deliveryBody, toDeliveryBody } from './delivery-body.ts';
import { escalationBody, toEscalationBody } from './escalation-body.ts';
import { timeOut, timeText, timeTextOrNull } from './shapes.ts';

export const holdBody = z.object({
  by: z.string().meta({
    description:
      'By precedence: silenced, inhibited, muted, snoozed, flapping, within_dedupe_window, acknowledged, within_repeat_interval; or waiting, receiver_gone.',
  }),
  ids: z
    .array(z.string())
    .meta({ description: 'Of silences or of the alert that inhibits; names of intervals.' }),
  until: timeOut.nullable(),
  text: z.string(),
});

const receiverBody = z.object({
  receiver: z.string().nullable(),
  outcome: z.enum(['told', 'on_its_way', 'not_delivered', 'held', 'waiting', 'skipped']),
  at: timeOut.nullable().meta({ description: 'When it was told.' }),
  until: timeOut.nullable().meta({ description: 'When that is looked at again.' }),
  reasons: z.array(z.string()),
  channels: z.array(z.string()),
  text: z.string(),
});

export const explainBody = z
  .object({
    alert: alertBody,
    summary: z.string().meta({ description: 'What it is, and who was told when, or why nobody.' }),
    receivers: z
      .array(receiverBody)
      .meta({ description: 'What it came to, for each receiver that it was meant for.' }),
    now: z.object({
      at: timeOut,
      state: z.enum(['pending', 'firing', 'resolved']),
      acknowledged: z.object({ by: z.string(), until: timeOut.nullable() }).nullable(),
      groups: z.array(
        z.object({
          receiver: z.string(),
          group_key: z.string(),
          route: z.string(),
          matchers: z.array(z.string()),
          next_at: timeOut.nullable().meta({ description: 'When the group is looked at next.' }),
          next_reason: z.string().nullable(),
          escalation: escalationBody
            .extend({ text: z.string().nullable() })
            .meta({ id: 'ExplainedEscalation' })
            .nullable(),
          holds: z.array(holdBody).meta({ description: 'Everything that holds back the next message.' }),
        }),
      ),
    }),
    timeline: z.array(
      z.object({
        at: timeOut,
        what: z.string(),
        text: z.string(),
        actor: z.string().nullable(),
        details: z.record(z.string(), z.unknown()),
      }),
    ),
    more: z.boolean().meta({ description: 'There was more before the first line of the timeline.' }),
    rule: z
      .object({
        name: z.string(),
        hash: z.string().nullable(),
        text: z.string(),
        origin: z.string().nullable().meta({ description: 'File and line, or `api`.' }),
        known_since: timeOut.nullable(),
        version: z
          .record(z.string(), z.unknown())
          .nullable()
          .meta({ description: 'The rule as it was when it decided; null once that is no longer kept.' }),
      })
      .nullable(),
    deliveries: z.array(deliveryBody),
    locale: z.string(),
    time_zone: z.string(),
  })
  .meta({ id: 'Explanation' });

export function toExplainBody(
  explained: Explanation,
  { locale, zone }: { readonly locale: string; readonly zone: string },
): z.output<typeof explainBody> {
  const { facts, summary, receivers, groups, timeline, ruleText } = explained;
  const { alert, now, rule, messages, more } = facts;
  const acknowledged = toAlertBody(alert).acknowledged;
  return {
    alert: toAlertBody(alert),
    summary,
    receivers: receivers.map((one) => ({ ...toReceiverBody(one), text: one.text })),
    now: {
      at: timeText(now),
      state: alert.state,
      acknowledged: acknowledged && { by: acknowledged.by, until: acknowledged.until },
      groups: groups.map(
        ({ receiver, groupKey, route, matchers, nextAt, nextReason, escalation, holds }) => ({
          receiver,
          group_key: groupKey,
          route,
          matchers: [...matchers],
          next_at: timeTextOrNull(nextAt),
          next_reason: nextReason,
          escalation: escalation && { ...toEscalationBody(escalation), text: escalation.text },
          holds: holds.map(({ by, ids, until, text }) => ({
            by,
            ids: [...ids],
            until: timeTextOrNull(until),
            text,
          })),
        }),
      ),
    },
    timeline: timeline.map((entry) => ({
      ...entry,
      at: timeText(entry.at),
      details: { ...entry.details },
    })),
    more,
    rule:
      alert.rule === null
        ? null
        : {
            name: alert.rule,
            hash: alert.ruleHash,
            text: ruleText ?? '',
            origin: rule?.origin ?? null,
            known_since: timeTextOrNull(rule?.firstAt ?? null),
            version: rule === null ? null : (JSON.parse(rule.body) as Record<string, unknown>),
          },
    deliveries: messages.flatMap(({ deliveries }) => deliveries.map(({ row }) => toDeliveryBody(row))),
    locale,
    time_zone: zone,
  };
}

/** The outcome in one shape for all of its kinds. */
function toReceiverBody({ receiver, outcome }: ReceiverOutcome): Omit<z.output<typeof receiverBody>, 'text'> {
  const shape = {
    ...{ receiver, outcome: outcome.kind, at: null, until: null, reasons: [], channels: [] },
  };
  switch (outcome.kind) {
    case 'told':
      return { ...shape, at: timeText(outcome.at), channels: outcome.channels.map(({ channel }) => channel) };
    case 'on_its_way':
      return { ...shape, until: timeText(outcome.until), channels: [...outcome.channels] };
    case 'not_delivered':
      return {
        ...shape,
        reasons: outcome.reason === null ? [] : [outcome.reason],
        channels: [...outcome.channels],
      };
    case 'held':
      return {
        ...shape,
        until: timeTextOrNull(outcome.until),
        reasons: outcome.holds.map(({ by }) => by),
      };
    case 'waiting':
      return { ...shape, until: timeTextOrNull(outcome.until), reasons: [outcome.reason] };
    case 'skipped':
      return { ...shape, reasons: [outcome.reason] };
  }
}
