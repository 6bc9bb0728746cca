import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../channels/message.ts';
import { parseRuleFile } from '../../rules/parse.ts';
import type { Rule } from '../../rules/types.ts';
import { defaultLimits } from '../config/config.ts';
import { receiversOf } from '../config/routes.ts';
import type { OpenChannel } from '../delivery/open-channels.ts';
import { idGenerator } from '../ids.ts';
import { createHistoryTables, historyOf } from '../ingest/history-sqlite.ts';
import { silentLog } from '../log.ts';
import { routingOf } from '../rule-tests/routing-of-test.ts';
import { createRuntime } from '../runtime.ts';
import { databaseOf } from '../store/sqlite/database.ts';
import { migrate } from '../store/sqlite/migrate.ts';
import { storeOf } from '../store/sqlite/sqlite-store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { backtest, beginOf, replayed } from './backtest.ts';
import { capture } from './capture.ts';
import type { GivenSample } from './questions.ts';
import { recordedIn, recordedOf } from './recorded.ts';
import type { Recording } from './recording.ts';
import { plainRouting } from './routing.ts';

const startAt = Date.UTC(2026, 0, 5);
const around = { tenant: 'default', routing: plainRouting(), limits: defaultLimits, edges: [] };

function rulesOf(text: string): readonly Rule[] {
  const { rules, problems } = parseRuleFile(text, 'rules.yaml');
  expect(problems).toEqual([]);
  return rules;
}

const rules = rulesOf(`
rules:
  - { name: Hot, metric: cpu, operator: gt, threshold: 5, resolve_threshold: 3, for: 20s, keep_firing_for: 15s }
  - { name: HotOnAverage, metric: cpu, aggregate: avg, window: 1m, operator: gt, threshold: 5, no_data: ok, no_data_after: 1m }
  - { name: HotFleet, metric: cpu, across: avg, operator: gt, threshold: 4, no_data: ok }
  - { name: Silent, metric: cpu, aggregate: absent, window: 2m }
  - { name: Levels, metric: cpu, levels: [{ severity: warning, threshold: 4 }, { severity: critical, threshold: 7, resolve_threshold: 5 }] }
  - { name: Rises, type: trend, metric: cpu, window: 1m, threshold: 3, min_fit: 0.2, for: 5s }
  - { name: Both, by: [host], conditions: [{ metric: cpu, threshold: 4 }, { rule: HotFleet }], for: 15s }
  - { name: Shared, logic: OR, conditions: [{ metric: cpu, threshold: 7 }, { not: { metric: cpu, aggregate: max, window: 1m, threshold: 2 } }] }
  - { name: ManyHot, type: frequency, of: alerts, match: ['alertname=~"Hot|Rises"'], window: 5m, threshold: 3 }
`);

/** Steps of 0.7 to 20 s, and sometimes a silence of some minutes; times of no grid. */
const samplesOf = (lateInTen: number) =>
  fc
    .array(
      fc.record({
        host: fc.constantFrom('a', 'b', 'c'),
        // Runs of high and of low values: else no `for` would ever pass.
        high: fc.boolean(),
        run: fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 701, max: 20_000 })), {
          minLength: 1,
          maxLength: 8,
        }),
        pauseMs: fc.oneof(
          { weight: 9, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.constant(200_003) },
        ),
        lateMs: fc.oneof(
          { weight: 10 - lateInTen, arbitrary: fc.constant(0) },
          { weight: lateInTen, arbitrary: fc.constant(45_001) },
        ),
      }),
      { minLength: 20, maxLength: 40 },
    )
    .map((runs) => {
      let at = startAt + 1;
      return runs.flatMap(({ host, high, run, pauseMs, lateMs }) => {
        at += pauseMs;
        return run.map(([value, stepMs], i): GivenSample => {
          at += stepMs;
          const timestamp = Math.max(startAt + 1, at - (i === 0 ? lateMs : 0));
          return { metric: 'cpu', labels: { host }, value: value + (high ? 4 : 0), timestamp };
        });
      });
    });

interface Told {
  readonly transitions: readonly unknown[];
  readonly messages: readonly unknown[];
}

/**
 * What a program did that ran all the time: the runtime with its stores, to which samples came one by one by its own door.
 * Its history is left in `samples`.
 */
async function lived(given: readonly GivenSample[], to: number, samples: Database.Database): Promise<Told> {
  const clock = new ManualClock(given[0]!.timestamp - 1);
  const raw = new Database(':memory:');
  migrate(raw);
  createHistoryTables(samples);
  let count = 0;
  const newId = idGenerator(
    () => clock.now(),
    (into) => into.fill(++count & 0xff),
  );
  const store = storeOf(
    databaseOf(raw, () => raw.close()),
    newId,
  );
  const transitions: { id: string; told: unknown[] }[] = [];
  const messages: unknown[] = [];
  const failures: unknown[] = [];
  const channel: OpenChannel = {
    ...capture,
    name: 'screen',
    definition: { ...capture.definition, render: (message) => message },
    instance: {
      send: async (payload) => {
        const { receiver, reason, at, alerts } = payload as AlertMessage;
        messages.push([receiver, reason, at, alerts.map(({ labels }) => ({ ...labels }))]);
        return { kind: 'sent' };
      },
      close: async () => {},
    },
  };
  const runtime = createRuntime(
    {
      store,
      history: historyOf(samples, { flushes: 64, samples: 100_000, sliceSamples: 1_000_000 }),
      clock,
      log: { ...silentLog, error: (...what) => void failures.push(what) },
      newId,
      rng: Math.random,
      owner: 'test',
      channels: new Map([['screen', channel]]),
      published: (events) => {
        for (const { row } of events)
          if (row.kind.startsWith('alert.'))
            transitions.push({
              id: row.subjectId,
              told: [row.kind.slice(6), row.body.sampleAt, row.at, row.body.value, row.reason],
            });
      },
      fatal: (error) => void failures.push(error),
    },
    {
      routing: { ...around.routing, receivers: receiversOf({ default: { channels: ['screen'] } }) },
      limits: defaultLimits,
    },
  );
  runtime.start(rules);
  let newest = clock.now();
  for (const sample of given) {
    newest = Math.max(newest, sample.timestamp);
    await clock.advance(newest - clock.now());
    const pushed = runtime.services.push('default', [{ index: 0, ...sample }], []);
    await clock.advance(0);
    expect(await pushed).toMatchObject({ accepted: 1 });
  }
  await clock.advance(to - clock.now());
  const told = transitions.map(({ id, told: [kind, ...rest] }) => [
    kind,
    store.alert('default', id)?.key,
    ...rest,
  ]);
  await runtime.close(0);
  store.close();
  expect(failures).toEqual([]);
  return { transitions: told, messages };
}

const toldBy = ({ transitions, messages }: Recording): Told => ({
  transitions: transitions.map(({ kind, key, sampleAt, at, value, reason }) => [
    kind,
    key,
    sampleAt,
    at,
    value,
    reason,
  ]),
  messages: messages.map(({ receiver, reason, at, alerts }) => [
    receiver,
    reason,
    at,
    alerts.map(({ labels }) => ({ ...labels })),
  ]),
});

/** By what they say. */
const sortedBy = (messages: readonly unknown[]) =>
  [...messages].sort((a, b) => {
    const [atA, atB] = [a, b].map((one) => (one as readonly number[])[2]!);
    return atA! - atB! || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  });

const inOrder = ({ transitions, messages }: Told) => {
  const place = (one: unknown) => {
    const [, key, , at] = one as readonly unknown[];
    return `${String(at)} ${String(key)}`;
  };
  return {
    transitions: [...transitions].sort((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0)),
    // Of those made at one time the urgent go out first.
    messages: sortedBy(messages),
  };
};

describe('a backtest', () => {
  it.each([
    ['the samples in the order in which they came, some of them late', 2, null],
    ['the history', 0, 'history'],
  ])('of %s says what really happened', async (_what, lateInTen, source) => {
    const seen = { firing: 0, resolved: 0, held: 0, no_data: 0, messages: 0, late: 0 };
    await fc.assert(
      fc.asyncProperty(samplesOf(lateInTen), async (given) => {
        const to = Math.max(...given.map(({ timestamp }) => timestamp)) + 600_000;
        const history = new Database(':memory:');
        const live = await lived(given, to, history);
        const recorded =
          source === null ? recordedOf(given) : recordedIn(history, 'default', rules, startAt, to);
        const { recording } = await replayed(rules, recorded, around, given[0]!.timestamp - 1, to);
        // At one time of the engine nothing says which rule comes first.
        expect(inOrder(toldBy(recording))).toEqual(inOrder(live));
        for (const { kind, reason } of recording.transitions) {
          if (kind === 'firing' || kind === 'resolved' || kind === 'held') seen[kind] += 1;
          if (reason === 'no_data') seen.no_data += 1;
        }
        seen.messages += live.messages.length;
        seen.late += given.filter(({ timestamp }, i) => i > 0 && timestamp < given[i - 1]!.timestamp).length;
      }),
      { numRuns: 8, seed: 20_260_105, endOnFailure: true },
    );
    // Equal because nothing happened would be no news.
    for (const [what, n] of Object.entries(seen))
      if (what !== 'late' || lateInTen > 0) expect([what, n]).toEqual([what, expect.toSatisfy(() => n > 4)]);
  });

  const every = (stepMs: number, values: readonly number[]): GivenSample[] =>
    values.map((value, i) => ({
      metric: 'cpu',
      labels: { host: 'a' },
      value,
      timestamp: startAt + i * stepMs,
    }));
  const times = <T>(n: number, value: T): T[] => new Array<T>(n).fill(value);

  it('begins before the span, so that nothing is missed at its start', async () => {
    const given = every(15_000, [...times(40, 9), ...times(40, 0)]);
    const samples = new Database(':memory:');
    await lived(given, startAt + 1_300_000, samples);
    const from = startAt + 300_000;
    const to = startAt + 1_200_000;
    const recorded = recordedIn(samples, 'default', rules, beginOf(rules, from), to);
    const question = { rules, against: null, samples: null, from, to };
    const { outcome } = await backtest(question, recorded, around);
    const [hot, average] = outcome.rules;
    expect(hot).toMatchObject({ fired: 0, firingAtStart: 1, firingAtEnd: 0, firingMs: 315_000 });
    expect(average).toMatchObject({ fired: 0, firingAtStart: 1 });
  });

  it('shows the old rule beside the new one', async () => {
    const given = every(
      15_000,
      [0, 1, 2].flatMap(() => [...times(4, 9), ...times(12, 0)]),
    );
    const old = rulesOf('rules: [{ name: Hot, metric: cpu, operator: gt, threshold: 5, dedupe_window: 0s }]');
    const better = rulesOf('rules: [{ name: Hot, metric: cpu, operator: gt, threshold: 5, for: 2m }]');
    const question = { rules: better, against: old, samples: null, from: startAt, to: startAt + 3_600_000 };
    const got = await backtest(question, recordedOf(given), around);
    expect(got.outcome.rules[0]).toMatchObject({ fired: 0, cleared: 3, flaps: 0, messages: 0 });
    expect(got.against?.rules[0]).toMatchObject({ fired: 3, flaps: 2, firingMs: 3 * 60_000 });
    expect(got.against!.messages).toBeGreaterThan(1);
  });

  it('sends what the routes let through', async () => {
    const given = every(15_000, times(20, 9));
    const routing = routingOf({ route: { group_wait: 86_400_000 } }, () => {});
    const question = { rules, against: null, samples: null, from: startAt, to: startAt + 300_000 };
    const { outcome } = await backtest(question, recordedOf(given), { ...around, routing });
    expect(outcome.rules[0]).toMatchObject({ fired: 1, messages: 0 });
  });
});
