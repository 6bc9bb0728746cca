// Nobody confirms in time: who is told then, what stops that, what puts it off, and that no step is lost or taken twice.
import { afterEach, describe, expect, it } from 'vitest';
import { matcher } from '../../rules/matchers.ts';
import type { Matcher } from '../../rules/types.ts';
import type { EscalationPolicy, EscalationStep } from '../pipeline/escalation.ts';
import { parseTarget } from '../policy/target.ts';
import { type FailurePlan, failingStore } from '../store/contract/failing-store.ts';
import type { ShardCommit } from '../store/store.ts';
import { aReceiver, aRoute } from '../testing/builders.ts';
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

/** Warning from 80, critical from 95. */
const levels = (
  [
    ['warning', 80],
    ['critical', 95],
  ] as const
).map(([severity, threshold]) => ({ severity, threshold, resolveThreshold: threshold }));

/** What is critical is another group of the same people. */
const critical = aRoute({
  path: '{}/{severity="critical"}',
  matchers: [matcher('severity', '=', 'critical') as Matcher],
  ...{ groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0, escalation: 'page' },
});

/** Steps as [minutes, channel, step]. */
const steps = () =>
  stage.sent
    .filter(({ message }) => message.reason === 'escalation_step')
    .map(({ at, channel, message }) => `${Math.floor(at / 60)} ${channel} ${message.escalation!.step}`);
const told = () => stage.events('group' as never).map((kind) => kind.replace('escalation.', ''));
const firing = () =>
  stage.store.alerts('default', {}, 100, null).items.filter(({ state }) => state === 'firing');
const ann = { kind: 'key', name: 'key:ann' } as never;

async function answered(asked: Promise<unknown>): Promise<void> {
  asked.catch(() => {});
  await stage.advance(0);
  await asked;
}

/** Somebody takes the alert of a host, for so long. */
async function acknowledge(forMs: number | null, host = 'a'): Promise<void> {
  const { id } = firing().find(({ labels }) => labels.host === host)!;
  const until = forMs === null ? null : stage.clock.now() + forMs;
  await answered(stage.runtime.services.acknowledge('default', id, { until, note: null }, ann, null));
}

/** Somebody silences what has this label, for so many minutes. */
async function silence(name: string, value: string, minutes: number): Promise<void> {
  const startsAt = stage.clock.now();
  const order = {
    ...{ id: null, matchers: [{ name, op: '=' as const, value }], recurs: null },
    ...{ startsAt, endsAt: startsAt + minutes * minute, comment: 'disk swap', createdBy: 'key:ann' },
  };
  await answered(stage.runtime.services.silences.put('default', order, ann, null));
}

async function respond(response: Parameters<typeof stage.runtime.services.respond>[2]): Promise<void> {
  await answered(stage.runtime.services.respond('default', firing()[0]!.id, response, ann, null));
}

/** The process dies when it commits the nth step, before or after that is written. */
function dyingAtStep(n: number, when: 'before' | 'after'): { plan: FailurePlan; failed: () => number } {
  let seen = 0;
  let failed = 0;
  return {
    failed: () => failed,
    plan: ({ method, args }) => {
      if (method !== 'commit') return null;
      const effects = (args[0] as readonly ShardCommit[]).flatMap((commit) => commit.effects);
      const isStep = effects.some((e) => e.put === 'notification' && e.row.reason === 'escalation_step');
      if (!isStep || failed > 0 || ++seen < n) return null;
      failed += 1;
      return when === 'before' ? { when: 'before' } : { when: 'after' };
    },
  };
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

  it('ends when the alert does, and whoever a step told hears of that', async () => {
    open();
    await stage.push(91);
    await stage.advance(15 * minute);
    await stage.push(10);
    await stage.advance(120 * minute);
    expect(steps()).toEqual(['10 phone 1']);
    expect(
      stage.sent.filter(({ channel }) => channel === 'phone').map(({ message }) => message.reason),
    ).toEqual(['escalation_step', 'resolved']);
    expect(told()).toEqual(['armed', 'step', 'ended(resolved)']);
  });

  it('is one for a group, and a step names all that nobody holds', async () => {
    open({ route: { groupBy: ['alertname'] } });
    await stage.pushAll(['a', 'b', 'c'].map((host) => ({ value: 91, host })));
    await stage.advance(minute);
    await acknowledge(null, 'b');
    await stage.advance(120 * minute);
    expect(steps()).toEqual(['10 phone 1', '40 boss 2']);
    expect(
      stage.sent.find(({ channel }) => channel === 'phone')!.message.alerts.map(({ labels }) => labels.host),
    ).toEqual(['a', 'c']);
  });

  it('takes no step once somebody holds all of it', async () => {
    open();
    await stage.push(91);
    await stage.advance(10 * minute - 1);
    await acknowledge(null);
    await stage.advance(600 * minute);
    expect(steps()).toEqual([]);
    expect(told()).toEqual(['armed', 'paused(acknowledged)']);
  });

  it.each([
    ['an acknowledgement runs out', () => acknowledge(20 * minute), null, 'acknowledged'],
    ['it is taken back', () => acknowledge(null), () => respond({ kind: 'unacknowledge' }), 'acknowledged'],
    [
      'a snooze runs out',
      () => respond({ kind: 'snooze', until: stage.clock.now() + 20 * minute, note: null }),
      null,
      'snoozed',
    ],
  ])('goes on with what was left of the delay when %s', async (_, hold, release, by) => {
    open();
    await stage.push(91);
    await stage.advance(4 * minute);
    await hold();
    stage.kill();
    stage.start();
    await stage.advance(20 * minute);
    await release?.();
    await stage.advance(120 * minute);
    // 4 of 10 minutes had passed; then 20 that do not count.
    expect(steps()).toEqual(['30 phone 1', '60 boss 2']);
    expect(told()).toEqual(['armed', `paused(${by})`, 'resumed', 'step', 'step', 'ended(exhausted)']);
  });

  it('goes on when another alert of the group is held by nobody', async () => {
    open({ route: { groupBy: ['alertname'] } });
    await stage.push(91, { host: 'a' });
    await stage.advance(4 * minute);
    await acknowledge(null);
    await stage.advance(10 * minute);
    await stage.push(91, { host: 'b' });
    await stage.advance(120 * minute);
    expect(steps()).toEqual(['20 phone 1', '50 boss 2']);
  });

  it('takes all steps once more as often as it is told to', async () => {
    open({ escalations: [policy({ repeat: 2, steps: [step(10, 'channel:phone')] })] });
    await stage.push(91);
    await stage.advance(300 * minute);
    expect(steps()).toEqual(['10 phone 1', '20 phone 1', '30 phone 1']);
    expect(told()).toEqual(['armed', 'step', 'step', 'step', 'ended(exhausted)']);
  });

  it('leaves out a step whose severity or hours are others, and goes on from there', async () => {
    const never = { name: 'never', spec: [], contains: () => false, nextChange: () => null };
    open({
      escalations: [
        policy({
          steps: [
            step(10, 'channel:phone', { severities: ['critical'] }),
            step(10, 'channel:phone', { during: [never] }),
            step(10, 'channel:boss', { severities: ['warning'] }),
          ],
        }),
      ],
    });
    await stage.push(91);
    await stage.advance(60 * minute);
    expect(steps()).toEqual(['30 boss 3']);
    expect(told()).toEqual(['armed', 'skipped(severity)', 'skipped(hours)', 'step', 'ended(exhausted)']);
  });

  it('goes by what the group tells at the moment of the step, which is told first', async () => {
    open({
      rules: [{ levels }],
      route: { groupBy: ['alertname'], groupIntervalMs: 10 * minute },
      escalations: [
        policy({
          steps: [
            step(10, 'channel:phone', { severities: ['warning'] }),
            step(10, 'channel:boss', { severities: ['critical'] }),
          ],
        }),
      ],
    });
    await stage.push(91, { host: 'a' });
    await stage.advance(5 * minute);
    await stage.push(96, { host: 'b' });
    await stage.advance(5 * minute);
    expect(stage.sent.map(({ at, message }) => `${Math.floor(at / 60)} ${message.reason}`)).toEqual([
      '0 first',
      '10 new_alerts',
    ]);
    expect(told()).toEqual(['armed', 'skipped(severity)']);
    await stage.advance(10 * minute);
    expect(steps()).toEqual(['20 boss 2']);
  });

  it('tells the end of an alert to those whom a step told of it, and to nobody else', async () => {
    open({ route: { groupBy: ['alertname'] } });
    await stage.push(91, { host: 'a' });
    await stage.advance(15 * minute);
    await stage.push(91, { host: 'b' });
    await stage.push(10, { host: 'a' });
    await stage.advance(30 * minute);
    await stage.push(10, { host: 'b' });
    await stage.advance(minute);
    const heard = (name: string) =>
      stage.sent
        .filter(({ channel }) => channel === name)
        .map(({ message }) => `${message.reason} ${message.alerts.map(({ labels }) => labels.host).join()}`);
    expect(heard('phone')).toEqual(['escalation_step a', 'some_resolved a']);
    expect(heard('boss')).toEqual(['escalation_step b', 'resolved b']);
  });

  it('tells the end to those whom a step told, also where the alert is another group’s by then, over kills', async () => {
    open({
      rules: [{ levels }],
      route: { routes: [critical] },
    });
    await stage.push(91, { host: 'a' });
    await stage.push(91, { host: 'b' });
    await stage.advance(12 * minute);
    await stage.push(99, { host: 'a' });
    await stage.advance(minute);
    stage.kill();
    stage.start();
    await stage.push(10, { host: 'a' });
    await stage.advance(minute);
    const phone = () =>
      stage.sent
        .filter(({ channel }) => channel === 'phone')
        .map(({ message }) => `${message.reason} ${message.alerts.map(({ labels }) => labels.host).join()}`);
    expect(phone()).toEqual(['escalation_step a,b', 'resolved a']);
    await stage.push(10, { host: 'b' });
    await stage.advance(60 * minute);
    expect(phone()).toEqual(['escalation_step a,b', 'resolved a', 'resolved b']);
  });

  it('goes on in another group of the same people, also where the one there is over, over kills', async () => {
    open({
      rules: [{ levels }],
      route: { routes: [critical] },
    });
    await stage.push(99, { host: 'a' });
    await stage.advance(45 * minute);
    expect(steps()).toEqual(['10 phone 1', '40 boss 2']);
    await stage.push(91, { host: 'b' });
    await stage.advance(12 * minute);
    await stage.push(99, { host: 'b' });
    await stage.advance(minute);
    stage.kill();
    stage.start();
    await stage.advance(60 * minute);
    expect(steps()).toEqual(['10 phone 1', '40 boss 2', '55 phone 1', '85 boss 2']);
    expect(told().at(-1)).toBe('ended(exhausted)');
  });

  it('tells the end to those whom a step told, also where a digest speaks for the alert by then', async () => {
    const digest = { everyMs: 60 * minute, severities: ['warning' as const], max: 500, to: null };
    open({
      rules: [{ levels, severity: 'warning' }],
      receiver: { channels: ['chat'], digest },
      startsAt: Date.parse('2026-06-01T13:05:00Z'),
    });
    await stage.push(99);
    await stage.advance(12 * minute);
    await stage.push(91);
    // The digest is looked at before its time: a silence ends.
    await silence('host', 'a', 3);
    await stage.advance(minute);
    await stage.push(10);
    await stage.advance(90 * minute);
    const phone = stage.sent.filter(({ channel }) => channel === 'phone');
    expect(phone.map(({ message }) => message.reason)).toEqual(['escalation_step', 'resolved']);
  });

  it('tells whoever a step told that it ended, also when it fires again before the receiver heard of an end', async () => {
    open({ receiver: { channels: ['chat'], dedupeWindowMs: 0 }, route: { resolveWaitMs: 2 * minute } });
    await stage.push(91);
    await stage.advance(12 * minute);
    await stage.push(10);
    await stage.advance(minute);
    await stage.push(91);
    await stage.advance(3 * minute);
    await stage.push(10);
    await stage.advance(60 * minute);
    const said = (name: string) =>
      stage.sent.filter(({ channel }) => channel === name).map(({ message }) => message.reason);
    expect(said('chat')).toEqual(['first', 'refired', 'resolved']);
    expect(said('phone')).toEqual(['escalation_step', 'some_resolved']);
  });

  it('goes on at once when its alert becomes less urgent than what a silence holds', async () => {
    open({ rules: [{ levels }] });
    await stage.push(91);
    await stage.advance(minute);
    await silence('severity', 'critical', 600);
    await stage.push(99);
    await stage.advance(5 * minute);
    await stage.push(91);
    await stage.advance(60 * minute);
    expect(steps()).toEqual(['15 phone 1', '45 boss 2']);
  });

  it('is of alerts that were told: an event alone begins none, and a step names nothing that waits to be told', async () => {
    open({ route: { groupBy: ['alertname'], groupIntervalMs: 20 * minute } });
    await stage.push(91, { host: 'a' });
    await stage.advance(9 * minute);
    await stage.push(91, { host: 'b' });
    await stage.advance(2 * minute);
    const [phone] = stage.sent.filter(({ channel }) => channel === 'phone');
    expect(phone!.message.alerts.map(({ labels }) => labels.host)).toEqual(['a']);
  });

  it.each(['before', 'after'] as const)(
    'takes no step twice and none too few when its commit fails %s it is written',
    async (when) => {
      const { plan, failed } = dyingAtStep(1, when);
      open({ wrapStore: (store) => failingStore(store, plan) });
      await stage.push(91);
      await stage.advance(120 * minute);
      expect(failed()).toBe(1);
      expect(steps()).toEqual(['10 phone 1', '40 boss 2']);
    },
  );

  it('takes its steps on time over kills, and at once what became due meanwhile', async () => {
    open();
    await stage.push(91);
    await stage.advance(9 * minute);
    stage.kill();
    stage.start();
    await stage.advance(5 * minute);
    expect(steps()).toEqual(['10 phone 1']);
    stage.kill();
    await stage.clock.advance(40 * minute);
    stage.start();
    await stage.advance(60 * minute);
    expect(steps()).toEqual(['10 phone 1', '54 boss 2']);
  });
});

describe('who has to confirm', () => {
  const confirm = async (recipient: string) => {
    const { message } = stage.sent.find(({ channel }) => channel === recipient)!;
    const order = { notificationId: message.id, recipient, actor: `link:${recipient}`, name: recipient };
    await answered(stage.runtime.services.confirm('default', { ...order, via: 'link', note: null }));
  };
  const both = (confirmed: 'any' | 'all') =>
    open({
      escalations: [
        policy({
          confirm: confirmed,
          steps: [step(10, 'channel:phone channel:boss'), step(10, 'channel:chat')],
        }),
      ],
    });

  it('is anybody', async () => {
    both('any');
    await stage.push(91);
    await stage.advance(12 * minute);
    await confirm('phone');
    await stage.advance(30 * minute);
    expect(steps()).toEqual(['10 phone 1', '10 boss 1']);
  });

  it('is all that a step told, where the policy says so', async () => {
    both('all');
    await stage.push(91);
    await stage.advance(12 * minute);
    await confirm('phone');
    expect(firing()).toMatchObject([{ ackedBy: null }]);
    await stage.advance(minute);
    await confirm('boss');
    expect(firing()).toMatchObject([{ ackedBy: 'boss' }]);
    await stage.advance(30 * minute);
    expect(steps()).toEqual(['10 phone 1', '10 boss 1']);
    await stage.close();
    both('all');
    await stage.push(91);
    await stage.advance(12 * minute);
    await confirm('phone');
    await stage.advance(30 * minute);
    expect(steps()).toEqual(['10 phone 1', '10 boss 1', '20 chat 2']);
  });

  it('is anybody again of an alert that others take who do not ask for that, while its end is held back here', async () => {
    const worse = { path: '{}/worse', matchers: [matcher('severity', '=', 'critical') as Matcher] };
    open({
      rules: [{ levels }],
      receiver: { channels: ['chat', 'phone'] },
      receivers: [aReceiver({ name: 'others', channels: ['boss'] })],
      escalations: [policy({ confirm: 'all' })],
      route: { routes: [aRoute({ ...worse, receiver: 'others', escalation: null })] },
    });
    await stage.push(91);
    await stage.advance(minute);
    await silence('severity', 'critical', 60);
    await stage.push(97);
    await stage.advance(minute);
    expect(firing()).toMatchObject([{ effectiveSeverity: 'critical', ackedBy: null }]);
    expect(stage.sent.map(({ channel }) => channel)).toEqual(['chat', 'phone']);
    await confirm('chat');
    expect(firing()).toMatchObject([{ ackedBy: 'chat' }]);
  });
});

describe('many escalations that are due at once', () => {
  it('are taken in turns of bounded size, over a restart, each once', async () => {
    const groups: string[] = [];
    let most = 0;
    const plan: FailurePlan = ({ method, args }) => {
      if (method !== 'commit') return null;
      const effects = (args[0] as readonly ShardCommit[]).flatMap((commit) => commit.effects);
      const steps = effects.filter((e) => e.put === 'notification' && e.row.reason === 'escalation_step');
      groups.push(...steps.map((e) => (e as { row: { groupId: string } }).row.groupId));
      most = Math.max(most, steps.length);
      return null;
    };
    open({ wrapStore: (store) => failingStore(store, plan), route: { groupBy: ['host'] } });
    const count = 400;
    await stage.pushAll(Array.from({ length: count }, (_, n) => ({ value: 91, host: `h${n}` })));
    await stage.advance(9 * minute);
    stage.kill();
    stage.start();
    await stage.advance(2 * minute);
    expect(groups).toHaveLength(count);
    expect(new Set(groups).size).toBe(count);
    expect(most).toBeLessThan(count / 2);
  });
});

it('is shown with the alert: what is next, what pauses it, and when it was its last step', async () => {
  open({ escalations: [policy({ repeat: 1 })] });
  const at = (minutes: number) => stage.t0 + minutes * minute;
  const shown = () => stage.runtime.services.escalations('default', firing()[0]!.id);
  await stage.push(91);
  await stage.advance(0);
  const armed = {
    ...{ receiver: 'ops', policy: 'page', state: 'armed', step: 0, of: 2, round: 1, rounds: 2 },
    ...{ startedAt: at(0), nextAt: at(10), nextTo: ['channel:phone'], pausedBy: null, resumesAt: null },
  };
  expect(shown()).toMatchObject([armed]);
  await stage.advance(15 * minute);
  expect(shown()).toMatchObject([{ ...armed, step: 1, nextAt: at(40), nextTo: ['channel:boss'] }]);
  await acknowledge(20 * minute);
  const paused = { state: 'paused', pausedBy: 'acknowledged', nextAt: null, resumesAt: at(35) };
  expect(shown()).toMatchObject([{ ...armed, step: 1, nextTo: ['channel:boss'], ...paused }]);
  await stage.advance(46 * minute);
  expect(shown()).toMatchObject([{ ...armed, round: 2, nextAt: at(70) }]);
  await stage.advance(60 * minute);
  expect(shown()).toMatchObject([
    { ...armed, ...{ state: 'ended', step: 2, round: 2, nextAt: null, nextTo: [] } },
  ]);
  await stage.push(10);
  await stage.advance(minute);
  expect(stage.runtime.services.escalations('default', 'nobody')).toEqual([]);
});

it('is news to whom it tells first, although it tells others again: no end without it, also over a kill', async () => {
  let broken = true;
  open({
    escalations: [policy({ steps: [step(10, 'channel:chat channel:phone')] })],
    route: { groupBy: ['host'] },
    answer: ({ channel }) =>
      channel === 'phone' && broken ? { kind: 'auth', message: 'who are you' } : { kind: 'sent' },
  });
  // The phone is paused after the step about host b.
  await stage.push(91, { host: 'b' });
  await stage.advance(5 * minute);
  await stage.push(91);
  await stage.advance(11 * minute);
  stage.kill();
  stage.start();
  await stage.push(10);
  await stage.advance(minute);
  broken = false;
  await stage.advance(120 * minute);
  const heard = (name: string) =>
    stage.sent
      .filter(({ channel, message }) => channel === name && message.groupLabels.host === 'a')
      .map(({ message }) => message.reason);
  expect(heard('chat')).toEqual(['first', 'escalation_step', 'resolved']);
  expect(heard('phone')).toEqual([]);
  expect(steps().filter((text) => text.includes('phone')).length).toBeGreaterThan(0);
});

it('is no news to whom a step of another group of the same people told: lost, it keeps nobody from the end', async () => {
  const route = (path: string, groupWaitMs: number) =>
    aRoute({
      ...{ path, groupBy: ['host'], continue: true, matchers: [matcher('host', '=', 'a') as Matcher] },
      ...{ groupWaitMs, groupIntervalMs: 0, resolveWaitMs: 0, escalation: 'page' },
    });
  let heard = 0;
  open({
    route: { routes: [route('{}/first', 0), route('{}/second', minute)] },
    answer: ({ channel, message }) => {
      if (channel !== 'phone' || message.reason !== 'escalation_step') return { kind: 'sent' };
      heard += 1;
      return heard === 1 ? { kind: 'sent' } : { kind: 'permanent', message: 'hung up' };
    },
  });
  await stage.push(91);
  await stage.advance(12 * minute);
  stage.kill();
  stage.start();
  await stage.push(10);
  await stage.advance(minute);
  const phone = stage.sent.filter(({ channel }) => channel === 'phone');
  expect(phone.map(({ message }) => message.reason)).toEqual([
    ...['escalation_step', 'escalation_step'],
    ...['resolved', 'resolved'],
  ]);
});

describe('what nobody ends in time', () => {
  const promote = (over: object = {}): EscalationPolicy['promote'] => [
    { from: 'warning', afterMs: 10 * minute, to: 'high', while: 'unacknowledged', ...over },
    { from: 'high', afterMs: 30 * minute, to: 'critical', while: 'unacknowledged', ...over },
  ];
  const words = () =>
    stage.sent.map(
      ({ at, message }) => `${Math.floor(at / 60)} ${message.reason} ${message.severity} ${message.priority}`,
    );

  it('is high after 10 minutes and critical 30 later, told as escalated, over kills', async () => {
    open({ escalations: [policy({ steps: [], promote: promote() })] });
    await stage.push(91);
    await stage.advance(5 * minute);
    stage.kill();
    stage.start();
    await stage.advance(20 * minute);
    stage.kill();
    stage.start();
    await stage.advance(60 * minute);
    expect(words()).toEqual(['0 first warning P4', '10 escalated high P3', '40 escalated critical P2']);
    const [last] = stage.store
      .events('default', null, 100, null)
      .items.filter(({ kind }) => kind === 'alert.severity_changed');
    expect(last).toMatchObject({
      reason: 'promoted',
      body: { from: 'high', to: 'critical', escalation: 'page', after: 30 * minute },
    });
  });

  it('counts from when it fires, whatever it was while it was pending', async () => {
    const rising = [
      ['info', 80],
      ['warning', 95],
    ] as const;
    const rule = {
      forMs: 8 * minute,
      levels: rising.map(([severity, threshold]) => ({ severity, threshold, resolveThreshold: threshold })),
    };
    open({ rules: [rule], escalations: [policy({ steps: [], promote: promote() })] });
    for (const value of [90, 97, 97, 97, 97, 97, 97, 97, 97]) {
      await stage.push(value);
      await stage.advance(minute);
    }
    await stage.advance(15 * minute);
    expect(words()).toEqual(['8 first warning P4', '18 escalated high P3']);
  });

  it('is not more urgent by two steps at once when it was told late', async () => {
    const escalations = [policy({ steps: [], promote: promote({ while: 'unresolved' }) })];
    open({ escalations, route: { groupWaitMs: 45 * minute } });
    await stage.push(91);
    await stage.advance(120 * minute);
    const raised = stage.store
      .events('default', null, 100, null)
      .items.filter(({ kind }) => kind === 'alert.severity_changed')
      .map(({ at, body }) => `${(at - stage.t0) / minute} ${body.to}`);
    expect(raised.reverse()).toEqual(['45 high', '75 critical']);
  });

  it('waits while it is silenced, and no longer where somebody takes the silence back', async () => {
    open({ escalations: [policy({ steps: [], promote: promote() })] });
    await stage.push(91);
    await stage.advance(minute);
    const { silences } = stage.runtime.services;
    await silence('host', 'a', 60);
    await stage.advance(19 * minute);
    expect(words()).toHaveLength(1);
    const { id } = silences.list('default', { wanted: () => true }, 1, null).items[0]!;
    await answered(silences.expire('default', id, ann));
    await stage.advance(5 * minute);
    expect(words().slice(1)).toEqual(['20 escalated high P3']);
  });

  it('waits while somebody holds it, unless it is to be unresolved only', async () => {
    open({ escalations: [policy({ steps: [], promote: promote() })] });
    await stage.push(91);
    await stage.advance(minute);
    await acknowledge(20 * minute);
    await stage.advance(30 * minute);
    expect(words().filter((text) => text.includes('escalated'))).toEqual(['21 escalated high P3']);
    await stage.close();
    open({ escalations: [policy({ steps: [], promote: promote({ while: 'unresolved' }) })] });
    await stage.push(91);
    await acknowledge(null);
    await stage.advance(60 * minute);
    expect(words().slice(1)).toEqual(['10 escalated high P3', '40 escalated critical P2']);
  });
});
