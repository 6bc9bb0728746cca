// Ten thousand groups whose next step is due in the same moment: how long the loop stands still for them, and how late the
// last of them is after a restart. And what it costs to find the gaps of a rota. The compiled program in this process, on
// a clock that is moved by hand; commits are real.
import { join } from 'node:path';
import type { firstGap } from '../../src/policy/on-call/rota.ts';
import type { Schedule } from '../../src/policy/on-call/schedule.ts';
import type { Stage } from '../../src/testing/stage.ts';
import { cpuMs } from '../evaluation-stage.ts';
import { atMost, exactly } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';

const groupCount = 10_000;
const minute = 60_000;
const day = 24 * 60 * minute;

const total = (times: readonly number[]): number => times.reduce((sum, ms) => sum + ms, 0);

async function opened(bench: Bench): Promise<Stage> {
  const { Stage: OnStage } = (await import(join(bench.built, 'src/testing/stage.js'))) as {
    Stage: typeof Stage;
  };
  const to = [{ kind: 'channel', name: 'phone' }] as const;
  const step = { afterMs: 10 * minute, to, strategy: null, severities: null, during: [] };
  return new OnStage({
    onDisk: true,
    channels: ['chat', 'phone'],
    receiver: { channels: ['chat'], escalation: 'page' },
    route: { groupBy: ['host'], groupWaitMs: 0 },
    escalations: [{ name: 'page', steps: [step, step], repeat: 0, confirm: 'any', promote: [] }],
  });
}

/** Turns until nothing is left to do; answers how long each took, CPU milliseconds. */
function settle(stage: Stage): number[] {
  const { engine } = stage.runtime;
  const tenant = engine.tenant('default')!;
  const turns: number[] = [];
  do turns.push(cpuMs(() => engine.turn()));
  while (tenant.busy);
  return turns;
}

/** The next step of every group is due now. */
function makeDue(stage: Stage): void {
  const tenant = stage.runtime.engine.tenant('default')!;
  for (const { row } of tenant.pipeline.groups.values()) {
    if (!row.escalation) throw new Error(`${row.groupKey} is not escalated`);
    row.escalation = { ...row.escalation, nextAt: stage.clock.now() };
    tenant.due.add(row.groupKey);
  }
}

const armed: Scenario = {
  id: 'escalation.armed',
  onlyTimes: true,
  async run(bench) {
    const stage = await opened(bench);
    const samples = Array.from({ length: groupCount }, (_, n) => ({
      value: 99,
      labels: { host: `host-${n}` },
    }));
    await stage.pushAll(samples);
    const arming = settle(stage);
    makeDue(stage);
    const first = settle(stage);
    await stage.restart();
    makeDue(stage);
    const second = settle(stage);
    const steps = stage.store
      .events('default', null, 500, null)
      .items.filter(({ kind }) => kind === 'escalation.step').length;
    const rows = [...stage.runtime.engine.tenant('default')!.pipeline.groups.values()];
    const taken = rows.filter(({ row }) => row.escalation?.level === 2).length;
    await stage.close();
    bench.report.row({
      id: 'escalation.armed.block',
      value: Math.max(...arming, ...first, ...second),
      unit: `CPU ms, the longest turn with its commit while ${groupCount} groups are armed and take two steps each`,
      bar: atMost(50),
      also: {
        armed: Math.max(...arming),
        first_step: Math.max(...first),
        after_a_restart: Math.max(...second),
      },
    });
    bench.report.row({
      id: 'escalation.armed.late',
      value: total(second),
      unit: `CPU ms from when ${groupCount} steps were due, after a restart, until the last of them is stored`,
      bar: atMost(1_000),
      also: { before_it: total(first), turns: second.length, last_events_that_are_steps: steps },
    });
    bench.report.row({
      id: 'escalation.armed.taken',
      value: taken,
      unit: `groups of ${groupCount} that have taken each step once`,
      bar: exactly(groupCount),
    });
  },
};

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
