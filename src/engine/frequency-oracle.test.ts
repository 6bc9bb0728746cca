// Rules that count against a naive loop over a list: random rules, random events, told late or together, and a process that
// starts again, dies, and loses commits.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRule } from '../../rules/parse.ts';
import type { FrequencyRule } from '../../rules/types.ts';
import { failingStore } from '../store/contract/failing-store.ts';
import { keyOf, type Life, live } from '../testing/simulation/verdicts.ts';
import { Stage } from '../testing/stage.ts';

const s = 1_000;
const intervalMs = 5 * s;
const start = 1_700_000_000_000;
const ticks = 24;

interface Happening {
  readonly at: number;
  /** Events that are posted together; a start; or what happens to the next commit. */
  readonly events?: readonly { readonly user: string; readonly ip: string; readonly late: number }[];
  readonly start?: 'restart' | 'kill';
  readonly lose?: 'before' | 'after';
}

interface Told {
  readonly user: string;
  readonly ip: string;
  readonly occurredAt: number;
}

/** What the process knows: events that it took, starts, and commits that it lost. */
type Line =
  | { readonly at: number; readonly took: Told }
  | { readonly at: number; readonly began: 'anew' | 'again' };

const rules = fc.record({
  operator: fc.constantFrom('gte', 'lt', 'lte', 'eq', 'neq'),
  threshold: fc.integer({ min: 0, max: 3 }),
  by: fc.constantFrom([], ['user']),
  distinct: fc.constantFrom(undefined, 'ip'),
  window: fc.constantFrom('15s', '32s'),
  for: fc.constantFrom('0s', '10s'),
});

const happenings = fc.array(
  fc.record({
    tick: fc.integer({ min: 0, max: ticks - 1 }),
    what: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          events: fc.array(
            fc.record({
              user: fc.constantFrom('bob', 'eve'),
              ip: fc.constantFrom('1', '2', '3'),
              late: fc.oneof(fc.constant(0), fc.integer({ min: -6 * s, max: 12 * s })),
            }),
            { minLength: 1, maxLength: 3 },
          ),
        }),
      },
      fc.record({ start: fc.constantFrom('restart' as const, 'kill' as const) }),
      fc.record({ lose: fc.constantFrom('before' as const, 'after' as const) }),
    ),
  }),
  { minLength: 1, maxLength: 25 },
);

type Episode = readonly [key: string, pending: number, fired: number | null, resolved: number | null];
const sorted = (episodes: readonly Episode[]) =>
  [...episodes].sort((x, y) => (x[0] === y[0] ? x[1] - y[1] : x[0] < y[0] ? -1 : 1));

async function told(rule: FrequencyRule, list: readonly Happening[]): Promise<[Episode[], Line[]]> {
  const lines: Line[] = [];
  let lose: Happening['lose'] | null = null;
  const stage: Stage = new Stage({
    rules: [rule],
    route: { groupWaitMs: 3_600 * s },
    wrapStore: (store) =>
      failingStore(store, ({ method, args }) => {
        if (lose === null || method !== 'commit' || !JSON.stringify(args).includes('"put":"alert"'))
          return null;
        const fault = lose === 'after' ? ({ when: 'after' } as const) : ({ when: 'before' } as const);
        lose = null;
        lines.push({ at: stage.clock.now(), began: 'again' });
        return fault;
      }),
  });
  const until = (at: number) => stage.advance(Math.max(0, at - stage.clock.now()));
  for (const { at, events, start: how, lose: next } of list) {
    await until(at);
    if (how !== undefined) {
      if (how === 'restart') await stage.restart();
      else {
        stage.kill();
        stage.start();
        await stage.advance(0);
      }
      lines.push({ at: stage.clock.now(), began: 'anew' });
    }
    if (next !== undefined) lose = next;
    if (events === undefined) continue;
    const lost = lose;
    const now = stage.clock.now();
    // Those of one moment are taken in one turn: they are lost together.
    const answers = await Promise.allSettled(
      events.map(({ user, ip, late }) => stage.event({ user, ip }, 'failed', now - late)),
    );
    const taken = answers.every(({ status }) => status === 'fulfilled') || lost === 'after';
    const lines0 = lost !== null ? lines.splice(lines.length - 1) : [];
    if (taken)
      for (const { user, ip, late } of events)
        lines.push({ at: now, took: { user, ip, occurredAt: now - late } });
    lines.push(...lines0);
  }
  await until(start + ticks * intervalMs + s);
  const episodes = stage.store
    .alerts('default', { kind: 'alert' }, 1_000, null)
    .items.map(
      ({ key, pendingSince, firedAt, resolvedAt }): Episode => [
        key,
        pendingSince! - start,
        firedAt && firedAt - start,
        resolvedAt && resolvedAt - start,
      ],
    );
  await stage.close();
  return [sorted(episodes), lines];
}

interface Group {
  since: number;
  /** Something is known of it. */
  known: boolean;
  life: Life;
  episode: [string, number, number | null, number | null] | null;
}

function oracle(rule: FrequencyRule, lines: readonly Line[]): Episode[] {
  const { operator, threshold, windowMs, grid } = rule;
  const few = operator !== 'gte';
  const root = grid.by.length === 0;
  // A rule about too few recalls whom it heard of, further back than this test goes.
  const reachMs = few && !root ? Number.POSITIVE_INFINITY : windowMs;
  const episodes: [string, number, number | null, number | null][] = [];
  const stored: Told[] = [];
  const groups = new Map<string, Group>();
  const keyOfEvent = ({ user }: Told) => keyOf(rule.name, root ? {} : { user });
  const group = (key: string, at: number) => {
    const own = groups.get(key) ?? { since: at, known: false, life: { state: 'none' }, episode: null };
    groups.set(key, own);
    return own;
  };
  if (root) group(keyOf(rule.name, {}), start);
  const recall = (at: number) => {
    for (const one of stored) if (one.occurredAt > at - reachMs) group(keyOfEvent(one), at).known = true;
  };
  const judged = (key: string, own: Group, t: number) => {
    const mine = stored.filter((one) => keyOfEvent(one) === key);
    const inside = mine.filter(({ occurredAt }) => occurredAt > t - windowMs && occurredAt <= t);
    const count = rule.distinct === undefined ? inside.length : new Set(inside.map(({ ip }) => ip)).size;
    const verdict = {
      ...{ gte: count >= threshold, lt: count < threshold, lte: count <= threshold },
      ...{ eq: count === threshold, neq: count !== threshold, gt: count > threshold },
    }[operator];
    const listened = own.since <= t - windowMs;
    const past = mine.every(({ occurredAt }) => occurredAt <= t - windowMs) && (!few || listened);
    return { verdict: few && verdict && !listened ? null : verdict, past, over: past && !verdict };
  };
  const take = (line: Line) => {
    if ('took' in line) {
      stored.push(line.took);
      group(keyOfEvent(line.took), line.at).known = true;
      return;
    }
    for (const [key, own] of groups) {
      own.known = false;
      if (line.began === 'again') {
        // The turn that was lost had let go of it: it is heard of anew.
        if (!root && line.at % intervalMs === 0 && judged(key, own, line.at).over) own.since = line.at;
        continue;
      }
      own.since = line.at;
      if (own.episode === null && !root) groups.delete(key);
    }
    recall(line.at);
  };
  const left = [...lines];
  for (let t = start; t <= start + ticks * intervalMs; t += intervalMs) {
    while (left[0] !== undefined && left[0].at <= t) take(left.shift()!);
    for (const [key, own] of groups) {
      if (!own.known && own.episode === null && !root) {
        groups.delete(key);
        continue;
      }
      const { verdict, past } = judged(key, own, t);
      if (verdict !== null) {
        const { life, said } = live(own.life, verdict, rule, t);
        if (own.life.state === 'none' && life.state !== 'none') {
          own.episode = [key, t - start, null, null];
          episodes.push(own.episode);
        }
        own.life = life;
        if (said?.kind === 'firing') own.episode![2] = t - start;
        if (said?.kind === 'resolved' || said?.kind === 'cleared') {
          own.episode![3] = t - start;
          own.episode = null;
        }
      }
      if (past) own.known = false;
      if (!own.known && own.episode === null && !root) groups.delete(key);
    }
  }
  return sorted(episodes);
}

describe('the episodes of rules that count', () => {
  it('are what a naive loop says, however events come and wherever the process starts again or loses a commit', async () => {
    await fc.assert(
      fc.asyncProperty(rules, happenings, async ({ distinct, ...keys }, drawn) => {
        const doc = { name: 'Often', type: 'frequency', event_type: 'failed', ...keys };
        const read = parseRule({ ...doc, ...(distinct && { distinct }) }, { kind: 'api' });
        if ('problems' in read) throw new Error(JSON.stringify(read.problems));
        const rule = read.rule as FrequencyRule;
        // Between two grid times, in order, one thing each second; a restart takes two.
        const list = drawn
          .map(({ tick, what }) => ({ at: start + tick * intervalMs + s, ...what }))
          .sort((x, y) => x.at - y.at)
          .filter((one, i, all) => one.at !== all[i - 1]?.at);
        const [episodes, lines] = await told(rule, list);
        expect(episodes).toEqual(oracle(rule, lines));
      }),
      { numRuns: 25 },
    );
  });
});
