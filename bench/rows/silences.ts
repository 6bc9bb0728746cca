// What silences cost where there are many: one more of them, and all groups looked at again. The
// compiled program in this process, on a clock that is moved by hand; commits are real.
import { join } from 'node:path';
import type { Stage, StageOptions } from '../../src/testing/stage.ts';
import { cpuMs } from '../evaluation-stage.ts';
import { atMost, exactly } from '../report.ts';
import type { Bench, Scenario } from '../scenario.ts';
import { median } from '../statistics.ts';

const alertCount = 10_000;
const silenceCount = 1_000;
const zones = 500;
const hour = 3_600_000;
const ann = { name: 'key:ann' };

type Matchers = { name: string; op: '=' | '=~' | '!='; value: string }[];

/** Half of them hold a zone each, the others have to be asked and hold nothing. */
function matchersOf(n: number): Matchers {
  if (n < zones) return [{ name: 'zone', op: '=', value: `zone-${n}` }];
  const first = { name: 'host', op: '=~' as const, value: `host-${n}[a-z]+` };
  return n % 2 === 0 ? [first] : [first, { name: 'env', op: '!=', value: 'dev' }];
}

interface Filled {
  readonly stage: Stage;
  /** Every group is due, whenever it would have been. */
  makeDue(): void;
  /** Puts a silence; answers its id, and how many milliseconds its turn took. */
  put(matchers: Matchers): Promise<{ id: string; ms: number }>;
  /** Turns until nothing is left to do; answers how long each took. */
  settle(): number[];
}

async function filled(bench: Bench, route: StageOptions['route']): Promise<Filled> {
  const { Stage: OnStage } = (await import(join(bench.built, 'src/testing/stage.js'))) as {
    Stage: typeof Stage;
  };
  const stage = new OnStage({ onDisk: true, route: { groupWaitMs: 0, ...route } });
  const { engine, services } = stage.runtime;
  const timedTurn = (): number => cpuMs(() => engine.turn());
  const put = async (matchers: Matchers) => {
    const now = services.now();
    const order = { id: null, matchers, startsAt: now, endsAt: now + hour, recurs: null };
    const answer = services.silences.put('default', { ...order, comment: 'x', createdBy: 'ann' }, ann, null);
    const ms = timedTurn();
    return { id: ((await answer).body as { id: string }).id, ms };
  };
  const settle = (): number[] => {
    const turns: number[] = [];
    const tenant = engine.tenant('default')!;
    do turns.push(timedTurn());
    while (tenant.busy);
    return turns;
  };
  const makeDue = (): void => {
    const tenant = engine.tenant('default')!;
    for (const { row } of tenant.pipeline.groups.values()) {
      row.nextAt = stage.clock.now();
      tenant.due.add(row.groupKey);
    }
  };
  return { stage, makeDue, put, settle };
}

const samples = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    value: 99,
    labels: { host: `host-${n}`, zone: `zone-${n % zones}`, env: 'prod' },
  }));

const total = (times: readonly number[]): number => times.reduce((sum, ms) => sum + ms, 0);

const many: Scenario = {
  id: 'silences.many',
  onlyTimes: true,
  async run(bench) {
    const { stage, makeDue, put, settle } = await filled(bench, { groupBy: ['host'] });
    const { services } = stage.runtime;
    for (let n = 0; n < silenceCount; n++) await put(matchersOf(n));
    const wide = await put([{ name: 'host', op: '=~', value: '.+' }]);
    await stage.pushAll(samples(alertCount));
    const added: number[] = [];
    const rounds: { all: number; longest: number; turns: number }[] = [];
    for (let n = 0; n < 7; n++) {
      added.push((await put(matchersOf(silenceCount + n))).ms);
      makeDue();
      const turns = settle();
      rounds.push({ all: total(turns), longest: Math.max(...turns), turns: turns.length });
    }
    const ended = services.silences.expire('default', wide.id, ann);
    const [released] = settle();
    await ended;
    const told = stage.sent.length;
    await stage.close();
    const of = (key: 'all' | 'longest') => rounds.map((round) => round[key]);
    bench.report.row({
      id: 'silences.add',
      value: median(added),
      unit: `CPU ms for one more silence, stored, beside ${silenceCount} and 10,000 firing alerts`,
      bar: atMost(5),
      spread: [Math.min(...added), Math.max(...added)],
    });
    bench.report.row({
      id: 'silences.again',
      value: median(of('all')),
      unit: `CPU ms to look at 10,000 groups again, all of them held, beside ${silenceCount} silences`,
      bar: atMost(200),
      spread: [Math.min(...of('all')), Math.max(...of('all'))],
      also: { turns: median(rounds.map(({ turns }) => turns)), turn_in_which_one_over_all_ends: released! },
    });
    bench.report.row({
      id: 'silences.again.turn',
      value: median(of('longest')),
      unit: 'CPU ms, the longest turn of it with its commit',
      bar: atMost(10),
      spread: [Math.min(...of('longest')), Math.max(...of('longest'))],
    });
    bench.report.row({
      id: 'silences.told',
      value: told,
      unit: 'messages meanwhile: others hold all of it',
      bar: exactly(0),
    });
  },
};

const oneGroup: Scenario = {
  id: 'silences.one_group',
  onlyTimes: true,
  async run(bench) {
    const { stage, makeDue, put, settle } = await filled(bench, { groupBy: [], groupWaitMs: hour / 2 });
    for (let n = 0; n < silenceCount; n++) await put(matchersOf(n));
    await stage.pushAll(samples(alertCount));
    stage.clock.stall(hour / 2);
    const first = Math.max(...settle());
    const again: number[] = [];
    for (let round = 0; round < 7; round++) {
      makeDue();
      again.push(Math.max(...settle()));
    }
    await stage.close();
    bench.report.row({
      id: 'silences.one_group',
      value: median(again),
      unit: 'CPU ms for the turn in which one group of 10,000 held alerts is looked at again',
      bar: atMost(50),
      spread: [Math.min(...again), Math.max(...again)],
      also: { first_look_ms: first },
    });
  },
};

export const silences: readonly Scenario[] = [many, oneGroup];
