// The end of every detector: from a strength, whose meaning is the detector's own, to what a rule can be asked for. How
// often does a block of samples of this series reach such a strength? So a rule's sensitivity is a number of false alarms
// a week, and means the same for every series and every detector.
//
// The strength of a block is that of its strongest sample, since one incident is one alarm, however many samples it has:
// S. Coles, "An Introduction to Statistical Modeling of Extreme Values", 2001, chapters 3 and 5. A histogram of blocks,
// above its last four percent an exponential tail.
import { intervalOf, samplesPerWeek } from './reading.ts';

const BLOCK_MAX = 0;
const BLOCK_RAREST = 1;
const BLOCK_SAMPLES = 2;
const BLOCKS = 3;
const ONSET = 4;
const QUIET = 5;
/** Numbers that the end of a detector takes. */
export const rateNumbers = 6;

const binsPerUnit = 8;
/** Bins of its sketch: strengths from 0 to 8, and all above. */
export const rateBins = 65;

const blockSamples = 32;
const shortestBlock = 8;
const blockMs = 8 * 3_600_000;
const memoryBlocks = 4_096;
const tailShare = 0.04;
/** Samples after an onset in which only a stronger one is a new onset. */
const refractorySamples = 100;

/**
 * What blocks of usual series look like before this one has shown its own: P(strength ≥ x) = exp(-(x - from) / scale).
 * It counts as much as 200 blocks, a week of samples that are five minutes apart.
 */
export interface UsualStrength {
  readonly from: number;
  readonly scale: number;
}
const priorBlocks = 200;

/**
 * A block that was itself rarer than one in ten counts for 0.3 of one: part of such blocks are the incidents that a rule
 * is there to find, and they would use up the alarms that were asked for. Where all of them are false, the rate that is
 * said is at most 3.3 times too low.
 */
const suspectTail = 0.1;
const suspectWeight = 0.3;

/** Puts the usual strengths into a fresh sketch. */
export function beginRate(sketch: Float32Array, at: number, { from, scale }: UsualStrength): void {
  const tail = (bin: number) => Math.min(1, Math.exp(-(bin / binsPerUnit - from) / scale));
  for (let bin = 0; bin < rateBins; bin++)
    sketch[at + bin] = priorBlocks * (tail(bin) - (bin + 1 < rateBins ? tail(bin + 1) : 0));
}

/** Probability that a block of this series has a sample of at least this strength. */
function blockTail(sketch: Float32Array, at: number, total: number, strength: number, scale: number): number {
  const place = Math.min(Math.max(strength, 0) * binsPerUnit, 10_000);
  const bin = Math.min(rateBins - 1, Math.floor(place));
  let above = 0;
  let first = rateBins;
  while (first > 0 && above + sketch[at + first - 1]! <= tailShare * total) {
    first -= 1;
    above += sketch[at + first]!;
  }
  if (bin < first) {
    let rank = (bin + 1 - place) * sketch[at + bin]! + above;
    for (let i = bin + 1; i < first; i++) rank += sketch[at + i]!;
    return Math.min(1, (rank + 0.2) / (total + 0.2));
  }
  let excess = 0;
  for (let i = first; i < rateBins; i++) excess += (sketch[at + i]! * (i + 0.5 - first)) / binsPerUnit;
  const slope = (above + 2) / (excess + 2 * scale);
  return ((above + 0.2) / (total + 0.2)) * Math.exp(-slope * (strength - first / binsPerUnit));
}

/** What is said of one strength. */
export interface Rated {
  /** Probability for a usual sample, in (0, 1]. */
  readonly tail: number;
  readonly perWeek: number;
  /** The strength where it is an onset, else 0. */
  readonly onset: number;
}

/**
 * Rates the strength of a sample (≥ 0) by the blocks before and takes it into its own block. `at` is the place of the
 * rate's numbers, `sketchAt` that of its bins.
 */
export function rate(
  numbers: Float64Array,
  at: number,
  sketch: Float32Array,
  sketchAt: number,
  usual: UsualStrength,
  strength: number,
): Rated {
  const interval = intervalOf(numbers);
  const wanted = interval > 0 ? Math.ceil(blockMs / interval) : blockSamples;
  const block = Math.min(blockSamples, Math.max(shortestBlock, wanted));
  const total = priorBlocks + numbers[at + BLOCKS]!;
  const rare = blockTail(sketch, sketchAt, total, strength, usual.scale);
  const tail = Math.max(rare / block, 1e-300);

  numbers[at + BLOCK_MAX] = Math.max(numbers[at + BLOCK_MAX]!, strength);
  numbers[at + BLOCK_RAREST] = Math.max(numbers[at + BLOCK_RAREST]!, 1 - rare);
  numbers[at + BLOCK_SAMPLES] = numbers[at + BLOCK_SAMPLES]! + 1;
  if (numbers[at + BLOCK_SAMPLES]! >= block) endBlock(numbers, at, sketch, sketchAt);

  const quiet = numbers[at + QUIET]!;
  if (quiet <= 0) numbers[at + ONSET] = 0;
  const onset = strength > numbers[at + ONSET]! ? strength : 0;
  if (onset > 0) numbers[at + ONSET] = onset;
  numbers[at + QUIET] = (onset > 0 ? refractorySamples : quiet) - 1;
  return { tail, perWeek: tail * samplesPerWeek(numbers), onset };
}

function endBlock(numbers: Float64Array, at: number, sketch: Float32Array, sketchAt: number): void {
  const weight = 1 - numbers[at + BLOCK_RAREST]! < suspectTail ? suspectWeight : 1;
  const bin = Math.min(rateBins - 1, Math.floor(numbers[at + BLOCK_MAX]! * binsPerUnit));
  sketch[sketchAt + bin] = sketch[sketchAt + bin]! + weight;
  sketch[sketchAt] = sketch[sketchAt]! + 1 - weight;
  numbers[at + BLOCKS] = numbers[at + BLOCKS]! + 1;
  numbers[at + BLOCK_MAX] = 0;
  numbers[at + BLOCK_RAREST] = 0;
  numbers[at + BLOCK_SAMPLES] = 0;
  if (numbers[at + BLOCKS]! < memoryBlocks) return;
  const keep = 1 - 1 / 32;
  for (let i = 0; i < rateBins; i++) sketch[sketchAt + i] = sketch[sketchAt + i]! * keep;
  numbers[at + BLOCKS] = (numbers[at + BLOCKS]! + priorBlocks) * keep - priorBlocks;
}
