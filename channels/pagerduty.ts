// PagerDuty, Events API v2: an alert group is an incident, opened with its first message, brought up to date by the
// others (the same key opens no second one), and resolved when the whole group is.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Severity } from '../rules/types.ts';
import { cutBytes } from './card.ts';
import { defineChannel, type SendFailure, type SendResult } from './channel.ts';
import { type HttpReply, request, resultOfFailure, resultOfHttp } from './http.ts';
import type { AlertMessage, Locale } from './message.ts';
import { secret } from './secret.ts';
import { byteLength, messageText, paragraphs, plain } from './text.ts';

// https://developer.pagerduty.com/docs/events-api-v2/trigger-events: 512 KB for an event, 1,024 characters of summary,
// 255 of key.
const maxBytes = 512_000;
const longestSummary = 1_024;
const longestKey = 255;
// The text of `custom_details.alerts`; JSON makes at most twice as much of it (quotes, line breaks).
const detailsBytes = 128 * 1024;

const config = z.strictObject({
  routing_key: secret(
    z.string().regex(/^[A-Za-z0-9]{32}$/, 'must be the 32 letters and digits of an integration key'),
  ).describe('Integration key of a service (Events API v2): 32 letters and digits.'),
  source: z.string().min(1).max(255).default('tocsin').describe('`source` of the event: who says it.'),
  component: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('`component` of the event: the part that is affected.'),
  class: z.string().min(1).max(255).optional().describe('`class` of the event: the kind of what happened.'),
  max_alerts: z.int().min(1).max(500).default(50).describe('Alerts in the details; the rest is counted.'),
  base_url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .transform((url) => url.replace(/\/+$/, ''))
    .prefault('https://events.pagerduty.com')
    .describe('`https://events.eu.pagerduty.com` for accounts in the EU.'),
});
type Config = z.output<typeof config>;

const severities: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
  emergency: 'critical',
  critical: 'critical',
  high: 'error',
  warning: 'warning',
  info: 'info',
};

/** An event without its routing key. */
export interface PagerDutyEvent {
  readonly event_action: 'trigger' | 'resolve';
  readonly dedup_key: string;
  readonly payload?: {
    readonly summary: string;
    readonly source: string;
    readonly severity: 'critical' | 'error' | 'warning' | 'info';
    readonly timestamp: string;
    readonly component?: string;
    readonly class?: string;
    readonly group?: string;
    readonly custom_details: Readonly<Record<string, unknown>>;
  };
  readonly client?: string;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
}

/** The incident of a group. An event of Tocsin ends for nobody, so each has an incident of its own. */
export function dedupKey({ tenant, groupKey, reason, id }: AlertMessage): string {
  const key = reason === 'event' ? `${tenant}/event/${id}` : `${tenant}/${groupKey}`;
  if (key.length <= longestKey && /^[\x20-\x7e]*$/.test(key)) return key;
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** Pure. */
function eventOf(
  message: AlertMessage,
  settings: Config,
  locale: Locale,
  words: { readonly title: string | null; readonly text: string | null } | undefined,
): PagerDutyEvent {
  const dedup_key = dedupKey(message);
  // While anything of the group fires, its status is firing: then the incident goes on.
  if (message.status === 'resolved') return { event_action: 'resolve', dedup_key };
  const text = messageText(message, locale, { maxAlerts: settings.max_alerts, maxBytes: detailsBytes });
  const runbook = message.alerts.find(({ annotations }) => isWebAddress(annotations.runbook_url));
  const links = [
    ...text.actions.map(({ title, url }) => ({ href: url, text: title })),
    ...(runbook ? [{ href: runbook.annotations.runbook_url!, text: 'Runbook' }] : []),
  ];
  return {
    event_action: 'trigger',
    dedup_key,
    payload: {
      summary: plain(words?.title ?? text.subject, longestSummary),
      source: settings.source,
      severity: severities[message.severity],
      timestamp: new Date(message.at).toISOString(),
      ...(settings.component !== undefined && { component: settings.component }),
      ...(settings.class !== undefined && { class: settings.class }),
      group: plain(message.receiver, 200),
      custom_details: {
        reason: message.reason,
        priority: message.priority,
        receiver: plain(message.receiver, 200),
        alerts: cutBytes(words?.text ?? paragraphs({ ...text, actions: [] }, locale), detailsBytes),
      },
    },
    client: 'Tocsin',
    ...(links.length > 0 && { links }),
  };
}

function isWebAddress(text: string | undefined): boolean {
  return text !== undefined && text.length <= 1_000 && /^https?:\/\/[^\s<>"'\\^`{|}]+$/.test(text);
}

/** 202 and `{"status":"success"}`, or what the refusal comes to. */
function resultOf(reply: HttpReply, key: string, now: number): SendResult {
  const said = objectOf(reply);
  if (reply.status >= 200 && reply.status < 300) {
    if (said?.status === 'success')
      return { kind: 'sent', ...(typeof said.dedup_key === 'string' && { providerId: said.dedup_key }) };
    return { kind: 'unknown', code: 'unreadable', message: 'PagerDuty’s answer cannot be read.' };
  }
  if (reply.status !== 400) return resultOfHttp(reply, now);
  const errors = Array.isArray(said?.errors) ? said.errors.filter((each) => typeof each === 'string') : [];
  // What PagerDuty says could hold what it was sent.
  const why = plain(errors.join('; ').replaceAll(key, '***'), 300);
  return refusedFor(why);
}

function refusedFor(why: string): SendFailure {
  const message =
    why === '' ? 'PagerDuty found the event invalid.' : `PagerDuty found the event invalid: ${why}`;
  if (/routing.?key/i.test(why)) return { kind: 'auth', code: '400', message };
  if (/too (large|long|big)|size/i.test(why)) return { kind: 'payload_too_large', code: '400', message };
  return { kind: 'permanent', code: '400', message };
}

function objectOf(reply: HttpReply): Record<string, unknown> | null {
  if (!reply.complete) return null;
  try {
    const value: unknown = JSON.parse(reply.body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null; // not JSON: the caller says so
  }
}

export const pagerduty = defineChannel({
  kind: 'pagerduty',
  label: { en: 'PagerDuty', 'zh-TW': 'PagerDuty', 'zh-CN': 'PagerDuty' },
  config,
  // An incident is a group's: many in one could not be resolved one by one.
  merges: false,
  limits: {
    maxBytes,
    concurrency: 4,
    deadlineMs: 15_000,
    // 120 events a minute for an integration key.
    rates: [{ scope: 'account', calls: 120, perMs: 60_000 }],
  },
  docs: {
    text: `Events API v2: add the integration to a service, its Integration Key is \`routing_key\`. A group is an incident: its first message opens it, the others bring it up to date, and it is resolved when the whole group is. \`dedup_key\` is tenant and group, or their SHA-256 beyond 255 characters. An event (\`reason: event\`) has an incident of its own, which a person closes. \`emergency\` and \`critical\` are \`critical\`, \`high\` is \`error\`; the details hold reason, priority and the alerts as text within 128 KiB, the first runbook is a link. Acknowledging in PagerDuty is not reported to Tocsin.`,
    answers: [
      ['`HTTP 202 success`', 'sent'],
      ['any other 2xx, e.g. `HTTP 202`', 'unknown'],
      ['`HTTP 429`; Retry-After is heeded', 'rate_limited'],
      ['`HTTP 408`, and 5xx, e.g. `HTTP 500`, `HTTP 503`', 'transient'],
      ['`HTTP 400 Invalid routing key`, `HTTP 401`, `HTTP 403`', 'auth'],
      ['`HTTP 413`, `HTTP 400 Event is too large`', 'payload_too_large'],
      ['others, e.g. `HTTP 400` for another reason, `HTTP 404`', 'permanent'],
    ],
  },
  account: ({ routing_key }) =>
    `pagerduty:${createHash('sha256').update(routing_key.reveal()).digest('hex').slice(0, 16)}`,
  render: (message, { config: settings, locale, words }) => {
    const event = eventOf(message, settings, locale, words);
    const { payload } = event;
    // A user's text of quotes alone can be six times as long in JSON.
    if (payload && byteLength(JSON.stringify(event)) > maxBytes - 1_024)
      return { ...event, payload: { ...payload, custom_details: { reason: message.reason } } };
    return event;
  },
  open({ routing_key, base_url: baseUrl }, host) {
    return {
      async send(event, { now, signal }) {
        const key = routing_key.reveal();
        const outcome = await request(host, {
          url: `${baseUrl}/v2/enqueue`,
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'tocsin' },
          body: JSON.stringify({ routing_key: key, ...event }),
          signal,
        });
        return outcome.kind === 'failure' ? resultOfFailure(outcome) : resultOf(outcome, key, now);
      },
      async close() {},
    };
  },
});
