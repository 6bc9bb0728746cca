// The gate between what clients wrote and the series table: what passes has a series id, a finite value, a time near
// now, and comes in time order. Names are checked when a series is new; a known series passed that check at its birth.
import { isForbiddenName } from '../../rules/labels.ts';
import type { Labels } from '../../rules/types.ts';
import { utf8Length } from '../../rules/utf8.ts';
import type { Limits } from '../config/config.ts';
import type { RawSample, RejectCode, Rejected } from '../services.ts';
import { Rejections, shown } from './rejections.ts';
import type { SeriesTable } from './series.ts';
import { orderByTime } from './sort-by-time.ts';

export interface Admitted {
  /** Ids of the table; `count` of each column are filled. */
  readonly series: Int32Array;
  /** Sample times in epoch milliseconds, ascending; samples of equal time stay in the order of the request. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly count: number;
  readonly rejected: Rejected[];
}

/** Before 1973: a time that was given in seconds instead of milliseconds looks like this until the year 5138. */
const secondsBefore = 100_000_000_000;

/**
 * Checks samples and interns their series. Samples without a timestamp get `now`. Never throws for what is in a sample;
 * appends nothing to the table.
 */
export function admit(
  table: SeriesTable,
  tenant: string,
  raw: readonly RawSample[],
  now: number,
  limits: Limits,
): Admitted {
  const size = Math.min(raw.length, limits.samplesPerRequest);
  const series = new Int32Array(size);
  const times = new Float64Array(size);
  const values = new Float64Array(size);
  const rejections = new Rejections();
  let count = 0;
  let inOrder = true;
  for (let i = 0; i < raw.length; i++) {
    const sample = raw[i]!;
    if (i >= size) {
      rejections.tooMany(sample.index, limits.samplesPerRequest);
      continue;
    }
    const at = sample.timestamp ?? now;
    const refusal = refusedNumbers(sample.value, at, now, limits);
    if (refusal !== null) {
      rejections.add(sample.index, refusal.code, refusal.message);
      continue;
    }
    const id = seriesFor(table, tenant, sample.metric, sample.labels, limits);
    if (typeof id !== 'number') {
      rejections.add(sample.index, id.code, id.message);
      continue;
    }
    if (count > 0 && at < times[count - 1]!) inOrder = false;
    series[count] = id;
    times[count] = at;
    values[count] = sample.value;
    count++;
  }
  const columns = { series, times, values, count, rejected: rejections.list };
  return inOrder ? columns : sortedByTime(columns);
}

export interface Refusal {
  readonly code: RejectCode;
  readonly message: string;
}

/** The id of a series, which is born if need be and if its names and the tenant's bound allow it. */
export function seriesFor(
  table: SeriesTable,
  tenant: string,
  metric: string,
  labels: Labels,
  limits: Limits,
): number | Refusal {
  const known = table.find(tenant, metric, labels);
  if (known !== -1) return known;
  const refused = refusedNames(metric, labels, limits);
  if (refused !== null) return refused;
  const born = table.intern(tenant, metric, labels);
  if (born !== -1) return born;
  const message = `this tenant has ${limits.seriesPerTenant} series already; no new one is taken`;
  return { code: 'series_limit', message };
}

/** Why a sample with these numbers is not taken; null when it is. */
export function refusedNumbers(value: number, at: number, now: number, limits: Limits): Refusal | null {
  if (!Number.isFinite(value)) return { code: 'value_not_finite', message: `the value is ${value}` };
  if (!Number.isInteger(at)) {
    return { code: 'invalid_sample', message: `the timestamp ${at} is not whole milliseconds since 1970` };
  }
  if (at < now - limits.pastMs) {
    const hint = at > 0 && at < secondsBefore ? '; is it in seconds? Milliseconds are expected' : '';
    const message = `the timestamp ${at} is more than ${limits.pastMs / 1_000} s before now (${now})${hint}`;
    return { code: 'timestamp_too_old', message };
  }
  if (at > now + limits.futureMs) {
    const message = `the timestamp ${at} is more than ${limits.futureMs / 1_000} s after now (${now})`;
    return { code: 'timestamp_in_future', message };
  }
  return null;
}

// Lone surrogates are not Unicode: two of them would become one U+FFFD, and two series one, in the database.
const notForNames = /[\p{Cc}\p{Cs}]/u;
const notForValues = /\p{Cs}/u;

/** Why a series may not be born with these names; null when it may. */
function refusedNames(metric: string, labels: Labels, limits: Limits): Refusal | null {
  const metricProblem = nameProblem(metric, limits.metricNameBytes);
  if (metricProblem !== null) {
    return { code: 'invalid_metric_name', message: `the metric name ${shown(metric)} ${metricProblem}` };
  }
  const names = Object.keys(labels);
  if (names.length > limits.labelsPerSeries) {
    const message = `${names.length} labels are more than the ${limits.labelsPerSeries} allowed`;
    return { code: 'too_many_labels', message };
  }
  for (const name of names) {
    const problem = nameProblem(name, limits.labelNameBytes);
    if (problem !== null) {
      return { code: 'invalid_label_name', message: `the label name ${shown(name)} ${problem}` };
    }
    const value = labels[name]!;
    if (isLongerThan(value, limits.labelValueBytes)) {
      const message = `the value of label ${shown(name)} is longer than ${limits.labelValueBytes} bytes`;
      return { code: 'label_value_too_long', message };
    }
    if (notForValues.test(value)) {
      return { code: 'invalid_sample', message: `the value of label ${shown(name)} is not valid Unicode` };
    }
  }
  return null;
}

function nameProblem(name: string, maxBytes: number): string | null {
  if (name === '') return 'is empty';
  if (isForbiddenName(name)) return 'is not allowed';
  if (isLongerThan(name, maxBytes)) return `is longer than ${maxBytes} bytes`;
  if (notForNames.test(name)) return 'holds a control character or is not valid Unicode';
  return null;
}

function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length * 3 > maxBytes && utf8Length(text) > maxBytes;
}

/** The same samples by ascending time. */
export function sortedByTime(columns: Admitted): Admitted {
  const { series, times, values, count } = columns;
  const order = orderByTime(times, count);
  const sorted = {
    series: new Int32Array(count),
    times: new Float64Array(count),
    values: new Float64Array(count),
  };
  for (let i = 0; i < count; i++) {
    const from = order[i]!;
    sorted.series[i] = series[from]!;
    sorted.times[i] = times[from]!;
    sorted.values[i] = values[from]!;
  }
  return { ...columns, ...sorted };
}
