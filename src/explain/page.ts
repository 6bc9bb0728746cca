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
  const now = groups.flatMap(({ receiver, holds }) =>
    holds.map(({ text }) => bullet(`${receiver}: ${text}`)),
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

/** Wrapped at blanks; further lines begin below the first word. */
export function wrapped(text: string, head: string): string {
  const indent = ' '.repeat(head.length);
  const lines: string[] = [];
  let line = head;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n');
}
