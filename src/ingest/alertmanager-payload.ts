// The body that Alertmanager's webhook sends (version 4), and Grafana's, which is the same and a little more. Keys that are
// not known are left alone and none but `alerts` has to be there: senders of many versions speak this. An alert that cannot
// be taken never costs the others.
import { cut } from '../../channels/cut.ts';
import { isForbiddenName, labelSet } from '../../rules/labels.ts';
import { utf8Length } from '../../rules/utf8.ts';
import type { Limits } from '../config/config.ts';
import type { IncomingAlert } from '../services.ts';
import { senderTime } from './sender-time.ts';

/** Alerts of one body. */
export const mostAlerts = 10_000;
const mostAnnotations = 64;
/** UTF-16 units of an annotation; what is longer is cut. */
const longestAnnotation = 8_192;
const longestName = 128;

export type AlertLimits = Pick<Limits, 'labelsPerSeries' | 'labelNameBytes' | 'labelValueBytes'>;

export interface RejectedAlert {
  /** Position in `alerts`. */
  readonly index: number;
  readonly message: string;
}

export interface DecodedAlerts {
  readonly alerts: readonly IncomingAlert[];
  readonly rejected: readonly RejectedAlert[];
}

/** Where an alert's own links go, as annotations: name of ours → key of the sender's. */
const links = {
  generator_url: 'generatorURL',
  silence_url: 'silenceURL',
  dashboard_url: 'dashboardURL',
  panel_url: 'panelURL',
  image_url: 'imageURL',
  value_string: 'valueString',
} as const;

/** Reads `alerts` of a body; `now` decides whether one that does not say so is over. */
export function decodeAlerts(items: readonly unknown[], limits: AlertLimits, now: number): DecodedAlerts {
  const alerts: IncomingAlert[] = [];
  const rejected: RejectedAlert[] = [];
  items.forEach((item, index) => {
    const alert = decodeAlert(item, limits, now);
    if (typeof alert === 'string') rejected.push({ index, message: alert });
    else alerts.push(alert);
  });
  return { alerts, rejected };
}

/** The alert, or why it is none. */
function decodeAlert(item: unknown, limits: AlertLimits, now: number): IncomingAlert | string {
  if (!isRecord(item)) return 'expected an object';
  const labels = labelsOf(item.labels, limits);
  if (typeof labels === 'string') return labels;
  const startsAt = senderTime(item.startsAt);
  if (startsAt === undefined) return 'startsAt: expected an RFC 3339 time';
  const endsAt = senderTime(item.endsAt);
  if (endsAt === undefined) return 'endsAt: expected an RFC 3339 time';
  if (item.status !== undefined && item.status !== 'firing' && item.status !== 'resolved')
    return 'status: expected firing or resolved';
  const over = endsAt !== null && endsAt <= now;
  return {
    ...{ labels, startsAt, endsAt },
    status: item.status ?? (over ? 'resolved' : 'firing'),
    annotations: annotationsOf(item),
    value: onlyValue(item.values),
  };
}

function labelsOf(given: unknown, limits: AlertLimits): IncomingAlert['labels'] | string {
  if (!isRecord(given)) return 'labels: expected an object';
  const entries = Object.entries(given);
  if (entries.length > limits.labelsPerSeries) return `labels: expected at most ${limits.labelsPerSeries}`;
  for (const [name, value] of entries) {
    if (name === '' || isForbiddenName(name)) return 'labels: a name that is not allowed';
    if (utf8Length(name) > limits.labelNameBytes)
      return `labels: expected names of at most ${limits.labelNameBytes} bytes`;
    if (typeof value !== 'string') return 'labels: expected texts as values';
    if (utf8Length(value) > limits.labelValueBytes)
      return `labels: expected values of at most ${limits.labelValueBytes} bytes`;
  }
  const labels = labelSet(given as Record<string, string>);
  return Object.keys(labels).length === 0 ? 'labels: expected at least one that is not empty' : labels;
}

function annotationsOf(item: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = isRecord(item.annotations) ? Object.entries(item.annotations) : [];
  const own = Object.entries(links).map(([name, key]) => [name, item[key]] as const);
  const texts: [string, string][] = [];
  for (const [name, value] of [...own, ...given]) {
    if (texts.length === mostAnnotations) break;
    if (name === '' || name.length > longestName || isForbiddenName(name)) continue;
    const text = textOf(value);
    if (text !== '' && !texts.some(([known]) => known === name))
      texts.push([name, cut(text, longestAnnotation)]);
  }
  return Object.fromEntries(texts);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** Grafana gives the values of a rule's expressions; which of several is meant nobody can tell. */
function onlyValue(values: unknown): number | null {
  if (!isRecord(values)) return null;
  const numbers = Object.values(values);
  const [only] = numbers;
  return numbers.length === 1 && typeof only === 'number' && Number.isFinite(only) ? only : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
