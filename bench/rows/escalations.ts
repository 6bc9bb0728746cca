// Ten thousand groups whose escalation is armed at the same time: how long the loop stands still while that comes about and
// while their steps are taken, and how late the latest step is after a restart. And what it costs to find the gaps of a
// rota.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { firstGap } from '../../src/policy/on-call/rota.ts';
import type { Schedule } from '../../src/policy/on-call/schedule.ts';
import { cpuMs } from '../evaluation-stage.ts';
import { atMost, exactly } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { folderWith, type Server, startTocsinIn } from '../server.ts';
import type { Usage } from '../server-protocol.ts';
import { alertRules, operatorKey } from '../settings.ts';
import { type Sink, startSink } from '../sink.ts';
import { median } from '../statistics.ts';
import { post, Wire } from '../wire.ts';

const groupCount = 10_000;
const minute = 60_000;
const day = 24 * 60 * minute;

/** So long the alerts come. */
const arrivalsMs = 25_000;
/** From when a group is told to its step: the arrivals are over by then, and the program is started again. */
const stepAfterMs = 45_000;
const patienceMs = 60_000;

const configText = (chat: Sink, phone: Sink): string => `listen: 127.0.0.1:0
rules: [rules/]
collector: { host: false }
egress: { allow: [127.0.0.0/8] }
channels:
  chat: { type: webhook, url: "http://127.0.0.1:${chat.port}/alerts" }
  phone: { type: webhook, url: "http://127.0.0.1:${phone.port}/alerts" }
escalations:
  page: { steps: [{ after: ${stepAfterMs / 1_000}s, to: [channel:phone] }] }
storm: false
receivers: { ops: { channels: [chat], escalation: page } }
route:
  { receiver: ops, group_by: [host], group_wait: 0s, resolve_wait: 0s, routes: [{ match: ['host="warm"'], escalation: false }] }
`;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what} is not so after ${patienceMs / 1_000} s`);
    await wait(20);
  }
}

const headers = { 'x-api-key': operatorKey, 'content-type': 'application/json' };

async function push(wire: Wire, host: string, value: number): Promise<void> {
  const body = `{"samples":[{"metric":"bench.load","labels":{"host":"${host}"},"value":${value},"timestamp":${Date.now()}}]}`;
  const { status, body: said } = await wire.send(post('/api/v1/metrics', headers, body));
  if (status !== 202) throw new Error(`a push was answered ${status}: ${said}`);
}

/** One alert a push, at a steady pace. */
async function fireAll({ port }: Server): Promise<void> {
  const wire = new Wire(port, 64);
  await wire.ready();
  const began = performance.now();
  const answers: Promise<void>[] = [];
  while (answers.length < groupCount) {
    const due = ((performance.now() - began) / arrivalsMs) * groupCount;
    while (answers.length < Math.min(groupCount, due)) answers.push(push(wire, `host-${answers.length}`, 97));
    await wait(1);
  }
  await Promise.all(answers);
  wire.close();
}

interface Step {
  /** Epoch milliseconds; when it was due and when the engine took it. */
  readonly dueAt: number;
  readonly at: number;
  /** Its key, or the id that stands for it. */
  readonly groupId: string;
}

/** What the program has recorded of steps and of what it armed. */
function recorded(folder: string): { steps: Step[]; armedAt: number[] } {
  const file = new Database(join(folder, 'data/tocsin.db'), { readonly: true });
  const of = (kind: string) =>
    file
      .prepare(
        "SELECT at, hex(subject_id) AS groupId, json_extract(body, '$.dueAt') AS dueAt FROM event WHERE kind = ?",
      )
      .all(kind) as Step[];
  const found = { steps: of('escalation.step'), armedAt: of('escalation.armed').map(({ at }) => at) };
  file.close();
  return found;
}

/** Starts it, and watches its loop once the first message of all has loaded what sends messages. */
async function watched(bench: Bench, folder: string, chat: Sink, value: number): Promise<Server> {
  const server = await startTocsinIn(bench, 'durable', folder);
  const wire = new Wire(server.port, 1);
  const before = chat.told();
  await push(wire, 'warm', value);
  await until(() => chat.told() > before, 'the first message is told');
  wire.close();
  await server.ask({ ask: 'mark' });
  await server.ask({ ask: 'watch_cpu' });
  return server;
}

const armed: Scenario = {
  id: 'escalation.armed',
  onlyTimes: true,
  async run(bench) {
    const told = new Map<string, number>();
    const chat = await startSink(() => {});
    const phone = await startSink(({ host }) => {
      told.set(host, (told.get(host) ?? 0) + 1);
    });
    const folder = folderWith(bench, {
      'tocsin.yaml': configText(chat, phone),
      'rules/bench.yaml': alertRules(),
    });
    const first = await watched(bench, folder, chat, 97);
    await fireAll(first);
    await until(() => chat.told() > groupCount, 'every group is told');
    const arming = await first.usage();
    const stopAt = Date.now();
    await first.stop();
    const second = await watched(bench, folder, chat, 3);
    const readyAt = Date.now();
    const before = await second.usage();
    await until(() => told.size >= groupCount, 'every step is told');
    const stepping = await second.usage();
    // What would be told twice comes soon after.
    await wait(1_000);
    await second.stop();
    await Promise.all([chat.close(), phone.close()]);
    const { steps, armedAt } = recorded(folder);
    if (Math.max(...armedAt) > stopAt) throw new Error('the program was stopped before all were armed');
    reportArmed(bench, { arming, before, stepping, steps, restart: [stopAt, readyAt], told });
  },
};

interface Measured {
  readonly arming: Usage;
  readonly before: Usage;
  readonly stepping: Usage;
  readonly steps: readonly Step[];
  /** When it was told to stop, and when it had told its first message again; epoch milliseconds. */
  readonly restart: readonly [number, number];
  /** How often a host's step was received. */
  readonly told: ReadonlyMap<string, number>;
}

function reportArmed({ report }: Bench, found: Measured): void {
  const { arming, before, stepping, steps, restart, told } = found;
  const dues = steps.map(({ dueAt }) => dueAt);
  const late = steps.map(({ at, dueAt }) => at - dueAt);
  const firstDueAt = Math.min(...dues);
  const inTime = firstDueAt > restart[1];
  report.row({
    id: 'escalation.armed.block',
    value: Math.max(arming.loop.max, stepping.loop.max),
    unit: `ms on the clock that the event loop stood still at most while ${groupCount} groups were told and armed over ${arrivalsMs / 1_000} s, and after a restart while each took its step over as long (CPU of its longest piece: ${arming.longestCpuMs.toFixed(0)} and ${stepping.longestCpuMs.toFixed(0)} ms)`,
    bar: atMost(50),
    also: {
      armed: arming.loop.max,
      armed_p999: arming.loop.p999,
      armed_cpu: arming.longestCpuMs,
      steps: stepping.loop.max,
      steps_p999: stepping.loop.p999,
      steps_cpu: stepping.longestCpuMs,
    },
  });
  report.row({
    id: 'escalation.armed.late',
    value: Math.max(...late),
    unit: `ms on the clock from when a step was due until the engine began to take it, the latest of ${groupCount}; the program was stopped and started again with all of them armed, and was back ${inTime ? 'before' : 'only AFTER'} the first was due`,
    bar: atMost(1_000),
    also: {
      median: median(late),
      due_over_s: (Math.max(...dues) - firstDueAt) / 1_000,
      restart_ms: restart[1] - restart[0],
      cpu_us_per_step: (stepping.cpuUs - before.cpuUs) / groupCount,
    },
  });
  const once = (counts: ReadonlyMap<string, number>) =>
    [...counts.values()].filter((count) => count === 1).length;
  const taken = new Map<string, number>();
  for (const { groupId } of steps) taken.set(groupId, (taken.get(groupId) ?? 0) + 1);
  report.row({
    id: 'escalation.armed.taken',
    value: Math.min(once(taken), once(told)),
    unit: `groups of ${groupCount} whose step was taken once and received once`,
    bar: exactly(groupCount),
    also: { steps: steps.length, received: [...told.values()].reduce((sum, n) => sum + n, 0) },
  });
}

/** Three layers, hours and hand-overs every eight hours, in a zone whose clocks change by half an hour. */
const rota: Schedule = {
  name: 'primary',
  timeZone: 'Australia/Lord_Howe',
  overrides: [],
  allowGaps: false,
  layers: [
    {
      ...{ name: 'always', startsAt: Date.UTC(2026, 0, 1), everyMs: 8 * 60 * minute },
      ...{ turns: [['ann'], ['bob'], ['cy']], hours: null },
    },
    {
      ...{ name: 'nights', startsAt: Date.UTC(2026, 0, 1), everyMs: day, turns: [['dan'], ['eve']] },
      hours: [{ days: null, from: 18 * 60, to: 6 * 60 }],
    },
    {
      ...{ name: 'weekends', startsAt: Date.UTC(2026, 0, 1), everyMs: 7 * day, turns: [['fay', 'gus']] },
      hours: [{ days: new Set([0, 6]), from: 0, to: 24 * 60 }],
    },
  ],
};

const gaps: Scenario = {
  id: 'escalation.gaps',
  onlyTimes: true,
  async run(bench) {
    const found = (await import(join(bench.built, 'src/policy/on-call/rota.js'))) as {
      firstGap: typeof firstGap;
    };
    const { scheduleLimits } = (await import(join(bench.built, 'src/policy/on-call/schedule.js'))) as {
      scheduleLimits: { horizonMs: number };
    };
    const from = Date.UTC(2026, 5, 1);
    const times = Array.from({ length: 9 }, () =>
      cpuMs(() => {
        if (found.firstGap(rota, from, from + scheduleLimits.horizonMs) !== null)
          throw new Error('it has a gap');
      }),
    );
    bench.report.row({
      id: 'escalation.gaps',
      value: median(times),
      unit: 'CPU ms to see that a rota of three layers has no gap, as at the start',
      bar: atMost(50),
      spread: [Math.min(...times), Math.max(...times)],
      also: { first_time: times[0]!, days: scheduleLimits.horizonMs / day },
    });
  },
};

export const escalations: readonly Scenario[] = [armed, gaps];
