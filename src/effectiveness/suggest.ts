// Suggestions for one rule. Every change is replayed on the stored samples beside the rule as it is, all in one replay;
// what is chosen is replayed once more under the rule's own name, with its messages, and shown only if that proves it too.
// At most two replays and one for each suggestion: what a question costs is bounded.
import {
  type Candidate,
  choose,
  earlierCandidates,
  type Firing,
  fewerCandidates,
  mostSuggestions,
  type Proof,
  type Protected,
  proofOf,
  protectedOf,
  type RuleEpisode,
  ruleFigures,
  seriesKey,
  type Told,
} from '../../analysis/effectiveness/index.ts';
import { formatDuration } from '../../rules/duration.ts';
import type { Rule } from '../../rules/types.ts';
import { beginOf, replayed, type Surroundings, startOf } from '../replay/backtest.ts';
import { TooLarge } from '../replay/questions.ts';
import type { Recorded } from '../replay/recorded.ts';
import type { Recording } from '../replay/recording.ts';
import type { RuleEpisodes } from '../store/sqlite/rule-episodes.ts';
import type { ProvenSuggestion, Silence, SuggestAnswer, SuggestQuestion } from './questions.ts';
import { changedRule, patchOf, tunableOf } from './tune.ts';

/** They are replayed five times at most: half a minute on a slow machine. */
const mostSamples = 500_000;
/** Samples times versions of the rule, in the one replay of all of them. */
const mostEvaluations = 16_000_000;

interface Version {
  readonly candidate: Candidate;
  readonly rule: Rule;
}

/** The changes to try on a rule, as rules; none where it cannot be tuned. */
export function versionsOf(
  { rule, only }: Pick<SuggestQuestion, 'rule' | 'only'>,
  episodes: readonly RuleEpisode[],
  late: boolean,
): readonly Version[] {
  const values = episodes.flatMap(({ actedAt, value }) =>
    actedAt === null && value !== null ? [value] : [],
  );
  const tunable = tunableOf(rule);
  const candidates = only
    ? [only]
    : [...(late ? earlierCandidates(tunable) : []), ...fewerCandidates(tunable, values)];
  return candidates.flatMap((candidate): Version[] => {
    const changed = changedRule(rule, candidate.change);
    return changed === null || changed.hash === rule.hash ? [] : [{ candidate, rule: changed }];
  });
}

/** So many at most, from all over the list: every kind of change is in it. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  const place = (i: number) => Math.floor((i * most) / items.length);
  return items.filter((_, i) => i === 0 || place(i) !== place(i - 1));
}

/**
 * `recordedFor` gives what these rules read of the span and what they need before it.
 * @throws TooLarge
 */
export async function suggest(
  question: SuggestQuestion,
  { episodes: all, reports }: RuleEpisodes,
  recordedFor: (rules: readonly Rule[]) => Recorded,
  around: Surroundings,
): Promise<SuggestAnswer> {
  const { rule, others, namedBy, from, to, only } = question;
  const episodes = all.filter((one) => one.rule === rule.name);
  const actedOn = episodes.filter(({ actedAt }) => actedAt !== null).length;
  const figures = ruleFigures(all, reports, to).find((one) => one.rule === rule.name);
  let tried = 0;
  const answer = (suggestions: readonly ProvenSuggestion[], none: Silence | null): SuggestAnswer => ({
    ...{ from, to, fired: episodes.length, actedOn, tried },
    ...{ suggestions, none: suggestions.length > 0 ? null : none },
  });
  if (namedBy.length > 0) return answer([], 'named_by_others');
  if (episodes.length === 0 && only === null) return answer([], 'never_fired');
  let versions = versionsOf(question, episodes, (figures?.late.count ?? 0) > 0);
  if (versions.length === 0) return answer([], 'nothing_to_tune');

  const ruled = versions.map((version) => version.rule);
  const recorded = recordedFor([rule, ...others, ...ruled]);
  if (recorded.times.length > mostSamples)
    throw new TooLarge(`more than ${mostSamples} samples to try changes on; ask for a shorter span`);
  versions = spread(versions, Math.floor(mostEvaluations / Math.max(1, recorded.times.length)));
  const startAt = startOf(beginOf([rule, ...others, ...ruled], from), recorded);
  const replay = async (rules: readonly Rule[]) =>
    (await replayed([...rules, ...others], recorded, around, startAt, to)).recording;

  const own = await replay([rule]);
  const baseline = toldBy(own, rule.name, from);
  const kept = protectedOf(episodes, baseline.firings);
  if (kept.missing.length > 0) return answer([], 'not_reproduced');
  tried = versions.length;
  const named = versions.map((version, i) => ({ ...version, name: `${rule.name} (${i + 1})` }));
  const together = await replay(named.map((version) => ({ ...version.rule, name: version.name })));
  const outcomes = named.map(({ candidate, name }) => ({ candidate, ...toldBy(together, name, from) }));
  const chosen = only
    ? outcomes.map(({ candidate, firings, fired }) => ({
        ...candidate,
        ...{ before: baseline.fired, after: fired, proof: proofOf(kept, firings) },
      }))
    : [...choose(kept, baseline, outcomes, 'earlier'), ...choose(kept, baseline, outcomes, 'fewer')];

  const proven: ProvenSuggestion[] = [];
  for (const { goal, change, before } of chosen.slice(0, mostSuggestions)) {
    const changed = changedRule(rule, change)!;
    const recording = await replay([changed]);
    const told = toldBy(recording, rule.name, from);
    const proof = proofOf(kept, told.firings);
    if (proof.lost > 0) continue;
    const patch = patchOf(change);
    const alerts = { before, after: told.fired };
    proven.push({
      ...{ goal, change, patch, hash: changed.hash, alerts },
      messages: { before: messagesOf(own, rule.name, from), after: messagesOf(recording, rule.name, from) },
      ...{ latestMs: proof.latestMs, medianMs: proof.medianMs },
      text: textOf({ goal, patch, alerts, proof, kept }),
    });
  }
  return answer(proven, 'nothing_found');
}

/** What a recording tells of one rule: its firings, and how many began at `from` or later. */
function toldBy({ transitions }: Recording, name: string, from: number): Told {
  const firings = new Map<string, Firing & { to: number | null }>();
  for (const { kind, rule, alertId, labels, sampleAt } of transitions) {
    if (rule !== name) continue;
    if (kind === 'firing') firings.set(alertId, { series: seriesKey(labels), from: sampleAt, to: null });
    const open = kind === 'resolved' ? firings.get(alertId) : undefined;
    if (open) open.to = sampleAt;
  }
  const all = [...firings.values()];
  return { firings: all, fired: all.filter((one) => one.from >= from).length };
}

function messagesOf({ messages }: Recording, name: string, from: number): number {
  return messages.filter(
    ({ at, alerts }) => at >= from && alerts.some(({ labels }) => labels.alertname === name),
  ).length;
}

function textOf({
  goal,
  patch,
  alerts,
  proof,
  kept,
}: Pick<ProvenSuggestion, 'goal' | 'patch' | 'alerts'> & {
  readonly proof: Proof;
  readonly kept: Protected;
}): string {
  const span = (ms: number) => formatDuration(Math.round(ms / 1_000) * 1_000);
  const keys = Object.entries(patch).map(([key, value]) => `${key} ${value}`);
  const parts = [`${keys.join(', ')}: ${alerts.before} → ${alerts.after} alerts`];
  if (kept.episodes > 0) parts.push(`none of the ${kept.episodes} that people acted on lost`);
  if (goal === 'earlier') parts.push(`these ${span(-proof.medianMs)} earlier in the median`);
  else if (proof.latestMs > 0) parts.push(`these at most ${span(proof.latestMs)} later`);
  return parts.join(', ');
}
