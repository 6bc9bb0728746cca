// What was recorded of every service: a day's shape, noise that remembers, and the effects of the plan on top.
import type { SeriesSignal } from '../../../analysis/signals.ts';
import type { Random } from '../simulation/random.ts';
import { metricsOf } from './alert-kinds.ts';
import { between, hour, normal, second } from './draws.ts';
import type { Effect, Plan } from './plan.ts';

interface MetricShape {
  /** Level at rest, drawn between the two. */
  readonly rest: readonly [number, number];
  /** Part of the level that the day adds and takes. */
  readonly day: number;
  /** Standard deviation of the noise as a part of the level. */
  readonly noise: number;
  /** What an effect of size one adds: a part of the level, or so much. */
  readonly step: { readonly times: number } | { readonly plus: number };
  readonly most: number;
}

const shapes: Readonly<Record<string, MetricShape>> = {
  latency_ms: { rest: [15, 250], day: 0.15, noise: 0.08, step: { times: 1.2 }, most: 60_000 },
  error_rate: { rest: [0.001, 0.01], day: 0, noise: 0.3, step: { plus: 0.06 }, most: 1 },
  cpu: { rest: [0.2, 0.45], day: 0.3, noise: 0.08, step: { plus: 0.3 }, most: 1 },
  memory: { rest: [0.38, 0.5], day: 0.04, noise: 0.015, step: { plus: 0.25 }, most: 1 },
  requests: { rest: [20, 2_000], day: 0.4, noise: 0.06, step: { times: 0.8 }, most: 1e9 },
  retransmits: { rest: [0.001, 0.004], day: 0.1, noise: 0.25, step: { plus: 0.03 }, most: 1 },
  saturation: { rest: [0.15, 0.4], day: 0.3, noise: 0.1, step: { plus: 0.35 }, most: 1 },
  queue_depth: { rest: [5, 60], day: 0.3, noise: 0.3, step: { times: 4 }, most: 1e9 },
  disk: { rest: [0.38, 0.5], day: 0, noise: 0.004, step: { plus: 0.1 }, most: 1 },
  disk_io: { rest: [0.1, 0.35], day: 0.25, noise: 0.15, step: { plus: 0.4 }, most: 1 },
  lock_waits: { rest: [1, 8], day: 0.2, noise: 0.3, step: { times: 4 }, most: 1e9 },
  replication_lag_s: { rest: [0.2, 2], day: 0.1, noise: 0.3, step: { times: 8 }, most: 1e6 },
};

/** How much of an effect is there at a time: 0 before it and after it, 1 when it is full. */
function partAt({ from, riseMs, to, fallMs }: Effect, at: number): number {
  if (at < from || at >= to + fallMs) return 0;
  const full = riseMs > 0 ? Math.min(1, (at - from) / riseMs) : 1;
  return at < to ? full : full * (1 - (at - to) / fallMs);
}

export function seriesOf(random: Random, plan: Plan): SeriesSignal[] {
  const found: SeriesSignal[] = [];
  const peak = between(random, 0, 24);
  for (const { name, layer } of plan.topology.services) {
    const everyMs = random.pick([15, 20, 30]) * second;
    const times = new Float64Array(Math.floor((plan.to - plan.from) / everyMs));
    for (let n = 0; n < times.length; n++) times[n] = plan.from + n * everyMs;
    for (const metric of metricsOf(layer)) {
      const effects = plan.effects.filter((one) => one.service === name && one.metric === metric);
      const values = valuesOf(random, shapes[metric]!, times, effects, peak);
      found.push({ service: name, metric, labels: { service: name }, times, values });
    }
  }
  return found;
}

function valuesOf(
  random: Random,
  { rest, day, noise, step, most }: MetricShape,
  times: Float64Array,
  effects: readonly Effect[],
  peak: number,
): Float64Array {
  const level = between(random, ...rest);
  const own = noise * between(random, 0.7, 1.3);
  const values = new Float64Array(times.length);
  let drift = 0;
  for (let n = 0; n < times.length; n++) {
    const at = times[n]!;
    const wave = Math.cos((2 * Math.PI * (at / hour - peak)) / 24);
    drift = 0.6 * drift + 0.8 * normal(random);
    let value = level * (1 + day * wave) * (1 + own * drift);
    for (const effect of effects) {
      const part = partAt(effect, at);
      if (part === 0) continue;
      if (effect.level !== undefined) value += part * Math.max(0, effect.level - level);
      else if ('plus' in step) value += part * effect.size * step.plus;
      // A drop takes a part of what is left: it never goes below nothing.
      else value *= effect.size >= 0 ? 1 + part * effect.size * step.times : 1 / (1 - part * effect.size * 2);
    }
    values[n] = Math.min(most, Math.max(0, value));
  }
  return values;
}
