import type { KillClient } from './client.ts';
import type { CampaignFolder } from './folder.ts';
import type { Ledger } from './ledger.ts';
import type { Life } from './process.ts';
import type { Provider } from './provider.ts';
export interface Scene {
  readonly client: KillClient;
  readonly ledger: Ledger;
  readonly provider: Provider;
  /** The life that is up; it is ended cleanly on the way. */
  readonly last: Life;
  readonly folder: CampaignFolder;
  /** How long open deliveries may take to end. */
  readonly slowMs: number;
}
export declare function verify(scene: Scene): Promise<void>;
