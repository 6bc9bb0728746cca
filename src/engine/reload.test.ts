// Rules that change while samples and deliveries are under way: nobody is told twice, and nobody is left out.
import { describe, expect, it } from 'vitest';
import { parseMatcher } from '../../rules/matchers.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';
import type { Rule } from '../../rules/types.ts';
import { thingsPerSlice } from '../slices.ts';
import { type ShardCommit, StoreError } from '../store/store.ts';
import { aRule } from '../testing/builders.ts';
import { Stage } from '../testing/stage.ts';
import { RuleVersions } from './rule-versions.ts';

const s = 1_000;
const hosts = Array.from({ length: 12 }, (_, n) => `h${n}`);
const route = { groupWaitMs: 0, groupIntervalMs: 0, resolveWaitMs: 0 };
const receiver = { dedupeWindowMs: 0 };

function only(host: string) {
  const matcher = parseMatcher(`host="${host}"`);
  if (isSyntaxProblem(matcher)) throw new Error(matcher.problem);
  return [matcher];
}

/** Of two metrics, some for one host, with and without `for`, one of silence, one over all hosts. */
const rulesOf = (edition: number): Rule[] => [
  aRule({ name: 'Stays' }),
  aRule({ name: 'Waits', forMs: 20 * s, keepFiringForMs: 10 * s }),
  aRule({ name: 'Edited', description: `edition ${edition}` }),
  aRule({ name: 'OneHost', match: only('h3'), threshold: 80 + edition / 10 }),
  aRule({ name: 'Other', metric: 'load', description: `edition ${edition}` }),
  aRule({ name: 'Silent', metric: 'load', aggregate: 'absent', windowMs: 600 * s }),
  aRule({
    name: 'All',
    across: 'avg',
    grid: { by: [], intervalMs: 5 * s, evalDelayMs: 0 },
    windowMs: 300 * s,
  }),
  ...Array.from({ length: 40 }, (_, n) =>
    aRule({ name: `Filler${n}`, threshold: 1_000, description: n % 4 === edition % 4 ? `${edition}` : '' }),
  ),
];

/** Every host is bad for a while, at times of its own; `reload` is called amid the pushes, before they are evaluated. */
async function story(reload: (stage: Stage, round: number) => void) {
  const stage = new Stage({ rules: rulesOf(0), route, receiver });
  try {
    for (let round = 0; round < 24; round++) {
      const pushed = stage.pushAll(
        hosts.flatMap((host, n) => {
          const value = round >= 2 + (n % 5) && round < 12 + (n % 7) ? 90 + n : 10;
          return ['cpu', 'load'].map((metric) => ({ host, metric, value, at: stage.clock.now() }));
        }),
      );
      reload(stage, round);
      await pushed;
      await stage.advance(5 * s);
    }
    await stage.advance(5 * s);
    const { items } = stage.store.alerts('default', {}, 1_000, null);
    const alerts = items.map(({ key, state, pendingSince, firedAt, resolvedAt, resolveReason }) =>
      JSON.stringify([key, state, pendingSince, firedAt, resolvedAt, resolveReason]),
    );
    const told = stage.sent.flatMap(({ message }) =>
      message.changed.map((id) => `${items.find((alert) => alert.id === id)?.key} ${message.reason}`),
    );
    return { alerts: alerts.sort(), told: told.sort() };
  } finally {
    await stage.close();
  }
}

describe('a reload under load', () => {
  it('misses no alert, doubles none, and moves none in time', async () => {
    const undisturbed = await story(() => {});
    expect(undisturbed.alerts.length).toBe(hosts.length * 4 + 2);
    expect(new Set(undisturbed.told).size).toBe(undisturbed.told.length);
    const reloaded = await story((stage, round) => {
      const rules = rulesOf(round);
      // In another order in the files, too, and twice in a row.
      stage.runtime.setRules(round % 2 === 0 ? rules : [...rules].reverse());
      if (round % 3 === 0) stage.runtime.setRules(rules);
    });
    expect(reloaded).toEqual(undisturbed);
    // And beside the turns, in slices.
    const more = Array.from({ length: thingsPerSlice }, (_, n) =>
      aRule({ name: `More${n}`, metric: 'other', hash: `more ${n}` }),
    );
    let taken = 0;
    const sliced = await story((stage, round) => {
      stage.runtime.reloadRules([...more, ...rulesOf(round)], (problems) => {
        taken += problems.length === 0 ? 1 : 0;
      });
    });
    expect([sliced, taken]).toEqual([undisturbed, 24]);
  });
});

describe('the versions of rules', () => {
  const names = (versions: RuleVersions) => versions.take(100).map(({ name, hash }) => `${name} ${hash}`);

  it('are noted once for each content', () => {
    const versions = new RuleVersions();
    versions.note('default', [aRule({ name: 'A', hash: '1' }), aRule({ name: 'B', hash: '1' })], 0);
    versions.note('other', [aRule({ name: 'A', hash: '1' })], 0);
    expect(names(versions)).toEqual(['A 1', 'B 1', 'A 1']);
    versions.note('default', [aRule({ name: 'A', hash: '1' }), aRule({ name: 'B', hash: '2' })], 0);
    expect(names(versions)).toEqual(['B 2']);
    versions.note('third', [aRule({ name: 'A' })], 0);
    const [a] = versions.take(1);
    expect(JSON.parse(a!.body)).toMatchObject({ name: 'A', threshold: 80 });
  });

  it('are written again when the commit that held them failed', async () => {
    const written: string[] = [];
    let failed = 0;
    const stage = new Stage({
      rules: [{ name: 'A' }],
      wrapStore: (store) =>
        new Proxy(store, {
          get(target, name) {
            const member: unknown = Reflect.get(target, name);
            if (name !== 'commit') return typeof member === 'function' ? member.bind(target) : member;
            return (commits: readonly ShardCommit[]) => {
              const versions = commits.flatMap(({ effects }) =>
                effects.flatMap((effect) => (effect.put === 'config_version' ? [effect.row.name] : [])),
              );
              if (versions.length > 0 && failed++ === 0) throw new StoreError('unknown', 'planned');
              written.push(...versions);
              return target.commit(commits);
            };
          },
        }),
    });
    await stage.advance(s);
    expect(failed).toBe(2);
    expect(written).toEqual(['A']);
    await stage.close();
  });
});
