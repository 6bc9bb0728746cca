// Rules in the order of what they are worth, each with one word for how it does.
import type { RuleFigures } from './figures.ts';

export const ruleStandings = [
  'good',
  'mixed',
  'late',
  'noisy',
  'dead',
  'quiet',
  'no_data',
  'new',
  'disabled',
] as const;
/**
 * `good`: people act on most of it. `mixed`: neither one nor the other, or too little to say. `late`: most of what people
 * act on came late. `noisy`: noise of at least .4 in five alerts or more. Of rules that never fired: `dead` although
 * samples came for at least a week, `no_data` because none came, `quiet` where the span is shorter, or its samples are not
 * known. `new`: it did not run for all of the span and has not fired. `disabled`: it does not run.
 */
export type RuleStanding = (typeof ruleStandings)[number];

/** What is known of a rule beside its episodes. */
export interface RuleFeed {
  readonly enabled: boolean;
  /** It ran from the beginning of the span on. */
  readonly whole: boolean;
  /** Samples or events for it came in the span; null: not known. */
  readonly fed: boolean | null;
}

export interface RankedRule extends RuleFigures {
  readonly standing: RuleStanding;
  /** 1 is worth the most; rules that are worth the same have the same rank. */
  readonly rank: number;
}

/** A rule that never fired is dead when it could have for so long. */
export const deadAfterMs = 7 * 86_400_000;
const noisyFrom = 0.4;
const noisyLeast = 5;
const lateLeast = 3;
const goodFrom = 0.5;

export function standingOf(figures: RuleFigures, feed: RuleFeed, spanMs: number): RuleStanding {
  const { fired, actedOn, late, noise } = figures;
  if (!feed.enabled && fired === 0) return 'disabled';
  if (fired === 0) {
    if (!feed.whole) return 'new';
    if (feed.fed === false) return 'no_data';
    return feed.fed === true && spanMs >= deadAfterMs ? 'dead' : 'quiet';
  }
  if (fired >= noisyLeast && noise.score >= noisyFrom) return 'noisy';
  if (actedOn >= lateLeast && late.count * 2 >= actedOn) return 'late';
  return actedOn / fired >= goodFrom ? 'good' : 'mixed';
}

/** The most worth first; of equal worth by name. */
export function ranked(
  rules: readonly { readonly figures: RuleFigures; readonly feed: RuleFeed }[],
  spanMs: number,
): readonly RankedRule[] {
  const ordered = [...rules].sort(
    ({ figures: a }, { figures: b }) => b.worth - a.worth || (a.rule < b.rule ? -1 : 1),
  );
  let rank = 0;
  let before = Number.NaN;
  return ordered.map(({ figures, feed }, i) => {
    if (figures.worth !== before) rank = i + 1;
    before = figures.worth;
    return { ...figures, standing: standingOf(figures, feed, spanMs), rank };
  });
}
