// What a model's scores were worth. Outcomes are counted in bins of the score; the share that came true, made to rise with
// the score, is the confidence. Pool adjacent violators: M. Ayer and others, "An empirical distribution function for
// sampling with incomplete information", Annals of Mathematical Statistics 26, 1955; for calibration: B. Zadrozny and
// C. Elkan, "Transforming classifier scores into accurate multiclass probability estimates", 2002. Each bin begins with
// the weight of a few outcomes of modest success, so that nothing is sure before there is a record.

const bins = 20;
/** Outcomes that the beginning of a bin weighs. */
const priorWeight = 2;
/** The most that is said without a record, and how many outcomes make one. */
export const modest = 0.6;
const recordAt = 12;
const highest = 0.99;
/** A bin forgets half of what it knows when it knows of so many: what was true last year may be over. */
const forgetsAt = 400;

export interface Calibration {
  readonly made: number[];
  readonly came: number[];
}

export const emptyCalibration = (): Calibration => ({
  made: new Array<number>(bins).fill(0),
  came: new Array<number>(bins).fill(0),
});

const binOf = (score: number): number => Math.min(bins - 1, Math.max(0, Math.floor(score * bins)));

/** Counts an outcome. */
export function learnOutcome(calibration: Calibration, score: number, came: boolean): void {
  const bin = binOf(score);
  calibration.made[bin]! += 1;
  if (came) calibration.came[bin]! += 1;
  if (calibration.made[bin]! < forgetsAt) return;
  calibration.made[bin]! /= 2;
  calibration.came[bin]! /= 2;
}

/** 0 … 0.99: what share of the outcomes with such a score came true. */
export function confidenceOf({ made, came }: Calibration, score: number): number {
  const blocks: { weight: number; sum: number; last: number }[] = [];
  let total = 0;
  for (let bin = 0; bin < bins; bin++) {
    total += made[bin]!;
    const prior = Math.min(modest, (bin + 0.5) / bins);
    let block = { weight: made[bin]! + priorWeight, sum: came[bin]! + priorWeight * prior, last: bin };
    for (let left = blocks.at(-1); left && left.sum / left.weight >= block.sum / block.weight; ) {
      blocks.pop();
      block = { weight: left.weight + block.weight, sum: left.sum + block.sum, last: bin };
      left = blocks.at(-1);
    }
    blocks.push(block);
  }
  const { weight, sum } = blocks.find(({ last }) => last >= binOf(score))!;
  return Math.min(total < recordAt ? modest : highest, sum / weight);
}
