import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { SeriesTable } from '../ingest/series.ts';
import { silentLog } from '../log.ts';
import { emptyPipelineState } from '../pipeline/state.ts';
import { aReceiver, aRoute, aRule } from '../testing/builders.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { emptyBooks } from '../testing/tenant-books.ts';
import { Agenda } from './agenda.ts';
import { Doors } from './doors.ts';
import { dueTimes, firstGridTime } from './due-times.ts';
import { GridServing } from './grid-serving.ts';
import { SettledSeries } from './settled.ts';
import { Tenant } from './tenant.ts';
import { Turn } from './turn.ts';

const s = 1_000;
const timing = { intervalMs: 15 * s, evalDelayMs: 2 * s };

describe('the times of a grid', () => {
  it('are multiples of the interval, due when the delay is over', () => {
    expect(firstGridTime(timing, 60 * s)).toBe(60 * s);
    expect(firstGridTime(timing, 62 * s)).toBe(60 * s);
    expect(firstGridTime(timing, 62 * s + 1)).toBe(75 * s);
    expect(dueTimes(timing, 60 * s, 62 * s)).toEqual({ first: 60 * s, last: 60 * s, skipped: 0 });
    expect(dueTimes(timing, 60 * s, 92 * s)).toEqual({ first: 60 * s, last: 90 * s, skipped: 0 });
  });

  it('are made up for when they were missed, the last 20 of them', () => {
    const due = dueTimes(timing, 0, 3_600 * s);
    expect(due).toEqual({ first: (3_585 - 19 * 15) * s, last: 3_585 * s, skipped: 3_300 / 15 });
  });

  it('do not run ahead of the clock', () => {
    expect(dueTimes(timing, 60 * s, 10 * s)).toEqual({ first: 60 * s, last: 60 * s, skipped: 0 });
  });
});

/** A group of `hosts` series of value 1 each, whose sum is looked at. */
function build(hosts: number) {
  const clock = new ManualClock();
  const table = new SeriesTable({ limits: { seriesPerTenant: 100_000 } });
  const agenda = new Agenda(clock, () => {});
  const receiver = aReceiver();
  const routing = { route: aRoute(), receivers: new Map([[receiver.name, receiver]]) };
  // No receipt comes, so nothing is looked up.
  const doors = new Doors(
    agenda,
    () => true,
    (_, channel) => channel,
    {} as never,
  );
  const tenant = new Tenant(
    { id: 'default', shard: 0 } as never,
    table,
    new SettledSeries(table),
    emptyBooks(routing),
  );
  let id = 0;
  tenant.pipeline = emptyPipelineState('default', routing, new Map(), () => `id-${id++}`);
  const rule = aRule({
    ...{ across: 'sum', grid: { by: [], ...timing }, windowMs: 300 * s, threshold: hosts - 0.5 },
  });
  const at = clock.now();
  const born = (host: string) => {
    const series = table.intern('default', 'cpu', labelSet({ host }));
    tenant.grid.bind(series, tenant.pipeline, clock.now());
    table.append(series, at, 1);
    return series;
  };
  tenant.grid.setRules([rule], tenant.pipeline, at);
  const series = Array.from({ length: hosts }, (_, i) => born(`h${i}`));
  const serving = new GridServing({ clock, log: silentLog, table, doors, agenda });
  const [grid] = [...tenant.grid.clocks];
  clock.stall(20 * s);
  serving.due(tenant, grid!, clock.now());
  const work = tenant.current;
  if (work?.kind !== 'grid') throw new Error('nothing is due');
  const slice = (until = Number.POSITIVE_INFINITY) =>
    serving.slice(tenant, work, new Turn(), clock.now(), { rows: 50, until });
  return { clock, tenant, serving, slice, born, series, table };
}

describe('a large group', () => {
  it('is taken in over many slices in the same grid time', () => {
    const { tenant, slice, serving } = build(10_000);
    let slices = 1;
    while (!slice()) slices += 1;
    expect(slices).toBe(20); // 10,000 series, 512 a slice
    expect(serving.counts.evaluations).toBe(1);
    expect([...tenant.pipeline.openByKey.values()].map(({ value }) => value)).toEqual([10_000]);
  });

  it('stops when the time of the turn is over', () => {
    const { clock, slice, tenant } = build(1_000);
    expect(slice(clock.now())).toBe(false);
    const work = tenant.current;
    expect(work?.kind === 'grid' && work.cursor).toBe(16);
  });

  it('counts every series once while others come and go', () => {
    const { tenant, slice, born, series, table, clock } = build(2_000);
    slice();
    // One that was counted goes; its number, in front of the others, is the next one's.
    tenant.grid.unbind(series[3]!);
    table.drop(series[3]!);
    born('new');
    slice();
    clock.stall(0);
    while (!slice());
    expect([...tenant.pipeline.openByKey.values()].map(({ value }) => value)).toEqual([2_000]);
  });

  it('is left alone when its rule goes meanwhile', () => {
    const { tenant, slice, serving } = build(2_000);
    slice();
    tenant.grid.setRules([], tenant.pipeline, 0);
    expect(slice()).toBe(true);
    expect(serving.counts.evaluations).toBe(0);
  });
});
