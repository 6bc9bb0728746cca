// How urgent things are, and the many words in which people say it (any case, with the aliases of other systems).

import type { Category, Priority, Severity } from './types.ts';
import { categories, priorities, severities } from './types.ts';

const severityAliases = { low: 'info', medium: 'warning' } as const;
const priorityAliases = { critical: 'P1', high: 'P2', medium: 'P3', low: 'P4', info: 'P5' } as const;

const severityWords = words<Severity>(severities, severityAliases);
const priorityWords = words<Priority>(priorities, priorityAliases);
const categoryWords = words<Category>(categories, {});

function words<Word extends string>(
  known: readonly Word[],
  aliases: Readonly<Record<string, Word>>,
): ReadonlyMap<string, Word> {
  return new Map([
    ...known.map((word): [string, Word] => [word.toLowerCase(), word]),
    ...Object.entries(aliases),
  ]);
}

/** A severity in any case; `low` is info and `medium` is warning. Undefined when it is none. */
export function parseSeverity(text: string): Severity | undefined {
  return severityWords.get(text.trim().toLowerCase());
}

/** P1..P5, or critical, high, medium, low, info for them, in any case. Undefined when it is none. */
export function parsePriority(text: string): Priority | undefined {
  return priorityWords.get(text.trim().toLowerCase());
}

/** A category in any case. Undefined when it is none. */
export function parseCategory(text: string): Category | undefined {
  return categoryWords.get(text.trim().toLowerCase());
}

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, high: 2, critical: 3, emergency: 4 };

/** 0 for info to 4 for emergency. */
export function severityRank(severity: Severity): number {
  return rank[severity];
}

/** One to one: emergency is P1, info is P5. */
export function priorityOf(severity: Severity): Priority {
  return priorities[priorities.length - 1 - rank[severity]]!;
}

/** The most urgent of some severities; `info` when there are none. */
export function mostUrgent(of: Iterable<Severity>): Severity {
  let most: Severity = 'info';
  for (const severity of of) if (rank[severity] > rank[most]) most = severity;
  return most;
}
