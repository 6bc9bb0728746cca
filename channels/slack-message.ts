// A message as Slack shows it: sections of mrkdwn, each within Slack's limits. What came from outside is escaped and
// never parsed by Slack (`verbatim`), so a label cannot call anybody; mentions come from the configuration alone.
import { createHash } from 'node:crypto';
import { actionsOf } from './actions.ts';
import { card } from './card.ts';
import type { Dialect, Words } from './channel.ts';
import { cut } from './cut.ts';
import type { AlertMessage, Locale } from './message.ts';
import { texts } from './texts.ts';

// Slack takes 3,000 characters in a section, 50 blocks, and some 11,000 characters in all of them together (it refuses
// more as `msg_blocks_too_long` and documents no figure): so 9,000 bytes in at most 20 sections.
const sectionLength = 3_000;
const mostSections = 20;
const textBytes = 9_000;
// What was too large is sent once more with five alerts: then it has to be smaller.
const shortBytes = 6_000;
const fewAlerts = 5;

interface SlackBlock {
  readonly type: 'section';
  readonly text: { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };
}

/** Buttons that open a page: Slack asks nobody to answer them. */
interface SlackButtons {
  readonly type: 'actions';
  readonly elements: readonly {
    readonly type: 'button';
    readonly text: { readonly type: 'plain_text'; readonly text: string };
    readonly url: string;
    readonly action_id: string;
  }[];
}

export interface SlackMessage {
  /** What a notification on a phone shows. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  /** The block below these; null: nobody can answer. */
  readonly buttons: SlackButtons | null;
  /** Names the alert group, without saying anything about it. */
  readonly group: string;
  /** `begins` a thread, `follows` in the group's, or stands `alone`. */
  readonly place: 'begins' | 'follows' | 'alone';
  readonly status: 'firing' | 'resolved';
  /** A reply that everybody in the channel should see. */
  readonly aloud: boolean;
}

const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string) => text.replace(/[&<>]/g, (mark) => marks[mark]!);
const tones = { firing: ':red_circle:', resolved: ':large_green_circle:', event: ':large_blue_circle:' };

/** https://docs.slack.dev/messaging/formatting-message-text */
export const slackDialect: Dialect = {
  escape: escaped,
  bold: (text) => `*${text}*`,
  link: (label, url) => `<${escaped(url)}|${label}>`,
  toned: (text, tone) => `${tones[tone]} ${text}`,
  line: '\n',
  paragraph: '\n\n',
};

/** `here` → `<!here>`, `U…` → `<@U…>`, `S…` → `<!subteam^S…>`. */
export function mentionOf(name: string): string {
  if (/^[UW][A-Z0-9]+$/.test(name)) return `<@${name}>`;
  return name.startsWith('S') ? `<!subteam^${name}>` : `<!${name}>`;
}

export interface SlackLook {
  readonly locale: Locale;
  readonly words?: Words | undefined;
  /** As configured. */
  readonly mentions: readonly string[];
  readonly maxAlerts: number;
}

/** Pure. A message that says that all is well calls nobody. */
export function slackMessage(message: AlertMessage, look: SlackLook): SlackMessage {
  const maxBytes = message.alerts.length > fewAlerts ? textBytes : shortBytes;
  const limits = { maxAlerts: look.maxAlerts, maxBytes, buttons: true };
  const { title, text } = card(message, look, slackDialect, limits);
  const calls = message.status === 'resolved' ? '' : look.mentions.map(mentionOf).join(' ');
  return {
    text: calls === '' ? escaped(title) : `${calls} ${escaped(title)}`,
    blocks: sections(calls === '' ? text : `${calls}\n${text}`),
    buttons: buttonsOf(message, look.locale),
    group: createHash('sha256')
      .update(JSON.stringify([message.tenant, message.groupKey]))
      .digest('hex')
      .slice(0, 32),
    place: message.reason === 'event' ? 'alone' : message.reason === 'first' ? 'begins' : 'follows',
    status: message.status,
    aloud: message.reason !== 'some_resolved',
  };
}

function buttonsOf(message: AlertMessage, locale: Locale): SlackButtons | null {
  const elements = actionsOf(message, texts[locale]).map(({ kind, title, url }) => ({
    type: 'button' as const,
    text: { type: 'plain_text' as const, text: title },
    url,
    action_id: kind,
  }));
  return elements.length === 0 ? null : { type: 'actions', elements };
}

/** Paragraphs together while they fit, and a long one by its lines. */
function sections(text: string): SlackBlock[] {
  const texts: string[] = [];
  for (const paragraph of text.split(slackDialect.paragraph)) {
    append(texts, paragraph, slackDialect.paragraph, (whole) => {
      for (const [i, line] of whole.split(slackDialect.line).entries()) {
        if (i === 0) texts.push(cut(line, sectionLength));
        else append(texts, line, slackDialect.line, (long) => texts.push(cut(long, sectionLength)));
      }
    });
  }
  return texts
    .filter((each) => each.trim() !== '')
    .slice(0, mostSections)
    .map((each) => ({ type: 'section', text: { type: 'mrkdwn', text: each, verbatim: true } }));
}

function append(texts: string[], part: string, joint: string, tooLong: (part: string) => void): void {
  const last = texts.at(-1);
  if (last !== undefined && last.length + joint.length + part.length <= sectionLength)
    texts[texts.length - 1] = `${last}${joint}${part}`;
  else if (part.length <= sectionLength) texts.push(part);
  else tooLong(part);
}
