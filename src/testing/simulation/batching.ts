// I17 by itself: one stream, in time order per series, is told to three small programs: sample by sample, in random
// batches, and with restarts after a flush. Without faults all must have the same episodes.
import { diskOfMemory } from './disk.ts';
import type { PushedSample } from './episodes.ts';
import { drawLeveledRules, drawSeed, noFaults, type SeedPlan } from './plan-of-seed.ts';
import { Random } from './random.ts';
import { World } from './world.ts';

const samplesPerSeed = 600;

/** Rules without silence: that one is engine time, not the stream's. */
function planOf(seed: number): SeedPlan {
  const drawn = drawSeed(new Random(seed, 11));
  const all = [...drawn.rules, ...drawLeveledRules(new Random(seed, 15))];
  const rules = all.filter((rule) => rule.aggregate !== 'absent');
  return { ...drawn, faults: noFaults, rules: rules.map((rule) => ({ ...rule, noData: 'keep' })) };
}

interface Told {
  readonly tenant: string;
  readonly at: number;
  readonly sample: PushedSample;
}

function stream(plan: SeedPlan, seed: number, start: number): readonly Told[] {
  const random = new Random(seed, 12);
  const told: Told[] = [];
  for (const series of plan.series) {
    let level = 30;
    let at = start;
    for (let i = 0; i < samplesPerSeed / plan.series.length; i++) {
      at += random.int(1_000, 20_000);
      if (random.chance(0.15)) level = random.pick([30, 70, 85, 99]);
      const { metric, labels, tenant } = series;
      told.push({ tenant, at, sample: { metric, labels, timestamp: at, value: level } });
      if (random.chance(0.05))
        told.push({ tenant, at, sample: { metric, labels, timestamp: at, value: level + 1 } });
    }
  }
  return told.sort((a, b) => a.at - b.at);
}

async function episodesOf(seed: number, mode: 'one by one' | 'batches' | 'restarts'): Promise<string> {
  const plan = planOf(seed);
  const random = new Random(seed, 13);
  const disk = diskOfMemory();
  const world = new World({ disk, random: new Random(seed, 14), plan });
  try {
    world.start();
    const told = [...stream(plan, seed, world.clock.now())];
    let waiting: Told[] = [];
    for (let i = 0; i < told.length; ) {
      const size = mode === 'one by one' ? 1 : random.int(1, 40);
      waiting = told.slice(i, i + size);
      i += size;
      await world.run(Math.max(world.clock.now(), waiting.at(-1)!.at));
      for (const tenant of new Set(waiting.map((each) => each.tenant))) {
        const raw = waiting
          .filter((each) => each.tenant === tenant)
          .map((each, index) => ({ index, ...each.sample }));
        const answer = world.request((services) => services.push(tenant, raw, []));
        await world.run(world.clock.now());
        const outcome = await answer;
        if (outcome.kind !== 'ok' || outcome.value.rejectedCount > 0)
          throw new Error(`a push was not taken: ${JSON.stringify(outcome)}`);
      }
      if (mode === 'restarts' && random.chance(0.1)) {
        await world.run(world.clock.now() + 1_100); // the flush
        world.close();
        world.start();
      }
    }
    return [...world.journal.alerts.values()]
      .map(({ row }) =>
        [
          row.tenant,
          row.key,
          row.state,
          row.pendingSince,
          row.firedAt,
          row.resolvedAt,
          row.effectiveSeverity,
        ].join(' '),
      )
      .sort()
      .join('\n');
  } finally {
    world.close();
    disk.remove();
  }
}

/** Null when all three agree, else the first differing episodes. */
export async function checkBatching(seed: number): Promise<string | null> {
  const single = await episodesOf(seed, 'one by one');
  for (const mode of ['batches', 'restarts'] as const) {
    const other = await episodesOf(seed, mode);
    if (other === single) continue;
    const [a, b] = [new Set(single.split('\n')), new Set(other.split('\n'))];
    const only = (x: Set<string>, y: Set<string>) =>
      [...x]
        .filter((text) => !y.has(text))
        .slice(0, 3)
        .join(' | ');
    return `${mode}: only one by one: ${only(a, b) || 'nothing'}; only in ${mode}: ${only(b, a) || 'nothing'}`;
  }
  return null;
}
