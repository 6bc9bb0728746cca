// A batch equals one by one, also of what people ask for: whatever comes together in one turn of the loop comes to the same
// as each by itself, in what is sent, what is stored and what explain says.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer, BulkOrder } from '../services.ts';
import { type Account, firstDifference } from '../testing/orders/account.ts';
import { play, stageOf } from '../testing/orders/player.ts';
import { type Moment, type Op, scripts } from '../testing/orders/script.ts';
import { matchersIn } from '../testing/pipeline-story.ts';
import { Stage } from '../testing/stage.ts';
import { BulkRun } from './bulk-run.ts';
import type { Work } from './work.ts';

const s = 1_000;
const ann = { name: 'key:ann' };
const groupWait = fc.constantFrom(0, 10 * s);

const push = (...samples: readonly (readonly [string, number])[]): Op => ({
  do: 'push',
  samples: samples.map(([host, value]) => ({ metric: 'cpu', host, value })),
});
const down = (host: string, value: number): Op => ({
  do: 'push',
  samples: [{ metric: 'down', host, value }],
});
const silence = (matcher: string, forMs: number): Op => ({
  ...{ do: 'silence', matcher, forMs },
  ...{ inMs: 0, recurs: false },
});
const respond = (which: number, action: Extract<Op, { do: 'respond' }>['action']): Op => ({
  ...{ do: 'respond', which, action },
  forMs: 35 * s,
});
const at = (afterMs: number, ...ops: readonly Op[]): Moment => ({ afterMs, ops });

const together = (script: readonly Moment[], wait = 0) => play(script, wait, { come: 'together' });
const alone = (script: readonly Moment[], wait = 0) => play(script, wait, { come: 'alone' });

/** When messages were sent. */
const secondsOf = ({ sent }: Account) => sent.map((text) => (JSON.parse(text) as { at: number }).at);

describe('what people ask for in one moment', () => {
  const plan = { seed: 81, numRuns: 6 };
  it(`comes to the same together and each in a turn of its own (${JSON.stringify(plan)})`, async () => {
    await fc.assert(
      fc.asyncProperty(scripts, groupWait, async (script, wait) => {
        expect(firstDifference(await together(script, wait), await alone(script, wait))).toBeNull();
      }),
      plan,
    );
  });

  it('is looked at in its order: what an order lets go is told before the next one holds it back', async () => {
    const script = [
      at(0, silence('host=a', 90 * s), push(['a', 95])),
      at(5 * s, { do: 'expire', which: 0 }, silence('host=a', 35 * s)),
      at(5 * s, respond(0, 'snooze')),
      at(s, respond(0, 'unsnooze'), respond(0, 'snooze')),
    ];
    const account = await together(script);
    expect(secondsOf(account)[0]).toBe(5);
    expect(firstDifference(account, await alone(script))).toBeNull();
  });

  it('and a source that comes behind the order takes nothing back', async () => {
    const script = [
      at(0, silence('host=a', 90 * s), push(['a', 95])),
      at(5 * s, { do: 'expire', which: 0 }, down('a', 1)),
    ];
    const account = await together(script);
    expect(secondsOf(account)[0]).toBe(5);
    expect(firstDifference(account, await alone(script))).toBeNull();
  });

  it('and a confirmation holds back nothing that came before it', async () => {
    const script = [
      at(0, push(['a', 95], ['b', 95])),
      at(5 * s, down('b', 1)),
      // Of both alerts, as the first message was. The end of the inhibition is told before.
      at(80 * s, down('b', 0), { do: 'confirm', which: 3 }),
    ];
    const account = await together(script);
    expect(secondsOf(account)).toContain(85);
    expect(firstDifference(account, await alone(script))).toBeNull();
  });

  it('is no difference to several silences made at once, which count what they hold alike', async () => {
    const three = [
      silence('host=a', 35 * s),
      silence('alertname=HighCpu', 90 * s),
      silence('host=~"a|c"', 10 * s),
    ];
    const script = [at(0, push(['a', 95], ['b', 95])), at(5 * s, ...three), at(s, push(['c', 95]))];
    expect(firstDifference(await together(script, 10 * s), await alone(script, 10 * s))).toBeNull();
  });
});

describe('a bulk order', () => {
  const plan = { seed: 82, numRuns: 4 };
  it(`is its single orders one after the other (${JSON.stringify(plan)})`, async () => {
    await fc.assert(
      fc.asyncProperty(scripts, groupWait, async (script, wait) => {
        const singly = await play(script, wait, { come: 'alone', singly: true });
        expect(firstDifference(await alone(script, wait), singly)).toBeNull();
      }),
      plan,
    );
  });
});

describe('a planted fault is found:', () => {
  /** Everything that is put into the queue of the stage's tenant. */
  const queueOf = (stage: Stage, put: (work: Work, enqueue: (work: Work) => void) => void) => {
    const tenant = stage.runtime.engine.ensureTenant('default');
    const enqueue = tenant.enqueue.bind(tenant);
    tenant.enqueue = (work) => put(work, enqueue);
  };

  it('a bulk acknowledgement that leaves out the last alert', async () => {
    const script = [
      at(0, push(['a', 95], ['b', 95])),
      at(s, { do: 'bulk', matcher: 'host=~"a|b"', action: 'acknowledge', forMs: 90 * s, limit: 1_000 }),
    ];
    const spoil = (stage: Stage) =>
      queueOf(stage, (work, enqueue) => {
        if (work instanceof BulkRun) {
          const next = work.next.bind(work);
          let ahead: ReturnType<typeof next> | undefined;
          work.next = (state) => {
            const alert = ahead === undefined ? next(state) : ahead;
            ahead = next(state);
            return ahead === null ? null : alert;
          };
        }
        enqueue(work);
      });
    const singly = await play(script, 0, { come: 'alone', singly: true });
    expect(firstDifference(await alone(script), singly)).toBeNull();
    const spoiled = await play(script, 0, { come: 'alone', spoil });
    expect(firstDifference(spoiled, singly)).toMatch(/^alerts|^sent/);
  });

  it('silences that are taken behind the samples of their turn', async () => {
    const script = [at(0, silence('host=a', 35 * s), push(['a', 95]))];
    const spoil = (stage: Stage) =>
      queueOf(stage, (work, enqueue) => {
        if (work.kind === 'command' && work.input.kind === 'silence.put')
          stage.clock.soon(() => enqueue(work));
        else enqueue(work);
      });
    const right = await alone(script);
    expect(firstDifference(await together(script), right)).toBeNull();
    expect(firstDifference(await play(script, 0, { come: 'together', spoil }), right)).toMatch(/^sent/);
  });
});

describe('in the turn in which', () => {
  let stage: Stage;
  afterEach(() => stage.close());
  const answered = async (asked: readonly Promise<Answer>[]) => {
    await stage.advance(0);
    return Promise.all(asked);
  };
  const stored = () => stage.store.alerts('default', { kind: 'alert' }, 100, null).items;

  it('a person ends an alert that nobody was told of, a comment on it does not bring it back', async () => {
    stage = new Stage(stageOf(10 * s));
    await stage.push(95);
    const { services } = stage.runtime;
    const { id } = stored().find(({ rule }) => rule === 'HighCpu')!;
    await answered([
      services.resolve('default', id, { note: null }, ann, null),
      services.respond('default', id, { kind: 'comment', text: 'a false alarm' }, ann, null),
      services.respond('default', id, { kind: 'assign', to: 'bea', note: null }, ann, null),
    ]);
    const over = { state: 'resolved', resolveReason: 'manual', comments: 1, assignee: 'bea', version: 4 };
    expect(stage.store.alert('default', id)).toMatchObject(over);
    // The next episode is another one.
    await stage.advance(s);
    await stage.push(95);
    expect(
      stored()
        .filter(({ rule }) => rule === 'HighCpu')
        .map(({ state }) => state),
    ).toEqual(['firing', 'resolved']);
  });

  it('a silence is taken back, taking it back again is answered with its end', async () => {
    stage = new Stage();
    const { silences } = stage.runtime.services;
    const [startsAt, endsAt] = [stage.t0, stage.t0 + 60 * s];
    const matchers = [{ name: 'host', op: '=' as const, value: 'a' }];
    const order = { id: null, matchers, startsAt, endsAt, recurs: null, comment: 'x', createdBy: ann.name };
    const [made] = await answered([silences.put('default', order, ann, null)]);
    const { id } = made!.body as { id: string };
    await stage.advance(s);
    const twice = await answered([silences.expire('default', id, ann), silences.expire('default', id, ann)]);
    expect(twice.map(({ status }) => status)).toEqual([200, 200]);
    expect(twice[0]!.body).toMatchObject({ state: 'expired' });
    expect(twice[1]!.body).toEqual(twice[0]!.body);
  });

  it('many are let go, however many turns that takes, they are told together', async () => {
    stage = new Stage({ route: { groupWaitMs: 0, groupIntervalMs: 60 * s } });
    await stage.pushAll(Array.from({ length: 400 }, (_, n) => ({ value: 95, host: `h${n}` })));
    await stage.advance(61 * s);
    const before = stage.sent.length;
    const many = (action: BulkOrder['action']) => {
      const of = { matchers: matchersIn('host=~"h.*"'), states: ['firing'] as const };
      const order = { action, ...of, limit: 1_000, dryRun: false };
      return answered([stage.runtime.services.respondToMany('default', order, ann, null)]);
    };
    await many({ kind: 'snooze', until: stage.clock.now() + 5 * 3_600 * s, note: null });
    await stage.advance(5 * 3_600 * s - s);
    const turns = stage.runtime.engine.counts.commits;
    await many({ kind: 'unsnooze' });
    expect(stage.runtime.engine.counts.commits - turns).toBeGreaterThan(2);
    const told = stage.sent.slice(before);
    expect(told.map(({ message }) => message.alerts.length + message.truncated)).toEqual([400]);
  });
});
