// What is remembered of a pattern while it goes on: its alerts, of very many the first and the latest, and what they share.
import type { Mark } from './mark.ts';
import type { PatternFinding, PatternName } from './pattern.ts';

const firstKept = 100;
const latestKept = 100;
const labelsKept = 20;

/** One occurrence of a pattern. */
export interface Occurrence {
  readonly key: string;
  readonly first: string[];
  /** A ring: the oldest is at `count % latestKept` when it is full. */
  readonly latest: string[];
  count: number;
  from: number;
  to: number;
  scope: Record<string, string>;
  /** How many alerts it had when it was last said, and when that was. */
  saidCount: number;
  saidAt: number;
}

export function occurrenceOf(key: string, marks: readonly Mark[]): Occurrence {
  const occurrence: Occurrence = {
    key,
    first: [],
    latest: [],
    count: 0,
    from: Number.POSITIVE_INFINITY,
    to: Number.NEGATIVE_INFINITY,
    scope: Object.fromEntries(Object.entries(marks[0]?.labels ?? {}).slice(0, labelsKept)),
    saidCount: 0,
    saidAt: 0,
  };
  for (const mark of marks) grow(occurrence, mark);
  return occurrence;
}

export function grow(occurrence: Occurrence, { id, at, labels }: Mark): void {
  if (occurrence.first.length < firstKept) occurrence.first.push(id);
  else occurrence.latest[(occurrence.count - firstKept) % latestKept] = id;
  occurrence.count++;
  occurrence.from = Math.min(occurrence.from, at);
  occurrence.to = Math.max(occurrence.to, at);
  for (const name in occurrence.scope)
    if (labels[name] !== occurrence.scope[name]) delete occurrence.scope[name];
}

/** Every alert of a small one, then one in ten or what came within ten seconds: a large one is not said for each alert. */
export function worthSaying({ count, saidCount, saidAt }: Occurrence, now: number): boolean {
  if (count === saidCount) return false;
  return count <= 20 || count >= 1.1 * saidCount || now >= saidAt + 10_000;
}

export function findingOf(
  pattern: PatternName,
  occurrence: Occurrence,
  foundAt: number,
  confidence: number,
  figures: Readonly<Record<string, number>>,
): PatternFinding {
  const { key, first, latest, count, from, to, scope } = occurrence;
  occurrence.saidCount = count;
  occurrence.saidAt = foundAt;
  const turn = latest.length < latestKept ? 0 : (count - firstKept) % latestKept;
  return {
    pattern,
    key: `${pattern}/${key}`,
    alerts: [...first, ...latest.slice(turn), ...latest.slice(0, turn)],
    from,
    to,
    foundAt,
    confidence: Math.min(1, Math.max(0, confidence)),
    figures: { alerts: count, ...figures },
    scope: { ...scope },
  };
}
