// How somebody wants to read an answer that is for people: language, time zone, and as a page or as data.
import type { Context } from 'hono';
import { z } from 'zod';
import { type Locale, locales } from '../../channels/message.ts';
import { isZone, type Say, sayIn } from '../explain/say.ts';

/** Query parameters of every such answer. */
export const readingQuery = {
  locale: z.enum(locales).optional().meta({ description: 'Else by Accept-Language; `en` without it.' }),
  tz: z
    .string()
    .max(64)
    .refine(isZone, 'expected a time zone such as Asia/Taipei or UTC')
    .default('UTC')
    .meta({ description: 'Time zone of the times in texts.' }),
  format: z
    .enum(['json', 'text'])
    .optional()
    .meta({ description: '`text`: a page for people; so does `Accept: text/plain`.' }),
};

export interface Reading {
  readonly locale?: Locale | undefined;
  readonly tz: string;
  readonly format?: 'json' | 'text' | undefined;
}

export function sayFor(c: Context, { locale, tz }: Reading): Say {
  return sayIn(locale ?? localeIn(c.req.header('accept-language') ?? ''), tz);
}

/** Whether a page is wanted. */
export function wantsText(c: Context, { format }: Reading): boolean {
  if (format !== undefined) return format === 'text';
  const [first = ''] = (c.req.header('accept') ?? '').split(',');
  return first.split(';')[0]!.trim() === 'text/plain';
}

export function textAnswer(c: Context, page: string): Response {
  c.header('content-type', 'text/plain; charset=utf-8');
  return c.body(page, 200);
}

/** The first language of an Accept-Language header that there is; weights are taken in the order in which they stand. */
export function localeIn(header: string): Locale {
  for (const part of header.split(',')) {
    const tag = part.split(';')[0]!.trim().toLowerCase();
    if (/^zh\b.*\b(?:tw|hk|mo|hant)\b/.test(tag)) return 'zh-TW';
    if (/^zh\b/.test(tag)) return 'zh-CN';
    if (/^en\b/.test(tag)) return 'en';
  }
  return 'en';
}
