// npm run bench:signal [-- --data DIR] [--petshop DIR] [--only detector or part,...]: what the detectors of unusual values
// find, what they cry wolf about, and what they cost; and what the analysis of alerts finds in simulated worlds, which needs
// no data. One JSON line for each figure on standard output, tables on standard error. The exit code is 1 when a bar is
// missed. DIR has the layout of the Numenta Anomaly Benchmark, or a folder `nab` that has it, and may hold folders in the
// layout of PetShop; the files that it holds count, and what it lacks is said.
import { parseArgs } from 'node:util';
import {
  type Detector,
  type DetectorName,
  detectorNames,
  detectors,
  type Observation,
  restore,
  save,
} from '../analysis/detectors/index.ts';
import { atLeast, atMost, exactly, Report } from './report.ts';
import { readCorpus, type SeriesFile, whereFrom } from './signal/corpus.ts';
import { costOf, costOfMany } from './signal/cost.ts';
import { effectivenessRows } from './signal/effectiveness.ts';
import { falseAlarmsOf } from './signal/false-alarms.ts';
import { halfOf } from './signal/half.ts';
import { incidentRows } from './signal/incident-rows.ts';
import { jointFigures } from './signal/joint.ts';
import { patternRows } from './signal/pattern-rows.ts';
import { predictionRows } from './signal/prediction-rows.ts';
import { rootCauseRows } from './signal/root-cause.ts';
import { fewFalseAlarms, type Scored, scoreOf, standard } from './signal/score.ts';

const seed = 1;
const rounds = 5;
/** Rows after which the replay saves the state and goes on with what was saved. */
const restoredEvery = 1_999;

/** What the standard profile must give. */
const least: Readonly<Record<DetectorName, number>> = {
  zscore: 34,
  ewma: 32,
  seasonal: 38,
  'isolation-forest': 39,
  ensemble: 68,
};
const mostUs: Readonly<Record<DetectorName, number>> = {
  zscore: 10,
  ewma: 10,
  seasonal: 10,
  'isolation-forest': 25,
  ensemble: 10,
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const wrong = (why: string): never => {
  say(why);
  process.exit(2);
};

const { values } = parseArgs({
  options: { data: { type: 'string' }, petshop: { type: 'string' }, only: { type: 'string' } },
});
/** What is measured on simulated worlds, and on data where there are some. */
const parts: Readonly<Record<string, (report: Report) => void | Promise<void>>> = {
  effectiveness: effectivenessRows,
  incidents: incidentRows,
  joint: jointRows,
  patterns: patternRows,
  predictions: (report) => predictionRows(report, values.data, values.petshop),
  'root-cause': (report) => rootCauseRows(report, values.data, values.petshop, wrong),
};
const known: readonly string[] = [...detectorNames, ...Object.keys(parts)];
const asked = values.only?.split(',') ?? known;
for (const name of asked) if (!known.includes(name)) wrong(`nothing is called ${name}: ${known.join(', ')}`);
const names = detectorNames.filter((name) => asked.includes(name));
if (values.data === undefined && values.only !== undefined && names.length > 0)
  wrong(`expected --data DIR for ${names.join(', ')}; the data can be had from ${whereFrom}`);

interface Heard extends Scored {
  readonly said: readonly Observation[];
}

/** Every file through a fresh state; saved and restored after `every` rows. */
function listen(detector: Detector, file: SeriesFile, every = Number.POSITIVE_INFINITY): Heard {
  let state = detector.create(seed);
  const said: Observation[] = [];
  for (let row = 0; row < file.values.length; row++) {
    if (row % every === every - 1) state = restore(detector, save(state));
    said.push(detector.observe(state, file.values[row]!, file.times[row]!));
  }
  return { file, said, scores: Float64Array.from(said, ({ score }) => score) };
}

const same = (one: Observation, other: Observation): boolean =>
  one.score === other.score && one.tail === other.tail && one.expected?.high === other.expected?.high;

function rowsOf(detector: Detector, files: readonly SeriesFile[], report: Report): void {
  const { name } = detector;
  const heard = files.map((file) => listen(detector, file));
  const whole = scoreOf(heard, standard);
  const low = scoreOf(heard, fewFalseAlarms);
  report.row({
    id: `signal.${name}.standard`,
    value: whole.score,
    unit: `of 100 on ${files.length} files, standard profile`,
    bar: atLeast(least[name], 'count'),
    ...(name === 'ensemble' && { goal: 'value >= 73' }),
    also: {
      threshold: whole.threshold,
      found: whole.found,
      windows: whole.windows,
      false_rows: whole.falseRows,
    },
  });
  report.row({
    id: `signal.${name}.few_false_alarms`,
    value: low.score,
    unit: 'of 100, profile that fines a false alarm twice',
    bar: name === 'ensemble' ? atLeast(58, 'count') : null,
    also: { threshold: low.threshold, found: low.found, false_rows: low.falseRows },
  });
  for (const half of [0, 1] as const) {
    const mine = heard.filter(({ file }) => halfOf(file.name) === half);
    const other = heard.filter(({ file }) => halfOf(file.name) !== half);
    const own = scoreOf(mine, standard).score;
    const foreign = scoreOf(mine, standard, scoreOf(other, standard).threshold).score;
    report.row({
      id: `signal.${name}.half.${half + 1}`,
      value: own - foreign,
      unit: 'points lost with the threshold of the other half of the files',
      bar: name === 'ensemble' ? atMost(6, 'count') : null,
      also: { files: mine.length, score: foreign, own_threshold: own },
    });
  }
  for (const asked of [1, 7]) falseAlarmRow(name, heard, asked, report);
  const different = files.filter((file, n) => {
    const again = listen(detector, file, restoredEvery).said;
    return again.some((one, row) => !same(one, heard[n]!.said[row]!));
  });
  report.row({
    id: `signal.${name}.replay`,
    value: different.length,
    unit: 'files that say something else when the state is saved and restored on the way',
    bar: exactly(0),
  });
  tableOf(name, heard, whole.threshold);
}

function falseAlarmRow(name: DetectorName, heard: readonly Heard[], perWeek: number, report: Report): void {
  let observed = 0;
  let asked = 0;
  for (const { file, said } of heard) {
    const found = falseAlarmsOf(file, said, perWeek);
    observed += found.observed;
    asked += found.asked;
  }
  const ratio = observed / asked;
  report.row({
    id: `signal.${name}.false_alarms.${perWeek}`,
    value: Math.max(ratio, 1 / ratio),
    unit: `times off, false alarms outside of windows where ${perWeek} a week were asked for`,
    ratio,
    against: `${asked.toFixed(0)} alarms that were asked for`,
    bar: atMost(2, 'count'),
    also: { observed },
  });
}

/** By category, at the one threshold of the whole. */
function tableOf(name: DetectorName, heard: readonly Heard[], threshold: number): void {
  say(`${name}: by category, standard profile, threshold ${threshold.toFixed(4)}`);
  for (const category of new Set(heard.map(({ file }) => file.category))) {
    const mine = heard.filter(({ file }) => file.category === category);
    const { score, found, windows, falseRows } = scoreOf(mine, standard, threshold);
    const points = Number.isNaN(score) ? '     -' : score.toFixed(1).padStart(6);
    say(`  ${category.padEnd(24)}${points}  windows ${found}/${windows}, false rows ${falseRows}`);
  }
}

function costRows(detector: Detector, files: readonly SeriesFile[], report: Report): void {
  const { name, stateBytes } = detector;
  const modelBytes = detector.training?.modelBytes ?? 0;
  const { us, rounds: each } = costOf(detector, files, rounds);
  report.row({
    id: `signal.${name}.sample`,
    value: us,
    unit: 'us of CPU for each sample',
    bar: atMost(mostUs[name]),
    ...(name === 'ensemble' && { goal: 'value <= 3' }),
    spread: [Math.min(...each), Math.max(...each)],
  });
  report.row({
    id: `signal.${name}.state`,
    value: stateBytes + modelBytes,
    unit: 'bytes for each series: its state, and a model that waits for its effect',
    bar: atMost(16_384, 'count'),
    ...(name === 'ensemble' && { goal: 'value <= 4096' }),
    also: { state: stateBytes, model: modelBytes },
  });
}

function manyRow(files: readonly SeriesFile[], report: Report): void {
  const series = 10_000;
  const { us, rounds: each } = costOfMany(detectors.ensemble, files, series, rounds);
  const percent = (perSample: number) => (100 * perSample * series) / 10_000_000;
  report.row({
    id: 'signal.ensemble.ten_thousand',
    value: percent(us),
    unit: '% of a core for 10,000 live series with a sample every 10 s',
    bar: atMost(15),
    spread: [percent(Math.min(...each)), percent(Math.max(...each))],
    also: { us_each_sample: us },
  });
}

/** What is made up by seed, for two and for eight metrics. */
function jointRows(report: Report): void {
  for (const metrics of [2, 8]) {
    const { planted, found, falseAlarms, asked, us, bytes } = jointFigures(metrics, 10);
    const id = `signal.joint.${metrics}`;
    report.row({
      id: `${id}.found`,
      value: found / planted,
      unit: 'of the planted combinations whose values are usual each, where one false alarm a week is borne',
      bar: atLeast(0.9, 'count'),
      also: { planted, found },
    });
    report.row({
      id: `${id}.false_alarms`,
      value: falseAlarms / asked,
      unit: 'false alarms for each that was asked for',
      bar: atMost(2, 'count'),
      also: { observed: falseAlarms, asked },
    });
    report.row({
      id: `${id}.sample`,
      value: us,
      unit: 'us of CPU for each row, with the growth of models',
      bar: atMost(25),
    });
    report.row({
      id: `${id}.state`,
      value: bytes.state + bytes.model,
      unit: 'bytes for each group: its state, and a model that waits for its effect',
      bar: atMost(16_384, 'count'),
      also: bytes,
    });
  }
}

const report = new Report((line) => void process.stdout.write(`${line}\n`), false);
if (values.data === undefined)
  say(`detectors are left out without --data; the data can be had from ${whereFrom}`);
else if (names.length > 0) detectorRows(values.data);
for (const name of asked) await parts[name]?.(report);

function detectorRows(folder: string): void {
  const files = (() => {
    try {
      return readCorpus(folder);
    } catch (error) {
      return wrong(error instanceof Error ? error.message : String(error));
    }
  })();
  for (const name of names) {
    rowsOf(detectors[name], files, report);
    costRows(detectors[name], files, report);
  }
  if (names.includes('ensemble')) manyRow(files, report);
}
if (report.missed.length > 0) say(`missed: ${report.missed.join(', ')}`);
process.exitCode = report.exitCode;
