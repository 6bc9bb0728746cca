// The JSON that Alertmanager's webhook receivers know (version 4). Alertmanager has alerts and no events: an event is one
// that fires and ends by itself.
import type { Labels } from '../rules/types.ts';
import { cut } from './cut.ts';
import type { AlertMessage, MessageAlert, MessageReason } from './message.ts';
import { byteLength } from './text.ts';
import type { BodyLimits } from './webhook-body.ts';

/** What Alertmanager writes where there is no time. */
const never = '0001-01-01T00:00:00Z';
/** An event is over after as long as Alertmanager's resolve_timeout is unless told otherwise. */
const eventLastsMs = 300_000;
/** The annotation in which the link to an alert's origin is kept. */
export const generatorUrl = 'generator_url';

const reasons: Readonly<Record<MessageReason, string>> = {
  first: 'first notification',
  undelivered: 'first notification',
  escalation_step: 'repeat interval elapsed',
  digest: 'new alerts added',
  storm: 'new alerts added',
  new_alerts: 'new alerts added',
  refired: 'new alerts added',
  escalated: 'new alerts added',
  flapping: 'new alerts added',
  event: 'new alerts added',
  some_resolved: 'some alerts resolved',
  resolved: 'all alerts resolved',
  repeat: 'repeat interval elapsed',
};

const roomyAlertBytes = 64 * 1024;
const longestText = 1_024;
/** Of the texts of a group whose labels would take half of the body. */
const longestHeadText = 128;
const mostHeadTexts = 64;

export interface AlertmanagerBodyLimits extends BodyLimits {
  readonly externalUrl: string;
}

/** Pure. Alerts that do not fit, in number or in bytes, are left out and counted in `truncatedAlerts`. */
export function alertmanagerBody(message: AlertMessage, limits: AlertmanagerBodyLimits): string {
  const said = message.alerts.slice(0, limits.maxAlerts);
  const common = {
    groupLabels: message.groupLabels,
    commonLabels: commonTo(said.map(({ labels }) => labels)),
    commonAnnotations: commonTo(said.map(annotationsOf)),
  };
  let head = headOf(message, message.groupKey, common, limits.externalUrl);
  if (byteLength(head(0)) > limits.maxBytes / 2) {
    const short = {
      groupLabels: shortest(common.groupLabels),
      commonLabels: shortest(common.commonLabels),
      commonAnnotations: shortest(common.commonAnnotations),
    };
    head = headOf(message, cut(message.groupKey, longestText), short, limits.externalUrl);
  }
  const room = limits.maxBytes - byteLength(head(0)) - 64; // the words around, the digits of `truncatedAlerts`
  const alerts: string[] = [];
  let bytes = 0;
  for (const alert of said) {
    const json = alertJson(alert, message.at);
    bytes += byteLength(json) + 1;
    if (bytes > room) break;
    alerts.push(json);
  }
  const truncated = message.truncated + message.alerts.length - alerts.length;
  return `${head(truncated).slice(0, -1)},"alerts":[${alerts.join(',')}]}`;
}

function headOf(
  { receiver, status, reason }: AlertMessage,
  groupKey: string,
  common: Readonly<Record<string, Readonly<Record<string, string>>>>,
  externalURL: string,
) {
  return (truncatedAlerts: number) =>
    JSON.stringify({
      ...{ receiver, status, ...common, externalURL, version: '4', groupKey, truncatedAlerts },
      notification_reason: reasons[reason],
    });
}

function alertJson(alert: MessageAlert, at: number): string {
  const whole = JSON.stringify(alertObject(alert, annotationsOf(alert), at));
  if (whole.length * 3 <= roomyAlertBytes || byteLength(whole) <= roomyAlertBytes) return whole;
  const short = Object.entries(annotationsOf(alert)).map(([name, text]) => [name, cut(text, longestText)]);
  return JSON.stringify(alertObject(alert, Object.fromEntries(short) as Record<string, string>, at));
}

function alertObject(alert: MessageAlert, annotations: Readonly<Record<string, string>>, at: number) {
  return {
    status: alert.status,
    labels: alert.labels,
    annotations,
    startsAt: new Date(alert.startsAt).toISOString(),
    endsAt: endOf(alert, at),
    generatorURL: alert.annotations[generatorUrl] ?? '',
    fingerprint: alert.fingerprint,
  };
}

function endOf({ kind, status, endsAt }: MessageAlert, at: number): string {
  if (kind === 'event') return new Date(at + eventLastsMs).toISOString();
  return status === 'resolved' ? new Date(endsAt ?? at).toISOString() : never;
}

function annotationsOf({ annotations }: MessageAlert): Readonly<Record<string, string>> {
  if (annotations[generatorUrl] === undefined) return annotations;
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => name !== generatorUrl));
}

/** What all of them say. */
function commonTo(sets: readonly (Labels | Readonly<Record<string, string>>)[]): Record<string, string> {
  const [first = {}, ...others] = sets;
  const shared = Object.entries(first).filter(([name, value]) => others.every((set) => set[name] === value));
  return Object.fromEntries(shared);
}

function shortest(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts)
      .slice(0, mostHeadTexts)
      .map(([name, text]) => [cut(name, longestHeadText), cut(text, longestHeadText)]),
  );
}
