// The process that is killed: the whole program on a configuration file, with named points on its way. Arguments: the
// configuration file. Environment: see points.ts; nothing in the program itself reads it.
import { channels } from '../../../channels/index.ts';
import { createTocsin, type Tocsin } from '../../app.ts';
import { exitCodes } from '../../cli/host.ts';
import { loadConfig } from '../../config/load.ts';
import { serve } from '../../http/server.ts';
import { pinoLog } from '../../log-pino.ts';
import { StoreError } from '../../store/store.ts';
import { plantInHistory, plantInStore } from './faults.ts';
import { killSwitch, tell } from './kill-switch.ts';
import { durabilityVariable, faultVariable, killAtVariable, plantedFaults } from './points.ts';
import { wrapChannel, wrapFetch, wrapHistory, wrapLog, wrapStore } from './wraps.ts';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('expected a configuration file');
const kill = killSwitch(process.env[killAtVariable]);
const fault = plantedFaults.find((name) => name === process.env[faultVariable]) ?? null;

const loaded = loadConfig({ file, cwd: process.cwd(), env: process.env, flags: {} });
if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1));
const { config } = loaded;
const adminKey = process.env.TOCSIN_ADMIN_KEY;

const tocsin: Tocsin = await createTocsin({
  config,
  durability: process.env[durabilityVariable] === 'normal' ? 'normal' : 'full',
  log: wrapLog(pinoLog({ level: 'info' }), kill),
  channels: { ...channels, webhook: wrapChannel(channels.webhook, kill) },
  wrapStore: (store) => wrapStore(plantInStore(store, fault), kill),
  wrapHistory: (history) => wrapHistory(plantInHistory(history, fault), kill),
  onFatal: () => process.exit(70),
  ...(adminKey !== undefined && { adminKey }),
}).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(error instanceof StoreError && error.failure !== 'busy' ? exitCodes.broken : exitCodes.failed);
});
const listening = await serve({ fetch: wrapFetch(tocsin.fetch, kill) }, config.listen);
tell({ listening: listening.port });

process.once('SIGTERM', () => {
  listening
    .close()
    .then(() => tocsin.close())
    .then(() => process.exit(0))
    .catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    });
});
