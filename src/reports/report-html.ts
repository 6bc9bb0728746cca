// A report for people: one page without script or anything to load, for phones and for paper.
import { createHash } from 'node:crypto';
import type { Locale } from '../../channels/message.ts';
import { texts } from '../../channels/texts.ts';
import { formatDuration } from '../../rules/duration.ts';
import { dateText, minuteText } from '../statistics/calendar.ts';
import type { EpisodeFigures, StormFigures } from '../statistics/figures.ts';
import type { Spread } from '../statistics/spread.ts';
import type { Report } from './report.ts';
import { type ReportTexts, reportTexts } from './report-texts.ts';

const style = `body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:60rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:1.75rem 0 .5rem;break-after:avoid}
p{margin:.15rem 0}.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #ccc;vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}td.t{overflow-wrap:anywhere;min-width:8rem}tr{break-inside:avoid}
.more{color:#555}@media print{body{max-width:none;padding:0;font-size:11pt}.wide{overflow:visible}}`;

/** What a page needs that may load and run nothing: its own style, by its digest. */
export const reportPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256')
  .update(style)
  .digest('base64')}'; base-uri 'none'; form-action 'none'`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in an element or an attribute; controls, which have no place in a page, are left out. */
export function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => entities[character]!)
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) => (/[\t\n]/.test(character) ? ' ' : ''));
}

interface Column<Row> {
  readonly name: string;
  /** A number is shown as one, at the right. */
  readonly of: (row: Row) => string | number;
  readonly figure?: boolean;
}

export function reportHtml(report: Report, locale: Locale): string {
  const t = reportTexts[locale];
  const { figures, zone } = report;
  const count = new Intl.NumberFormat(locale);
  const cell = (value: string | number) => (typeof value === 'number' ? count.format(value) : escaped(value));

  const table = <Row>(title: string, rows: readonly Row[], columns: readonly Column<Row>[], more = 0) => {
    const head = columns.map(
      ({ name, figure }) => `<th${figure ? ' class="n"' : ''} scope="col">${escaped(name)}</th>`,
    );
    const lines = rows.map((row) => {
      const cells = columns.map(
        ({ of, figure }) => `<td class="${figure ? 'n' : 't'}">${cell(of(row))}</td>`,
      );
      return `<tr>${cells.join('')}</tr>`;
    });
    const body =
      rows.length === 0
        ? `<p>${escaped(t.nothing)}</p>`
        : `<div class="wide"><table><thead><tr>${head.join('')}</tr></thead><tbody>${lines.join('\n')}</tbody></table></div>`;
    const rest = more > 0 ? `<p class="more">${escaped(t.andMore(more))}</p>` : '';
    return `<h2>${escaped(title)}</h2>\n${body}${rest}`;
  };

  const lost = figures.channels.flatMap(({ channel, lost: each }) =>
    each.map((one) => ({ channel, ...one })),
  );
  const colon = texts[locale].colon;
  const line = (name: string, value: string) => `<p>${escaped(`${name}${colon}${value}`)}</p>`;
  const sections = [
    table(t.summary, summaryOf(figures.total, t), [
      { name: '', of: ([name]) => name },
      { name: t.count, of: ([, value]) => value, figure: true },
    ]),
    table(t.bySeverity, figures.by.severity, [
      { name: t.severity, of: ({ name }) => severityText(name, locale) },
      ...episodeColumns(t),
    ]),
    table(t.byDay, figures.buckets, [
      { name: t.day, of: ({ from }) => dateText(from, zone) },
      { name: t.alerts, of: ({ fired }) => fired, figure: true },
      { name: t.resolved, of: ({ resolved }) => resolved, figure: true },
      { name: t.events, of: ({ events }) => events, figure: true },
    ]),
    table(
      t.noisiestRules,
      figures.by.rule,
      [{ name: t.rule, of: ({ name }) => name ?? t.noRule }, ...episodeColumns(t)],
      figures.more.rule,
    ),
    table(t.noisiestLabels, figures.labelSets, [
      { name: t.labels, of: ({ labels }) => labelsText(labels) },
      { name: t.alerts, of: ({ fired }) => fired, figure: true },
      { name: t.events, of: ({ events }) => events, figure: true },
    ]),
    table(t.deliveries, figures.channels, [
      { name: t.channel, of: ({ channel }) => channel },
      ...(['delivered', 'sent', 'dead', 'dropped', 'queued', 'sending'] as const).map((state) => ({
        name: t.state[state],
        of: ({ states }: (typeof figures.channels)[number]) => states[state],
        figure: true,
      })),
      { name: t.attempts, of: ({ attempts }) => attempts, figure: true },
      { name: t.toAccept, of: ({ timeToAccept }) => spreadText(timeToAccept, t), figure: true },
    ]),
    table(t.deadLetters, lost, [
      { name: t.channel, of: ({ channel }) => channel },
      { name: t.decision, of: ({ state }) => t.state[state] },
      { name: t.reason, of: ({ reason }) => reason ?? '' },
      { name: t.count, of: (row) => row.count, figure: true },
    ]),
    table(t.heldBack, figures.heldBack, [
      { name: t.decision, of: ({ kind }) => t.held[kind] },
      { name: t.reason, of: ({ reason }) => reasonText(reason, t) },
      { name: t.count, of: (row) => row.count, figure: true },
    ]),
    table(t.storms, figures.storms.storms === 0 ? [] : stormRows(figures.storms, t), [
      { name: '', of: ([name]) => name },
      { name: t.count, of: ([, value]) => value, figure: true },
    ]),
    ...(report.withAudit
      ? [
          table(t.audit, figures.acts, [
            { name: t.act, of: ({ kind }) => kind },
            { name: t.actor, of: ({ actor }) => actor ?? '' },
            { name: t.count, of: (row) => row.count, figure: true },
          ]),
        ]
      : []),
  ];
  return `<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escaped(reportPolicy)}">
<meta name="robots" content="noindex">
<title>${escaped(`${t.title} ${dateText(report.from, zone)}`)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(t.title)}</h1>
${line(t.tenant, figures.tenant)}
${line(t.period, `${minuteText(report.from, zone)} – ${minuteText(report.to, zone)} (${zone})`)}
${line(t.madeAt, minuteText(report.madeAt, zone))}
${sections.join('\n')}
</body>
</html>
`;
}

function summaryOf(total: EpisodeFigures, t: ReportTexts): (readonly [string, string | number])[] {
  return [
    [t.alerts, total.fired],
    [t.open, total.open],
    [t.resolved, total.resolved],
    [t.byHand, total.resolvedByHand],
    [t.acknowledged, total.acknowledged],
    [t.events, total.events],
    [t.toAcknowledge, spreadText(total.timeToAcknowledge, t)],
    [t.toResolve, spreadText(total.timeToResolve, t)],
  ];
}

function stormRows(storms: StormFigures, t: ReportTexts): (readonly [string, string | number])[] {
  return [
    [t.storms, storms.storms],
    [t.lasted, spreadText(storms.lasted, t)],
    [t.came, storms.came],
    [t.summed, storms.summed],
    [t.alone, storms.alone],
    [t.summaries, storms.summaries],
    [t.saved, storms.saved],
  ];
}

function episodeColumns(t: ReportTexts): Column<EpisodeFigures>[] {
  return [
    { name: t.alerts, of: ({ fired }) => fired, figure: true },
    { name: t.open, of: ({ open }) => open, figure: true },
    { name: t.acknowledged, of: ({ acknowledged }) => acknowledged, figure: true },
    { name: t.events, of: ({ events }) => events, figure: true },
    { name: t.toAcknowledge, of: ({ timeToAcknowledge }) => spreadText(timeToAcknowledge, t), figure: true },
    { name: t.toResolve, of: ({ timeToResolve }) => spreadText(timeToResolve, t), figure: true },
  ];
}

function spreadText(spread: Spread | null, t: ReportTexts): string {
  if (spread === null) return '–';
  return `${spanText(spread.medianMs)} (${t.mean} ${spanText(spread.meanMs)}, ${t.p90} ${spanText(spread.p90Ms)})`;
}

/** Whole seconds; below one, milliseconds. */
function spanText(ms: number): string {
  return formatDuration(ms < 1_000 ? ms : Math.round(ms / 1_000) * 1_000);
}

function severityText(name: string | null, locale: Locale): string {
  const words: Readonly<Record<string, string>> = texts[locale].severity;
  return name === null ? '' : Object.hasOwn(words, name) ? words[name]! : name;
}

function reasonText(reason: string | null, t: ReportTexts): string {
  const words: Readonly<Record<string, string>> = t.heldReason;
  return reason === null ? '' : Object.hasOwn(words, reason) ? words[reason]! : reason;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ');
}
