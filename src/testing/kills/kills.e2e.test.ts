import { describe, expect, it } from 'vitest';
import { Random } from '../simulation/random.ts';
import { type Death, first, namedDeaths, randomDeaths } from './deaths.ts';
import { runCampaign } from './harness.ts';
import { killPointNames } from './points.ts';

const seed = 7;
const kinds = (violations: readonly { readonly kind: string }[]) => violations.map(({ kind }) => kind);

describe('kill -9', () => {
  it('has every named point in its plan, first and tenth hit', () => {
    expect(killPointNames.length).toBeGreaterThanOrEqual(10);
    expect(namedDeaths).toHaveLength(2 * killPointNames.length);
  });

  it('loses nothing that was answered, at ten places of the way', async () => {
    const deaths: Death[] = [
      { point: 'commit.before', hit: 10 },
      { point: 'commit.after', hit: 1 },
      { point: 'send.accepted', hit: 10 },
      { point: 'lease.claimed', hit: 1 },
      { point: 'request.read', hit: 10 },
      { point: 'result.commit.before', hit: 1 },
      { point: 'answer.sent', hit: 10 },
      { point: 'history.append.after', hit: 1 },
      { point: 'send.before', hit: 10 },
      ...first(1, randomDeaths(new Random(seed))),
    ];
    const report = await runCampaign({ seed, deaths, holds: true });
    expect(report.violations).toEqual([]);
    expect(report.kills).toBe(10);
    expect(report.promises).toBeGreaterThan(0);
    expect(report.webhooks).toBeGreaterThan(0);
  }, 120_000);
});

// Each of these plants a bug in the child. The harness must see what it loses.
describe('the kill harness', () => {
  const deaths: Death[] = [
    { point: 'answer.sent', hit: 20 },
    { point: 'send.accepted', hit: 20 },
    { point: 'answer.sent', hit: 30 },
  ];

  it('goes red when answers are given before their commit', async () => {
    // An event is lost only when one was answered in the moment of a death: which campaign sees it is up to the clock.
    const seen = new Set<string>();
    for (let n = 0; n < 5 && !(seen.has('episodes_wrong') && seen.has('event_lost')); n++) {
      const { violations } = await runCampaign({ seed: seed + n, deaths, fault: 'answers_before_commit' });
      for (const kind of kinds(violations)) seen.add(kind);
    }
    expect([...seen]).toContain('episodes_wrong');
    expect([...seen]).toContain('event_lost');
  }, 120_000);

  it('goes red when a delivery is not stored', async () => {
    const { violations } = await runCampaign({ seed, deaths, fault: 'loses_a_delivery' });
    expect(kinds(violations)).toContain('not_told');
    expect(kinds(violations)).toContain('invented');
  }, 60_000);

  it('goes red when a flush of samples is not stored', async () => {
    const lives: Death[] = [{ afterReadyMs: 4_500 }];
    const { violations } = await runCampaign({ seed, deaths: lives, fault: 'loses_samples' });
    expect(new Set(kinds(violations))).toEqual(new Set(['sample_lost']));
  }, 60_000);
});
