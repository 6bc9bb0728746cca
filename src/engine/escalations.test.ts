// Nobody confirms in time: who is told then, what stops that, what puts it off, and that no step is lost or taken twice.
import { afterEach, describe, expect, it } from 'vitest';
import type { EscalationPolicy, EscalationStep } from '../pipeline/escalation.ts';
import { parseTarget } from '../policy/target.ts';
import { type FailurePlan, failingStore } from '../store/contract/failing-store.ts';
import type { ShardCommit } from '../store/store.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const s = 1_000;
const minute = 60 * s;

let stage: Stage;
afterEach(() => stage.close());

function step(minutes: number, to: string, over: Partial<EscalationStep> = {}): EscalationStep {
  return {
    ...{ afterMs: minutes * minute, to: to.split(' ').map((written) => parseTarget(written)!) },
    ...{ strategy: null, severities: null, during: [] },
    ...over,
  };
}

const policy = (over: Partial<EscalationPolicy> = {}): EscalationPolicy => ({
  ...{ name: 'page', repeat: 0, confirm: 'any', promote: [] },
  steps: [step(10, 'channel:phone'), step(30, 'channel:boss')],
  ...over,
});

/** The chat is told at once; the phone after 10 minutes, the boss 30 minutes later. */
function open({ escalations = [policy()], ...over }: StageOptions = {}): void {
  stage = new Stage({
    channels: ['chat', 'phone', 'boss'],
    receiver: { channels: ['chat'] },
    ...over,
    route: { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0, escalation: 'page', ...over.route },
    escalations,
  });
}

/** Steps as [minutes, channel, step]. */
const steps = () =>
  stage.sent
    .filter(({ message }) => message.reason === 'escalation_step')
    .map(({ at, channel, message }) => `${at / 60} ${channel} ${message.escalation!.step}`);
const told = () => stage.events('group' as never).map((kind) => kind.replace('escalation.', ''));
const firing = () => stage.store.alerts('default', { state: 'firing' }, 10, null).items;

async function acknowledge(forMs: number | null, host?: string): Promise<void> {
  const alert = firing().find(({ labels }) => host === undefined || JSON.stringify(labels).includes(`"${host}"`))!;
  const until = forMs === null ? null : stage.clock.now() + forMs;
  const asked = stage.runtime.services.respond(
    'default',
    alert.id,
    { kind: 'acknowledge', until, note: null },
    { kind: 'key', name: 'ann' } as never,
    null,
  );
  asked.catch(() => {});
  await stage.advance(0);
  await asked;
}

describe('an escalation', () => {
  it('tells the next ones after 10 and then 30 minutes, and is over with its last step', async () => {
    open();
    await stage.push(91);
    await stage.advance(120 * minute);
    expect(steps()).toEqual(['10 phone 1', '40 boss 2']);
    expect(told()).toEqual(['armed', 'step', 'step', 'ended(exhausted)']);
    expect(stage.sent.find(({ channel }) => channel === 'boss')!.message).toMatchObject({
      ...{ reason: 'escalation_step', status: 'firing', severity: 'warning' },
      escalation: { policy: 'page', step: 2, of: 2, round: 1, since: stage.t0 },
    });
  });
});
