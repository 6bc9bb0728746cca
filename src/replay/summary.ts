// The record of a replay in figures for each rule, clipped to the span that was asked for.
import type { AlertMessage, NotifyReason } from '../../channels/message.ts';
import type { Labels, Rule } from '../../rules/types.ts';
import type { RuleOutcome, SideOutcome } from './questions.ts';
import type { Recording } from './recording.ts';

/** An alert that fires again so soon after its end flaps. */
const flapMs = 600_000;
const mostTop = 10;

interface Firing {
  readonly key: string;
  readonly labels: Labels;
  readonly from: number;
  /** Null while it goes on. */
  to: number | null;
}

export function summarise(
  rules: readonly Rule[],
  { transitions, messages }: Pick<Recording, 'transitions' | 'messages'>,
  from: number,
  to: number,
): SideOutcome {
  const within = (at: number) => at >= from && at <= to;
  const firings = new Map<string, Firing[]>(rules.map(({ name }) => [name, []]));
  const cleared = new Map<string, number>();
  for (const { kind, rule, alertId, key, labels, sampleAt } of transitions) {
    const own = rule === null ? undefined : firings.get(rule);
    if (rule === null || own === undefined) continue;
    if (kind === 'firing') own.push({ key: `${key} ${alertId}`, labels, from: sampleAt, to: null });
    if (kind === 'resolved') {
      const open = own.findLast((firing) => firing.key === `${key} ${alertId}`);
      if (open) open.to = sampleAt;
    }
    if (kind === 'cleared' && within(sampleAt)) cleared.set(rule, (cleared.get(rule) ?? 0) + 1);
  }
  const sent = messages.filter(({ at }) => within(at));
  return {
    rules: rules.map(({ name }) =>
      outcomeOf(name, firings.get(name)!, cleared.get(name) ?? 0, sent, from, to),
    ),
    messages: sent.length,
    messagesByReceiver: counted(sent.map(({ receiver }) => receiver)),
    messagesByReason: counted(sent.map(({ reason }) => reason)) as Partial<Record<NotifyReason, number>>,
  };
}

function outcomeOf(
  rule: string,
  firings: readonly Firing[],
  cleared: number,
  messages: readonly AlertMessage[],
  from: number,
  to: number,
): RuleOutcome {
  const seen = firings.filter((firing) => firing.from <= to && (firing.to ?? to) >= from);
  const sets = new Map<string, { labels: Labels; fired: number; firingMs: number }>();
  const lastEnd = new Map<string, number>();
  let fired = 0;
  let flaps = 0;
  let firingMs = 0;
  for (const firing of seen) {
    const name = JSON.stringify(firing.labels);
    const set = sets.get(name) ?? { labels: firing.labels, fired: 0, firingMs: 0 };
    sets.set(name, set);
    const ms = Math.max(0, Math.min(firing.to ?? to, to) - Math.max(firing.from, from));
    set.firingMs += ms;
    firingMs += ms;
    if (firing.from >= from) {
      set.fired += 1;
      fired += 1;
      const ended = lastEnd.get(name);
      if (ended !== undefined && firing.from - ended <= flapMs) flaps += 1;
    }
    if (firing.to !== null) lastEnd.set(name, firing.to);
  }
  const top = [...sets.values()].sort((a, b) => b.firingMs - a.firingMs || b.fired - a.fired);
  return {
    rule,
    fired,
    flaps,
    cleared,
    firingAtStart: seen.filter((firing) => firing.from < from).length,
    firingAtEnd: seen.filter((firing) => firing.to === null || firing.to > to).length,
    firingMs,
    labelSets: sets.size,
    top: top.slice(0, mostTop),
    messages: messages.filter(({ alerts }) => alerts.some(({ labels }) => labels.alertname === rule)).length,
  };
}

function counted(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
