import { type KillPoint, type PlantedFault } from './points.ts';
export declare const operatorKey = 'kill-harness-operator-key-of-enough-characters';
export interface Life {
  /** 1 for the first process on the folder. */
  readonly no: number;
  readonly spawnedAt: number;
  /** `http://127.0.0.1:<port>` once it is ready; null when it ended before. */
  readonly ready: Promise<string | null>;
  /** From spawn to the first 200 of /health/ready; null while it is not ready. */
  readonly readyMs: number | null;
  /** When it was killed, epoch milliseconds: not later than that. Infinity while it lives or when it ended by itself. */
  readonly killedAt: number;
  /** The point at which it killed itself. */
  readonly killedBy: KillPoint | null;
  readonly exited: Promise<{
    readonly code: number | null;
    readonly signal: string | null;
  }>;
  /** The last lines of its log. */
  readonly tail: readonly string[];
  kill(): void;
  /** SIGTERM. */
  end(): void;
}
export interface LifeOptions {
  readonly child: string;
  readonly configFile: string;
  readonly no: number;
  readonly killAt?: {
    readonly point: KillPoint;
    readonly hit: number;
  };
  readonly fault?: PlantedFault;
}
export declare function startLife(options: LifeOptions): Life;
