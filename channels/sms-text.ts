// What a message says on a telephone: one line, the title first, within so many segments; or short variables for the
// approved template of a provider that takes no free text.
import type { RenderContext } from './channel.ts';
import { cut } from './cut.ts';
import { digestTitle, isDigest } from './digest-text.ts';
import type { AlertMessage } from './message.ts';
import { byteLength, messageText, plain } from './text.ts';
import { texts } from './texts.ts';

// GSM 03.38: the letters of a segment of 160; those of the second table count twice. Any other makes it UCS-2, of 70.
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extended = new Set('\f^{}\\[~]|€');

/** Segments that a text takes: 160 and 153 letters of GSM 03.38, or 70 and 67 units of UCS-2. */
export function segmentsOf(text: string): number {
  let septets = 0;
  for (const char of text) {
    if (basic.has(char)) septets += 1;
    else if (extended.has(char)) septets += 2;
    else return text.length <= 70 ? 1 : Math.ceil(text.length / 67);
  }
  return septets <= 160 ? 1 : Math.ceil(septets / 153);
}

/** The longest beginning of a text that takes at most so many segments and UTF-8 bytes; what was cut ends in "...". */
export function fitSegments(text: string, segments: number, maxBytes = 1_600): string {
  const fits = (some: string) => segmentsOf(some) <= segments && byteLength(some) <= maxBytes;
  if (fits(text)) return text;
  let low = 0;
  let high = Math.min(text.length, segments * 160);
  const head = (length: number) => `${cut(text, length + 1).slice(0, -1)}...`;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(head(middle))) low = middle;
    else high = middle - 1;
  }
  return head(low);
}

const plainer: Readonly<Record<string, string>> = {
  '×': 'x',
  '…': '...',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '\u00a0': ' ',
};

/** One line; a sign that would turn a text of 160 letters into one of 70 becomes its plain sister. */
function oneLine(text: string, max: number): string {
  return plain(text, max)
    .replace(/[×…–—‘’“”\u00a0]/g, (sign) => plainer[sign]!)
    .replace(/\s+/g, ' ');
}

const longestTitle = 200;
const longestAlert = 60;
const mostBytes = 64 * 1024;

/** The title and, of several alerts, as many of their titles as fit; a user's own text stands for both. */
export function smsText(
  message: AlertMessage,
  context: RenderContext<unknown>,
  maxSegments: number,
  maxAlerts = 40,
): string {
  const { locale, words } = context;
  if (words?.text != null) return fitSegments(oneLine(words.text, 2_000), maxSegments);
  const { subject, alerts } = messageText(message, locale, { maxAlerts, maxBytes: mostBytes });
  let text = oneLine(words?.title ?? subject, longestTitle);
  const all = message.alerts.length + message.truncated;
  if (all <= 1 || isDigest(message)) return fitSegments(text, maxSegments);
  const more = (count: number) => (count > 0 ? oneLine(`; ${texts[locale].andMore(count)}`, 100) : '');
  let shown = 0;
  for (const { title } of alerts) {
    const next = `${text}; ${oneLine(title, longestAlert)}`;
    if (segmentsOf(next + more(all - shown - 1)) > maxSegments) break;
    text = next;
    shown += 1;
  }
  return fitSegments(shown === 0 ? text : text + more(all - shown), maxSegments);
}

/** A text that is cut to nothing says nothing beside its link. */
const leastBeside = 40;

/** The same with the link that confirms it behind, where a text of some length is left beside it. */
export function smsTextWithLink(
  message: AlertMessage,
  context: RenderContext<unknown>,
  maxSegments: number,
): string {
  const text = smsText(message, context, maxSegments);
  const link = message.links?.acknowledge;
  // A text of the user's own has its link where the user put it.
  if (link === undefined || context.words?.text != null) return text;
  const tail = ` ${link}`;
  if (segmentsOf(text + tail) <= maxSegments) return text + tail;
  let kept = text.length - 1;
  while (kept >= leastBeside && segmentsOf(`${cut(text, kept)}...${tail}`) > maxSegments) kept -= 1;
  if (kept < leastBeside) return text;
  return `${cut(text, kept).replace(/…$/, '')}...${tail}`;
}

/** What a template's variable may stand for. */
export const smsSources = [
  'title',
  'text',
  'status',
  'severity',
  'name',
  'summary',
  'value',
  'count',
  'group',
  'time',
] as const;
export type SmsSource = (typeof smsSources)[number];

/** The value of one variable: never empty, at most so many characters, without addresses when `withoutLinks`. */
export function smsVariable(
  source: SmsSource,
  message: AlertMessage,
  context: RenderContext<unknown>,
  limits: { readonly maxLength: number; readonly withoutLinks: boolean },
): string {
  const raw = oneLine(variable(source, message, context), 2_000);
  const text = limits.withoutLinks ? withoutLinks(raw) : raw;
  return text === '' ? '-' : shortened(text, limits.maxLength);
}

function shortened(text: string, max: number): string {
  return text.length <= max ? text : cut(text, max).replace(/…$/, '.').trimEnd();
}

function variable(source: SmsSource, message: AlertMessage, context: RenderContext<unknown>): string {
  const { locale, words } = context;
  const t = texts[locale];
  // Of a digest no single one stands for the others.
  const first = isDigest(message) ? undefined : message.alerts[0];
  switch (source) {
    case 'title':
      return words?.title ?? messageText(message, locale, { maxAlerts: 1, maxBytes: mostBytes }).subject;
    case 'text':
      return smsText(message, context, 10);
    case 'status':
      if (isDigest(message)) return t.digest.title;
      return message.reason === 'event' ? t.event : t[message.status];
    case 'severity':
      return t.severity[message.severity];
    case 'name':
      return first?.labels.alertname ?? first?.labels.type ?? message.receiver;
    case 'summary':
      if (isDigest(message)) return digestTitle(message, locale);
      return first?.annotations.summary ?? first?.annotations.message ?? first?.annotations.description ?? '';
    case 'value':
      return first?.value == null ? '' : String(Number(first.value.toPrecision(6)));
    case 'count':
      return String(message.alerts.length + message.truncated);
    case 'group':
      return Object.entries(message.groupLabels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')
        .slice(0, 2_000);
    case 'time':
      return new Date(first?.startsAt ?? message.at).toISOString().slice(0, 16).replace('T', ' ');
  }
}

/** Providers refuse variables that hold an address: links and IP addresses go, of a host's name the first part stays. */
export function withoutLinks(text: string): string {
  return (
    text
      .replace(/\b[a-z][a-z0-9+.-]{1,20}:\/\/\S*/gi, '')
      .replace(/(?<![\w.])\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?(:\d{1,5})?(?![\w.]*\w)/g, '')
      // An IPv6 address has :: or seven colons; a time of day has neither.
      .replace(
        /(?<![\w:])\[?(?=[0-9a-f]*(:[0-9a-f]+)*::|([0-9a-f]{1,4}:){7})[0-9a-f:]+\]?(:\d{1,5})?(?!\w)/gi,
        '',
      )
      .replace(
        /(?<![\w-])([\p{L}\p{N}_-]+)(\.[\p{L}\p{N}_-]+)*\.[\p{L}][\p{L}\p{N}-]+(:\d{1,5})?(\/\S*)?/gu,
        '$1',
      )
      .replace(/\(\s*\)/g, '')
      .replace(/\s+/g, ' ')
      .trim()
  );
}
