// A digest in words: the span, how many of each kind and what they are about, all in all.
import type { AlertMessage, Locale, MessageDigest } from './message.ts';
import { plain } from './plain.ts';
import { texts } from './texts.ts';
import { timeText } from './times.ts';

/** With more than so many it is a summary: nothing is told one by one. */
const mostOneByOne = 10;
/** Kinds that are named in one line. */
const mostInTitle = 3;

type Kind = MessageDigest['kinds'][number];
type Digesting = AlertMessage & { readonly digest: MessageDigest };

/** Whether the message tells of what was collected. */
export function isDigest(message: AlertMessage): message is Digesting {
  return message.digest !== undefined;
}

/** `Digest 09:00–10:00: 15 (user registered 8, order completed 7)` */
export function digestTitle({ digest }: Digesting, locale: Locale): string {
  const t = texts[locale].digest;
  const named = digest.kinds.slice(0, mostInTitle).map(({ name, count }) => `${plain(name, 60)} ${count}`);
  const more = digest.kinds.length > mostInTitle || digest.others > 0 ? ['…'] : [];
  const kinds = [...named, ...more].join(t.comma);
  return plain(`${digestHeading(digest, locale)}${kinds === '' ? '' : ` (${kinds})`}`, 200);
}

/** `Digest 09:00–10:00: 15` */
export function digestHeading(digest: MessageDigest, locale: Locale): string {
  const { title, storm } = texts[locale].digest;
  return `${digest.storm ? storm : title} ${spanOf(digest)}${texts[locale].colon}${digest.total}`;
}

/** `09:00–10:00`, of more than a day with the dates. */
function spanOf({ from, to, zone }: MessageDigest): string {
  const [first, last] = [timeText(from, zone), timeText(to, zone)];
  const sameDay = first.slice(0, 10) === last.slice(0, 10);
  const short = (text: string) => (sameDay ? text.slice(11, 16) : text.slice(0, 16));
  return `${short(first)}–${short(last)}`;
}

/** A row for each kind, then what is left, what fires still and the sum. */
export function digestRows(
  { digest }: Digesting,
  locale: Locale,
): readonly (readonly [name: string, value: string])[] {
  const t = texts[locale].digest;
  const rows = digest.kinds.map((kind): [string, string] => {
    const { name, count, resolved, subjects, text } = kind;
    const beside = besideOf(kind, digest.zone, t.comma);
    const listed = subjects.map((subject) => plain(subject, 120)).join(t.comma);
    const more = subjects.length < count && listed !== '' ? `${t.comma}…` : '';
    const over = resolved > 0 ? `${t.comma}${t.over(resolved)}` : '';
    return [
      plain(text ? `${name}${texts[locale].colon}${text}` : name, 200),
      `${count}${over}${listed === '' ? '' : ` (${listed}${more})`}${beside}`,
    ];
  });
  if (digest.others > 0) rows.push([t.others, String(digest.others)]);
  if (digest.standing > 0) rows.push([t.standing, String(digest.standing)]);
  rows.push([t.total, String(digest.total)]);
  const { storm, zone } = digest;
  if (storm) rows.push([t.all, t.came(storm.count, timeText(storm.since, zone).slice(11, 16))]);
  return rows;
}

/** `; shop 80, cart 40; 09:00:03–09:00:59` */
function besideOf({ services = [], firstAt, lastAt }: Kind, zone: string, comma: string): string {
  const named = services.map(({ name, count }) => `${plain(name, 60)} ${count}`).join(comma);
  const time = (at: number) => timeText(at, zone).slice(11, 19);
  const span = firstAt === undefined || lastAt === undefined ? '' : `${time(firstAt)}–${time(lastAt)}`;
  return [named, span].flatMap((text) => (text === '' ? [] : [`; ${text}`])).join('');
}

/** A summary without what it sums up; every other message as it is. */
export function summarised(message: AlertMessage): AlertMessage {
  if (!isDigest(message) || message.digest.total <= mostOneByOne) return message;
  return { ...message, alerts: [], truncated: 0 };
}
