// npm run bench [-- --short] [--only id,...] [--minutes M] [--profile FOLDER] [--write FILE]: every figure of
// docs/performance.md, one JSON line each on standard output, progress on standard error. `--write` makes that page of a
// whole run. The exit code is 1 when a bar is missed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compile, root } from './compile.ts';
import { performancePage } from './performance-page.ts';
import { Report } from './report.ts';
import { activeAlerts } from './rows/active-alerts.ts';
import { anomalyLoad } from './rows/anomaly.ts';
import { backlog, backlogInBatches } from './rows/backlog.ts';
import { burst } from './rows/burst.ts';
import { cards } from './rows/cards.ts';
import { durable } from './rows/durable.ts';
import { emailThroughput } from './rows/email.ts';
import { escalations } from './rows/escalations.ts';
import { evaluation } from './rows/evaluation.ts';
import { hungProvider } from './rows/faults.ts';
import { grouping } from './rows/grouping.ts';
import { hundredThousand } from './rows/hundred-thousand.ts';
import { idle } from './rows/idle.ts';
import { ingest } from './rows/ingest.ts';
import { lanes } from './rows/lanes.ts';
import { latency, paced } from './rows/latency.ts';
import { mixed } from './rows/mixed.ts';
import { notifications } from './rows/notifications.ts';
import { peers } from './rows/peers.ts';
import { prometheusRulesRow } from './rows/prometheus-rules.ts';
import { rowsPerAlert } from './rows/rows-per-alert.ts';
import { silences } from './rows/silences.ts';
import { store } from './rows/store.ts';
import { sustained, tenMinutes } from './rows/sustained.ts';
import { tenants } from './rows/tenants.ts';
import { timelinesRow } from './rows/timelines.ts';
import { type Bench, chosen, runScenarios } from './scenario.ts';
import { thisMachine } from './this-machine.ts';

const scenarios = [
  grouping(),
  ...ingest,
  peers,
  prometheusRulesRow,
  ...evaluation,
  anomalyLoad,
  ...silences,
  ...escalations,
  mixed,
  rowsPerAlert,
  store,
  durable,
  latency,
  paced,
  backlog,
  backlogInBatches,
  lanes,
  burst,
  cards,
  emailThroughput,
  notifications,
  tenants,
  timelinesRow,
  hungProvider,
  sustained,
  tenMinutes,
  idle,
  hundredThousand,
  activeAlerts,
];

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    minutes: { type: 'string' },
    write: { type: 'string' },
    profile: { type: 'string' },
  },
});
const wrong = (why: string): never => {
  process.stderr.write(`${why}\n`);
  process.exit(2);
};
if (values.write !== undefined && (values.short || values.only !== ''))
  wrong('--write takes a whole run: without --short and --only');
const minutes = values.minutes === undefined ? null : Number(values.minutes);
if (minutes !== null && !(minutes > 0)) wrong('expected --minutes M above 0');
const only = values.only.split(',').filter((name) => name !== '');
const run = chosen(scenarios, only, values.short);
if (run.length === 0)
  wrong(`nothing is called ${only.join(', ')}: ${scenarios.map(({ id }) => id).join(', ')}`);

const began = performance.now();
const say = (line: string) => {
  const seconds = ((performance.now() - began) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  load ${loadavg()[0]!.toFixed(1)}  ${line}\n`);
};
const built = await compile();
say('compiled');
// Beside the program, not in /tmp: that may be memory, and an fsync there costs nothing.
const cache = join(built, '..', 'data');
mkdirSync(cache, { recursive: true });
const scratch = mkdtempSync(join(cache, 'run-'));
const profile = values.profile === undefined ? null : resolve(values.profile);
const report = new Report((line) => void process.stdout.write(`${line}\n`), values.short);
const bench: Bench = { report, short: values.short, minutes, say, root, built, scratch, profile };
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

// What waits in the background begins first and is read last.
const order = [...run].sort((a, b) => Number(a.begin !== undefined) - Number(b.begin !== undefined));
const code = await runScenarios(order, bench);
if (report.skipped.length > 0) say(`skipped: ${report.skipped.join(', ')}`);
if (report.missed.length > 0) say(`missed: ${report.missed.join(', ')}`);
if (values.write !== undefined) {
  const command = `npm run bench -- --write ${values.write}`;
  writeFileSync(values.write, performancePage(report.rows, thisMachine(command, performance.now() - began)));
}
process.exit(code);
