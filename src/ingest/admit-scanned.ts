// The second half of a scan: new series are read by the plain decoder and born, numbers are checked, aliases learned.
// The same gate as `admit`, over columns.
import type { Limits } from '../config/config.ts';
import { type Admitted, type Refusal, refusedNumbers, seriesFor, sortedByTime } from './admit.ts';
import type { SeriesNames } from './json-sample.ts';
import { byIndex, Rejections } from './rejections.ts';
import type { Scan } from './scan.ts';
import type { SeriesTable } from './series.ts';

export interface ScannedFor {
  readonly table: SeriesTable;
  readonly tenant: string;
  readonly now: number;
  readonly limits: Limits;
  /** Reads the text of a series that no alias is known for; null when the plain decoder refuses it. */
  readonly readSeries: (text: string) => SeriesNames | null;
  /** Called with the number of samples before any series is born; may throw. */
  readonly checkRoom: (samples: number) => void;
}

/** What was scanned, as `admit` gives it; null when a series is one that the plain decoder refuses. Then nothing was born. */
export function admitScanned(scan: Scan, to: ScannedFor): Admitted | null {
  const { table, tenant, now, limits } = to;
  const names = namesOf(scan, to.readSeries);
  if (names === null) return null;
  to.checkRoom(scan.count);
  const { series, times, values, count } = scan;
  const oldest = now - limits.pastMs;
  const latest = now + limits.futureMs;
  const rejections = new Rejections();
  const ids: (number | Refusal | undefined)[] = [];
  let kept = 0;
  let newest = Number.NEGATIVE_INFINITY;
  let inOrder = true;
  for (let i = 0; i < count; i++) {
    const at = times[i]!;
    const value = values[i]!;
    // The scanners take whole times only; `value - value` is NaN where the value is not finite.
    if (at < oldest || at > latest || value - value !== 0) {
      const refused = refusedNumbers(value, at, now, limits);
      if (refused !== null) {
        rejections.add(i, refused.code, refused.message);
        continue;
      }
    }
    let id = series[i]!;
    if (id < 0) {
      const unknown = ~id;
      const born = ids[unknown] ?? bear(unknown);
      ids[unknown] = born;
      if (typeof born !== 'number') {
        rejections.add(i, born.code, born.message);
        continue;
      }
      id = born;
    }
    if (at < newest) inOrder = false;
    newest = at;
    series[kept] = id;
    times[kept] = at;
    values[kept] = value;
    kept++;
  }
  const columns = {
    series: series.slice(0, kept),
    times: times.slice(0, kept),
    values: values.slice(0, kept),
    count: kept,
    rejected: byIndex(rejections.list, []),
  };
  return inOrder ? columns : sortedByTime(columns);

  function bear(unknown: number): number | Refusal {
    const { metric, labels } = names![unknown]!;
    const id = seriesFor(table, tenant, metric, labels, limits);
    if (typeof id === 'number') {
      scan.aliases.remember(scan.view, scan.unknown[unknown * 2]!, scan.unknown[unknown * 2 + 1]!, id);
    }
    return id;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function namesOf(scan: Scan, readSeries: (text: string) => SeriesNames | null): SeriesNames[] | null {
  const { bytes, unknown } = scan;
  const names: SeriesNames[] = [];
  for (let i = 0; i < unknown.length; i += 2) {
    const text = textOf(bytes.subarray(unknown[i], unknown[i + 1]));
    const series = text === null ? null : readSeries(text);
    if (series === null) return null;
    names.push(series);
  }
  return names;
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null; // what a fatal decoder throws for bytes that are not UTF-8
    throw error;
  }
}
