// Whatever stands in a label or an annotation is words for the reader: it adds no markup to a mail, no line to the
// console, no field to a webhook.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consoleChannel } from './console.ts';
import { hostileMessage } from './contract-message.ts';
import { dingtalk } from './dingtalk.ts';
import { emailPayload } from './email-body.ts';
import { feishu } from './feishu.ts';
import type { AlertMessage } from './message.ts';
import { webhook } from './webhook.ts';
import { webhookBody } from './webhook-body.ts';
import { wecom } from './wecom.ts';

const control = fc.constantFrom(
  ...[
    '<',
    '>',
    '&',
    '"',
    "'",
    '<b>',
    '</td>',
    '<!--',
    ']]>',
    '&lt;',
    '&#60;',
    '<script>',
    ' onload=',
    'javascript:',
  ],
  ...[
    '@all',
    '@everyone',
    '<!channel>',
    '<@U1>',
    '[x](http://evil.example)',
    '**',
    '`',
    '|',
    '=cmd|x',
    '{{',
    '${',
  ],
  ...[
    '\r\n',
    '\n.\n',
    '\u0000',
    '\u001b[2J',
    '\u009b31m',
    '\u202e',
    '\u2028',
    '\ud83d',
    '","x":"',
    '\\',
    '\\u0022',
  ],
);
const text = fc
  .array(fc.oneof(control, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 })
  .map((parts) => parts.join(''));
const base = hostileMessage();
const [pattern] = base.alerts;
const message = fc
  .record({
    name: text,
    label: text,
    value: text,
    summary: text,
    description: text,
    runbook: text,
    receiver: text,
  })
  .map(({ name, label, value, summary, description, runbook, receiver }): AlertMessage => {
    const labels = { alertname: name, [`l${label}`]: value };
    const annotations = { summary, description, runbook_url: runbook };
    return {
      ...base,
      receiver,
      truncated: 0,
      groupLabels: labels,
      alerts: [{ ...pattern!, labels, annotations }],
    };
  });
/** The tags of a mail are these and no others, none with a value that came from outside. */
const tags =
  /^<(!doctype html|html lang="en"|meta charset="utf-8"|table cellpadding="2"|\/?(html|head|body|h2|h3|table|tr|td|b|p))>$/;

/** The body of a call, read back. */
// biome-ignore lint/suspicious/noExplicitAny: each vendor's own shape
function said(channel: typeof dingtalk | typeof feishu | typeof wecom, raw: object, one: AlertMessage): any {
  const config = channel.config.parse(raw) as never;
  return JSON.parse(channel.render(one, { config, locale: 'en' }));
}

describe('any text in any place of a message', () => {
  it('adds no markup and no header to a mail', () => {
    fc.assert(
      fc.property(message, (one) => {
        const { html, subject } = emailPayload(one, { locale: 'en' });
        const found = html.match(/<[^>]*>?/g) ?? [];
        expect(found.filter((tag) => !tags.test(tag) && tag !== '</head>')).toEqual([]);
        // Between the tags: no quote, no bracket, and an ampersand only as one of ours.
        const words = html.replace(/<[^>]*>/g, '');
        expect(words).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
        expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
      { numRuns: 300 },
    );
  });

  it('adds no line and no command of a terminal to the console', () => {
    const config = consoleChannel.config.parse({});
    fc.assert(
      fc.property(message, (one) => {
        const printed = consoleChannel.render(one, { config, locale: 'en' });
        const lines = Object.values(printed as object)
          .flat()
          .map(String);
        expect(lines).toHaveLength(1);
        expect(lines[0]).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 300 },
    );
  });

  it('calls nobody, makes no link and ends no mark in a chat', () => {
    const token = 'token-of-the-robot';
    const robots = [
      (one: AlertMessage) => said(dingtalk, { access_token: token }, one).markdown.text,
      (one: AlertMessage) => said(feishu, { hook_id: token }, one).card.elements[0].text.content,
      (one: AlertMessage) => said(feishu, { hook_id: token, format: 'text' }, one).content.text,
      (one: AlertMessage) => said(wecom, { webhook_key: token }, one).markdown.content,
      (one: AlertMessage) => said(wecom, { webhook_key: token, format: 'text' }, one).text.content,
    ];
    fc.assert(
      fc.property(message, fc.constantFrom(...robots), (one, robot) => {
        const text: string = robot(one);
        expect(text.replace(/<\/?font(?: color="[#\w]+")?>/g, '')).not.toMatch(/[<>`\p{Cs}]/u);
        expect(text).not.toMatch(/\]\((?!https?:\/\/)/);
        expect((text.match(/\*\*/g) ?? []).length % 2).toBe(0);
        expect(text.replaceAll('**', '')).not.toContain('*');
      }),
      { numRuns: 300 },
    );
  });

  it('comes out of a webhook as it went in, and as nothing else', () => {
    fc.assert(
      fc.property(message, (one) => {
        const { data } = JSON.parse(webhookBody(one, { maxAlerts: 10, maxBytes: webhook.limits.maxBytes }));
        const [alert] = data.alerts;
        const { labels, annotations } = one.alerts[0]!;
        expect([alert.labels, alert.annotations]).toEqual([labels, annotations]);
        expect(Object.keys(data.alerts)).toEqual(['0']);
      }),
      { numRuns: 300 },
    );
  });
});
