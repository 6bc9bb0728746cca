// The command as it ships: how soon it is ready and how much it holds when nothing happens, beside a bare node.
import { atMost } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith } from '../server.ts';
import { alertRules, plainConfigText } from '../settings.ts';
import { end, rssOf, type Started, serveArgs, shippedCommand, startNode } from '../shipped.ts';
import { median } from '../statistics.ts';

const quietMs = 5_000;
const bare = (port: number) =>
  `require('node:http').createServer((q, s) => s.end()).listen(${port}, '127.0.0.1')`;

export const idle: Scenario = {
  id: 'idle',
  onlyTimes: true,
  async run(bench: Bench) {
    const command = shippedCommand(bench.root);
    const ours: Started[] = [];
    const floor: Started[] = [];
    for (let round = 0; round < (bench.short ? 1 : 5); round++) {
      const folder = folderWith(bench, {
        'tocsin.yaml': plainConfigText(9),
        'rules/bench.yaml': alertRules(),
      });
      ours.push(await startNode((port) => serveArgs(command, folder, port)));
      floor.push(await startNode((port) => ['-e', bare(port)]));
    }
    await new Promise((resolve) => setTimeout(resolve, bench.short ? 1_000 : quietMs));
    const rss = (started: readonly Started[]) => started.map(rssOf);
    const ready = (started: readonly Started[]) => started.map(({ readyMs }) => readyMs);
    const figures = [
      { id: 'idle.rss', unit: 'MiB RSS after 5 s', of: rss, bar: 80 },
      { id: 'idle.ready', unit: 'ms from start to ready', of: ready, bar: 500 },
    ];
    for (const { id, unit, of, bar } of figures) {
      const values = of(ours);
      const limit = median(of(floor));
      bench.report.row({
        id,
        value: median(values),
        unit,
        ratio: median(values) / limit,
        against: `bare node:http: ${limit.toFixed(0)}`,
        bar: atMost(bar),
        spread: [Math.min(...values), Math.max(...values)],
      });
    }
    await Promise.all([...ours, ...floor].map(end));
  },
};
