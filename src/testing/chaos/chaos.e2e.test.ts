// The short form of the soak's chaos: every channel, each fault, a death; and the judge over a program that is broken.
import { expect, it } from 'vitest';
import { type ChaosOptions, runChaos } from './campaign.ts';

const short: ChaosOptions = {
  seed: 7,
  loadMs: 2_500,
  outageMs: 600,
  // A channel is paused after five failures in a row, for half a minute: too long for a test, so there are never as many.
  // More often than in the soak, so that a few seconds meet each.
  misconduct: { refused: 0.06, lost: 0.1, hung: 0.06, holdMs: 300, mostInARow: 2 },
  paces: { webhook: 12, mail: 4, sms: 5, feishu: 2, slack: 0.7, wecom: 1.5, dingtalk: 1.5, gone: 1 },
  kills: 1,
  retryDelay: '300ms',
  settleMs: 20_000,
};
const broken: ChaosOptions = {
  ...short,
  loadMs: 800,
  outageMs: 0,
  misconduct: { ...short.misconduct, mostInARow: 0 },
  paces: { ...short.paces, webhook: 30, gone: 5 },
  kills: 0,
  settleMs: 1_000,
};

it('brings home what was accepted while providers fail and the process is killed', async () => {
  const { violations, pushed, accepted, kills } = await runChaos(short);
  expect(violations).toEqual([]);
  expect(kills).toBe(1);
  expect(pushed).toBeGreaterThan(40);
  expect(accepted).toBeGreaterThan(40);
}, 120_000);

it('goes red when a result is lost, and when a dead letter is shown to nobody', async () => {
  const kindsWith = async (fault: ChaosOptions['fault'] & string) => {
    const { violations } = await runChaos({ ...broken, fault });
    return new Set(violations.map(({ kind }) => kind));
  };
  const [lost, hidden] = await Promise.all([kindsWith('loses_a_result'), kindsWith('hides_a_dead_letter')]);
  expect([...lost]).toContain('unsettled');
  expect([...hidden]).toContain('forgotten');
}, 120_000);
