// A folder in the layout of the Numenta Anomaly Benchmark: data/<category>/<file>.csv and labels/combined_windows.json.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SeriesFile {
  /** `category/file.csv`. */
  readonly name: string;
  readonly category: string;
  /** Epoch milliseconds; the files say no zone and are read as UTC. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** First and last row of each labelled window, in the order of time. */
  readonly windows: readonly (readonly [number, number])[];
}

/** Where the data can be had; the bench brings none. */
export const whereFrom =
  'the repository numenta/NAB (folders data/ and labels/): give the folder that holds both with --data';

const secondsOf = (text: string): string => text.slice(0, 19);

/**
 * Every file of `data/` that has an entry in the windows, sorted by name; of a folder `nab` below the given one if there is one. Throws with the file and the line where a row
 * cannot be read, and where a window begins or ends at a time that no row has.
 */
export function readCorpus(given: string): SeriesFile[] {
  const below = join(given, 'nab');
  const folder = existsSync(below) ? below : given;
  const labels = join(folder, 'labels/combined_windows.json');
  if (!existsSync(labels)) throw new Error(`${labels} is not there; the data can be had from ${whereFrom}`);
  const windows = JSON.parse(readFileSync(labels, 'utf8')) as Record<string, [string, string][]>;
  const files: SeriesFile[] = [];
  for (const category of readdirSync(join(folder, 'data')).sort()) {
    if (category.includes('.')) continue;
    for (const file of readdirSync(join(folder, 'data', category)).sort()) {
      const name = `${category}/${file}`;
      const labelled = windows[name];
      if (labelled) files.push(readFile(join(folder, 'data', name), name, labelled));
    }
  }
  if (files.length === 0) throw new Error(`${folder}/data holds no labelled file; expected ${whereFrom}`);
  return files;
}

function readFile(path: string, name: string, labelled: readonly [string, string][]): SeriesFile {
  const lines = readFileSync(path, 'utf8').trimEnd().split(/\r?\n/).slice(1);
  const times = new Float64Array(lines.length);
  const values = new Float64Array(lines.length);
  const rowOf = new Map<string, number>();
  lines.forEach((line, row) => {
    const [time = '', value = ''] = line.split(',');
    times[row] = Date.parse(`${secondsOf(time).replace(' ', 'T')}Z`);
    values[row] = Number(value);
    if (Number.isNaN(times[row]!) || Number.isNaN(values[row]!))
      throw new Error(`${path}:${row + 2}: expected "time,value", found ${JSON.stringify(line)}`);
    if (!rowOf.has(secondsOf(time))) rowOf.set(secondsOf(time), row);
  });
  const row = (time: string): number => {
    const found = rowOf.get(secondsOf(time));
    if (found === undefined) throw new Error(`${path}: no row has the time ${time} of a window`);
    return found;
  };
  const windows = labelled.map(([from, to]) => [row(from), row(to)] as const);
  return { name, category: name.split('/')[0]!, times, values, windows };
}
