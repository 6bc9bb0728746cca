import { type KillClient } from './client.ts';
import type { Ledger } from './ledger.ts';
export declare const levelMetric = 'load.level';
export declare const fillerMetric = 'load.filler';
export declare const ruleName = 'LevelHigh';
/** Teams are routed: `ops` is told at once, `batched` in batches, `gone` is a receiver that refuses everything. */
export type Team = 'ops' | 'batched' | 'gone';
type Rng = () => number;
export declare class Load {
  #private;
  constructor(client: KillClient, ledger: Ledger, rng: Rng);
  start(): void;
  /** Everybody finishes what they are at and waits. */
  pause(): void;
  resume(): void;
  /** Resolves when everybody has ended what they were at; every alert of the load has been told to end. */
  stop(): Promise<void>;
}
