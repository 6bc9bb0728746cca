// How well the rank of rules agrees with what they were made to be worth, and whether what is suggested loses anything
// that the team acted on. The evaluators are the real ones: everything that fires is a replay of the runtime.
import {
  type RankedRule,
  type RuleEpisode,
  ranked,
  ruleFigures,
  silentFigures,
} from '../../analysis/effectiveness/index.ts';
import type { Rule } from '../../rules/types.ts';
import { defaultLimits } from '../../src/config/config.ts';
import { suggest } from '../../src/effectiveness/suggest.ts';
import { changedRule } from '../../src/effectiveness/tune.ts';
import { replayed } from '../../src/replay/backtest.ts';
import type { GivenSample } from '../../src/replay/questions.ts';
import { recordedOf } from '../../src/replay/recorded.ts';
import { plainRouting } from '../../src/replay/routing.ts';
import { atLeast, exactly, type Report } from '../report.ts';
import {
  actedOn,
  beginAt,
  dayMs,
  type Happened,
  type Incident,
  isReal,
  kinds,
  type RuleWorld,
  ruleWorld,
} from './rule-world.ts';
import { spearman } from './spearman.ts';

/** Tuning looked at seeds below 1,000. */
const firstSeed = 1_001;
const seedCount = 24;
const seeds = Array.from({ length: seedCount }, (_, i) => firstSeed + i);
const days = 14;
/** Suggestions come of the last of these days, as many as the product looks at; the days after show what became of them. */
const suggestedDays = 7;
const heldDays = 7;

const around = { tenant: 'default', routing: plainRouting(), limits: defaultLimits, edges: [] };

type Samples = RuleWorld['samples'];

async function episodesOf(rules: readonly Rule[], samples: Samples, to: number): Promise<Happened[]> {
  const { recording } = await replayed(rules, recordedOf(samples), around, samples[0]!.timestamp - 1, to);
  const found = new Map<string, Happened & { pendingSince: number | null; resolvedAt: number | null }>();
  const pending = new Map<string, number>();
  for (const { kind, alertId, rule, labels, value, sampleAt } of recording.transitions) {
    if (rule === null) continue;
    if (kind === 'pending') pending.set(alertId, sampleAt);
    if (kind === 'firing') {
      const pendingSince = pending.get(alertId) ?? sampleAt;
      found.set(alertId, { rule, labels, value, pendingSince, firedAt: sampleAt, resolvedAt: null });
    }
    const open = kind === 'resolved' ? found.get(alertId) : undefined;
    if (open) open.resolvedAt = sampleAt;
  }
  return [...found.values()];
}

interface Ranked {
  readonly spearman: number;
  readonly standings: readonly { readonly kind: string; readonly standing: RankedRule['standing'] }[];
}

interface Suggested {
  /** Of rules with suggestions the first one. */
  readonly suggestions: number;
  readonly kept: number;
  readonly lost: number;
  readonly noise: { readonly before: number; readonly after: number };
  /** Real alerts of the weeks after, of the rule as it was, and those of them that the changed one tells. */
  readonly held: { readonly real: number; readonly told: number };
}

/** Whether some firing of the same rule's change overlaps the episode. */
const overlaps = (episode: Happened, others: readonly Happened[]) =>
  others.some(
    (one) =>
      one.labels.service === episode.labels.service &&
      one.firedAt < (episode.resolvedAt ?? Number.POSITIVE_INFINITY) &&
      (one.resolvedAt ?? Number.POSITIVE_INFINITY) > episode.firedAt,
  );

interface Weeks extends RuleWorld {
  readonly seed: number;
  readonly to: number;
  readonly before: Samples;
  readonly after: Samples;
  readonly episodes: readonly RuleEpisode[];
}

async function weeksOf(seed: number): Promise<Weeks> {
  const world = ruleWorld(seed, days + heldDays);
  const to = beginAt + days * dayMs;
  const before = world.samples.filter(({ timestamp }) => timestamp < to);
  const after = world.samples.filter(({ timestamp }) => timestamp >= to);
  const rules = world.rules.map(({ rule }) => rule);
  const episodes = actedOn(await episodesOf(rules, before, to), world.incidents, seed);
  return { ...world, seed, to, before, after, episodes };
}

function rankedOf({ rules, episodes, to }: Weeks): Ranked {
  const figures = new Map(ruleFigures(episodes, [], to).map((one) => [one.rule, one]));
  const feed = { enabled: true, whole: true, fed: true };
  const list = ranked(
    rules.map(({ rule }) => ({ figures: figures.get(rule.name) ?? silentFigures(rule.name), feed })),
    days * dayMs,
  );
  const byName = new Map(list.map((one) => [one.rule, one]));
  const own = rules.map(({ rule, kind, quality }) => ({ kind, quality, ...byName.get(rule.name)! }));
  return {
    spearman: spearman(
      own.map(({ worth }) => worth),
      own.map(({ quality }) => quality),
    ),
    standings: own.map(({ kind, standing }) => ({ kind, standing })),
  };
}

async function suggestedOf({ rules, episodes, before, after, incidents, to }: Weeks): Promise<Suggested> {
  const from = to - suggestedDays * dayMs;
  const sum = { suggestions: 0, kept: 0, lost: 0, before: 0, after: 0, real: 0, told: 0 };
  for (const { rule } of rules) {
    const ofRule = episodes.filter((one) => one.rule === rule.name && one.firedAt >= from);
    if (ofRule.length === 0) continue;
    const reads = ({ metric }: GivenSample) => 'metric' in rule && metric === rule.metric;
    const mine = before.filter((sample) => sample.timestamp >= from && reads(sample));
    const question = { rule, others: [], namedBy: [], from, to, only: null };
    const known = { episodes: episodes.filter(({ firedAt }) => firedAt >= from), reports: [] };
    const answer = await suggest(question, known, () => recordedOf(mine), around);
    const [first] = answer.suggestions;
    if (first === undefined) continue;
    const changed = changedRule(rule, first.change)!;
    sum.suggestions += 1;
    const then = await episodesOf([changed], mine, to);
    const acted = ofRule.filter(({ actedAt }) => actedAt !== null);
    sum.kept += acted.length;
    sum.lost += acted.filter((one) => !overlaps(one, then)).length;
    if (first.goal === 'fewer') {
      sum.before += noiseIn(ofRule, incidents);
      sum.after += noiseIn(then, incidents);
    }
    const later = after.filter(reads);
    const end = to + heldDays * dayMs;
    // Both in one replay: they read the same.
    const both = await episodesOf([rule, { ...changed, name: 'changed' }], later, end);
    const real = both.filter((one) => one.rule === rule.name && isReal(one, incidents));
    const told = both.filter((one) => one.rule === 'changed');
    sum.real += real.length;
    sum.told += real.filter((one) => overlaps(one, told)).length;
  }
  return {
    suggestions: sum.suggestions,
    kept: sum.kept,
    lost: sum.lost,
    noise: { before: sum.before, after: sum.after },
    held: { real: sum.real, told: sum.told },
  };
}

const noiseIn = (episodes: readonly (Happened | RuleEpisode)[], incidents: readonly Incident[]) =>
  episodes.filter((one) => !isReal(one, incidents)).length;

/** The rows of effectiveness; needs no data. */
export async function effectivenessRows(report: Report): Promise<void> {
  const ranks: Ranked[] = [];
  const suggested: Suggested[] = [];
  for (const seed of seeds) {
    const weeks = await weeksOf(seed);
    ranks.push(rankedOf(weeks));
    suggested.push(await suggestedOf(weeks));
  }
  const total = (of: (outcome: Suggested) => number) => suggested.reduce((sum, one) => sum + of(one), 0);
  const each = ranks.map((one) => one.spearman);
  const about = `${seeds.length} seeds from ${seeds[0]} on, ${days} days each`;
  const named = ranks.flatMap(({ standings }) => standings);
  const right = (kind: string) => {
    const own = named.filter((one) => one.kind === kind);
    return own.filter(({ standing }) => standing === kind).length / own.length;
  };
  report.row({
    id: 'signal.effectiveness.rank',
    value: each.reduce((sum, one) => sum + one, 0) / each.length,
    unit: `Spearman of our rank with what the rules were made to be worth, mean of ${about}`,
    bar: atLeast(0.8, 'count'),
    goal: 'value >= 0.9',
    spread: [Math.min(...each), Math.max(...each)],
    also: Object.fromEntries(kinds.map((kind) => [`called_${kind}`, right(kind)])),
  });
  report.row({
    id: 'signal.effectiveness.lost',
    value: total(({ lost }) => lost),
    unit: `alerts that the team acted on and that a suggestion would have lost, ${suggested.length} seeds`,
    bar: exactly(0),
    also: { suggestions: total((one) => one.suggestions), acted_on: total(({ kept }) => kept) },
  });
  const before = total(({ noise }) => noise.before);
  report.row({
    id: 'signal.effectiveness.noise_removed',
    value: 1 - total(({ noise }) => noise.after) / before,
    unit: 'of the alerts about nothing, in rules for which fewer are suggested',
    bar: null,
    also: { before, after: total(({ noise }) => noise.after) },
  });
  report.row({
    id: 'signal.effectiveness.weeks_after',
    value: total(({ held }) => held.told) / total(({ held }) => held.real),
    unit: `of the real alerts of the ${heldDays} days after, told by the changed rules too`,
    bar: null,
    also: { real: total(({ held }) => held.real) },
  });
}
