// Turns what happens in the demo into one readable line each, and knows when the incident has been seen to its end.
// Only the story of one alert is told; whatever else fires on this machine is named once, in one line.

import { formatDuration } from '../../rules/duration.ts';
import type { CommittedEvent } from '../store/store.ts';
import { escalationTeller } from './demo-escalation.ts';

/** The part of a received request that is read. */
export interface ToldByWebhook {
  /** The JSON body of the webhook channel. */
  readonly body: string;
}

/** The part of a caught mail that is read. */
export interface ToldByMail {
  readonly subject: string;
}

/** What an event row does not say itself. */
export interface Lookup {
  /** Name of the rule of an alert; null when it is not known. */
  ruleOf(alertId: string): string | null;
  /** Ids of the alerts that a notification speaks of. */
  alertsOf(notificationId: string): readonly string[];
}

export interface NarratorOptions {
  readonly print: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Name of the rule whose story is told. */
  readonly rule: string;
  readonly lookup: Lookup;
  /** Channels whose providers have to report an arrival, too. */
  readonly reported?: readonly string[];
  /** Whether a step of the escalation has to be confirmed by a pressed key, too. */
  readonly escalates?: boolean;
}

export interface Narrator {
  events(events: readonly CommittedEvent[]): void;
  webhook(request: ToldByWebhook): void;
  mail(mail: ToldByMail): void;
  /** A line, and below it what somebody sees. */
  show(what: string, text: string, lines?: readonly string[]): void;
  /** Resolves when webhook and mail have both told of the end, and whatever else was asked for has been seen. */
  readonly seen: Promise<void>;
  /** What has not been seen yet: `webhook`, `mail`, names of channels, `escalation`. */
  missing(): readonly string[];
}

const stages: Readonly<Record<string, string>> = {
  'alert.pending': 'the condition holds; the rule waits to see whether it lasts (for)',
  'alert.firing': 'it lasted: the alert is stored, people are told',
  'alert.cleared': 'it was over before it lasted; nobody is told',
  'alert.resolved': 'the condition is over; people are told that, too',
};

const toldDeliveries = new Set([
  'delivery.retry',
  'delivery.dead',
  'delivery.delivered',
  'delivery.answered',
]);

/** Times are shown as seconds since the call. */
export function createNarrator(options: NarratorOptions): Narrator {
  const { print, now, rule, lookup } = options;
  const startedAt = now();
  const others = new Set<string>();
  const missing = new Set([
    ...['webhook', 'mail', ...(options.reported ?? [])],
    ...(options.escalates ? ['escalation'] : []),
  ]);
  let finish: () => void = () => {};
  const seen = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const say = (what: string, text: string) => {
    const at = ((now() - startedAt) / 1000).toFixed(1).padStart(5);
    print(`  ${at} s  ${what.padEnd(9)} ${text}`);
  };
  const end = (part: string) => {
    missing.delete(part);
    if (missing.size === 0) finish();
  };

  const escalation = escalationTeller({ say, confirmed: () => end('escalation') });
  const alertEvent = ({ kind, subjectId, reason, body }: CommittedEvent['row']) => {
    const name = lookup.ruleOf(subjectId);
    const text = stages[kind];
    if (name === rule) {
      if (text !== undefined) say(kind.slice('alert.'.length), text);
      else if (kind === 'alert.severity_changed' && reason === 'promoted')
        say(
          'promoted',
          `nobody took it for ${formatDuration(Number(body.after))}: it is ${String(body.to)} now`,
        );
    } else if (name !== null && kind === 'alert.firing' && !others.has(name)) {
      others.add(name);
      say('also', `${name} fires on this machine; it is told the same way, but is not part of this story`);
    }
  };
  const deliveryEvent = ({ kind, reason, body }: CommittedEvent['row']) => {
    const { notificationId, channel, message, next, answer } = body;
    if (!toldDeliveries.has(kind)) return;
    if (typeof notificationId !== 'string') return;
    if (!lookup.alertsOf(notificationId).some((id) => lookup.ruleOf(id) === rule)) return;
    const why = typeof message === 'string' ? `: ${message}` : '';
    if (kind === 'delivery.delivered') {
      if (reason !== 'receipt') return;
      say('delivered', `${String(channel)}: its provider reports that it arrived`);
      end(String(channel));
    } else if (kind === 'delivery.answered')
      say('answered', `${String(channel)}: somebody answered ${String(answer)}`);
    else if (typeof next === 'string')
      say('fallback', `${String(channel)} did not take it, ${next} carries it now${why}`);
    else if (kind === 'delivery.retry')
      say('retry', `a delivery by ${String(channel)} failed and is tried again${why}`);
    else say('dead', `a delivery by ${String(channel)} failed for good${why}`);
  };

  return {
    seen,
    missing: () => [...missing],
    events(events) {
      for (const { row } of events) {
        if (row.subjectKind === 'alert') alertEvent(row);
        else if (row.subjectKind === 'delivery') deliveryEvent(row);
        else escalation(row);
      }
    },
    webhook({ body }) {
      const { data } = JSON.parse(body) as WebhookBody;
      const alert = data.alerts.find(({ labels }) => labels.alertname === rule);
      if (alert === undefined) return;
      say('webhook', `${data.status}: ${alert.annotations.summary ?? rule} (${data.reason})`);
      if (data.status === 'resolved') end('webhook');
    },
    mail({ subject }) {
      if (!subject.includes(` ${rule}:`)) return;
      say('mail', subject);
      if (subject.startsWith('RESOLVED ')) end('mail');
    },
    show(what, text, lines = []) {
      say(what, text);
      for (const line of lines) print(`${' '.repeat(21)}│ ${line}`);
    },
  };
}

/** The fields of docs/reference/channels.md that are shown. */
interface WebhookBody {
  readonly data: {
    readonly status: 'firing' | 'resolved';
    readonly reason: string;
    readonly alerts: readonly {
      readonly labels: Readonly<Record<string, string>>;
      readonly annotations: Readonly<Record<string, string>>;
    }[];
  };
}
