// A series with many points as JSON bytes: {"metric", "labels"?, "timestamps": [...], "values": [...]}. Metric and labels
// come first; the two columns in either order.
import type { Scan } from './scan.ts';
import { readInteger, readNumber } from './scan-number.ts';
import {
  afterKey,
  closeBrace,
  closeBracket,
  comma,
  keyBytes,
  openBrace,
  openBracket,
  quote,
  skipBlank,
  skipLabels,
  skipString,
} from './scan-series.ts';

const metricKey = keyBytes('metric');
const labelsKey = keyBytes('labels');
const timestampsKey = keyBytes('timestamps');
const valuesKey = keyBytes('values');

/** Reads the series that begins at `from` into the next rows; answers the position after it, -1 when it is unusual. */
export function scanPoints(scan: Scan, from: number): number {
  const { bytes } = scan;
  if (bytes[from] !== openBrace) return -1;
  const first = skipBlank(bytes, from + 1);
  let series = -1;
  const length = bytes[first] === quote ? scan.aliases.follow(scan.view, first, scan.end) : 0;
  let at = first + length;
  if (length > 0) {
    series = scan.aliases.followed;
    at = afterComma(bytes, at);
    // An alias without labels is followed by labels: another series.
    if (at !== -1 && afterKey(bytes, at, labelsKey) !== -1) series = -1;
  }
  if (series === -1) {
    at = afterMembers(bytes, first);
    if (at === -1) return -1;
    series = scan.identify(first, at);
    at = afterComma(bytes, at);
  }
  if (at === -1) return -1;
  const base = scan.count;
  const timesFirst = afterKey(bytes, at, timestampsKey);
  at = timesFirst === -1 ? afterKey(bytes, at, valuesKey) : timesFirst;
  at = column(scan, at, timesFirst !== -1);
  const count = scan.count - base;
  scan.count = base;
  at = at === -1 ? -1 : afterComma(bytes, at);
  if (at === -1) return -1;
  at = column(scan, afterKey(bytes, at, timesFirst === -1 ? timestampsKey : valuesKey), timesFirst === -1);
  if (at === -1 || scan.count - base !== count) return -1;
  at = skipBlank(bytes, at);
  if (bytes[at] !== closeBrace) return -1;
  scan.series.fill(series, base, scan.count);
  return at + 1;
}

/** After metric and labels, in either order; -1 when there is no metric. */
function afterMembers(bytes: Uint8Array, from: number): number {
  const labels = afterKey(bytes, from, labelsKey);
  if (labels !== -1) {
    const end = skipLabels(bytes, labels);
    const next = end === -1 ? -1 : afterComma(bytes, end);
    const metric = next === -1 ? -1 : afterKey(bytes, next, metricKey);
    return metric === -1 ? -1 : skipString(bytes, metric);
  }
  const metric = afterKey(bytes, from, metricKey);
  const end = metric === -1 ? -1 : skipString(bytes, metric);
  const next = end === -1 ? -1 : afterComma(bytes, end);
  const after = next === -1 ? -1 : afterKey(bytes, next, labelsKey);
  return after === -1 ? end : skipLabels(bytes, after);
}

function afterComma(bytes: Uint8Array, from: number): number {
  const at = skipBlank(bytes, from);
  return bytes[at] === comma ? skipBlank(bytes, at + 1) : -1;
}

/** Reads an array of numbers into the next rows; answers the position after it, -1 when it is anything else. */
function column(scan: Scan, from: number, isTimes: boolean): number {
  const { bytes } = scan;
  if (from === -1 || bytes[from] !== openBracket) return -1;
  let at = skipBlank(bytes, from + 1);
  if (bytes[at] === closeBracket) return at + 1;
  for (;;) {
    if (!scan.room()) return -1;
    at = isTimes
      ? readInteger(bytes, at, scan.times, scan.count)
      : readNumber(bytes, at, scan.values, scan.count);
    if (at === -1) return -1;
    scan.count++;
    if (bytes[at] !== comma) {
      at = skipBlank(bytes, at);
      if (bytes[at] === closeBracket) return at + 1;
      if (bytes[at] !== comma) return -1;
    }
    at = skipBlank(bytes, at + 1);
  }
}
