// The JSON that a webhook receives. The field names are a promise to receivers: fields may join, none may change.
import { formatDuration } from '../rules/duration.ts';
import { analysisObject } from './analysis-text.ts';
import type { Words } from './channel.ts';
import { cut } from './cut.ts';
import { linksOf } from './links.ts';
import type { AlertMessage, MessageAlert, MessageDigest } from './message.ts';
import { byteLength, plain } from './text.ts';

export interface BodyLimits {
  readonly maxAlerts: number;
  /** UTF-8 bytes of the whole body. */
  readonly maxBytes: number;
}

// One alert may take this much before its annotations are shortened: a 16th of the default body.
const roomyAlertBytes = 64 * 1024;
const longestText = 1_024;
/** A user's text; as control characters it takes six times as much. */
const longestWords = 8_192;

/** Pure. Alerts that do not fit, in number or in bytes, are left out and counted in `truncated`. */
export function webhookBody(message: AlertMessage, limits: BodyLimits, words?: Words): string {
  // A label value of control characters is six times its length in JSON; then the group is named in short.
  let head = headOf(message, message.groupKey, message.groupLabels, words);
  let changed = JSON.stringify(message.changed);
  if (byteLength(head(0)) + changed.length > limits.maxBytes / 2) {
    head = headOf(message, cut(message.groupKey, longestText), shorten(message.groupLabels), words);
    changed = JSON.stringify(message.changed.slice(0, 1_000));
  }
  const room = limits.maxBytes - byteLength(head(0)) - changed.length - 128; // the words around, the digits of `truncated`
  const alerts: string[] = [];
  let bytes = 0;
  for (const alert of message.alerts.slice(0, limits.maxAlerts)) {
    const json = alertJson(alert);
    bytes += byteLength(json) + 1;
    if (bytes > room) break;
    alerts.push(json);
  }
  const truncated = message.truncated + message.alerts.length - alerts.length;
  const data = `${head(truncated).slice(0, -1)},"alerts":[${alerts.join(',')}],"changed":${changed}}`;
  return `{"type":"alert.notification","timestamp":"${new Date(message.at).toISOString()}","data":${data}}`;
}

/** The fields of `data` before the alerts, as JSON. */
function headOf(
  message: AlertMessage,
  groupKey: string,
  groupLabels: Readonly<Record<string, string>>,
  words: Words | undefined,
) {
  return (truncated: number) =>
    JSON.stringify({
      id: message.id,
      reason: message.reason,
      status: message.status,
      receiver: message.receiver,
      groupKey,
      groupLabels,
      truncated,
      ...(message.links && { links: message.links }),
      ...(message.digest && { digest: digestObject(message.digest) }),
      ...(message.escalation && { escalation: message.escalation }),
      ...(message.analysis && { analysis: analysisObject(message.analysis) }),
      ...(words?.title != null && { title: plain(words.title, 200) }),
      ...(words?.text != null && { text: cut(words.text, longestWords) }),
    });
}

function digestObject({ from, to, zone, total, standing, kinds, others, storm }: MessageDigest) {
  const time = (at: number) => new Date(at).toISOString();
  return {
    ...{ from: time(from), to: time(to), timeZone: zone, total, standing },
    kinds: kinds.map(({ firstAt, lastAt, ...kind }) => ({
      ...kind,
      ...(firstAt !== undefined && { firstAt: time(firstAt) }),
      ...(lastAt !== undefined && { lastAt: time(lastAt) }),
    })),
    others,
    ...(storm && { storm: { since: time(storm.since), count: storm.count } }),
  };
}

function alertJson(alert: MessageAlert): string {
  const whole = JSON.stringify(alertObject(alert, alert.annotations));
  // No character takes more than three bytes for each of its UTF-16 units: most need not be counted.
  if (whole.length * 3 <= roomyAlertBytes || byteLength(whole) <= roomyAlertBytes) return whole;
  return JSON.stringify(alertObject(alert, shorten(alert.annotations)));
}

/** An alert as receivers see it. */
export function alertObject(alert: MessageAlert, annotations: Readonly<Record<string, string>>) {
  return {
    id: alert.id,
    fingerprint: alert.fingerprint,
    status: alert.status,
    labels: alert.labels,
    annotations,
    severity: alert.severity,
    priority: alert.priority,
    category: alert.category,
    value: alert.value,
    startsAt: new Date(alert.startsAt).toISOString(),
    endsAt: alert.endsAt === null ? null : new Date(alert.endsAt).toISOString(),
    kind: alert.kind,
    ...(alert.condition !== undefined && { condition: conditionOf(alert.condition, alert.forMs) }),
    links: linksOf(alert),
  };
}

/** As the rule language has it: `> 80 for 30s`. */
function conditionOf(condition: string, forMs = 0): string {
  return forMs > 0 ? `${condition} for ${formatDuration(forMs)}` : condition;
}

function shorten(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, cut(text, longestText)]));
}
