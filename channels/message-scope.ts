// What users' templates read of a message, in the words of its language: every name is a promise to templates; names may
// join, none may change.
import { actionKinds } from './actions.ts';
import { analysisRows, causeText, incidentText, patternText } from './analysis-text.ts';
import { linkKinds, linksOf } from './links.ts';
import type { AlertMessage, Locale, MessageAlert } from './message.ts';
import { predictionText } from './prediction-text.ts';
import {
  conditionText,
  headingOf,
  nameOf,
  reasonText,
  saidBy,
  statusWord,
  subjectLine,
  valueText,
} from './text.ts';
import { type Texts, texts } from './texts.ts';
import { spanText, timeText } from './times.ts';

// A template has 10,000 steps: with a hundred alerts, a hundred for each.
const alertsShown = 100;

const alertNames = [
  'id',
  'kind',
  'name',
  'status',
  'status_text',
  'severity',
  'severity_text',
  'priority',
  'category',
  'summary',
  'description',
  'value',
  'condition',
  'started_at',
  'ended_at',
  'duration',
  'flapping',
  'fingerprint',
] as const;
const messageNames = [
  'id',
  'title',
  'heading',
  'status',
  'status_text',
  'reason',
  'reason_text',
  'severity',
  'severity_text',
  'priority',
  'receiver',
  'group_key',
  'at',
  'locale',
  'count',
  'firing_count',
  'resolved_count',
  'more',
] as const;

const incidentNames = ['id', 'title', 'text', 'alerts', 'services', 'since'] as const;
const causeNames = ['service', 'category', 'text', 'confidence'] as const;
const patternNames = ['pattern', 'text', 'alerts', 'confidence', 'since'] as const;
const predictionNames = ['model', 'name', 'service', 'text', 'confidence', 'from', 'to'] as const;

type Values<Name extends string> = Readonly<Record<Name, string | number | boolean | null>>;
type Map = Readonly<Record<string, string>>;
interface AlertScope extends Values<(typeof alertNames)[number]> {
  readonly labels: Map;
  readonly annotations: Map;
  readonly links: Map;
}
/** Every name is there: nothing is known where they are null. */
interface AnalysisScope {
  /** All of it, as the built-in text has it. */
  readonly text: string;
  readonly incident: Values<(typeof incidentNames)[number]>;
  readonly cause: Values<(typeof causeNames)[number]>;
  readonly patterns: readonly Values<(typeof patternNames)[number]>[];
  readonly predictions: readonly Values<(typeof predictionNames)[number]>[];
}
export interface MessageScope extends Values<(typeof messageNames)[number]> {
  readonly group_labels: Map;
  /** How it is answered; empty texts where nobody can. */
  readonly links: Map;
  readonly analysis: AnalysisScope;
  /** The first one. */
  readonly alert: AlertScope | null;
  readonly alerts: readonly AlertScope[];
}

const values = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, 'value' as const]));
const alertShape = {
  fields: {
    ...values(alertNames),
    labels: 'map',
    annotations: 'map',
    links: { fields: values(linkKinds) },
  },
} as const;
/** The names of `messageScope`, for whoever checks a template. */
export const messageShape = {
  fields: {
    ...values(messageNames),
    group_labels: 'map',
    links: { fields: values(actionKinds) },
    analysis: {
      fields: {
        text: 'value',
        incident: { fields: values(incidentNames) },
        cause: { fields: values(causeNames) },
        patterns: { list: { fields: values(patternNames) } },
        predictions: { list: { fields: values(predictionNames) } },
      },
    },
    alert: alertShape,
    alerts: { list: alertShape },
  },
} as const;

/** Pure. No object in it has a prototype. */
export function messageScope(message: AlertMessage, locale: Locale): MessageScope {
  const t = texts[locale];
  const alerts = message.alerts.slice(0, alertsShown).map((alert) => alertScope(alert, message, t));
  const ended = message.alerts.filter(({ status }) => status === 'resolved').length;
  return bare({
    id: message.id,
    title: subjectLine(message, locale),
    heading: headingOf(message, locale),
    status: message.status,
    status_text: t[message.status],
    reason: message.reason,
    reason_text: reasonText(message, t),
    severity: message.severity,
    severity_text: t.severity[message.severity],
    priority: message.priority,
    receiver: message.receiver,
    group_key: message.groupKey,
    at: timeText(message.at, message.timeZone),
    locale,
    count: message.alerts.length + message.truncated,
    firing_count: message.alerts.length - ended,
    resolved_count: ended,
    more: message.alerts.length - alerts.length + message.truncated,
    group_labels: bare(message.groupLabels),
    links: bare(message.links ? { ...message.links } : {}),
    analysis: analysisScope(message, locale),
    alert: alerts[0] ?? null,
    alerts,
  });
}

function alertScope(alert: MessageAlert, { at, timeZone }: AlertMessage, t: Texts): AlertScope {
  const { startsAt, endsAt, annotations } = alert;
  return bare({
    id: alert.id,
    kind: alert.kind,
    name: nameOf(alert),
    status: alert.status,
    status_text: statusWord(alert, t),
    severity: alert.severity,
    severity_text: t.severity[alert.severity],
    priority: alert.priority,
    category: alert.category,
    summary: saidBy(alert),
    description: annotations.description ?? '',
    value: alert.value === null ? null : Number(valueText(alert.value)),
    condition: conditionText(alert, t) ?? '',
    started_at: timeText(startsAt, timeZone),
    ended_at: endsAt === null ? '' : timeText(endsAt, timeZone),
    duration: alert.kind === 'event' ? '' : (spanText((endsAt ?? at) - startsAt, t) ?? ''),
    flapping: alert.flapping === true,
    fingerprint: alert.fingerprint,
    labels: bare(alert.labels),
    annotations: bare(annotations),
    links: bare(linksOf(alert) as Map),
  });
}

function analysisScope(message: AlertMessage, locale: Locale): AnalysisScope {
  const { analysis, timeZone } = message;
  const incident = analysis?.incident ?? null;
  const cause = analysis?.cause ?? null;
  return bare({
    text: analysisRows(message, locale)
      .map(([name, value]) => `${name}${texts[locale].colon}${value}`)
      .join('; '),
    incident: bare({
      id: incident?.id ?? null,
      title: incident?.title ?? null,
      text: incident && incidentText(incident, locale, timeZone),
      alerts: incident?.alerts ?? null,
      services: incident?.services ?? null,
      since: incident && timeText(incident.openedAt, timeZone),
    }),
    cause: bare({
      service: cause?.service ?? null,
      category: cause?.category ?? null,
      text: cause && causeText(cause, locale),
      confidence: cause?.confidence ?? null,
    }),
    patterns: (analysis?.patterns ?? []).map((one) =>
      bare({
        ...{ pattern: one.pattern, text: patternText(one, locale), alerts: one.alerts },
        ...{ confidence: one.confidence, since: timeText(one.from, timeZone) },
      }),
    ),
    predictions: (analysis?.predictions ?? []).map((one) =>
      bare({
        ...{ model: one.model, name: one.name, service: one.service, confidence: one.confidence },
        text: predictionText(one, locale, timeZone),
        ...{ from: timeText(one.from, timeZone), to: timeText(one.to, timeZone) },
      }),
    ),
  });
}

const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function bare<T extends object>(from: T): T {
  const to = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(from)) if (!forbidden.has(name)) to[name] = value;
  return to as T;
}
