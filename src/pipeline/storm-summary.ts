// What a storm's summary says: how many of each kind came, alike in name and text, with the services that they are about
// and when the first and the last of them began.
import { type Template, Templates } from '../../analysis/similarity/templates.ts';
import type { MessageDigest } from '../../channels/message.ts';
import { subjectsOf } from './digest-summary.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { kindOf } from './storm.ts';

/** Lines that are told; the rest is one sum. */
const mostLines = 30;
const mostServices = 3;
/** Labels that name what an alert is about, the first that it has. */
const serviceLabels = ['service', 'app', 'job', 'component', 'instance', 'host'] as const;

/** Sums up what is said, which is not empty. */
export function stormSummary(
  { storms, routing }: PipelineState,
  { row }: Group,
  said: { readonly changed: readonly AlertRow[]; readonly standing: readonly AlertRow[] },
  now: number,
): MessageDigest {
  const { changed, standing } = said;
  const began = changed.map(({ firedAt }) => Math.min(firedAt ?? now, now));
  const lines = linesOf(changed, now);
  const since = storms.row?.startedAt ?? now;
  return {
    from: row.lastSentAt ?? began.reduce((min, at) => Math.min(min, at), now),
    to: now,
    zone: routing.timeZone ?? 'UTC',
    total: changed.length,
    standing: standing.length,
    kinds: lines.slice(0, mostLines),
    others: lines.slice(mostLines).reduce((sum, { count }) => sum + count, 0),
    storm: { since, count: storms.row?.count ?? changed.length },
  };
}

function linesOf(alerts: readonly AlertRow[], now: number): readonly MessageDigest['kinds'][number][] {
  const byKind = new Map<string, { templates: Templates; lines: Map<Template | null, AlertRow[]> }>();
  for (const alert of alerts) {
    const kind = kindOf(alert);
    let known = byKind.get(kind);
    if (!known) {
      known = { templates: new Templates(), lines: new Map() };
      byKind.set(kind, known);
    }
    const template = known.templates.add(alert.annotations.summary ?? alert.annotations.description ?? '');
    const line = known.lines.get(template);
    if (line) line.push(alert);
    else known.lines.set(template, [alert]);
  }
  return [...byKind]
    .flatMap(([name, { lines }]) =>
      [...lines].map(([template, of]) => {
        const text = template?.text ?? '';
        const began = of.map(({ firedAt }) => Math.min(firedAt ?? now, now));
        return {
          ...{ name, count: of.length },
          resolved: of.filter(({ kind, state }) => kind === 'alert' && state === 'resolved').length,
          subjects: subjectsOf(of),
          ...(text !== '' && { text }),
          services: servicesOf(of),
          firstAt: began.reduce((min, at) => Math.min(min, at)),
          lastAt: began.reduce((max, at) => Math.max(max, at)),
        };
      }),
    )
    .sort((a, b) => b.count - a.count);
}

function servicesOf(alerts: readonly AlertRow[]): readonly { name: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { labels } of alerts) {
    const label = serviceLabels.find((name) => labels[name]);
    const name = label && labels[label];
    if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .map(([name, count]) => ({ name: name.slice(0, 120), count }))
    .sort((a, b) => b.count - a.count)
    .slice(0, mostServices);
}
