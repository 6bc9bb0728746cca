// The end of a campaign: everything settles, and every promise is looked for through the API, at the provider, in the
// sample history and in the files.
import { slowReason, slowRoundMs } from '../../policy/retry.ts';
import { apiState } from './api-state.ts';
import { checkApi } from './check-api.ts';
import { checkDatabases } from './check-databases.ts';
import { checkProvider } from './check-provider.ts';
import { checkSamples } from './check-samples.ts';
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
  /** Whether samples are looked for: a loss of power takes more than a second of them. */
  readonly samples: boolean;
  /** How long open deliveries may take to end. */
  readonly slowMs: number;
}

const settleEveryMs = 200;
/** Longer than the batched route's group_interval, so that nothing waits in a group any more. */
const settledLooks = 4;

export async function verify(scene: Scene): Promise<void> {
  const { client, ledger, provider, last, folder } = scene;
  await settle(scene);
  const state = await apiState(client);
  checkApi(ledger, state);
  await checkProvider(ledger, provider, state);
  last.end();
  const { code } = await last.exited;
  if (code !== 0)
    ledger.violate('unexpected_exit', `a clean end gave ${code}: ${last.tail.slice(-3).join('\n')}`);
  if (scene.samples) checkSamples(ledger, folder.samplesDb);
  checkDatabases(ledger, folder);
}

async function settle({ client, ledger, slowMs }: Scene): Promise<void> {
  const began = Date.now();
  let giveUpAt = began + slowMs;
  let looks = 0;
  while (looks < settledLooks) {
    const { body } = await client.sure('GET', '/api/v1/deliveries?state=queued,sending&limit=100');
    const { items } = body as { items: { reason: string | null; due_at: string }[] };
    looks = items.length === 0 ? looks + 1 : 0;
    // Kills may have taken the answers of a whole round of attempts; the next round comes later, and says when.
    for (const { reason, due_at } of items)
      if (reason === slowReason)
        giveUpAt = Math.max(giveUpAt, Math.min(Date.parse(due_at), began + slowRoundMs) + slowMs);
    if (Date.now() > giveUpAt) {
      ledger.violate('unsettled', `after ${slowMs} ms a delivery is still open: ${JSON.stringify(items[0])}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, settleEveryMs));
  }
}
