import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ThresholdRule } from '../../rules/types.ts';
import { keyOf, type Life, live } from '../testing/simulation/verdicts.ts';
import { Stage } from '../testing/stage.ts';

const s = 1_000;
const intervalMs = 5 * s;
const delayMs = 2 * s;
const spanMs = 120 * s;
const grid = (...by: string[]) => ({ by, intervalMs, evalDelayMs: delayMs });

const rules: readonly (Partial<ThresholdRule> & Pick<ThresholdRule, 'name'>)[] = [
  { name: 'Sum', across: 'sum', grid: grid('service'), windowMs: 300 * s, threshold: 150 },
  {
    ...{ name: 'For', across: 'avg', grid: grid('service'), aggregate: 'max', windowMs: 20 * s },
    ...{ threshold: 60, resolveThreshold: 40, forMs: 10 * s, keepFiringForMs: 10 * s },
  },
  {
    ...{ name: 'Few', across: 'count', grid: grid(), aggregate: 'avg', windowMs: 10 * s },
    ...{ operator: 'lt', threshold: 3 },
  },
  {
    ...{ name: 'Quiet', across: 'max', grid: grid('host'), aggregate: 'last', windowMs: 15 * s },
    ...{ threshold: 80, resolveThreshold: 50, noData: 'alert', noDataAfterMs: 10 * s, forMs: 5 * s },
  },
  {
    ...{ name: 'Fine', across: 'min', grid: grid('host', 'service'), aggregate: 'last', windowMs: 10 * s },
    ...{ threshold: 80, noData: 'ok', noDataAfterMs: 5 * s, keepFiringForMs: 5 * s },
  },
  { name: 'Gone', grid: grid('service'), aggregate: 'absent', windowMs: 20 * s },
  { name: 'Dead', grid: grid(), aggregate: 'absent', windowMs: 12 * s, forMs: 5 * s },
];

interface Sample {
  readonly at: number;
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

const draws = fc.array(
  fc.record({
    host: fc.constantFrom('a', 'b', 'c'),
    service: fc.constantFrom('web', 'db'),
    gap: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 3 * s }) },
      fc.integer({ min: 0, max: 40 * s }),
    ),
    value: fc.constantFrom(10, 45, 55, 70, 90),
  }),
  { minLength: 1, maxLength: 60 },
);

/** Episodes as people see them: key, pending since, fired, resolved, by what. */
type Episode = readonly [string, number | null, number | null, number | null, string | null];

/** `pauses`: how long each push is put off, as far as the delay of the grid lets it. */
async function told(samples: readonly Sample[], pauses: readonly number[]): Promise<Episode[]> {
  const stage = new Stage({ rules, route: { groupWaitMs: 0 } });
  const from = stage.clock.now();
  const end = from + spanMs;
  let waiting: Sample[] = [];
  let i = 0;
  let turn = 0;
  let pushAt = Number.POSITIVE_INFINITY;
  for (;;) {
    const next = i < samples.length ? samples[i]!.at + from : Number.POSITIVE_INFINITY;
    const at = Math.min(next, pushAt);
    if (at === Number.POSITIVE_INFINITY) break;
    await stage.advance(at - stage.clock.now());
    if (next <= pushAt) {
      const sample = { ...samples[i++]!, at: next };
      if (waiting.length === 0) {
        // In time for the first grid time that it counts for.
        const latest = Math.ceil(next / intervalMs) * intervalMs + delayMs - 1;
        pushAt = Math.min(latest, next + (pauses.length === 0 ? 0 : pauses[turn++ % pauses.length]!));
      }
      waiting.push(sample);
    } else {
      const batch = waiting;
      waiting = [];
      pushAt = Number.POSITIVE_INFINITY;
      await stage.pushAll(batch);
    }
  }
  await stage.advance(end - stage.clock.now());
  const { items } = stage.store.alerts('default', {}, 1_000, null);
  const since = (time: number | null) => (time === null ? null : time - from);
  const episodes = items.map(
    ({ key, pendingSince, firedAt, resolvedAt, resolveReason }): Episode => [
      key,
      since(pendingSince),
      since(firedAt),
      since(resolvedAt),
      resolveReason,
    ],
  );
  await stage.close();
  return sorted(episodes);
}

const sorted = (episodes: Episode[]) =>
  episodes.sort((a, b) => (a[0] === b[0] ? a[1]! - b[1]! : a[0] < b[0] ? -1 : 1));

/** What a series is worth at `t`; undefined: nothing. */
function worthOf(rule: Partial<ThresholdRule>, points: readonly Sample[], t: number): number | undefined {
  const known = points.filter(({ at }) => at <= t);
  const inside = known.filter(({ at }) => at > t - rule.windowMs!).map(({ value }) => value);
  if (inside.length === 0) return undefined;
  if ((rule.aggregate ?? 'last') === 'last') return inside.at(-1);
  if (known[0]!.at > t - rule.windowMs!) return undefined;
  return rule.aggregate === 'max' ? Math.max(...inside) : inside.reduce((a, b) => a + b) / inside.length;
}

function figure(across: string, values: readonly number[]): number {
  if (across === 'count') return values.length;
  if (across === 'min') return Math.min(...values);
  if (across === 'max') return Math.max(...values);
  const sum = values.reduce((a, b) => a + b);
  return across === 'sum' ? sum : sum / values.length;
}

/** Every rule at every grid time over all samples, from the documentation alone. */
function oracle(all: readonly Sample[], start: number): Episode[] {
  const episodes: Episode[] = [];
  for (const part of rules) {
    const rule = { forMs: 0, keepFiringForMs: 0, noData: 'keep' as const, ...part };
    const { by } = rule.grid!;
    const labelsOf = ({ labels }: Sample) => Object.fromEntries(by.map((name) => [name, labels[name]!]));
    const groups = new Map(all.map((sample) => [keyOf(rule.name, labelsOf(sample)), labelsOf(sample)]));
    if (by.length === 0) groups.set(keyOf(rule.name, {}), {});
    for (const [key, labels] of groups) {
      const own = all.filter((sample) => by.every((name) => sample.labels[name] === labels[name]));
      let life: Life = { state: 'none' };
      let pendingSince = 0;
      let firedAt: number | null = null;
      let wasTrue = false;
      let quiet = false;
      let lastValueAt: number | null = null;
      const say = (verdict: boolean, t: number, silent = false) => {
        const timing = silent && !verdict ? { ...rule, keepFiringForMs: 0 } : rule;
        const before: Life = life;
        const { life: next, said } = live(before, verdict, timing, t);
        life = next;
        wasTrue = verdict;
        quiet = silent;
        if (before.state === 'none' && next.state !== 'none') pendingSince = t;
        if (said?.kind === 'firing') firedAt = t;
        if (said?.kind !== 'resolved' && said?.kind !== 'cleared') return;
        const reason =
          said.kind === 'cleared' ? 'cleared_while_pending' : silent ? 'no_data' : 'condition_cleared';
        episodes.push([key, pendingSince - start, firedAt && firedAt - start, t - start, reason]);
        firedAt = null;
      };
      const first = Math.ceil((start - delayMs) / intervalMs) * intervalMs;
      for (let t = first; t + delayMs <= start + spanMs; t += intervalMs) {
        const heard = own.filter(({ at }) => at <= t);
        if (rule.aggregate === 'absent') {
          if (heard.length > 0) say(t - heard.at(-1)!.at >= rule.windowMs!, t);
          else if (by.length === 0 && t - start >= rule.windowMs!) say(true, t);
          continue;
        }
        if (heard.length === 0) continue;
        const series = new Map<string, Sample[]>();
        for (const sample of heard) {
          const id = JSON.stringify(sample.labels);
          series.set(id, [...(series.get(id) ?? []), sample]);
        }
        const values = [...series.values()]
          .map((points) => worthOf(rule, points, t))
          .filter((value) => value !== undefined);
        if (values.length > 0) {
          lastValueAt = t;
          const value = figure(rule.across!, values);
          const limit = wasTrue && !quiet ? (rule.resolveThreshold ?? rule.threshold!) : rule.threshold!;
          say(rule.operator === 'lt' ? value < limit : value > limit, t);
        } else if (lastValueAt !== null && rule.noData !== 'keep') {
          const after = lastValueAt + rule.noDataAfterMs!;
          const { state } = life as Life;
          if (rule.noData === 'alert' && t >= after && state !== 'firing') say(true, t, true);
          if (rule.noData === 'ok' && state !== 'none')
            if (t >= after + (state === 'firing' ? rule.keepFiringForMs : 0)) say(false, t, true);
        }
      }
      if ((life as Life).state !== 'none')
        episodes.push([key, pendingSince - start, firedAt && firedAt - start, null, null]);
    }
  }
  return sorted(episodes);
}

describe('the episodes of rules over several series', () => {
  it('are the same however samples are batched, as long as they come within the delay, and what a naive loop says', async () => {
    const start = 1_700_000_000_000;
    await fc.assert(
      fc.asyncProperty(
        draws,
        fc.array(fc.integer({ min: 0, max: 8 * s }), { minLength: 1, maxLength: 5 }),
        async (drawn, pauses) => {
          let at = 0;
          const samples: Sample[] = [];
          for (const { host, service, gap, value } of drawn) {
            at += gap;
            if (at >= spanMs - 10 * s) break;
            // One point per series and time.
            if (samples.some((x) => x.at === at && x.labels.host === host && x.labels.service === service))
              continue;
            samples.push({ at, value, labels: { host, service } });
          }
          const expected = oracle(
            samples.map((sample) => ({ ...sample, at: sample.at + start })),
            start,
          );
          expect(await told(samples, [])).toEqual(expected);
          expect(await told(samples, pauses)).toEqual(expected);
          expect(await told(samples, [8 * s])).toEqual(expected);
        },
      ),
      { numRuns: 20 },
    );
  });
});
