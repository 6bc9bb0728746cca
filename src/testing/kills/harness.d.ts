import type { Death } from './deaths.ts';
import { type Violation } from './ledger.ts';
import { type PlantedFault } from './points.ts';
export interface CampaignOptions {
  readonly deaths: Iterable<Death>;
  readonly seed: number;
  /** No further death after that time, epoch milliseconds. */
  readonly until?: number;
  /** Share of webhooks that are refused in passing; the end then waits for their retries. */
  readonly flaky?: number;
  readonly fault?: PlantedFault;
}
export interface CampaignReport {
  readonly kills: number;
  /** By named point. */
  readonly killsAt: Readonly<Record<string, number>>;
  readonly slowestReadyMs: number;
  /** Answers that were held against the store: events, acknowledgements, resolves, firings. */
  readonly promises: number;
  readonly samples: number;
  readonly webhooks: number;
  /** Requests whose answer was lost. */
  readonly lostAnswers: number;
  readonly violations: readonly Violation[];
  /** The campaign's folder, left for whoever looks into its violations. */
  readonly kept: string | null;
}
export declare function runCampaign(options: CampaignOptions): Promise<CampaignReport>;
