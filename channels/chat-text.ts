// What the chats of WeCom, DingTalk and Feishu have in common: no mark of theirs comes out of a label, a keyword stands in
// every message, and a body is made to fit.
import { cutBytes } from './card.ts';
import type { Dialect } from './channel.ts';
import { byteLength, fits } from './text.ts';

const wide: Readonly<Record<string, string>> = { '<': '＜', '>': '＞', '*': '＊', '`': '｀' };

/**
 * Takes the marks out of a text. None of the three has an escape that all of its apps honour, so what opens a tag or a
 * mention (`<at …>`, `<@all>`), bold or code becomes its wide twin, and a `]` never meets a `(`.
 */
export function escapeMarks(text: string): string {
  // Nearly no text has one, and looking for that costs a tenth.
  if (!/[<>*`\](\ud800-\udfff]/.test(text)) return text;
  return wellFormed(text)
    .replace(/[<>*`]/g, (mark) => wide[mark]!)
    .replace(/\](?=\(|$)/g, '］')
    .replace(/^\(/, '（');
}

const plainLink = (label: string, url: string) => (label === escapeMarks(url) ? url : `${label} ${url}`);

/** Text without marks, in which only a mention is more than letters. */
export const plainDialect: Dialect = {
  escape: escapeMarks,
  bold: (escaped) => escaped,
  link: plainLink,
  toned: (escaped) => escaped,
  line: '\n',
  paragraph: '\n\n',
};

/**
 * A text within its bytes that ends in what must not be cut off: the vendor's keyword, if it is not there yet, and the
 * mentions.
 * @param body Makes the text in so many UTF-8 bytes.
 */
export function endingIn(
  body: (maxBytes: number) => string,
  tail: { readonly keyword?: string | undefined; readonly mentions: string },
  maxBytes: number,
): string {
  const keyword = tail.keyword === undefined ? '' : `\n\n${tail.keyword}`;
  const mentions = tail.mentions === '' ? '' : `\n\n${tail.mentions}`;
  const room = maxBytes - byteLength(keyword) - byteLength(mentions);
  const text = cutBytes(wellFormed(body(room)), room);
  return text + (tail.keyword !== undefined && text.includes(tail.keyword) ? '' : keyword) + mentions;
}

/** Half of a surrogate pair is no UTF-8. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.toWellFormed();
}

/**
 * The body of a request within so many bytes: quotes and line breaks grow in JSON, by how much is known afterwards only.
 * @param build Makes the body around a text of so many UTF-8 bytes.
 */
export function fitted(maxBytes: number, textBytes: number, build: (textBytes: number) => string): string {
  let room = textBytes;
  let body = build(room);
  for (let n = 0; n < 8 && !fits(body, maxBytes); n++) {
    room = Math.floor(room * Math.min(0.9, maxBytes / byteLength(body)));
    body = build(room);
  }
  return body;
}

/** The address of a call under the configured base, which may have a path of its own. */
export function endpoint(base: string, path: string, query: Readonly<Record<string, string>> = {}): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
