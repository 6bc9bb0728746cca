// A message as an e-mail: subject, text and HTML, and the thread it belongs to. All of it comes from `messageText`,
// which has no control characters; HTML is escaped after that.
import { createHash } from 'node:crypto';
import type { Dialect, Words } from './channel.ts';
import type { AlertMessage, Locale } from './message.ts';
import { type MessageText, messageText, paragraphs, plain } from './text.ts';

export interface EmailPayload {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same for all messages of one group to one receiver; the left side of the Message-ID that they refer to. */
  readonly thread: string;
}

// 64 KiB of words are at most six times that in HTML (a quote is `&quot;`), with the text itself within 512 KiB.
const limits = { maxAlerts: 50, maxBytes: 64 * 1024 };

/** Pure. A user's words for the text are HTML; what they are without its marks is the text beside it. */
export function emailPayload(
  message: AlertMessage,
  { locale, words }: { readonly locale: Locale; readonly words?: Words | undefined },
): EmailPayload {
  const text = messageText(message, locale, limits);
  const thread = createHash('sha256')
    .update(JSON.stringify([message.tenant, message.receiver, message.groupKey]))
    .digest('hex')
    .slice(0, 32);
  const subject = words?.title == null ? text.subject : plain(words.title, 200);
  if (words?.text != null)
    return { subject, text: withoutMarks(words.text), html: pageOf(laidOut(words.text), locale), thread };
  return { subject, text: paragraphs(text, locale), html: pageOf(htmlOf(text), locale), thread };
}

/** Words without a mark of their own keep their lines. */
function laidOut(words: string): string {
  return /<[a-z]/i.test(words) ? words : `<div style="white-space:pre-line">${words}</div>`;
}

/** A simple page as text: its blocks are lines. */
function withoutMarks(words: string): string {
  const text = words
    .replace(/<(?:br|\/p|\/div|\/tr|\/li|\/h[1-6])\b[^<>]*>\n?/gi, '\n')
    .replace(/<[^<>]*>/g, '')
    .replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => characters.get(entity) ?? entity);
  return `${text.trim()}\n`;
}

function htmlOf(text: MessageText): string {
  const table = (rows: MessageText['rows']) =>
    `<table cellpadding="2">${rows
      .map(([name, value]) => `<tr><td><b>${escapeHtml(name)}</b></td><td>${escapeHtml(value)}</td></tr>`)
      .join('')}</table>`;
  const alerts = text.alerts.map((alert) => `<h3>${escapeHtml(alert.title)}</h3>${table(alert.rows)}`);
  const more = text.more === null ? '' : `<p>${escapeHtml(text.more)}</p>`;
  const links = text.actions.map(({ title, url }) => html.link(escapeHtml(title), url));
  const actions = links.length === 0 ? '' : `<p>${links.join(' &nbsp; ')}</p>`;
  return `<h2>${escapeHtml(text.heading)}</h2>${table(text.rows)}${actions}${alerts.join('')}${more}`;
}

function pageOf(body: string, locale: Locale): string {
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"></head><body>${body}</body></html>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const characters = new Map(Object.entries(entities).map(([character, entity]) => [entity, character]));

/** How users' templates write a mail. */
export const html: Dialect = {
  escape: escapeHtml,
  bold: (escaped) => `<b>${escaped}</b>`,
  link: (label, url) => `<a href="${escapeHtml(url)}">${label}</a>`,
  toned: (escaped) => escaped,
  line: '<br>\n',
  paragraph: '<br><br>\n',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
