// What is explained agrees with what was sent: over random stories of the whole runtime, whoever is called told has been
// sent a message that was taken, at that time; whoever is not has been sent none, and there is a reason in words.
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { viewGroup } from '../pipeline/notify.ts';
import { standingOf } from '../pipeline/standing.ts';
import { suppressionOf, suppressionsOf } from '../pipeline/suppress.ts';
import { aReceiver, aRoute } from '../testing/builders.ts';
import { macrotask } from '../testing/manual-clock.ts';
import { matchersIn, PipelineStory } from '../testing/pipeline-story.ts';
import { Stage } from '../testing/stage.ts';
import { explain } from './explanation.ts';
import { type AlertFacts, factsOf } from './facts.ts';
import { factsAt, momentText } from './moment.ts';
import { outcomesOf } from './outcome.ts';
import { sayIn } from './say.ts';
import { timelineOf } from './timeline.ts';

const hosts = ['a', 'b'] as const;
const host = fc.constantFrom(...hosts);
const second = 1_000;
const minute = 60_000;

const move = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('cpu' as const), host, value: fc.constantFrom(95, 95, 10) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('down' as const), host, value: fc.constantFrom(1, 0) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(5, 11, 11, 40, 120, 700).map((s) => s * second),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('event' as const), host }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('silence' as const),
      host,
      ms: fc.constantFrom(1, 10).map((m) => m * minute),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('acknowledge' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('receiver' as const),
      answer: fc.constantFrom('sent', 'flaky', 'transient', 'permanent'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);
type Move = typeof move extends fc.Arbitrary<infer T> ? T : never;

const results: Readonly<Record<string, SendResult>> = {
  sent: { kind: 'sent' },
  transient: { kind: 'transient', code: '503', message: 'down' },
  permanent: { kind: 'permanent', code: '400', message: 'no' },
};

class Told {
  answer = 'flaky';
  /** Times at which a channel took that the alert fires (or an event came), by `<alert> <receiver>`. */
  readonly taken = new Map<string, number[]>();
  readonly stage = new Stage({
    rules: [{ forMs: 20 * second }, { name: 'HostDown', metric: 'down', threshold: 0, severity: 'critical' }],
    route: {
      routes: [
        aRoute({
          path: '{}/{severity="critical"}',
          matchers: matchersIn('severity=critical'),
          receiver: 'boss',
          continue: true,
        }),
        aRoute({
          path: '{}/{host="b"}',
          matchers: matchersIn('host=b', 'alertname=HighCpu'),
          receiver: 'nobody',
          continue: true,
        }),
        aRoute({ path: '{}/{}', groupBy: ['host'] }),
      ],
    },
    receivers: [
      aReceiver({ name: 'boss', sendResolved: false }),
      aReceiver({ name: 'nobody', channels: [] }),
    ],
    inhibit: [
      {
        name: 'down',
        source: matchersIn('alertname=HostDown'),
        target: matchersIn('alertname=HighCpu'),
        equal: ['host'],
      },
    ],
    answer: ({ message, attempt }) => {
      const answer = this.answer === 'flaky' ? (attempt === 1 ? 'transient' : 'sent') : this.answer;
      if (answer === 'sent')
        for (const { id, status } of message.alerts)
          if (status === 'firing') {
            const key = `${id} ${message.receiver}`;
            this.taken.set(key, [...(this.taken.get(key) ?? []), this.stage.clock.now()]);
          }
      return results[answer]!;
    },
  });

  async play(move: Move): Promise<void> {
    const { stage } = this;
    switch (move.do) {
      case 'cpu':
      case 'down':
        return stage.push(move.value, { host: move.host, metric: move.do });
      case 'wait':
        return stage.advance(move.ms);
      case 'event':
        return stage.event({ host: move.host });
      case 'receiver':
        this.answer = move.answer;
        return;
      case 'restart':
        return stage.restart();
      case 'acknowledge': {
        const { services } = stage.runtime;
        const open = services.store.alerts('default', { states: ['firing'] }, 1, null).items[0];
        if (!open) return;
        await this.#done(
          services.acknowledge('default', open.id, { until: null, note: null }, { name: 'key:ben' }, null),
        );
        return;
      }
      case 'silence': {
        const now = stage.clock.now();
        const matchers = [{ name: 'host', op: '=' as const, value: move.host }];
        const [startsAt, endsAt] = [now, now + move.ms];
        const who = { comment: 'work', createdBy: 'key:ann', actor: 'key:ann', recurs: null };
        const input = { kind: 'silence.put' as const, id: null, matchers, startsAt, endsAt, ...who };
        const answer = () => ({ status: 200, body: null });
        await this.#done(stage.runtime.engine.submit('default', { idempotency: null, input, answer }));
      }
    }
  }

  async #done(promise: Promise<unknown>): Promise<void> {
    await this.stage.advance(0);
    await promise;
  }

  async facts(): Promise<AlertFacts[]> {
    const { services } = this.stage.runtime;
    const { items } = services.store.alerts('default', {}, 500, null);
    const all: AlertFacts[] = [];
    // On a manual clock nothing passes while it breathes.
    const source = { ...services, breath: macrotask };
    for (const { id } of items) all.push((await factsOf(source, 'default', id))!);
    return all;
  }
}

type Taken = ReadonlyMap<string, readonly number[]>;

/** What an outcome claims, against what was taken up to `at`. */
function agrees(facts: AlertFacts, taken: Taken, at: number, live = true): void {
  const outcomes = outcomesOf(facts);
  expect(outcomes.length).toBeGreaterThan(0);
  const { id } = facts.alert;
  for (const { receiver, outcome } of outcomes) {
    const times = (taken.get(`${id} ${receiver}`) ?? []).filter((time) => time <= at);
    if (outcome.kind === 'told') expect([receiver, outcome.at]).toEqual([receiver, times[0]]);
    else expect([receiver, outcome.kind, times]).toEqual([receiver, outcome.kind, []]);
    if (outcome.kind === 'waiting' && live && outcome.reason !== 'pending')
      expect([outcome.reason, outcome.until]).toEqual([outcome.reason, expect.any(Number)]);
    if (outcome.kind === 'held') expect(outcome.holds).not.toEqual([]);
    if (outcome.kind === 'skipped') expect(outcome.reason).not.toBe('not_recorded');
  }
  const known = new Set(outcomes.map(({ receiver }) => `${id} ${receiver}`));
  for (const [key, times] of taken)
    if (key.startsWith(id) && times.some((time) => time <= at)) expect(known).toContain(key);
}

const kinds = new Set<string>();
const says = (['en', 'zh-TW', 'zh-CN'] as const).map((locale) => sayIn(locale, 'UTC'));

describe('what is explained', () => {
  afterAll(() => {
    // The stories are worth something only if they come to all of it.
    expect([...kinds].sort()).toEqual(
      expect.arrayContaining(['held', 'not_delivered', 'on_its_way', 'skipped', 'told', 'waiting']),
    );
  });

  it('agrees with what was sent, now and at every moment before', { timeout: 60_000 }, async () => {
    const stories = fc.array(move, { minLength: 12, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(stories, async (moves) => {
        const story = new Told();
        try {
          const looks: number[] = [];
          for (const one of moves) {
            await story.play(one);
            if (one.do === 'wait') looks.push(story.stage.clock.now());
          }
          const now = story.stage.clock.now();
          for (const facts of await story.facts()) {
            agrees(facts, story.taken, now);
            const began = facts.alert.firedAt ?? now;
            for (const at of looks) {
              if (at <= began) continue;
              const past = factsAt(facts, at);
              agrees(past, story.taken, at, false);
              for (const { outcome } of outcomesOf(past)) kinds.add(outcome.kind);
            }
            for (const { outcome } of outcomesOf(facts)) kinds.add(outcome.kind);
            for (const say of says) {
              const { summary, receivers } = explain(facts, say);
              const texts = [
                summary,
                ...receivers.map(({ text }) => text),
                momentText(facts, looks[0] ?? now, say),
              ];
              texts.push(...timelineOf(facts, say).map(({ text }) => text));
              for (const text of texts) expect(text).not.toMatch(/undefined|NaN|null|\[object|\?|^$/);
            }
          }
          expect(story.stage.fatal).toEqual([]);
        } finally {
          await story.stage.close();
        }
      }),
      { seed: 20_261_126, numRuns: 15, endOnFailure: true },
    );
  });

  it('of a group is what the group would decide', () => {
    const moves = fc.array(
      fc.tuple(fc.constantFrom('up', 'down', 'silence', 'wait'), host, fc.constantFrom(3, 20, 90, 400)),
      {
        minLength: 5,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(moves, (all) => {
        const story = new PipelineStory({ route: { groupBy: [] } });
        for (const [what, of, s] of all) {
          if (what === 'wait') story.advance(s * second);
          else if (what === 'silence') story.silence(s * second, `host=${of}`);
          else story.verdict(of, what === 'up');
          const receiver = story.state.routing.receivers.get('ops')!;
          for (const group of story.state.groups.values()) {
            const view = viewGroup(story.state, group, receiver, story.now);
            for (const id of group.members) {
              const alert = story.state.alerts.get(id)!;
              const holds = standingOf(story.state, id, story.now)[0]!.holds.map(({ by }) => by);
              const among = (list: readonly { alert: { id: string } }[]) =>
                list.some((one) => one.alert.id === id);
              expect(holds.includes('silenced')).toBe(among(view.suppressed));
              if (among(view.held)) expect(holds).toContain('within_dedupe_window');
              if (view.told.includes(alert))
                expect(holds.includes('within_repeat_interval') || holds.includes('waiting')).toBe(true);
              if (view.fresh.includes(alert) || view.refired.includes(alert))
                expect(holds).toEqual(['waiting']);
              expect(suppressionsOf(story.state, group, alert, story.now)[0] ?? null).toEqual(
                suppressionOf(story.state, group, alert, story.now),
              );
            }
          }
        }
      }),
      { seed: 20_261_126, numRuns: 60 },
    );
  });
});
