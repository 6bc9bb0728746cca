// A hundred thousand alerts that fire at once: what they hold in memory, what a page of them costs, and how long the loop
// stands still for it. They come from outside, as Alertmanager has them, so that no series are weighed with them; those
// of rules are weighed beside, with the series that they are about. The command as it ships.
import { atMost, exactly } from '../report.ts';
import { prometheusRequest } from '../sample-bodies.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith } from '../server.ts';
import { metricCount, metricName, operatorKey, plainConfigText } from '../settings.ts';
import { end, rssOf, type Started, serveArgs, shippedCommand, startNode } from '../shipped.ts';
import { median } from '../statistics.ts';
import { Wire } from '../wire.ts';

const batch = 1_000;
const patienceMs = 120_000;
const pageSize = 1_000;

/** A rule for each metric, with a text that people would look for. */
function hotRules(): string {
  const lines = Array.from(
    { length: metricCount },
    (_, n) =>
      `  - { name: Hot${n}, metric: ${metricName(n)}, operator: gt, threshold: 1000, annotations: { summary: "{{ labels.host }} 磁碟空間不足, {{ value }} of ${metricName(n)}" } }`,
  );
  return `group: hot\nrules:\n${lines.join('\n')}\n`;
}

interface Page {
  readonly items: readonly { readonly id: string }[];
  readonly next: string | null;
}

/** Every page of a list; answers how many there are in it, and what each page took. */
async function walk({ port }: Started, path: string): Promise<{ found: number; ms: number[] }> {
  const ms: number[] = [];
  const ids = new Set<string>();
  let cursor: string | null = '';
  while (cursor !== null) {
    const url = `http://127.0.0.1:${port}/api/v1/alerts${path}&limit=${pageSize}${cursor && `&cursor=${cursor}`}`;
    const began = performance.now();
    const response = await fetch(url, { headers: { 'x-api-key': operatorKey } });
    const page = (await response.json()) as Page;
    ms.push(performance.now() - began);
    for (const { id } of page.items) ids.add(id);
    cursor = page.next;
  }
  return { found: ids.size, ms };
}

/** Its histogram counts from question to question, in seconds between two ticks of 10 ms. */
async function longestBlockMs({ port }: Started): Promise<number> {
  const headers = { 'x-api-key': operatorKey };
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
  const seconds = Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1] ?? Number.NaN);
  return Math.max(0, seconds * 1_000 - 10);
}

/** A body of Alertmanager's webhook: alerts `from` to `from + batch`, with labels as our series have them. */
function webhookBody(from: number, startsAt: string): string {
  const alerts = Array.from({ length: batch }, (_, i) => {
    const n = from + i;
    const host = `host-${String(n).padStart(6, '0')}`;
    return {
      status: 'firing',
      labels: {
        ...{ alertname: `Hot${n % metricCount}`, host, severity: 'warning' },
        ...{
          env: `env-${n % 10}`,
          region: `region-${n % 7}`,
          service: `m${String(n % 100).padStart(2, '0')}`,
        },
      },
      annotations: { summary: `${host} 磁碟空間不足, 97 of m${String(n % 100).padStart(2, '0')}` },
      startsAt,
    };
  });
  return JSON.stringify({ version: '4', alerts });
}

async function sendAll(server: Started, path: string, alerts: number, body: (from: number) => string) {
  for (let from = 0; from < alerts; from += batch) {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': operatorKey, 'content-type': 'application/json' },
      body: body(from),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`a push was answered ${response.status}: ${text}`);
  }
}

export const activeAlerts: Scenario = {
  id: 'alerts.active.100k',
  // What it weighs is nothing with fewer.
  onlyTimes: true,
  async run(bench: Bench) {
    const alerts = bench.short ? 5_000 : 100_000;
    const folder = folderWith(bench, {
      // Nothing is told while this runs: the groups wait longer.
      'tocsin.yaml': plainConfigText(9).replace('receiver: ops }', 'receiver: ops, group_wait: 1h }'),
      'rules/hot.yaml': 'rules: []\n',
    });
    const command = shippedCommand(bench.root);
    const server = await startNode((port) => serveArgs(command, folder, port), patienceMs);
    const at = new Date(Date.now() - 1_000).toISOString();
    await sendAll(server, '/api/v1/webhooks/alertmanager', alerts, (from) => webhookBody(from, at));
    const settled = () => new Promise((resolve) => setTimeout(resolve, bench.short ? 1_000 : 10_000));
    await settled();
    bench.report.row({
      id: 'alerts.active.100k.rss',
      value: rssOf(server),
      unit: `MiB RSS with ${alerts.toLocaleString('en')} alerts from outside that fire, 10 s after the last`,
      bar: atMost(300),
    });
    const lists = [
      { id: 'pages', path: '/active?', what: 'of all that fire', expected: alerts },
      {
        id: 'matcher',
        path: '?matcher=env%3D%22env-3%22',
        what: 'of a tenth, by a matcher',
        expected: alerts / 10,
      },
      {
        id: 'words',
        path: `?q=${encodeURIComponent('不足 m07')}`,
        what: 'of a hundredth, by words',
        expected: alerts / 100,
      },
    ];
    for (const { id, path, what, expected } of lists) {
      await longestBlockMs(server);
      const { found, ms } = await walk(server, path);
      bench.report.row({
        id: `alerts.active.100k.${id}`,
        value: median(ms),
        unit: `ms a page of at most ${pageSize}, ${what} (${ms.length} pages, longest ${Math.max(...ms).toFixed(0)} ms)`,
        // The longest of all: no less than the p99.9, which the program does not say.
        loopP999Ms: await longestBlockMs(server),
        also: { pages: ms.length, longest_ms: Math.max(...ms) },
      });
      bench.report.row({
        id: `alerts.active.100k.${id}.found`,
        value: found,
        unit: 'alerts on all pages together',
        bar: exactly(expected),
      });
    }
    await end(server);
    await ofRules(bench, alerts, settled);
  },
};

/** The same number of alerts of rules: each of a series of its own, which is in memory, too. */
async function ofRules(bench: Bench, alerts: number, settled: () => Promise<unknown>): Promise<void> {
  const folder = folderWith(bench, {
    'tocsin.yaml': plainConfigText(9).replace('receiver: ops }', 'receiver: ops, group_wait: 1h }'),
    'rules/hot.yaml': hotRules(),
  });
  const server = await startNode((port) => serveArgs(shippedCommand(bench.root), folder, port), patienceMs);
  const wire = new Wire(server.port, 4);
  const at = Date.now() - 1_000;
  for (let from = 0; from < alerts; from += batch) {
    const { status, body } = await wire.send(prometheusRequest(from, batch, 1_000_000).at(at));
    if (status !== 202) throw new Error(`a push was answered ${status}: ${body}`);
  }
  wire.close();
  await settled();
  bench.report.row({
    id: 'alerts.active.100k.rules.rss',
    value: rssOf(server),
    unit: `MiB RSS with ${alerts.toLocaleString('en')} alerts of rules and their ${alerts.toLocaleString('en')} series`,
  });
  await end(server);
}
