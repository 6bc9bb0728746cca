import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../channels/channel.ts';
import { consoleChannel } from '../../channels/console.ts';
import { email } from '../../channels/email.ts';
import type { AlertMessage } from '../../channels/message.ts';
import { sampleAnalysed, sampleMessage } from '../../channels/sample-message.ts';
import { webhook } from '../../channels/webhook.ts';
import type { Log } from '../log.ts';
import { compileWording, type Wording, type WrittenTemplate } from './message-template.ts';
import { type OpenChannel, payloadOf } from './open-channels.ts';
import { Wordings } from './wordings.ts';

function wording(written: WrittenTemplate): Wording {
  const compiled = compileWording('own', written);
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  return compiled;
}
const problemsOf = (written: WrittenTemplate) => {
  const compiled = compileWording('own', written);
  return 'problems' in compiled
    ? compiled.problems.map(({ path, line, message }) => `${path.join('.')} ${line}: ${message}`)
    : [];
};

const warned: string[] = [];
const log = {
  warn: (event: string, fields: object) => void warned.push(`${event} ${JSON.stringify(fields)}`),
};
const said = (written: WrittenTemplate, timeZone?: string) =>
  new Wordings(new Map([['own', wording(written)]]), timeZone, log as unknown as Log);
const stars = { escape: (text: string) => text.replace(/[*<]/g, (mark) => `\\${mark}`) } as Dialect;
const own = { template: 'own' };
const message = sampleMessage('firing');
const textOf = (written: WrittenTemplate, of: AlertMessage = message) =>
  said(written).say({ dialect: stars }, own, of, false).words?.text;

describe("a user's template", () => {
  it('says title and text from the message, each alert and its links', () => {
    const words = said({
      title: '{{ severity_text }}: {{ count }} in {{ group_labels.env }}',
      text: '{% for alert in alerts %}{{ alert.name }} {{ alert.value }} {{ alert.condition }} for {{ alert.duration }}: {{ alert.links.runbook | default: "no runbook" }}\n{% endfor %}',
    }).say({}, own, message, false).words;
    expect(words).toEqual({
      title: 'critical: 2 in prod',
      text:
        'HighCpu 91.2346 > 80 for 30 s for 12 min: https://wiki.example.com/runbooks/high-cpu\n' +
        'DiskFull 95 >= 95 for 1 h 12 min: no runbook\n',
    });
  });

  it('is chosen by the language of the channel, then that of the message, then English', () => {
    const wordings = said({ title: { en: 'now {{ status_text }}', 'zh-TW': '現在 {{ status_text }}' } });
    const titles = (['zh-TW', 'zh-CN', undefined] as const).map(
      (locale) => wordings.say({}, { ...own, ...(locale && { locale }) }, message, false).words?.title,
    );
    expect(titles).toEqual(['現在 觸發中', 'now 触发中', 'now FIRING']);
    expect(wordings.say({}, own, { ...message, locale: 'zh-TW' }, false).words?.title).toBe('現在 觸發中');
  });

  it('shows times in the zone of the installation', () => {
    const { words } = said({ text: '{{ alert.started_at }}' }, 'Asia/Taipei').say({}, own, message, false);
    expect(words?.text).toBe('2023-11-15 06:13:20 +08:00');
  });

  it('reads what the analysis knew, and nothing where nothing was known', () => {
    const text =
      '{{ analysis.text }}{% if analysis.cause.service %} | {{ analysis.cause.service }} {{ analysis.cause.confidence }}{% endif %}{% for one in analysis.patterns %} | {{ one.text }}{% endfor %} | {{ analysis.incident.alerts }}';
    expect(textOf({ text }, sampleAnalysed())).toBe(
      'Part of: DiskFull on db-1 and 2 other services: 7 alerts since 2023-11-14 21:13:20 UTC; Probable cause: db-1, data or storage (82 %); Pattern: cascade over 3 services; Pattern: burst, 5 alerts; Expected next: HighErrorRate on cart follows by 2023-11-14 21:17:20 UTC (17 of 19 times); Expected next: more of DiskFull on db by 2023-11-14 21:14:20 UTC (84 %)' +
        ' | db-1 0.82 | cascade over 3 services | burst, 5 alerts | 7',
    );
    expect(textOf({ text })).toBe(' | ');
    expect(problemsOf({ text: '{{ analysis.reason }}' })).toEqual([
      'text 1: there is no variable analysis.reason; expected one of text, incident, cause, patterns, predictions',
    ]);
    expect(problemsOf({ text: '{% for one in analysis.patterns %}{{ one.kind }}{% endfor %}' })).toHaveLength(
      1,
    );
  });

  it('cannot let a value past the escape, whichever tag writes it', () => {
    const [alert] = message.alerts;
    const annotations = { summary: '*bold*\u001b[31m\n# heading\u202e<b>' };
    const hostile = { ...message, alerts: [{ ...alert!, annotations }] };
    const escaped = '\\*bold\\* [31m # heading \\<b>';
    for (const text of [
      '{{ alert.summary }}',
      '{% echo alert.summary %}',
      '{% cycle alert.summary %}',
      '{% liquid echo alert.summary %}',
      '{% assign own = alert.summary %}{{ own }}',
      '{{ alert.annotations.summary }}',
      '{% for alert in alerts %}{{ alert.summary }}{% endfor %}',
    ])
      expect(textOf({ text }, hostile), text).toBe(escaped);
    expect(textOf({ text: '*{{ alert.annotations }}*' }, hostile)).toBe(`*summary=${escaped}*`);
    expect(problemsOf({ text: '{{ alert.summary | raw }}' })[0]).toContain('undefined filter: raw');
  });

  it('is refused with its line when it is not Liquid, or names what there is not', () => {
    expect(problemsOf({ text: 'a\n{% if status %}' })).toEqual(['text 2: tag {% if status %} not closed']);
    expect(problemsOf({ title: { 'zh-TW': '{{ serverity }}' } })).toEqual([
      'title.zh-TW 1: there is no variable serverity; did you mean severity?',
    ]);
    const [branch] = problemsOf({ text: '{% if status == "never" %}\n\n{{ alert.labls.host }}{% endif %}' });
    expect(branch).toBe('text 3: there is no variable alert.labls; did you mean labels?');
    const [loop] = problemsOf({ text: '\n{% for one in alerts %}{{ one.nmae }}{% endfor %}' });
    expect(loop).toBe('text 2: undefined variable: one.nmae');
    expect(problemsOf({ text: '{{ alerts.name }}' })[0]).toContain('alerts is a list');
    expect(problemsOf({ text: '{% include "/etc/passwd" %}' })[0]).toContain('tag "include" not found');
    expect(problemsOf({ text: 'x'.repeat(8_193) })[0]).toContain('at most 8192 characters');
    expect(problemsOf({ text: '{{ alert.labels.any }}{{ alert.links.panel }}{{ alert.ended_at }}' })).toEqual(
      [],
    );
  });

  it('that fails with a message costs neither the message nor the other part, and is counted', () => {
    const endless = '{% for a in alerts %}{% for b in (1..6000) %}{{ b }}{% endfor %}{% endfor %}';
    const wordings = said({
      title: '{{ status }}',
      text: `{% if count > 2 %}${endless}{% else %}{{ count }}{% endif %}`,
    });
    expect(wordings.say({}, own, message, false).words?.text).toBe('2');
    const more = { ...message, id: 'another', truncated: 1 };
    warned.length = 0;
    for (let i = 0; i < 3; i++)
      expect(wordings.say({}, own, more, false).words).toEqual({ title: 'firing', text: null });
    expect(wordings.failures).toEqual(new Map([['own', 1]]));
    expect(warned).toEqual([
      'template.failed {"template":"own","part":"text","notification":"another","error":"template render limit exceeded"}',
    ]);
  });

  it('is rendered once for all channels that write alike, anew for another message, form or language', () => {
    const wordings = said({ text: '{{ count }}' });
    const words = (dialect: Dialect | undefined, of: AlertMessage, shorter = false) =>
      wordings.say(dialect ? { dialect } : {}, own, of, shorter).words;
    const first = words(stars, message);
    expect(words(stars, { ...message })).toBe(first);
    for (const other of [
      words(undefined, message),
      words(stars, message, true),
      words(stars, { ...message, id: 'x' }),
      words(stars, { ...message, tenant: 'acme' }),
      words(stars, { ...message, locale: 'zh-TW' }),
    ])
      expect(other).not.toBe(first);
  });
});

describe('a channel with a template', () => {
  const channel = (definition: object, config: unknown) =>
    ({ ...own, definition, settings: config }) as unknown as OpenChannel;
  const wordings = said({
    title: 'T {{ alert.name }}',
    text: '{{ alert.name }}: {{ alerts[1].summary }}\nbye',
  });

  it('mails it as HTML, with the text that it reads as beside it', () => {
    const mail = payloadOf(channel(email, {}), message, false, wordings) as Record<string, string>;
    expect(mail.subject).toBe('T HighCpu');
    expect(mail.html).toContain(
      '<div style="white-space:pre-line">HighCpu: Disk /data of db-1 is 95 % full *&amp;&lt;soon&gt;_\nbye</div>',
    );
    expect(mail.text).toBe('HighCpu: Disk /data of db-1 is 95 % full *&<soon>_\nbye\n');
    const marked = said({ text: '<h1>{{ alert.name }}</h1><p>a<br>b</p>{{ alerts[1].summary }}' });
    const page = payloadOf(channel(email, {}), message, false, marked) as Record<string, string>;
    expect(page.text).toBe('HighCpu\na\nb\nDisk /data of db-1 is 95 % full *&<soon>_\n');
    expect(page.html).toContain('<body><h1>HighCpu</h1><p>a<br>b</p>Disk');
  });

  it('prints it, and posts it beside the fields', () => {
    expect(payloadOf(channel(consoleChannel, { max_alerts: 5 }), message, false, wordings)).toEqual([
      'T HighCpu',
      'HighCpu: Disk /data of db-1 is 95 % full *&<soon>_',
      'bye',
    ]);
    const body = payloadOf(channel(webhook, { max_alerts: 5 }), message, false, wordings) as string;
    expect(JSON.parse(body).data).toMatchObject({
      title: 'T HighCpu',
      text: expect.stringMatching(/^HighCpu: Disk/),
    });
  });
});
