// An alert message in plain words, shared by the channels that people read. Nothing that comes out of here holds a
// control character, so a label cannot add a line, a header or a terminal command.
import type { Labels } from '../rules/types.ts';
import { actionsOf, type MessageAction } from './actions.ts';
import { analysisRows } from './analysis-text.ts';
import { digestHeading, digestRows, digestTitle, isDigest, summarised } from './digest-text.ts';
import { findingText } from './finding-text.ts';
import { linkKinds, linksOf } from './links.ts';
import type { AlertMessage, Locale, MessageAlert } from './message.ts';
import { plain } from './plain.ts';
import { type Texts, texts } from './texts.ts';
import { spanText, timeText } from './times.ts';

export { plain } from './plain.ts';

/** UTF-8 bytes of a string. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Most bytes of UTF-8 that a unit of UTF-16 becomes; a pair becomes four. */
export const mostBytesPerUnit = 3;

/** Whether the text has at most so many UTF-8 bytes; most are so short that nothing has to be counted. */
export function fits(text: string, maxBytes: number): boolean {
  return text.length * mostBytesPerUnit <= maxBytes || byteLength(text) <= maxBytes;
}

export interface AlertText {
  /** `FIRING [critical] HighCpu: CPU of web-1 at 91 %` */
  readonly title: string;
  /** Name and value, in the language of the message. */
  readonly rows: readonly (readonly [name: string, value: string])[];
}

/** A message as people read it; each channel puts its own marks around it. */
export interface MessageText {
  readonly subject: string;
  readonly heading: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
  readonly alerts: readonly AlertText[];
  /** "… and 12 more", when not all alerts are shown. */
  readonly more: string | null;
  /** How it is answered. */
  readonly actions: readonly MessageAction[];
}

export interface TextLimits {
  readonly maxAlerts: number;
  /** UTF-8 bytes of all texts together; alerts beyond it are counted only. */
  readonly maxBytes: number;
}

/** Puts a message into words. Pure. */
export function messageText(whole: AlertMessage, locale: Locale, limits: TextLimits): MessageText {
  const message = summarised(whole);
  const t = texts[locale];
  const subject = subjectLine(message, locale);
  const rows: (readonly [string, string])[] = [[t.receiver, plain(message.receiver, 200)]];
  const groupLabels = labelLine(message.groupLabels, 1_000);
  if (groupLabels !== '') rows.unshift([t.group, groupLabels]);
  const heading = headingOf(message, locale);
  if (isDigest(message)) rows.push(...digestRows(message, locale));
  rows.push(...analysisRows(message, locale));

  const shown: AlertText[] = [];
  let bytes = byteLength(subject) + byteLength(heading) + bytesOf(rows);
  for (const alert of message.alerts.slice(0, limits.maxAlerts)) {
    const text = alertText(alert, message, locale, t);
    bytes += byteLength(text.title) + bytesOf(text.rows);
    if (bytes > limits.maxBytes) break;
    shown.push(text);
  }
  const left = message.alerts.length - shown.length + message.truncated;
  return {
    subject,
    heading,
    rows,
    alerts: shown,
    more: left > 0 ? t.andMore(left) : null,
    actions: actionsOf(message, t),
  };
}

/** `FIRING (new)` */
export function headingOf(message: AlertMessage, locale: Locale): string {
  if (isDigest(message)) return digestHeading(message.digest, locale);
  const t = texts[locale];
  return `${t[message.status]} (${reasonText(message, t)})`;
}

/** Why it comes; of an escalation since when nobody has confirmed, and how far it has come. */
export function reasonText({ reason, escalation, timeZone }: AlertMessage, t: Texts): string {
  if (reason !== 'escalation_step' || escalation === undefined) return t.reason[reason];
  const { since, step, of } = escalation;
  return t.unconfirmed({ since: timeText(since, timeZone), step, of });
}

function bytesOf(rows: readonly (readonly [string, string])[]): number {
  return rows.reduce((sum, [name, value]) => sum + byteLength(name) + byteLength(value) + 4, 0);
}

export function subjectLine(message: AlertMessage, locale: Locale): string {
  if (isDigest(message)) return digestTitle(message, locale);
  const t = texts[locale];
  const only = message.alerts.length === 1 && message.truncated === 0 ? message.alerts[0] : undefined;
  const severity = t.severity[message.severity];
  if (only !== undefined) return plain(`${statusWord(only, t)} [${severity}] ${headline(only)}`, 200);
  const count = message.alerts.filter((alert) => alert.status === message.status).length + message.truncated;
  const of = labelLine(message.groupLabels, 150) || plain(message.receiver, 150);
  return plain(`${t[message.status]} ×${count} [${severity}] ${of}`, 200);
}

export function statusWord(alert: MessageAlert, t: Texts): string {
  return alert.kind === 'event' ? t.event : t[alert.status];
}

export function nameOf({ labels, fingerprint }: MessageAlert): string {
  return plain(labels.alertname ?? labels.type ?? fingerprint, 200);
}

/** What it says of itself in one line; empty when it says nothing. */
export function saidBy({ annotations: { summary, message, description } }: MessageAlert): string {
  return plain(summary ?? message ?? description ?? '', 500);
}

/** Name and summary. */
function headline(alert: MessageAlert): string {
  const name = nameOf(alert);
  const says = saidBy(alert);
  return says === '' ? name : `${name}: ${says}`;
}

function alertText(alert: MessageAlert, { at, timeZone }: AlertMessage, locale: Locale, t: Texts): AlertText {
  const rows: (readonly [string, string])[] = [];
  const against = conditionText(alert, t);
  if (alert.finding !== undefined) rows.push([t.unusual, findingText(alert.finding, locale, timeZone)]);
  if (alert.value !== null) rows.push([t.value, beside(valueText(alert.value), against)]);
  else if (against !== null) rows.push([t.condition, against]);
  rows.push(...timeRows(alert, at, timeZone, t));
  const labels = labelLine(alert.labels, 2_000);
  if (labels !== '') rows.push([t.labels, labels]);
  const { description, runbook_url: runbook, summary } = alert.annotations;
  if (description !== undefined && summary !== undefined)
    rows.push([t.description, plain(description, 2_000)]);
  const links = linksOf(alert);
  for (const kind of linkKinds) {
    const url = links[kind];
    if (url !== undefined) rows.push([t.link[kind], url]);
    // A runbook may be the name of one.
    else if (kind === 'runbook' && runbook !== undefined) rows.push([t.link.runbook, plain(runbook, 500)]);
  }
  return { title: `${statusWord(alert, t)} [${t.severity[alert.severity]}] ${headline(alert)}`, rows };
}

/** Since when, and for how long. */
function timeRows(
  { kind, startsAt, endsAt }: MessageAlert,
  now: number,
  zone: string | undefined,
  t: Texts,
): (readonly [string, string])[] {
  const start = timeText(startsAt, zone);
  if (kind === 'event') return [[t.occurred, start]];
  const span = spanText((endsAt ?? now) - startsAt, t);
  if (endsAt === null) return [[t.started, beside(start, span && t.lasting(span))]];
  return [
    [t.started, start],
    [t.ended, beside(timeText(endsAt, zone), span && t.lasted(span))],
  ];
}

/** `> 80 for 30 s` */
export function conditionText({ condition, forMs }: MessageAlert, t: Texts): string | null {
  if (condition === undefined) return null;
  const span = spanText(forMs ?? 0, t);
  const text = plain(condition, 300);
  return span === null ? text : t.held(text, span);
}

const beside = (text: string, more: string | null) => (more === null ? text : `${text} (${more})`);

/** `env=prod, host=web-1`, without the name of the alert, which stands in front. */
function labelLine(labels: Labels, max: number): string {
  let line = '';
  for (const [name, value] of Object.entries(labels)) {
    if (name === 'alertname') continue;
    line += `${line === '' ? '' : ', '}${piece(name, 128)}=${piece(value, 300)}`;
    if (line.length > max) break;
  }
  return plain(line, max);
}

/** A part of a line that is made plain as a whole. */
function piece(text: string, max: number): string {
  return text.length > max ? plain(text, max) : text.trim();
}

/** At most six significant digits: 91.2345678 → 91.2346. */
export function valueText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** The message as plain text, one paragraph for each alert. */
export function paragraphs(text: MessageText, locale: Locale): string {
  const { colon } = texts[locale];
  const list = (rows: MessageText['rows'], indent: string) =>
    rows.map(([name, value]) => `${indent}${name}${colon}${value}\n`).join('');
  const alerts = text.alerts.map((alert) => `${alert.title}\n${list(alert.rows, '  ')}`);
  return [
    `${text.heading}\n${list(text.rows, '')}`,
    ...alerts,
    ...(text.more === null ? [] : [text.more]),
    ...(text.actions.length === 0
      ? []
      : [
          list(
            text.actions.map(({ title, url }) => [title, url]),
            '',
          ),
        ]),
  ].join('\n');
}

/** One line for each alert: title, then value and labels. */
export function lines(whole: AlertMessage, locale: Locale, limits: TextLimits): string[] {
  const message = summarised(whole);
  const t = texts[locale];
  const out: string[] = [];
  let bytes = 0;
  const ahead = isDigest(message) ? digestRows(message, locale) : [];
  for (const [name, value] of [...ahead, ...analysisRows(message, locale)]) {
    const row = `${name}${t.colon}${value}`;
    bytes += byteLength(row);
    if (bytes > limits.maxBytes) break;
    out.push(row);
  }
  const rows = out.length;
  for (const alert of message.alerts.slice(0, limits.maxAlerts)) {
    const labels = labelLine(alert.labels, 500);
    const against =
      alert.finding === undefined
        ? conditionText(alert, t)
        : findingText(alert.finding, locale, message.timeZone);
    const said = alert.value === null ? '' : `${t.value} ${valueText(alert.value)}`;
    const value = said === '' ? '' : ` (${against === null ? said : `${said}, ${against}`})`;
    const line = `${statusWord(alert, t)} [${t.severity[alert.severity]}] ${headline(alert)}${value}${labels === '' ? '' : ` {${labels}}`}`;
    bytes += byteLength(line);
    if (bytes > limits.maxBytes) break;
    out.push(line);
  }
  const left = message.alerts.length - (out.length - rows) + message.truncated;
  if (left > 0) out.push(t.andMore(left));
  return out;
}
