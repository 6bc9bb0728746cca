// What a digest says in sum: of its span how many of each kind, and examples of what they are about.
import type { MessageDigest } from '../../channels/message.ts';
import { collects } from './digest.ts';
import { lastOnTheClock } from './on-the-clock.ts';
import type { AlertRow } from './rows.ts';
import type { Group } from './state.ts';

/** Kinds that are counted by name; the rest is one sum. */
const mostKinds = 50;
/** Examples of one kind, and how long each may be. */
const mostSubjects = 5;
const longestSubject = 120;

/** The group is a digest that goes out now, or went due before. */
export function digestSummary(
  group: Group,
  said: { readonly changed: readonly AlertRow[]; readonly standing: readonly AlertRow[] },
  now: number,
): MessageDigest {
  const { row } = group;
  const plan = collects(group);
  const to = Math.min(row.collectUntil ?? now, now);
  const began = plan ? lastOnTheClock(to, plan.everyMs, plan.zone) : to;
  // After one that went out early the span is what is left of it.
  const from = row.lastSentAt !== null && row.lastSentAt < to ? Math.max(began, row.lastSentAt) : began;
  const byKind = new Map<string, AlertRow[]>();
  for (const alert of said.changed) {
    const name = alert.labels.alertname ?? alert.rule ?? alert.source;
    const known = byKind.get(name);
    if (known) known.push(alert);
    else byKind.set(name, [alert]);
  }
  const kinds = [...byKind].sort((a, b) => b[1].length - a[1].length);
  return {
    ...{ from, to, zone: plan?.zone ?? 'UTC', total: said.changed.length, standing: said.standing.length },
    kinds: kinds.slice(0, mostKinds).map(([name, alerts]) => ({
      ...{ name, count: alerts.length },
      resolved: alerts.filter(({ kind, state }) => kind === 'alert' && state === 'resolved').length,
      subjects: subjectsOf(alerts),
    })),
    others: kinds.slice(mostKinds).reduce((sum, [, alerts]) => sum + alerts.length, 0),
  };
}

/** Labels that say what kind it is, and not what it is about. */
const ofTheKind = new Set(['alertname', 'severity', 'category', 'type']);

/** The first few different ones: the label `subject`, else the labels in which those of a kind differ, else the text. */
export function subjectsOf(alerts: readonly AlertRow[]): readonly string[] {
  const [first] = alerts;
  const same = (name: string) => alerts.every(({ labels }) => labels[name] === first?.labels[name]);
  const common =
    alerts.length > 1 ? new Set(Object.keys(first?.labels ?? {}).filter(same)) : new Set<string>();
  const subjects = new Set<string>();
  for (const alert of alerts) {
    if (subjects.size >= mostSubjects) break;
    const subject = subjectOf(alert, common);
    if (subject !== '') subjects.add(subject.slice(0, longestSubject));
  }
  return [...subjects];
}

function subjectOf({ labels, annotations }: AlertRow, common: ReadonlySet<string>): string {
  if (labels.subject) return labels.subject;
  const own = Object.entries(labels).filter(([name]) => !ofTheKind.has(name) && !common.has(name));
  return own.length > 0 ? own.map(([, value]) => value).join(', ') : (annotations.summary ?? '');
}
