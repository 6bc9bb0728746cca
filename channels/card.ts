// A message as the card of a chat: the words of `messageText` in a channel's own marks, within its bytes. A user's
// template takes the place of title or text.

import type { MessageAction } from './actions.ts';
import type { Dialect, Words } from './channel.ts';
import { cut } from './cut.ts';
import { isDigest, summarised } from './digest-text.ts';
import { webAddress } from './links.ts';
import type { AlertMessage, Locale } from './message.ts';
import { type AlertText, byteLength, fits, messageText, mostBytesPerUnit, plain } from './text.ts';
import { texts } from './texts.ts';

export interface CardLimits {
  /** Alerts that are shown; the rest is counted. */
  readonly maxAlerts: number;
  /** UTF-8 bytes of the text in the channel's marks. */
  readonly maxBytes: number;
  /** The links under which it is answered are buttons beside the text, and not part of it. */
  readonly buttons?: boolean;
}

export interface Card {
  /** One line of plain text, at most 200 characters; not escaped. */
  readonly title: string;
  /** In the dialect's marks. */
  readonly text: string;
  readonly tone: Tone;
}

type Tone = 'firing' | 'resolved' | 'event';

/** Pure. What does not fit is counted ("… and 12 more"), never refused. */
export function card(
  whole: AlertMessage,
  { locale, words }: { readonly locale: Locale; readonly words?: Words | undefined },
  dialect: Dialect,
  limits: CardLimits,
): Card {
  const message = summarised(whole);
  const tone = message.reason === 'event' || isDigest(message) ? 'event' : message.status;
  // The bytes are counted below, with the marks: one long alert must not leave the card without any.
  const built = messageText(message, locale, { ...limits, maxBytes: Math.max(limits.maxBytes, 65_536) });
  const title = words?.title == null ? built.subject : plain(words.title, 200);
  if (words?.text != null) return { title, tone, text: cutBytes(words.text, limits.maxBytes) };

  const { colon } = texts[locale];
  const names = namesIn(dialect);
  const row = ([name, value]: Row) => `${names(name)}${colon}${marked(value, dialect)}`;
  const head = [
    dialect.toned(dialect.bold(dialect.escape(built.heading)), tone),
    ...built.rows.map(row),
  ].join(dialect.line);
  const paragraph = ({ title: of, rows }: AlertText) =>
    [dialect.bold(dialect.escape(of)), ...rows.map(row)].join(dialect.line);
  const more = (count: number) => dialect.escape(texts[locale].andMore(count));

  const all = message.alerts.length + message.truncated;
  const actions = limits.buttons === true ? '' : actionLines(built.actions, dialect, limits.maxBytes / 2);
  const last = actions === '' ? 0 : byteLength(dialect.paragraph) + byteLength(actions);
  const room = limits.maxBytes - byteLength(more(all)) - byteLength(dialect.paragraph) - last;
  const parts = [cutBytes(head, Math.floor(room / 2))];
  const paragraphs = built.alerts.map(paragraph);
  const units = paragraphs.reduce((sum, text) => sum + dialect.paragraph.length + text.length, head.length);
  // Counted only where it may be too much: counting is a fifth of a card.
  const short = units * mostBytesPerUnit <= room;
  const sizeOf = short ? ({ length }: string) => length : byteLength;
  let bytes = sizeOf(parts[0]!);
  for (const text of paragraphs) {
    const size = sizeOf(dialect.paragraph) + sizeOf(text);
    if (bytes + size > room) break;
    parts.push(text);
    bytes += size;
  }
  // Not even one in full: what is there of the first, its name before all.
  const [first] = built.alerts;
  const rest = room - bytes - byteLength(dialect.paragraph);
  if (parts.length === 1 && first !== undefined) {
    const name = dialect.bold(dialect.escape(plain(first.title, 120)));
    if (byteLength(name) <= rest)
      parts.push([name, ...fitting(first.rows, row, rest - byteLength(name), dialect)].join(dialect.line));
  }
  const left = all - (parts.length - 1);
  if (left > 0) parts.push(more(left));
  if (actions !== '') parts.push(actions);
  return { title, tone, text: parts.join(dialect.paragraph) };
}

/** As many as fit, whole: the first one counts most. */
function actionLines(actions: readonly MessageAction[], dialect: Dialect, maxBytes: number): string {
  let lines = '';
  for (const { title, url } of actions) {
    const link = dialect.link(dialect.escape(title), url);
    const next = lines === '' ? link : `${lines}${dialect.line}${link}`;
    if (byteLength(next) > maxBytes) break;
    lines = next;
  }
  return lines;
}

type Row = readonly [name: string, value: string];

/** Rows in so many bytes: the value of the last of them is cut, before it is marked, so that no mark is. */
function fitting(
  rows: readonly Row[],
  row: (one: Row) => string,
  maxBytes: number,
  dialect: Dialect,
): string[] {
  const shown: string[] = [];
  let left = maxBytes;
  for (const [name, value] of rows) {
    let kept = value;
    let text = row([name, kept]);
    while (byteLength(dialect.line) + byteLength(text) > left) {
      if (kept.length < 8) return shown;
      kept = cut(value, Math.floor(kept.length * 0.9));
      text = row([name, kept]);
    }
    shown.push(text);
    left -= byteLength(dialect.line) + byteLength(text);
    if (kept !== value) break;
  }
  return shown;
}

const mostNames = 500;
const namesOf = new WeakMap<Dialect, Map<string, string>>();

/** The names of rows are nearly always the same few, and each is marked once. */
function namesIn(dialect: Dialect): (name: string) => string {
  const known = namesOf.get(dialect) ?? new Map<string, string>();
  namesOf.set(dialect, known);
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const made = dialect.bold(dialect.escape(name));
    if (known.size < mostNames) known.set(name, made);
    return made;
  };
}

/** A web address becomes a link, everything else text: no scheme but http and https is ever made clickable. */
function marked(value: string, dialect: Dialect): string {
  return value.startsWith('http') && webAddress(value) === value
    ? dialect.link(dialect.escape(value), value)
    : dialect.escape(value);
}

/** A text of at most so many UTF-8 bytes; what was cut ends in "…". */
export function cutBytes(text: string, maxBytes: number): string {
  if (fits(text, maxBytes)) return text;
  let low = 0;
  let high = Math.min(text.length, maxBytes);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (byteLength(cut(text, middle)) <= maxBytes && middle < text.length) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : cut(text, low);
}
