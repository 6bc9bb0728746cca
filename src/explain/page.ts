// An explanation as a page of plain text, for a person with a terminal.
import type { Explanation } from './explanation.ts';
import type { Inquiry } from './inquiry.ts';
import type { Say } from './say.ts';

const width = 100;

export function explanationPage(explained: Explanation, say: Say): string {
  const { page } = say.t;
  const { summary, receivers, groups, timeline, ruleText, facts } = explained;
  const parts = [wrapped(summary, ''), page.times(say.zone)];
  if (receivers.length > 1)
    parts.push(
      section(
        page.receivers,
        receivers.map(({ text }) => bullet(text)),
      ),
    );
  const now = groups.flatMap(({ receiver, holds, escalation }) =>
    [...holds, ...(escalation ? [escalation] : [])].flatMap(({ text }) =>
      text === null ? [] : bullet(`${receiver}: ${text}`),
    ),
  );
  if (now.length > 0) parts.push(section(`${page.now} (${say.time(facts.now)})`, now));
  let day = '';
  const lines = timeline.flatMap(({ at, text }) => {
    const [date = '', clock = ''] = say.time(at).split(' ');
    const head = date === day ? [] : [date];
    day = date;
    return [...head, wrapped(text, `  ${clock}  `)];
  });
  if (facts.more) lines.unshift(page.older);
  parts.push(section(page.story, lines));
  if (ruleText !== null) parts.push(section(page.rule, [wrapped(ruleText, '  ')]));
  return `${parts.join('\n\n')}\n`;
}

/** Alerts of which the whole page is shown; of the others only what they came to. */
const wholePages = 3;

export function inquiryPage({ summary, alerts, findings }: Inquiry, say: Say): string {
  const parts = [wrapped(summary, '')];
  if (findings.length > 0) parts.push(findings.map(({ text }) => bullet(text)).join('\n'));
  if (findings.length > 0) parts.push(say.t.page.times(say.zone));
  for (const [i, { explained, thatTime }] of alerts.entries()) {
    parts.push(`${'-'.repeat(width)}\n${wrapped(thatTime, '')}`);
    parts.push(i < wholePages ? explanationPage(explained, say).trimEnd() : wrapped(explained.summary, ''));
  }
  return `${parts.join('\n\n')}\n`;
}

const section = (title: string, lines: readonly string[]) => [title, ...lines].join('\n');
const bullet = (text: string) => wrapped(text, '  - ');

/** Wrapped at blanks and between Chinese characters; further lines begin below the first word. */
export function wrapped(text: string, head: string): string {
  const indent = ' '.repeat(head.length);
  const lines: string[] = [];
  let line = head;
  let used = head.length;
  for (const piece of text.match(pieces) ?? []) {
    const wide = columnsOf(piece.trimEnd());
    if (used + wide > width && used > head.length) {
      lines.push(line.trimEnd());
      line = indent;
      used = indent.length;
    }
    line += piece;
    used += columnsOf(piece);
  }
  return [...lines, line.trimEnd()].join('\n');
}

/** A word with the blank behind it, or one Chinese character with the punctuation behind it. */
const pieces = /[\p{Script=Han}][\u3001\u3002\uff00-\uffef]*|(?:(?!\p{Script=Han})\S)+ ?| /gu;

/** Chinese characters and their punctuation are two columns wide. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) columns += /[\u3000-\u303f\uff00-\uffef\p{Script=Han}]/u.test(char) ? 2 : 1;
  return columns;
}
