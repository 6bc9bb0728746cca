// Rounds that take turns: other load on the machine hits all sides alike, and the median forgets the round it hit worst.
import { median } from './statistics.ts';

export interface Sides<T> {
  readonly [side: string]: readonly T[];
}

/** Runs every side once per round; the side that begins changes from round to round. */
export async function interleaved<Side extends string, T>(
  rounds: number,
  sides: Readonly<Record<Side, () => Promise<T>>>,
): Promise<Record<Side, T[]>> {
  const names = Object.keys(sides) as Side[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Side, T[]>;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length]!;
      results[name].push(await sides[name]());
    }
  }
  return results;
}

/** Median of the ratios of each round, with the smallest and the largest. */
export function ratioOf(
  values: readonly number[],
  limits: readonly number[],
): { ratio: number; least: number; most: number } {
  const ratios = values.map((value, i) => value / limits[i]!);
  return { ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
