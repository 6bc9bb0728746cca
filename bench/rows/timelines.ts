// The stories of timelines.ts on the program in a process of its own, by the real clock and a real receiver: how far off
// each message was, and that no other one came.
import { request } from 'undici';
import { type ReceivedRequest, type Receiver, startReceiver } from '../../src/testing/http-receiver.ts';
import { atMost, exactly } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith, type Server, startTocsinIn } from '../server.ts';
import { operatorKey } from '../settings.ts';
import { type Act, overRestart, restartedWaitMs, type Timeline, timelines, timings } from '../timelines.ts';

const allowedMs = 100;
const metrics = { host: 'line.host', cluster: 'line.cluster', target: 'line.target' };

const rules = `group: timelines
rules:
  - { name: HostIsHot, metric: ${metrics.host}, operator: gt, threshold: 50, severity: warning }
  - { name: ClusterDown, metric: ${metrics.cluster}, operator: gt, threshold: 50, severity: warning }
  - name: OfCluster
    metric: ${metrics.target}
    operator: gt
    threshold: 50
    severity: warning
    depends_on: [{ rule: ClusterDown, equal: [team] }]
`;

function configOf(port: number, groupWaitMs: number): string {
  const hook = (path: string) => `{ type: webhook, url: "http://127.0.0.1:${port}/${path}" }`;
  const { group_interval, resolve_wait, repeat_interval } = timings;
  return `listen: 127.0.0.1:0
rules: [rules/]
collector: { host: false }
egress: { allow: [127.0.0.0/8] }
channels: { sink: ${hook('sink')}, busy: ${hook('busy')} }
receivers:
  ops: { channels: [sink], dedupe_window: 0s }
  busy: { channels: [busy], dedupe_window: 0s }
storm: false
route:
  receiver: ops
  group_by: [alertname, team]
  group_wait: ${groupWaitMs}ms
  group_interval: ${group_interval}ms
  resolve_wait: ${resolve_wait}ms
  repeat_interval: ${repeat_interval}ms
  routes: [{ receiver: busy, match: ['team="busy"'], repeat_interval: 1h }]
`;
}

interface Said {
  readonly at: number;
  readonly team: string;
  readonly said: string;
}

interface Alerts {
  readonly items: readonly { readonly id: string; readonly labels: Readonly<Record<string, string>> }[];
}

interface Body {
  readonly data: {
    readonly reason: string;
    readonly groupLabels: Readonly<Record<string, string>>;
    readonly changed: readonly string[];
    readonly alerts: readonly {
      readonly id: string;
      readonly status: string;
      readonly labels: Record<string, string>;
    }[];
  };
}

function saidIn({ body, at }: ReceivedRequest): Said {
  const { reason, groupLabels, changed, alerts } = (JSON.parse(body) as Body).data;
  const named = alerts
    .filter(({ id }) => reason === 'repeat' || changed.includes(id))
    .map(({ status, labels }) => `${labels.host}=${status}`);
  return { at, team: groupLabels.team ?? '', said: `${reason} ${named.sort().join(', ')}` };
}

class Player {
  readonly #receiver: Receiver;
  #port = 0;
  readonly #silences = new Map<string, string>();
  hasSilences = false;
  /** How long after its time an act was answered, at most: what is due is reckoned from its time. */
  slowest = 0;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  async attach({ port }: Server): Promise<void> {
    this.#port = port;
    this.hasSilences = (await this.#send('GET', '/api/v1/silences')).status === 200;
  }

  async #send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) {
    const response = await request(`http://127.0.0.1:${this.#port}${path}`, {
      method,
      headers: { 'x-api-key': operatorKey, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.statusCode, body: await response.body.json() };
  }

  async #ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
    const answered = await this.#send(method, path, body);
    if (answered.status >= 300)
      throw new Error(`${method} ${path}: ${answered.status} ${JSON.stringify(answered.body)}`);
    return answered.body as T;
  }

  get said(): readonly Said[] {
    return this.#receiver.received.map(saidIn);
  }

  /** `began` is the story's beginning, epoch milliseconds. */
  async act(team: string, act: Act, began: number): Promise<void> {
    switch (act.do) {
      case 'fire':
      case 'end': {
        const value = act.do === 'fire' ? 90 : 10;
        const samples = [{ metric: metrics[act.what], labels: { host: act.host, team }, value }];
        await this.#ask('POST', '/api/v1/metrics', { samples });
        return;
      }
      case 'silence': {
        const { id } = await this.#ask<{ id: string }>('POST', '/api/v1/silences', {
          matchers: [`team="${team}"`],
          starts_at: new Date(began + act.from).toISOString(),
          ends_at: new Date(began + act.until).toISOString(),
          comment: 'a story',
        });
        this.#silences.set(team, id);
        return;
      }
      case 'unsilence':
        await this.#ask('DELETE', `/api/v1/silences/${this.#silences.get(team)}`);
        return;
      case 'acknowledge': {
        const { items } = await this.#ask<Alerts>('GET', '/api/v1/alerts?state=firing&limit=200');
        const id = items.find(({ labels }) => labels.team === team)?.id;
        const until = new Date(began + act.until).toISOString();
        await this.#ask('POST', `/api/v1/alerts/${id}/acknowledge`, { until });
        return;
      }
    }
  }

  async play({ team, acts, until }: Timeline, began: number): Promise<void> {
    for (const [at, act] of acts) {
      await sleepUntil(began + at);
      await this.act(team, act, began);
      this.slowest = Math.max(this.slowest, Date.now() - began - at);
    }
    await sleepUntil(began + until);
  }
}

const sleepUntil = (at: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now())));

/** Every message beside the one that it is to be; what is missing or too many is wrong. */
function judge(bench: Bench, line: Timeline, began: number, all: readonly Said[]): number {
  const got = all.filter(({ team, at }) => team === line.team && at < began + line.until);
  let worst = 0;
  let wrong = 0;
  bench.say(`${line.team}: ${line.what}`);
  for (let i = 0; i < Math.max(got.length, line.told.length); i++) {
    const [at, said] = line.told[i] ?? [null, 'nothing'];
    const one = got[i];
    const off = one === undefined || at === null ? null : one.at - began - at;
    if (off === null || one?.said !== said) wrong += 1;
    else if (Math.abs(off) > Math.abs(worst)) worst = off;
    const came = one ? `${String(one.at - began).padStart(6)} ms ${one.said}` : 'nothing';
    bench.say(`  ${String(at ?? '').padStart(6)} ms ${said.padEnd(32)} got ${came}  off ${off ?? '-'} ms`);
  }
  bench.report.row({
    id: `timelines.${line.team}`,
    value: Math.abs(worst),
    unit: `ms that a message was off at most: ${line.what}`,
    bar: atMost(allowedMs),
    also: { messages: got.length },
  });
  return wrong;
}

async function playAll(bench: Bench, groupWaitMs: number, lines: readonly Timeline[], restarts: boolean) {
  const refused = new Set<string>();
  const receiver = await startReceiver({
    handler({ path, headers }) {
      const id = headers['webhook-id'] ?? '';
      if (path !== '/busy' || refused.has(id)) return { status: 200 };
      refused.add(id);
      return { status: 503, headers: { 'retry-after': '13' } };
    },
  });
  const config = configOf(receiver.port, groupWaitMs);
  const folder = folderWith(bench, { 'tocsin.yaml': config, 'rules/timelines.yaml': rules });
  let server = await startTocsinIn(bench, 'durable', folder);
  let wrong = 0;
  try {
    const player = new Player(receiver);
    await player.attach(server);
    // The first of everything costs more.
    await player.act('warm', { do: 'fire', what: 'host', host: 'w' }, Date.now());
    if (!restarts) await receiver.waitFor(1);
    const began = Date.now() + 100;
    const run = lines.filter(({ silences }) => player.hasSilences || !silences);
    for (const { team } of lines.filter((line) => !run.includes(line)))
      bench.report.skip(
        { id: `timelines.${team}`, unit: 'ms', bar: atMost(allowedMs) },
        'no silences by HTTP',
      );
    const starts = run.map((line, i) => ({ line, began: began + 13 * i }));
    const playing = Promise.all(starts.map((start) => player.play(start.line, start.began)));
    if (restarts) {
      await sleepUntil(began + 300);
      await server.stop();
      server = await startTocsinIn(bench, 'durable', folder);
      const took = Date.now() - began - 300;
      bench.say(`restarted within ${took} ms`);
      if (took > restartedWaitMs - 500)
        throw new Error(`the restart took ${took} ms, longer than its groups wait: nothing is proven`);
    }
    await playing;
    bench.say(`acts were answered ${player.slowest} ms after their time at most`);
    for (const start of starts) wrong += judge(bench, start.line, start.began, player.said);
  } finally {
    await server.stop();
    await receiver.close();
  }
  return wrong;
}

export const timelinesRow: Scenario = {
  id: 'timelines',
  onlyTimes: true,
  async run(bench) {
    const wrong =
      (await playAll(bench, timings.group_wait, timelines, false)) +
      (await playAll(bench, restartedWaitMs, overRestart, true));
    bench.report.row({
      id: 'timelines.wrong',
      value: wrong,
      unit: 'messages that were missing, too many or other than expected',
      bar: exactly(0),
    });
  },
};
