// The page behind a link as HTML: no script, nothing that is loaded, large enough for a thumb. Everything that came from
// outside goes through `escapeHtml`; the only style is the one whose hash the page's policy names.
import { createHash } from 'node:crypto';
import type { Locale } from '../../../channels/message.ts';
import { texts as channelTexts } from '../../../channels/texts.ts';
import { timeText } from '../../../channels/times.ts';
import { spanText } from '../../explain/say.ts';
import { type LinkTexts, linkTexts } from './link-texts.ts';
import type { LinkView } from './link-view.ts';

const style = [
  'body{font:1.1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:40rem;padding:1rem;overflow-wrap:anywhere}',
  'h1{font-size:1.3rem}h2{font-size:1.1rem;margin-top:2rem}',
  'label{display:block;margin:.8rem 0}',
  'input,select,button{box-sizing:border-box;display:block;font:inherit;min-height:3rem;padding:.5rem;width:100%}',
  'button{background:#1a5fb4;border:0;border-radius:.4rem;color:#fff;font-weight:bold;margin-top:.8rem}',
  'form{border-top:1px solid #888}section:target{outline:3px solid #1a5fb4;outline-offset:.5rem}',
  'a{display:inline-block;padding:.6rem 0}',
  'pre{white-space:pre-wrap}dt{font-weight:bold}dd{margin:0 0 .4rem}',
  '@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}',
].join('');
const styleHash = createHash('sha256').update(style).digest('base64');

/** Headers of every page, beside those of every answer. */
export const pageHeaders: readonly (readonly [string, string])[] = [
  ['content-type', 'text/html; charset=utf-8'],
  [
    'content-security-policy',
    `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  ],
  ['x-robots-tag', 'noindex, nofollow, noarchive'],
];

/** Spans that are offered, milliseconds; those that a configuration does not allow are left out. */
export const silenceSpans = [1_800_000, 7_200_000, 28_800_000, 86_400_000] as const;
export const longestName = 80;
export const longestNote = 500;

type Part = string;

/** What the notification says and who confirmed it, with a form for each action. */
export function answerPage(view: LinkView, locale: Locale, explainUrl: string | null): string {
  const t = linkTexts[locale];
  const forms = [
    view.mine === null ? confirmForm(t) : '',
    view.silence === null ? '' : silenceForm(view.silence, t),
  ];
  const explain =
    explainUrl === null ? '' : `<p><a href="${escapeHtml(explainUrl)}">${t.explain.title}</a></p>`;
  return page(locale, view.title, [about(view, locale), ...forms, explain]);
}

/** What was done. */
export function donePage(view: LinkView, locale: Locale, lines: readonly string[]): string {
  const done = lines.map((line, i) => (i === 0 ? `<h1>${escapeHtml(line)}</h1>` : paragraph(line)));
  return page(locale, view.title, [...done, paragraph(linkTexts[locale].closes), about(view, locale, 'h2')]);
}

/** Why it came, in words. @param explanations Plain text, one for each alert. */
export function explainPage(view: LinkView, locale: Locale, explanations: readonly string[]): string {
  const t = linkTexts[locale];
  const told = explanations.map((text) => `<pre>${escapeHtml(text)}</pre>`);
  const said = told.length === 0 ? [paragraph(t.explain.nothing)] : told;
  return page(locale, view.title, [about(view, locale), `<h2>${t.explain.title}</h2>`, ...said]);
}

/** Why nothing was done, and what to do. `about`: of what, where the reader may know. */
export function refusalPage(
  reason: keyof LinkTexts['refused'],
  locale: Locale,
  view: LinkView | null = null,
): string {
  const { title, advice } = linkTexts[locale].refused[reason];
  const parts = [`<h1>${escapeHtml(title)}</h1>`, paragraph(advice)];
  return page(locale, title, view === null ? parts : [...parts, about(view, locale, 'h2')]);
}

function about(view: LinkView, locale: Locale, heading: 'h1' | 'h2' = 'h1'): Part {
  const t = linkTexts[locale];
  const time = (at: number) => timeText(at, view.timeZone);
  const { colon } = channelTexts[locale];
  const alerts = view.alerts.map(({ title, since, heldBy }) => {
    const parts = [title, `${t.since}${colon}${time(since)}`, ...(heldBy === null ? [] : [t.held(heldBy)])];
    return `<li>${parts.map(escapeHtml).join('<br>')}</li>`;
  });
  const more = view.more > 0 ? paragraph(t.more(view.more)) : '';
  const confirmed = view.confirmations.map(({ who, at, via }) =>
    paragraph(t.confirmed(who, time(at), t.via[via])),
  );
  return [
    `<${heading}>${escapeHtml(view.title)}</${heading}>`,
    `<dl>${row(t.receiver, view.receiver)}${row(t.sentTo, view.recipient)}</dl>`,
    `<h2>${t.alerts}</h2><ul>${alerts.join('')}</ul>${more}`,
    confirmed.length === 0 ? paragraph(t.nobodyYet) : confirmed.join(''),
  ].join('');
}

function confirmForm({ confirm, name, note }: LinkTexts): Part {
  return form('confirm', confirm.title, confirm.button, [
    paragraph(confirm.says),
    field(name, 'name', longestName, 'name'),
    field(note, 'note', longestNote, 'off'),
  ]);
}

function silenceForm(silence: NonNullable<LinkView['silence']>, { silence: t, name, note }: LinkTexts): Part {
  const options = silence.spans.map((ms) => `<option value="${ms / 60_000}">${spanText(ms)}</option>`);
  return form('silence', t.title, t.button, [
    paragraph(`${t.matchers}: ${silence.matchers.join(', ')}`),
    paragraph(t.says(silence.firing)),
    `<label>${t.span}<select name="minutes">${options.join('')}</select></label>`,
    field(name, 'name', longestName, 'name'),
    field(note, 'note', longestNote, 'off'),
  ]);
}

function form(action: 'confirm' | 'silence', title: string, button: string, parts: readonly Part[]): Part {
  const hidden = `<input type="hidden" name="action" value="${action}">`;
  return `<section id="${action}"><form method="post"><h2>${title}</h2>${parts.join('')}${hidden}<button>${button}</button></form></section>`;
}

function field(label: string, name: string, longest: number, fill: string): Part {
  return `<label>${label}<input name="${name}" maxlength="${longest}" autocomplete="${fill}"></label>`;
}

const row = (name: string, value: string): Part => `<dt>${name}</dt><dd>${escapeHtml(value)}</dd>`;
const paragraph = (text: string): Part => `<p>${escapeHtml(text)}</p>`;

function page(locale: Locale, title: string, parts: readonly Part[]): string {
  return [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="robots" content="noindex,nofollow"><meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>`,
    ...parts,
    '</main></body></html>\n',
  ].join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
