// Combinations that are planted into metrics which go together: how many are found, though each value is usual, and how many
// are found where none was planted. Made up by seed: no public data has labels for such.
import { jointForest } from '../../analysis/detectors/index.ts';
import { seeded } from '../../analysis/detectors/random.ts';
import { median } from '../statistics.ts';

const stepMs = 300_000;
const weekRows = (7 * 86_400_000) / stepMs;
const rows = 3 * weekRows;
/** Distances of 99 of 100 rows from where the others lead to expect a metric, in halves of its band. */
const noise = 0.2;

export interface JointFigures {
  readonly planted: number;
  readonly found: number;
  /** Alarms at rows where nothing was planted, and how many a rule had asked for that bears one a week. */
  readonly falseAlarms: number;
  readonly asked: number;
  /** Median of CPU for each row, microseconds. */
  readonly us: number;
  readonly bytes: { readonly state: number; readonly model: number };
}

/** Metrics that follow one load, in `worlds` made-up series; the first is planted to the other side of the load's middle. */
export function jointFigures(metrics: number, worlds: number): JointFigures {
  const forest = jointForest(metrics);
  let found = 0;
  let planted = 0;
  let falseAlarms = 0;
  const costs: number[] = [];
  for (let world = 1; world <= worlds; world++) {
    const random = seeded(world);
    const bell = () => (random() + random() + random() + random() - 2) * 0.65;
    const state = forest.create(world);
    const began = process.cpuUsage();
    let last = Number.NEGATIVE_INFINITY;
    for (let n = 0; n < rows; n++) {
      const load = bell();
      const row = Array.from({ length: metrics }, () => load + noise * bell());
      const isPlanted = n > weekRows && n % 500 === 0;
      // A usual value of a usual load: only not of this one.
      if (isPlanted) row.fill(0.5).splice(0, 1, -0.5);
      const { perWeek } = forest.observe(state, row, n * stepMs);
      if (isPlanted) planted += 1;
      if (perWeek > 1) continue;
      if (isPlanted) found += 1;
      else if (n > weekRows && n - last > 32) falseAlarms += 1;
      last = n;
    }
    const { user, system } = process.cpuUsage(began);
    costs.push((user + system) / rows);
  }
  return {
    ...{ planted, found, falseAlarms, asked: 2 * worlds, us: median(costs) },
    bytes: { state: forest.stateBytes, model: forest.training.modelBytes },
  };
}
