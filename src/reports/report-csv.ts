// A report as one table (RFC 4180): section, name, detail, figure, value. A row is one figure, so that sections of different
// shape fit into one file. Spreadsheets take a cell that begins with a sign for a formula: such cells get an apostrophe.
import { canonicalLabels } from '../../rules/labels.ts';
import { dateText } from '../statistics/calendar.ts';
import type { EpisodeFigures } from '../statistics/figures.ts';
import type { Spread } from '../statistics/spread.ts';
import type { Report } from './report.ts';

type Cell = string | number | null;

/** Also behind blanks, and in the wide forms that East Asian spreadsheets read alike. */
const formula = /^[\s\p{Cc}]*[=+\-@＝＋－＠]|^\p{Cc}/u;

/** One cell. Numbers of ours are never negative and stay as they are. */
export function csvCell(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function reportCsv(report: Report): string {
  const { figures, zone } = report;
  const rows: Cell[][] = [['section', 'name', 'detail', 'figure', 'value']];
  const add = (section: string, name: Cell, detail: Cell, values: Readonly<Record<string, Cell>>) => {
    for (const [figure, value] of Object.entries(values))
      if (value !== null) rows.push([section, name, detail, figure, value]);
  };
  add('report', figures.tenant, null, {
    from: new Date(report.from).toISOString(),
    to: new Date(report.to).toISOString(),
    tz: zone,
    made_at: new Date(report.madeAt).toISOString(),
  });
  add('total', null, null, ofEpisodes(figures.total));
  for (const { name, ...each } of figures.by.severity) add('severity', name, null, ofEpisodes(each));
  for (const { name, ...each } of figures.by.rule) add('rule', name, null, ofEpisodes(each));
  for (const { from, fired, events, resolved } of figures.buckets)
    add('day', dateText(from, zone), null, { alerts: fired, events, resolved });
  for (const { labels, fired, events } of figures.labelSets)
    add('label_set', canonicalLabels(labels), null, { alerts: fired, events });
  for (const { channel, deliveries, states, attempts, timeToAccept, lost } of figures.channels) {
    add('channel', channel, null, { deliveries, attempts, ...states, ...ofSpread('accept', timeToAccept) });
    for (const { state, reason, count } of lost) add('lost', channel, reason, { [state]: count });
  }
  for (const { kind, reason, count } of figures.heldBack) add('held_back', kind, reason, { count });
  const { lasted, ...storms } = figures.storms;
  add('storms', null, null, { ...storms, ...ofSpread('calm', lasted) });
  for (const { kind, actor, count } of figures.acts) add('audit', kind, actor, { count });
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function ofEpisodes(figures: EpisodeFigures): Record<string, Cell> {
  return {
    alerts: figures.fired,
    open: figures.open,
    resolved: figures.resolved,
    resolved_by_hand: figures.resolvedByHand,
    acknowledged: figures.acknowledged,
    events: figures.events,
    ...ofSpread('acknowledge', figures.timeToAcknowledge),
    ...ofSpread('resolve', figures.timeToResolve),
  };
}

function ofSpread(what: string, spread: Spread | null): Record<string, Cell> {
  return {
    [`time_to_${what}_mean_ms`]: spread?.meanMs ?? null,
    [`time_to_${what}_median_ms`]: spread?.medianMs ?? null,
    [`time_to_${what}_p90_ms`]: spread?.p90Ms ?? null,
  };
}
