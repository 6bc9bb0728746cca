// Samples as NDJSON, by bytes: one sample a line.
import type { Scan } from './scan.ts';
import { scanSample } from './scan-sample.ts';
import { newline, skipBlank } from './scan-series.ts';

export function scanNdjson(scan: Scan): boolean {
  const { bytes, end } = scan;
  let at = 0;
  for (;;) {
    at = skipBlank(bytes, at);
    if (at === end) return true;
    if (bytes[at] !== newline) {
      at = scanSample(scan, at);
      if (at === -1) return false;
      at = skipBlank(bytes, at);
      if (at === end) return true;
      if (bytes[at] !== newline) return false;
    }
    at++;
  }
}
