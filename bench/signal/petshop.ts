// Folders in the layout of the PetShop data set (M. Hardt et al., "The PetShop Dataset — Finding Causes of Performance
// Issues across Microservices", CLeaR 2024): graph.csv with callers in the rows and callees in the columns,
// noissue/metrics.csv, and {train,test}/issue_*/{metrics.csv,target.json}. Each issue becomes what an observer would have:
// one alert at the service that was slow or failed, and the series of all services.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { onsetOf } from '../../analysis/root-cause/onset.ts';
import type { RootCauseInput } from '../../analysis/root-cause/root-cause.ts';
import { signOf } from '../../analysis/root-cause/signs.ts';
import type { Edge, SeriesSignal } from '../../analysis/signals.ts';

export interface PetShopIssue {
  /** `high_traffic/train/issue_0`. */
  readonly name: string;
  readonly traffic: string;
  readonly split: string;
  /** What was done to the application, as a family of faults. */
  readonly family: string;
  readonly input: RootCauseInput;
  /** The service at fault. Nothing of the input is made from it. */
  readonly truth: string;
}

const isTraffic = (folder: string): boolean =>
  existsSync(join(folder, 'graph.csv')) && existsSync(join(folder, 'noissue/metrics.csv'));

/** Every folder with a graph.csv and a noissue/metrics.csv, at most three levels below `root`, sorted by path. */
export function trafficFolders(root: string, depth = 3): string[] {
  if (!existsSync(root)) return [];
  if (isTraffic(root)) return [root];
  if (depth === 0) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => trafficFolders(join(root, name), depth - 1));
}

/** Every issue of one folder, by split and number. Throws with the file, and the line, where something cannot be read. */
export function readTraffic(folder: string): PetShopIssue[] {
  const traffic = basename(folder);
  const edges = readGraph(join(folder, 'graph.csv'));
  const quiet = readMetrics(join(folder, 'noissue/metrics.csv'));
  const issues: PetShopIssue[] = [];
  for (const split of ['train', 'test']) {
    if (!existsSync(join(folder, split))) continue;
    const names = readdirSync(join(folder, split)).filter((name) => /^issue_\d+$/.test(name));
    for (const name of names.sort((a, b) => Number(a.slice(6)) - Number(b.slice(6))))
      issues.push(
        readIssue(join(folder, split, name), `${traffic}/${split}/${name}`, traffic, split, edges, quiet),
      );
  }
  if (issues.length === 0)
    throw new Error(`${folder} holds no issue: expected train/issue_0 or test/issue_0`);
  return issues;
}

interface Target {
  readonly target: { readonly node: string; readonly metric: string; readonly agg: string };
  readonly root_cause: { readonly node: string };
  readonly metadata?: { readonly reproducibility?: { readonly command?: string } };
}

function readTarget(path: string): Target {
  const read: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const { target, root_cause: cause } = (read ?? {}) as Partial<Target>;
  if (!target?.node || !target.metric || !cause?.node)
    throw new Error(`${path}: expected target.node, target.metric and root_cause.node`);
  return read as Target;
}

function readIssue(
  folder: string,
  name: string,
  traffic: string,
  split: string,
  edges: readonly Edge[],
  quiet: readonly SeriesSignal[],
): PetShopIssue {
  const { target, root_cause: cause, metadata } = readTarget(join(folder, 'target.json'));
  const own = readMetrics(join(folder, 'metrics.csv'));
  const series = joined(quiet, own);
  const labels = { service: target.node, statistic: target.agg };
  const watched =
    own.find((one) => matches(one, target.node, target.metric) && one.labels.statistic === target.agg) ??
    own.find((one) => matches(one, target.node, target.metric));
  const sign = signOf(target.metric);
  if (!watched || !sign || watched.times.length === 0)
    throw new Error(`${folder}/metrics.csv: no column of ${target.metric} of ${target.node}`);
  const now = watched.times.at(-1)!;
  // The data set says when the alarm rose; that is not read. The alert is as old as our own detector finds.
  const at = onsetOf(watched, sign, now)?.at ?? watched.times[Math.min(1, watched.times.length - 1)]!;
  return {
    name,
    traffic,
    split,
    family: familyOf(metadata?.reproducibility?.command ?? '', target.metric),
    truth: cause.node,
    input: {
      alerts: [
        {
          id: name,
          key: `${target.node} ${target.metric}`,
          name: target.metric,
          labels,
          severity: 'high',
          text: '',
          at,
          endedAt: null,
        },
      ],
      changes: [],
      series,
      edges,
      now,
    },
  };
}

const matches = (one: SeriesSignal, service: string, metric: string): boolean =>
  one.service === service && one.metric === metric;

/** A day between the quiet time and the issue, whatever the years say: they are two stretches of one history. */
const betweenMs = 86_400_000;

function joined(quiet: readonly SeriesSignal[], own: readonly SeriesSignal[]): SeriesSignal[] {
  const id = ({ service, metric, labels }: SeriesSignal) => `${service}\n${metric}\n${labels.statistic}`;
  const before = new Map(quiet.map((one) => [id(one), one]));
  return own.map((one) => {
    const past = before.get(id(one));
    if (!past || past.times.length === 0 || one.times.length === 0) return one;
    const shift = one.times[0]! - betweenMs - past.times.at(-1)!;
    return {
      ...one,
      times: Float64Array.from([...past.times.map((time) => time + shift), ...one.times]),
      values: Float64Array.from([...past.values, ...one.values]),
    };
  });
}

/** The family of a fault: what was done, without the amount, the place and the people. */
export function familyOf(command: string, metric: string): string {
  if (/sleep|delay|latency/i.test(command)) return 'misconfigured latency';
  if (/error|inject|fail/i.test(command)) return 'errors';
  if (/cpu/i.test(command)) return 'cpu hog';
  if (/mem/i.test(command)) return 'memory leak';
  if (/request|load|traffic/i.test(command)) return 'request overload';
  return `other, seen in ${metric}`;
}

const cellsOf = (line: string): string[] => line.split(',').map((cell) => cell.trim());

function linesOf(path: string, atLeast: number): string[] {
  if (!existsSync(path)) throw new Error(`${path} is not there`);
  const lines = readFileSync(path, 'utf8').trimEnd().split(/\r?\n/);
  if (lines.length < atLeast)
    throw new Error(`${path}: expected at least ${atLeast} lines, found ${lines.length}`);
  return lines;
}

function readGraph(path: string): Edge[] {
  const [head = '', ...lines] = linesOf(path, 2);
  const callees = cellsOf(head).slice(1);
  const edges: Edge[] = [];
  lines.forEach((line, n) => {
    const [caller = '', ...cells] = cellsOf(line);
    if (cells.length !== callees.length)
      throw new Error(`${path}:${n + 2}: expected ${callees.length} cells, found ${cells.length}`);
    cells.forEach((cell, column) => {
      const calls = Number(cell);
      if (!Number.isFinite(calls))
        throw new Error(`${path}:${n + 2}: ${JSON.stringify(cell)} is not a number`);
      if (calls > 0) edges.push({ from: caller, to: callees[column]!, confidence: 1, source: 'declared' });
    });
  });
  return edges;
}

/** One series for each column: lines of microservice, metric and statistic, then rows that begin with a unix time. */
function readMetrics(path: string): SeriesSignal[] {
  const lines = linesOf(path, 4);
  const [services, metrics, statistics] = lines.slice(0, 3).map((line) => cellsOf(line).slice(1));
  const rows = lines
    .slice(3)
    .map(cellsOf)
    .filter(([first]) => first !== 'unix_timestamp');
  const times = Float64Array.from(rows, ([time]) => Number(time) * 1_000);
  const wrong = times.findIndex((time, n) => !Number.isFinite(time) || (n > 0 && time <= times[n - 1]!));
  if (wrong >= 0)
    throw new Error(`${path}: row ${wrong + 1} of the samples has no unix time after the one before`);
  return services!.map((service, column) => ({
    service,
    metric: metrics?.[column] ?? '',
    labels: { statistic: statistics?.[column] ?? '' },
    times,
    values: Float64Array.from(rows, (cells) => {
      const cell = cells[column + 1] ?? '';
      return cell === '' ? Number.NaN : Number(cell);
    }),
  }));
}
