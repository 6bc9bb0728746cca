// How well the patterns of simulated worlds are found, and when. Of a finding that was said several times, what was said
// last is judged. It is right when at least half of all alerts that it or a true pattern of its kind names are named by both
// (Jaccard), each true pattern at most once: a second finding of the same thing is a false one.
import { watchPatterns } from '../../analysis/patterns/index.ts';
import { type PatternFinding, type PatternName, patternNames } from '../../analysis/patterns/pattern.ts';
import {
  type IncidentWorld,
  simulateIncidents,
  type TruePattern,
} from '../../src/testing/incidents/index.ts';

const advanceMs = 10_000;
const leastOverlap = 0.5;

/** One finding: all that was said of it. */
type Said = readonly PatternFinding[];

/** Every news in its order, and the time that passes between, ten seconds at a time. */
export function recognise(
  world: IncidentWorld,
  names: readonly PatternName[] = patternNames,
): PatternFinding[] {
  const watch = watchPatterns(names);
  const context = { edges: world.declaredEdges };
  const found: PatternFinding[] = [];
  let now = world.from;
  for (const news of world.news) {
    for (; now + advanceMs < news.seenAt; now += advanceMs)
      found.push(...watch.advance(now + advanceMs, context));
    found.push(...watch.observe(news, context));
  }
  return found;
}

export interface PatternScore {
  right: number;
  /** Findings that are no pattern, and second findings of one. */
  wrong: number;
  missed: number;
  /** From the complete evidence to the first that was said of it; never below nothing. */
  readonly delaysMs: number[];
  /** What was claimed of each finding when it was last said, and whether it is right. */
  readonly claims: { readonly confidence: number; readonly right: boolean }[];
}

export const f1Of = ({ right, wrong, missed }: PatternScore): number =>
  (2 * right) / (2 * right + wrong + missed);

export type PatternScores = Record<PatternName, PatternScore>;

export const noScore = (): PatternScore => ({ right: 0, wrong: 0, missed: 0, delaysMs: [], claims: [] });

/** All worlds together, each pattern by itself. */
export function scorePatterns(seeds: readonly number[], missingEdges: number): PatternScores {
  const scores = Object.fromEntries(patternNames.map((name) => [name, noScore()])) as PatternScores;
  for (const seed of seeds) {
    const world = simulateIncidents(seed, { series: false, missingEdges });
    const findings = recognise(world);
    for (const name of patternNames) scoreOne(scores[name], world.truth.patterns, name, findings);
  }
  return scores;
}

/** Adds what was said of one pattern in one world. */
export function scoreOne(
  score: PatternScore,
  truth: readonly TruePattern[],
  name: PatternName,
  all: Said,
): void {
  const byKey = new Map<string, PatternFinding[]>();
  for (const finding of all)
    if (finding.pattern === name) byKey.set(finding.key, [...(byKey.get(finding.key) ?? []), finding]);
  const truths = truth
    .filter(({ pattern }) => pattern === name)
    .map((truth) => ({ truth, ids: new Set(truth.alerts) }));
  const pairs = [...byKey.values()].flatMap((said) =>
    truths.map(({ truth, ids }) => ({ said, truth, ids, overlap: overlapOf(said.at(-1)!, ids) })),
  );
  pairs.sort((one, other) => other.overlap - one.overlap);
  const taken = new Set<object>();
  for (const { said, truth, ids, overlap } of pairs) {
    if (overlap < leastOverlap || taken.has(said) || taken.has(truth)) continue;
    taken.add(said);
    taken.add(truth);
    score.right++;
    const first = said.find(({ alerts }) => 2 * alerts.filter((id) => ids.has(id)).length >= alerts.length)!;
    score.delaysMs.push(Math.max(0, first.foundAt - truth.completeAt));
  }
  for (const said of byKey.values()) {
    score.claims.push({ confidence: said.at(-1)!.confidence, right: taken.has(said) });
    if (!taken.has(said)) score.wrong++;
  }
  score.missed += truths.filter(({ truth }) => !taken.has(truth)).length;
}

/** Jaccard; a finding with more alerts than it names is taken to be all like those that it names. */
function overlapOf({ alerts, figures }: PatternFinding, truth: ReadonlySet<string>): number {
  const named = alerts.filter((id) => truth.has(id)).length;
  const all = figures.alerts ?? alerts.length;
  const both = (named / alerts.length) * all;
  return both / (all + truth.size - both);
}
