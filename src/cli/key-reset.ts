// `tocsin key reset`: a way back in for whoever may write the data folder. Tocsin must be stopped: one process owns the
// folder, and a running one would not know of the change.
import { randomFillSync } from 'node:crypto';
import { systemClock } from '../clock.ts';
import { adminKeyName, resetOperatorKey } from '../http/keys.ts';
import { idGenerator } from '../ids.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { type Store, StoreError } from '../store/store.ts';
import { stateFile } from './data-folder.ts';
import type { DataFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted } from './problems.ts';

export async function keyResetCommand(host: CliHost, flags: DataFlags): Promise<number> {
  const state = stateFile(host, flags);
  if (typeof state === 'number') return state;
  let store: Store;
  try {
    store = openSqliteStore({ file: state.file, durability: 'full' });
  } catch (error) {
    const busy = error instanceof StoreError && error.failure === 'busy';
    const why = error instanceof Error ? error.message : String(error);
    host.err(busy ? `Tocsin is running on ${state.file}: stop it first, then start it again` : why);
    return exitCodes.failed;
  }
  try {
    const clock = systemClock();
    const newId = idGenerator(
      () => clock.now(),
      (into) => randomFillSync(into),
    );
    const { text, revoked, ofEnvironment } = resetOperatorKey(store, { newId, now: clock.now() });
    host.out(`Operator key, shown this once: ${text}`);
    host.out(`${counted(revoked, 'earlier operator key')} revoked.`);
    if (ofEnvironment) host.out(`The key of ${adminKeyName} still opens; it is changed in the environment.`);
    return exitCodes.ok;
  } finally {
    store.close();
  }
}
