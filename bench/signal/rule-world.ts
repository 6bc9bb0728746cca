// Simulated weeks of rules whose worth is known: services that break, metrics that show it at once, late or never, noise
// that shows nothing, and a team that acts on what was real. Deterministic by seed.
import { seeded } from '../../analysis/detectors/random.ts';
import type { RuleEpisode } from '../../analysis/effectiveness/index.ts';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import type { GivenSample } from '../../src/replay/questions.ts';

const minute = 60_000;
export const dayMs = 1_440 * minute;
const stepMs = 2 * minute;
/** A Monday. */
export const beginAt = Date.UTC(2026, 0, 5);

export const kinds = ['good', 'late', 'noisy', 'dead'] as const;
export type Kind = (typeof kinds)[number];

export interface SeededRule {
  readonly kind: Kind;
  readonly rule: Rule;
  readonly service: string;
  /**
   * Share of its alerts that are about something real, times a half where they come late, less the share of those that
   * are not; 0 of one that never fires. Out of what the world was made with, not of what happened in it.
   */
  readonly quality: number;
}

export interface Incident {
  readonly service: string;
  readonly from: number;
  readonly to: number;
}

export interface RuleWorld {
  readonly rules: readonly SeededRule[];
  readonly samples: readonly GivenSample[];
  readonly incidents: readonly Incident[];
}

const between = (random: () => number, low: number, high: number) => low + (high - low) * random();

/** Times of a Poisson process over the days. */
function arrivals(random: () => number, perDay: number, days: number): number[] {
  const times: number[] = [];
  for (let at = 0; ; ) {
    at -= (Math.log(1 - random()) / perDay) * dayMs;
    if (at >= days * dayMs) return times;
    times.push(beginAt + at);
  }
}

const services = ['checkout', 'search', 'billing', 'login', 'media', 'mail'] as const;

/** Six services with a rule of each kind, all over `days`. */
export function ruleWorld(seed: number, days: number): RuleWorld {
  const random = seeded(seed);
  const rules: SeededRule[] = [];
  const samples: GivenSample[] = [];
  const incidents: Incident[] = [];
  const texts: string[] = [];
  const about: Omit<SeededRule, 'rule'>[] = [];
  for (const service of services) {
    const perDay = between(random, 0.5, 1.2);
    const own = arrivals(random, perDay, days).map(
      (from): Incident => ({ service, from, to: from + between(random, 30, 110) * minute }),
    );
    incidents.push(...own);
    for (const kind of kinds) {
      const made = makers[kind]({ service, own, perDay, days, random });
      texts.push(`  - { name: ${service}-${kind}, metric: ${service}_${kind}, ${made.keys} }`);
      about.push({ kind, service, quality: made.quality });
      const labels = { service };
      for (let at = beginAt; at < beginAt + days * dayMs; at += stepMs)
        samples.push({ metric: `${service}_${kind}`, labels, value: made.valueAt(at), timestamp: at });
    }
  }
  const parsed = parseRuleFile(`rules:\n${texts.join('\n')}\n`, 'world.yaml');
  if (parsed.problems.length > 0) throw new Error(parsed.problems[0]!.message);
  parsed.rules.forEach((rule, i) => void rules.push({ ...about[i]!, rule }));
  samples.sort((a, b) => a.timestamp - b.timestamp);
  return { rules, samples, incidents };
}

interface Making {
  readonly service: string;
  readonly own: readonly Incident[];
  readonly perDay: number;
  readonly days: number;
  readonly random: () => number;
}

interface Made {
  /** Of the rule, beside its name and metric. */
  readonly keys: string;
  readonly quality: number;
  valueAt(at: number): number;
}

const qualityOf = (real: number, none: number, timely: number) => (real * timely - none) / (real + none);

const makers: Readonly<Record<Kind, (making: Making) => Made>> = {
  /** Shows every incident at once, and now and then something that is none. */
  good({ own, perDay, days, random }) {
    const none = perDay * between(random, 0, 0.2);
    const spikes = spikesOf(arrivals(random, none, days), random, { low: 82, high: 88, most: 10 });
    return {
      keys: 'operator: gt, threshold: 80, for: 2m',
      quality: qualityOf(perDay, none, 1),
      valueAt: (at) => Math.max(between(random, 20, 50), heightIn(own, at, 95), heightIn(spikes, at)),
    };
  },
  /** Shows it when half of it is over: the metric is slow, or the rule waits. */
  late({ own, perDay, random, days }) {
    const none = perDay * between(random, 0, 0.25);
    const waits = random() < 0.5;
    const delay = Math.round(between(random, 14, 24)) * minute;
    const spikes = spikesOf(arrivals(random, none, days), random, { low: 82, high: 90, most: 50 });
    const shown = waits ? own : own.map((one) => ({ ...one, from: one.from + delay }));
    return {
      keys: `operator: gt, threshold: 80, for: ${waits ? delay / minute : 2}m`,
      quality: qualityOf(perDay, none, 0.5),
      valueAt: (at) => Math.max(between(random, 20, 50), heightIn(shown, at, 92), heightIn(spikes, at)),
    };
  },
  /** Mostly shows what is none: short spikes that do not reach as high, or values that swing about the threshold. */
  noisy({ own, perDay, days, random }) {
    const none = between(random, 3, 14);
    const swings = random() < 0.4;
    const spikes = spikesOf(arrivals(random, none, days), random, {
      low: 81,
      high: 90,
      most: swings ? 40 : 8,
    });
    const drop = between(random, 0, 0.5);
    const shown = own.filter(() => random() >= drop);
    return {
      keys: 'operator: gt, threshold: 80',
      quality: qualityOf(perDay * (1 - drop), none * (swings ? 3 : 1), 1),
      valueAt(at) {
        const spike = heightIn(spikes, at);
        const noise = swings && random() < 0.3 ? spike - 12 : spike;
        return Math.max(between(random, 40, 70), heightIn(shown, at, between(random, 93, 99)), noise);
      },
    };
  },
  /** Its threshold is never reached. */
  dead: ({ random }) => ({
    keys: 'operator: gt, threshold: 80, for: 5m',
    quality: 0,
    valueAt: () => between(random, 5, 60),
  }),
};

interface Spike {
  readonly from: number;
  readonly to: number;
  readonly height?: number;
}

function spikesOf(
  times: readonly number[],
  random: () => number,
  { low, high, most }: { readonly low: number; readonly high: number; readonly most: number },
): Spike[] {
  return times.map((from) => ({
    from,
    to: from + between(random, 2, most) * minute,
    height: between(random, low, high),
  }));
}

function heightIn(spikes: readonly Spike[], at: number, height = 0): number {
  let most = 0;
  for (const one of spikes) if (at >= one.from && at < one.to) most = Math.max(most, one.height ?? height);
  return most;
}

/** What happened, as a replay of the rules has it. */
export type Happened = Pick<
  RuleEpisode,
  'rule' | 'labels' | 'pendingSince' | 'firedAt' | 'resolvedAt' | 'value'
>;

export function isReal({ labels, firedAt, resolvedAt }: Happened, incidents: readonly Incident[]): boolean {
  return incidents.some(
    ({ service, from, to }) =>
      service === labels.service && firedAt < to && (resolvedAt ?? Number.POSITIVE_INFINITY) > from,
  );
}

/** A team of habits, by seed: it takes 60 to 95 % of the real alerts within minutes, and up to 12 % of the others. */
export function actedOn(
  happened: readonly Happened[],
  incidents: readonly Incident[],
  seed: number,
): readonly RuleEpisode[] {
  const random = seeded(seed ^ 0x5bd1e995);
  const ofReal = between(random, 0.6, 0.95);
  const ofOthers = between(random, 0, 0.12);
  return happened.map((episode) => {
    const { firedAt, resolvedAt } = episode;
    const takes = random() < (isReal(episode, incidents) ? ofReal : ofOthers);
    const after = Math.exp(between(random, Math.log(1), Math.log(12))) * minute;
    const acts = takes && (resolvedAt === null || firedAt + after < resolvedAt || random() < 0.2);
    const at = acts ? firedAt + after : null;
    return { ...episode, endedByHand: false, acknowledgedAt: at, actedAt: at, messages: 1 };
  });
}
