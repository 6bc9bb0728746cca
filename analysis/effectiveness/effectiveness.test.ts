import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Candidate,
  choose,
  deadAfterMs,
  earlierCandidates,
  type Firing,
  fewerCandidates,
  mostCandidates,
  mostDelayMs,
  proofOf,
  protectedOf,
  type RuleEpisode,
  type RuleFeed,
  ranked,
  ruleFigures,
  seriesKey,
  silentFigures,
  standingOf,
  type Tunable,
} from './index.ts';

const minute = 60_000;
const labels = { alertname: 'HighCpu', severity: 'high', service: 'shop', host: 'a' };

/** Fired so many minutes after the epoch, for five minutes, and nobody did anything. */
function episode(at: number, changes: Partial<RuleEpisode> = {}): RuleEpisode {
  const firedAt = at * minute;
  return {
    ...{ rule: 'HighCpu', labels, pendingSince: null, firedAt, resolvedAt: firedAt + 5 * minute },
    ...{ endedByHand: false, acknowledgedAt: null, actedAt: null, messages: 1, value: 85 },
    ...changes,
  };
}
const acked = (at: number, after = 2, changes: Partial<RuleEpisode> = {}) =>
  episode(at, {
    acknowledgedAt: (at + after) * minute,
    actedAt: (at + after) * minute,
    resolvedAt: (at + 60) * minute,
    ...changes,
  });
const now = 10_000 * minute;
const figuresOf = (...episodes: RuleEpisode[]) =>
  ruleFigures(episodes, [], now).find(({ rule }) => rule === 'HighCpu')!;

describe('the figures of a rule', () => {
  it('add up by hand', () => {
    const figures = figuresOf(
      acked(0),
      acked(1_000, 12),
      episode(200),
      episode(208),
      episode(3_000, { resolvedAt: 3_030 * minute }),
      episode(4_000, { endedByHand: true, actedAt: 4_003 * minute, resolvedAt: 4_003 * minute }),
      episode(9_999, { resolvedAt: null }),
    );
    expect(figures).toMatchObject({
      ...{ fired: 7, open: 1, acknowledged: 2, actedOn: 3, autoResolved: 5, autoResolvedSoon: 2, flaps: 1 },
      messages: 7,
      timeToAcknowledge: { count: 2, medianMs: 2 * minute, p90Ms: 12 * minute },
      // (0.5 * 3 ignored + 0.25 * 2 brief + 0.25 * 1 flapping) / (7 + 2)
      noise: { ignored: 3, brief: 2, flapping: 1, score: 2.25 / 9 },
      late: { count: 0, medianMs: null },
    });
    expect(figures.worth).toBeCloseTo(3 / 9 - 2.25 / 9);
  });

  it('do not depend on the order of the episodes', () => {
    const all = [acked(0), episode(200), episode(208), acked(400, 1, { rule: 'Other' })];
    expect(new Set(ruleFigures(all.toReversed(), [], now))).toEqual(new Set(ruleFigures(all, [], now)));
  });
});

describe('an alert came late', () => {
  const late = (other: RuleEpisode, own: RuleEpisode) => figuresOf(other, own).late;
  const before = acked(0, 3, { rule: 'Errors', labels: { alertname: 'Errors', service: 'shop' } });

  it('when somebody was at work on the same thing', () => {
    expect(late(before, acked(20))).toMatchObject({ count: 1, reasons: { known: 1 }, medianMs: 20 * minute });
  });

  it.each<[string, RuleEpisode, RuleEpisode]>([
    ['of another service', { ...before, labels: { service: 'mail' } }, acked(20)],
    ['on which nobody had acted yet', { ...before, actedAt: 21 * minute }, acked(20)],
    ['that was over', { ...before, resolvedAt: 10 * minute }, acked(20)],
    ['of the same rule', { ...before, rule: 'HighCpu' }, acked(20)],
    ['of the same minute', { ...before, actedAt: 0 }, acked(4)],
  ])('but not because of an alert %s', (_what, other, own) => {
    expect(late(other, own).count).toBe(0);
  });

  it('when a person reported it before', () => {
    const report = { labels: { host: 'a' }, at: 5 * minute };
    const [figures] = ruleFigures([acked(30)], [report], now);
    expect(figures!.late).toMatchObject({ count: 1, reasons: { reported: 1 }, medianMs: 25 * minute });
    expect(ruleFigures([acked(66)], [report], now)[0]!.late.count).toBe(0);
    expect(ruleFigures([episode(30)], [report], now)[0]!.late.count).toBe(0);
  });

  it('when the rule waited for most of the trouble', () => {
    const of = (wait: number, lasts: number) =>
      figuresOf(acked(100, 1, { pendingSince: (100 - wait) * minute, resolvedAt: (100 + lasts) * minute }))
        .late.reasons.waited;
    expect([of(20, 20), of(20, 21), of(9, 1)]).toEqual([1, 0, 0]);
  });
});

describe('the order of rules', () => {
  const feed: RuleFeed = { enabled: true, whole: true, fed: true };
  const week = deadAfterMs;

  it('is good, late, dead, noisy', () => {
    const named = (rule: string, episodes: RuleEpisode[]) => episodes.map((one) => ({ ...one, rule }));
    const witnesses = [0, 1_000, 2_000, 3_000].map((at) => acked(at, 1));
    const all = ruleFigures(
      [
        ...named('good', witnesses),
        ...named(
          'late',
          [15, 1_015, 2_015].map((at) => acked(at)),
        ),
        ...named('noisy', [...[100, 108, 116, 124, 132].map((at) => episode(at))]),
      ],
      [],
      now,
    );
    const rules = [...all, silentFigures('dead')].map((figures) => ({ figures, feed }));
    expect(ranked(rules, week).map(({ rule, standing, rank }) => [rule, standing, rank])).toEqual([
      ['good', 'good', 1],
      ['late', 'late', 2],
      ['dead', 'dead', 3],
      ['noisy', 'noisy', 4],
    ]);
  });

  it.each<[Partial<RuleFeed>, number, string]>([
    [{}, week - 1, 'quiet'],
    [{ fed: null }, week, 'quiet'],
    [{ fed: false }, week, 'no_data'],
    [{ whole: false }, week, 'new'],
    [{ enabled: false }, week, 'disabled'],
  ])('calls no rule dead that may only be silent: %j', (changes, spanMs, standing) => {
    expect(standingOf(silentFigures('x'), { ...feed, ...changes }, spanMs)).toBe(standing);
  });
});

describe('candidates', () => {
  const tunable: Tunable = {
    ...{ stricter: 1, threshold: 80, whole: false, resolveThreshold: null },
    ...{ forMs: 0, keepFiringForMs: 0, windowMs: 5 * minute },
  };

  it('are few, and stricter where fewer alerts are wanted', () => {
    const all = fewerCandidates(tunable, [81.26, 84, 90]);
    expect(all.length).toBeLessThanOrEqual(mostCandidates);
    expect(all[0]).toEqual({ goal: 'fewer', change: { threshold: 82 } });
    for (const { change } of all) {
      expect(change.threshold ?? 81).toBeGreaterThan(80);
      expect(change.forMs ?? minute).toBeGreaterThan(0);
    }
    const below = fewerCandidates({ ...tunable, stricter: -1 }, [79, 70]);
    for (const { change } of below) expect(change.threshold ?? 79).toBeLessThan(80);
  });

  it('are earlier where earlier ones are wanted', () => {
    for (const { change } of earlierCandidates({ ...tunable, forMs: 30 * minute })) {
      expect(change.forMs ?? 0).toBeLessThan(30 * minute);
      expect(change.threshold ?? 79).toBeLessThan(80);
      expect(change.windowMs ?? minute).toBeLessThan(5 * minute);
    }
  });

  it('have no threshold where none can be moved', () => {
    const none = fewerCandidates({ ...tunable, stricter: 0, threshold: null, windowMs: null }, [1]);
    expect(new Set(none.flatMap(({ change }) => Object.keys(change)))).toEqual(
      new Set(['forMs', 'keepFiringForMs']),
    );
  });
});

describe('a suggestion', () => {
  const series = seriesKey(labels);
  const firingOf = ({ firedAt, resolvedAt }: RuleEpisode): Firing => ({
    ...{ series, from: firedAt, to: resolvedAt },
  });
  const forMs = (ms: number): Candidate => ({ goal: 'fewer', change: { forMs: ms } });

  it('is the gentlest change that does nearly as much as the best', () => {
    const episodes = [acked(0), ...[100, 200, 300, 400].map((at) => episode(at))];
    const baseline = episodes.map(firingOf);
    const kept = protectedOf(episodes, baseline);
    const late = (by: number) => [{ ...baseline[0]!, from: by * minute }];
    const told = (firings: Firing[], candidate: Candidate) => ({ candidate, firings, fired: firings.length });
    const [first, ...others] = choose(
      kept,
      { firings: baseline, fired: 5 },
      [
        told(late(9), forMs(9 * minute)),
        told(late(5), forMs(5 * minute)),
        told(late(12), forMs(12 * minute)),
      ],
      'fewer',
    );
    expect(first).toMatchObject({ change: { forMs: 5 * minute }, before: 5, after: 1 });
    expect(first!.proof).toEqual({ lost: 0, latestMs: 5 * minute, medianMs: 5 * minute });
    expect(others).toEqual([]);
  });

  it('is none where the replay does not tell of what people acted on', () => {
    const kept = protectedOf([acked(0), acked(500)], [firingOf(acked(0))]);
    expect(kept.missing).toHaveLength(1);
    expect(proofOf(kept, [firingOf(acked(0)), firingOf(acked(500))]).lost).toBe(1);
  });

  it('keeps alerts apart that people acted on one by one', () => {
    const both = [acked(0, 1, { resolvedAt: 5 * minute }), acked(8, 1, { resolvedAt: 20 * minute })];
    const kept = protectedOf(both, both.map(firingOf));
    expect(proofOf(kept, [{ series, from: 0, to: 20 * minute }]).lost).toBe(1);
    // One that a person ended by hand, and that went on, was one firing before.
    const one = [{ series, from: 0, to: 20 * minute }];
    expect(proofOf(protectedOf(both, one), one).lost).toBe(0);
  });

  it('never loses an alert that people acted on, whatever was tried', () => {
    const span = fc.record({
      host: fc.constantFrom('a', 'b'),
      at: fc.integer({ min: 0, max: 600 }),
      lasts: fc.integer({ min: 1, max: 90 }),
      acted: fc.boolean(),
    });
    const spans = fc.uniqueArray(span, {
      minLength: 1,
      maxLength: 14,
      selector: ({ host, at }) => `${host}${at}`,
    });
    const shift = fc.integer({ min: -90, max: 40 });
    const changed = fc.array(fc.array(fc.tuple(fc.boolean(), shift), { minLength: 14, maxLength: 14 }), {
      minLength: 1,
      maxLength: 8,
    });
    let suggested = 0;
    fc.assert(
      fc.property(spans, changed, (given, versions) => {
        const episodes = given.map(({ host, at, lasts, acted }) => {
          const changes = { labels: { ...labels, host }, resolvedAt: (at + lasts) * minute };
          return acted ? acked(at, 1, changes) : episode(at, changes);
        });
        const firings = episodes.map((one) => ({ ...firingOf(one), series: seriesKey(one.labels) }));
        const tried = versions.map((moves, i) => {
          const told = firings.flatMap((firing, k) => {
            const [stays, by] = moves[k]!;
            return stays ? [{ ...firing, from: firing.from + by * minute }] : [];
          });
          return { candidate: forMs((i + 1) * minute), firings: told, fired: told.length };
        });
        const baseline = { firings, fired: firings.length };
        for (const { change } of choose(protectedOf(episodes, firings), baseline, tried, 'fewer')) {
          suggested += 1;
          const { firings: told } = tried.find(({ candidate }) => candidate.change.forMs === change.forMs)!;
          for (const one of episodes) {
            if (one.actedAt === null) continue;
            const heard = told.some(
              (firing) =>
                firing.series === seriesKey(one.labels) &&
                firing.from <= one.firedAt + mostDelayMs &&
                firing.from < one.resolvedAt! &&
                firing.to! > one.firedAt,
            );
            expect(heard).toBe(true);
          }
        }
      }),
      { numRuns: 1_000, seed: 20_260_105 },
    );
    expect(suggested).toBeGreaterThan(80);
  });
});
