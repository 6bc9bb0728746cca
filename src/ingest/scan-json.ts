// Samples as one JSON document, by bytes: {"samples": [...]}, a bare array, or {"series": [...]}.
import type { Scan } from './scan.ts';
import { scanPoints } from './scan-columnar.ts';
import { scanSample } from './scan-sample.ts';
import {
  afterKey,
  closeBrace,
  closeBracket,
  comma,
  keyBytes,
  openBrace,
  openBracket,
  skipSpace,
} from './scan-series.ts';

const samplesKey = keyBytes('samples');
const seriesKey = keyBytes('series');

export function scanJson(scan: Scan): boolean {
  const { bytes } = scan;
  let at = skipSpace(bytes, 0);
  if (bytes[at] === openBracket) return ends(scan, scanArray(scan, at, scanSample));
  if (bytes[at] !== openBrace) return false;
  const key = skipSpace(bytes, at + 1);
  let array = afterKey(bytes, key, samplesKey);
  if (array !== -1) at = scanArray(scan, array, scanSample);
  else {
    array = afterKey(bytes, key, seriesKey);
    if (array === -1) return false;
    at = scanArray(scan, array, scanPoints);
  }
  if (at === -1) return false;
  at = skipSpace(bytes, at);
  return bytes[at] === closeBrace && ends(scan, at + 1);
}

function ends(scan: Scan, at: number): boolean {
  return at !== -1 && skipSpace(scan.bytes, at) === scan.end;
}

/** From `[` to after `]`, -1 when an item is not what `scanItem` reads. */
function scanArray(scan: Scan, from: number, scanItem: (scan: Scan, from: number) => number): number {
  const { bytes } = scan;
  if (bytes[from] !== openBracket) return -1;
  let at = skipSpace(bytes, from + 1);
  if (bytes[at] === closeBracket) return at + 1;
  for (;;) {
    at = scanItem(scan, at);
    if (at === -1) return -1;
    if (bytes[at] !== comma) {
      at = skipSpace(bytes, at);
      if (bytes[at] === closeBracket) return at + 1;
      if (bytes[at] !== comma) return -1;
    }
    at = skipSpace(bytes, at + 1);
  }
}
