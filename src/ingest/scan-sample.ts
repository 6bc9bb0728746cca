// One sample as JSON bytes: {"metric", "labels"?, "value", "timestamp"?}, metric and labels side by side, each key once.
import type { Scan } from './scan.ts';
import { readInteger, readNumber } from './scan-number.ts';
import {
  afterKey,
  closeBrace,
  comma,
  keyBytes,
  openBrace,
  quote,
  skipBlank,
  skipLabels,
  skipString,
} from './scan-series.ts';

const metricKey = keyBytes('metric');
const labelsKey = keyBytes('labels');
const valueKey = keyBytes('value');
const timestampKey = keyBytes('timestamp');

const letterL = 0x6c;
const letterM = 0x6d;
const letterT = 0x74;
const letterV = 0x76;

const metric = 1;
const labels = 2;
const value = 4;
const timestamp = 8;
/** The series is the one that followed the last time. */
const followed = 16;

/** Reads the sample that begins at `from` into the next row; answers the position after it, -1 when it is unusual. */
export function scanSample(scan: Scan, from: number): number {
  return read(scan, from, true);
}

function read(scan: Scan, from: number, mayFollow: boolean): number {
  const { bytes, aliases } = scan;
  if (bytes[from] !== openBrace || !scan.room()) return -1;
  const row = scan.count;
  let seen = 0;
  let series = -1;
  let first = -1;
  let last = -1;
  let at = skipBlank(bytes, from + 1);
  for (;;) {
    switch (bytes[at + 1]) {
      case letterV:
        if ((seen & value) !== 0) return -1;
        seen |= value;
        at = afterKey(bytes, at, valueKey);
        if (at === -1) return -1;
        at = readNumber(bytes, at, scan.values, row);
        if (at === -1) return -1;
        break;
      case letterT:
        if ((seen & timestamp) !== 0) return -1;
        seen |= timestamp;
        at = afterKey(bytes, at, timestampKey);
        if (at === -1) return -1;
        at = readInteger(bytes, at, scan.times, row);
        if (at === -1) return -1;
        break;
      case letterM:
      case letterL: {
        if ((seen & followed) !== 0) return read(scan, from, false);
        // Aliases of other formats never begin with a quote.
        if (mayFollow && (seen & (metric | labels)) === 0 && bytes[at] === quote) {
          const length = aliases.follow(scan.view, at, scan.end);
          if (length > 0) {
            seen |= followed;
            series = aliases.followed;
            at += length;
            break;
          }
        }
        const key = bytes[at + 1] === letterM ? metric : labels;
        if ((seen & key) !== 0) return -1;
        // Side by side, with a comma between: only then are they one range of bytes.
        if (first === -1) first = at;
        else if (skipBlank(bytes, skipBlank(bytes, last) + 1) !== at) return -1;
        seen |= key;
        at = afterKey(bytes, at, key === metric ? metricKey : labelsKey);
        if (at === -1) return -1;
        at = key === metric ? skipString(bytes, at) : skipLabels(bytes, at);
        if (at === -1) return -1;
        last = at;
        break;
      }
      default:
        return -1;
    }
    let byte = bytes[at];
    if (byte !== comma && byte !== closeBrace) {
      at = skipBlank(bytes, at);
      byte = bytes[at];
    }
    if (byte === closeBrace) break;
    if (byte !== comma) return -1;
    at = skipBlank(bytes, at + 1);
  }
  if ((seen & value) === 0) return -1;
  if ((seen & followed) === 0) {
    if ((seen & metric) === 0) return -1;
    series = scan.identify(first, last);
  }
  if ((seen & timestamp) === 0) scan.times[row] = scan.now;
  scan.series[row] = series;
  scan.count = row + 1;
  return at + 1;
}
