// What 100,000 series with 60 points each hold in memory, and how long a restart takes with all of that and an alert on
// every series. The command as it ships, over one data folder.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { atMost, exactly } from '../report.ts';
import { prometheusRequest } from '../sample-bodies.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith } from '../server.ts';
import { operatorKey, plainConfigText, windowRules } from '../settings.ts';
import { end, rssOf, type Started, serveArgs, shippedCommand, startNode } from '../shipped.ts';
import { median } from '../statistics.ts';
import { Wire } from '../wire.ts';

const points = 60;
const stepMs = 30_000;
const batch = 1_000;
/** Above what the samples' average is, below what one sample of `hot` makes of it. */
const threshold = 1_000;
const hot = 1_000_000;
const patienceMs = 120_000;

/** Pushes one sample of every series; rejects when one is not accepted. */
async function pushAll(wire: Wire, series: number, at: number, value?: number): Promise<void> {
  const starts = Array.from({ length: series / batch }, (_, i) => i * batch);
  await Promise.all(
    starts.map(async (from) => {
      const { status, body } = await wire.send(prometheusRequest(from, batch, value).at(at));
      if (status !== 202 || !body.includes(`"accepted":${batch},`))
        throw new Error(`a push was answered ${status}: ${body}`);
    }),
  );
}

/** One of the program's own figures. */
async function figureOf({ port }: Started, name: string): Promise<number> {
  const headers = { 'x-api-key': operatorKey };
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

/** Its histogram counts from question to question, in seconds between two ticks of 10 ms. */
const longestBlockMs = async (server: Started): Promise<number> =>
  Math.max(0, (await figureOf(server, 'nodejs_eventloop_lag_max_seconds')) * 1_000 - 10);

function firingIn(folder: string): number {
  const file = new Database(join(folder, 'data/tocsin.db'), { readonly: true });
  const row = file.prepare("SELECT count(*) AS n FROM alert WHERE state = 'firing'").get() as { n: number };
  file.close();
  return row.n;
}

export const hundredThousand: Scenario = {
  id: 'series.100k',
  async run(bench: Bench) {
    const series = bench.short ? 2_000 : 100_000;
    const command = shippedCommand(bench.root);
    const folder = folderWith(bench, {
      // Nothing is told while this runs: the groups wait longer.
      'tocsin.yaml': plainConfigText(9).replace('receiver: ops }', 'receiver: ops, group_wait: 1h }'),
      'rules/windows.yaml': windowRules(threshold),
    });
    const start = () => startNode((port) => serveArgs(command, folder, port), patienceMs);
    const filled = await start();
    const wire = new Wire(filled.port, 4);
    const firstAt = Date.now() - (points + 2) * stepMs;
    const blocks: number[] = [];
    await longestBlockMs(filled);
    for (let i = 0; i < points; i++) {
      await pushAll(wire, series, firstAt + i * stepMs);
      blocks.push(await longestBlockMs(filled));
    }
    await new Promise((resolve) => setTimeout(resolve, bench.short ? 0 : 10_000));
    bench.report.row({
      id: 'series.100k.rss',
      value: rssOf(filled),
      unit: `MiB RSS with ${series.toLocaleString('en')} series of ${points} points, 10 s after the last`,
      bar: atMost(260),
      // The longest of all: no less than the p99.9, which the program does not say.
      loopP999Ms: Math.max(...blocks),
    });
    bench.say('series.100k: alerts begin');
    await pushAll(wire, series, firstAt + points * stepMs, hot);
    wire.close();
    await end(filled);

    const ready: number[] = [];
    let known = Number.NaN;
    for (let round = 0; round < (bench.short ? 1 : 3); round++) {
      const again = await start();
      ready.push(again.readyMs);
      known = await figureOf(again, 'tocsin_series');
      await end(again);
    }
    const samples = ((series * (points + 1)) / 1e6).toFixed(1);
    bench.report.row({
      id: 'restart.ready',
      value: median(ready),
      unit: `ms from start to ready, ${series.toLocaleString('en')} active alerts, ${samples} M points`,
      bar: atMost(5_000),
      spread: [Math.min(...ready), Math.max(...ready)],
    });
    bench.report.row({ id: 'restart.series', value: known, unit: 'series taken up', bar: exactly(series) });
    bench.report.row({
      id: 'restart.alerts',
      value: firingIn(folder),
      unit: 'active alerts after the restarts',
      bar: exactly(series),
    });
  },
};
