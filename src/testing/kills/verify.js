// The end of a campaign: everything settles, and every promise is looked for through the API, at the provider, in the
// sample history and in the files.
import { apiState } from './api-state.js';
import { checkApi } from './check-api.js';
import { checkDatabases } from './check-databases.js';
import { checkProvider } from './check-provider.js';
import { checkSamples } from './check-samples.js';

const settleEveryMs = 200;
/** Longer than the batched route's group_interval, so that nothing waits in a group any more. */
const settledLooks = 4;
export async function verify(scene) {
  const { client, ledger, provider, last, folder } = scene;
  await settle(scene);
  const state = await apiState(client);
  checkApi(ledger, state);
  await checkProvider(ledger, provider, state);
  last.end();
  const { code } = await last.exited;
  if (code !== 0)
    ledger.violate('unexpected_exit', `a clean end gave ${code}: ${last.tail.slice(-3).join('\n')}`);
  checkSamples(ledger, folder.samplesDb);
  checkDatabases(ledger, folder);
}
async function settle({ client, ledger, slowMs }) {
  const giveUpAt = Date.now() + slowMs;
  let looks = 0;
  while (looks < settledLooks) {
    const { body } = await client.sure('GET', '/api/v1/deliveries?state=queued,sending&limit=1');
    const { items } = body;
    looks = items.length === 0 ? looks + 1 : 0;
    if (Date.now() > giveUpAt) {
      ledger.violate('unsettled', `after ${slowMs} ms a delivery is still open: ${JSON.stringify(items[0])}`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, settleEveryMs));
  }
}
//# sourceMappingURL=verify.js.map
