// The server under test, in a process of its own: the whole program over a configuration as users write it.
// node server-tocsin.js [<mode> <folder>]; the folder holds tocsin.yaml and gets the data. Without them it waits to be told.
import { once } from 'node:events';
import { join } from 'node:path';
import { createTocsin } from '../src/app.ts';
import { compactHeap } from '../src/compact-heap.ts';
import { loadConfig } from '../src/config/load.ts';
import { type Log, silentLog } from '../src/log.ts';
import type { Store } from '../src/store/store.ts';
import { fullCommitsMs } from './full-turn.ts';
import { type Measured, measured, oneTransactionPerAlert } from './measured-store.ts';
import { nullStore } from './null-store.ts';
import { host } from './server-host.ts';
import type { Question, RowCounts, Served, ServerMode } from './server-protocol.ts';
import { operatorKey } from './settings.ts';

compactHeap();

async function told(): Promise<Served> {
  const gone = () => process.exit(1);
  process.once('disconnect', gone);
  const [served] = (await once(process, 'message')) as [Served];
  process.off('disconnect', gone);
  return served;
}

const [given, where] = process.argv.slice(2) as [ServerMode?, string?];
const { mode, folder } = given && where ? { mode: given, folder: where } : await told();
const loaded = loadConfig({
  file: join(folder, 'tocsin.yaml'),
  cwd: folder,
  env: {},
  flags: { data: join(folder, 'data') },
});
if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems, null, 1));

const complain = (event: string, fields?: object) =>
  void process.stderr.write(`server: ${event} ${JSON.stringify(fields ?? {})}\n`);
const log: Log = { ...silentLog, warn: complain, error: complain };

let split = false;
let fullCommits = 0;
let counted: Measured | null = null;
function wrap(real: Store): Store {
  if (mode === 'no_database') real.close();
  const store = mode === 'no_database' ? nullStore() : real;
  counted = measured(mode === 'single' ? oneTransactionPerAlert(store, () => split) : store);
  return counted.store;
}

const tocsin = await createTocsin({
  config: loaded.config,
  adminKey: operatorKey,
  durability: 'full',
  log,
  wrapStore: wrap,
  onFatal: () => process.exit(70),
});
const { port } = await tocsin.listen();

function rows(): RowCounts {
  const zero = {
    ...{ inserts: 0, updates: 0, deletes: 0, commits: 0, skipped: 0 },
    ...{ analysed: 0, analysedByClock: 0, analysedEvents: 0 },
  };
  return {
    ...(counted?.counts ?? zero),
    tables: tocsin.services.store.stats(),
  };
}

host(
  port,
  (question: Question) => {
    if (question.ask === 'rows') return rows();
    if (question.ask === 'full_commits')
      return fullCommitsMs(join(folder, 'data', `full-commits-${fullCommits++}.db`), question.count);
    if (question.ask === 'split') split = question.on;
    return null;
  },
  () => tocsin.close(),
);
