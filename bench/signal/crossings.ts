// Real metrics as rules would see them: a rule fires when a series goes above the 99th percentile of its own first half,
// and what the forecast says of that in the second half is judged by the alerts that came. Each series is an installation
// of its own with no record, so that no confidence is more than modest.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  advanceForecast,
  createForecast,
  type Forecasts,
  observeNews,
  observeWatched,
} from '../../analysis/forecast/index.ts';

export interface CrossingScore {
  readonly crossings: number;
  readonly judged: readonly {
    readonly confidence: number;
    readonly came: boolean;
    readonly alert: string | null;
  }[];
}

let series = 0;

/** Capacity crossings of one series; times are epoch milliseconds, ascending. */
export function crossingsOf(times: Float64Array, values: Float64Array): CrossingScore {
  const half = values.length >> 1;
  const value = [...values.slice(0, half)].sort((one, other) => one - other)[Math.floor(0.99 * half)];
  if (value === undefined) return { crossings: 0, judged: [] };
  const own = ++series;
  const labels = { alertname: 'High' };
  const threshold = { key: 'High', labels, value, side: 'above' } as const;
  const state = createForecast();
  const judged: CrossingScore['judged'][number][] = [];
  const capacity = new Set<string>();
  let ids = 0;
  const context = { newId: () => `${++ids}` };
  const note = ({ made, ended }: Forecasts) => {
    for (const { id, model } of made) if (model === 'capacity') capacity.add(id);
    for (const { id, confidence, came, alert } of ended)
      if (capacity.has(id)) judged.push({ confidence, came, alert });
  };
  let crossings = 0;
  let firing: Parameters<typeof observeNews>[1]['alert'] | null = null;
  for (let n = 0; n < values.length; n++) {
    const at = times[n]!;
    note(advanceForecast(state, at, context));
    // Before the half the percentile is not known to anybody: the series is learned, and nothing watches it.
    const thresholds = n < half ? [] : [threshold];
    const above = n >= half && values[n]! > value;
    if (above && firing === null) {
      crossings++;
      const alert = { id: `${own}-${crossings}`, key: 'High', name: 'High', labels, text: '', at } as const;
      firing = { ...alert, severity: 'high', endedAt: null };
      note(observeNews(state, { kind: 'fired', alert: firing, seenAt: at }, context));
    } else if (!above && firing !== null) {
      note(observeNews(state, { kind: 'resolved', alert: { ...firing, endedAt: at }, seenAt: at }, context));
      firing = null;
    }
    note(observeWatched(state, { series: 's', at, value: values[n]!, thresholds }, context));
  }
  return { crossings, judged };
}

/** Every column of every metrics.csv below a folder: four lines of head, seconds of the epoch first, cells may be empty. */
export function readMetrics(folder: string): { times: Float64Array; values: Float64Array }[] {
  const found: { times: Float64Array; values: Float64Array }[] = [];
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!path.endsWith('metrics.csv')) continue;
    const rows = readFileSync(join(folder, path), 'utf8')
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => line.split(','))
      .filter(([first]) => first !== '' && Number.isFinite(Number(first)));
    // A quarter of an hour of an incident is no series to learn from.
    if (rows.length < 100) continue;
    for (let column = 1; column < rows[0]!.length; column++) {
      const cells = rows.filter((row) => row[column] !== '' && Number.isFinite(Number(row[column])));
      if (cells.length < 100) continue;
      found.push({
        times: Float64Array.from(cells, ([at]) => 1_000 * Number(at)),
        values: Float64Array.from(cells, (row) => Number(row[column])),
      });
    }
  }
  return found;
}
