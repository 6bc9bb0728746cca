import type { Random } from '../simulation/random.ts';
import { type KillPoint } from './points.ts';
export type Death =
  | {
      readonly point: KillPoint;
      readonly hit: number;
    }
  /** That long after it was ready. */
  | {
      readonly afterReadyMs: number;
    }
  /** That long after the process was started, ready or not. */
  | {
      readonly afterSpawnMs: number;
    };
/** Every point at its first and its tenth hit. */
export declare const namedDeaths: readonly Death[];
/** Random moments without end. */
export declare function randomDeaths(random: Random): Generator<Death>;
export declare function first<T>(n: number, all: Iterable<T>): Generator<T>;
