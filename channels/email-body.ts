// A message as an e-mail: subject, text and HTML, and the thread it belongs to. All of it comes from `messageText`,
// which has no control characters; HTML is escaped after that.
import { createHash } from 'node:crypto';
import type { AlertMessage, Locale } from './message.ts';
import { type MessageText, messageText, paragraphs } from './text.ts';

export interface EmailPayload {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same for all messages of one group to one receiver; the left side of the Message-ID that they refer to. */
  readonly thread: string;
}

// 64 KiB of words are at most six times that in HTML (a quote is `&quot;`), with the text itself within 512 KiB.
const limits = { maxAlerts: 50, maxBytes: 64 * 1024 };

/** Pure. */
export function emailPayload(message: AlertMessage, locale: Locale): EmailPayload {
  const text = messageText(message, locale, limits);
  const thread = createHash('sha256')
    .update(JSON.stringify([message.tenant, message.receiver, message.groupKey]))
    .digest('hex')
    .slice(0, 32);
  return { subject: text.subject, text: paragraphs(text, locale), html: htmlOf(text, locale), thread };
}

function htmlOf(text: MessageText, locale: Locale): string {
  const table = (rows: MessageText['rows']) =>
    `<table cellpadding="2">${rows
      .map(([name, value]) => `<tr><td><b>${escapeHtml(name)}</b></td><td>${escapeHtml(value)}</td></tr>`)
      .join('')}</table>`;
  const alerts = text.alerts.map((alert) => `<h3>${escapeHtml(alert.title)}</h3>${table(alert.rows)}`);
  const more = text.more === null ? '' : `<p>${escapeHtml(text.more)}</p>`;
  return `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"></head><body><h2>${escapeHtml(text.heading)}</h2>${table(text.rows)}${alerts.join('')}${more}</body></html>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
