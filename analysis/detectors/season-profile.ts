// The shape of the day and of the week: what is usual at this time of day, and at this hour of this day of the week? Both
// are kept, and the one that has been wrong by less speaks. Times are UTC: a day is a day in every zone, and a clock
// change moves the shape by an hour, which the profile learns again within days.
import { countOf, intervalOf } from './reading.ts';

const dayMs = 86_400_000;
const dayBins = 48;
const weekBins = 84;
const dayBinMs = dayMs / dayBins;
const weekBinMs = (7 * dayMs) / weekBins;

const DAY_ERROR = 0;
const WEEK_ERROR = 1;
const DAY_SEEN = 2;
const WEEK_SEEN = 3;
/** The first value: bins hold the distance to it, since single precision does not hold a large value's small changes. */
const ANCHOR = 4;
/** Numbers that a profile takes. */
export const seasonNumbers = 5;
/** Its part of the sketch: mean and weight of each half hour of the day and of each two hours of the week. */
export const seasonSketch = 2 * (dayBins + weekBins);

/** Samples over which the errors are averaged. */
const errorSamples = 1_000;
/** A bin remembers this many samples, or those of its last visits where they are more. */
const binSamples = 20;
const dayVisits = 8;
const weekVisits = 4;
/** Samples of the weekly shape after which it may speak, and by how much it must be better. */
const weekSpeaksFrom = 300;
const weekBetterBy = 0.95;
/** A bin that has seen ten samples learns no more than this many usual errors at once: one incident is not a shape. */
const mostErrors = 4;

const dayBin = (at: number): number => Math.floor(modulo(at, dayMs) / dayBinMs);
/** Epoch began on a Thursday; which day comes first does not matter here. */
const weekBin = (at: number): number => dayBins + Math.floor(modulo(at, 7 * dayMs) / weekBinMs);
const modulo = (at: number, length: number): number => ((at % length) + length) % length;

export interface SeasonalPrediction {
  readonly value: number;
  /** Mean absolute error of predictions so far. */
  readonly error: number;
  /** False while this time of day was never seen; `value` is `otherwise` then. */
  readonly known: boolean;
}

/** What the profile says of the time `at`. `otherwise`: what to say of a time that was never seen. */
export function predict(
  numbers: Float64Array,
  place: number,
  sketch: Float32Array,
  sketchPlace: number,
  at: number,
  otherwise: number,
): SeasonalPrediction {
  const day = sketchPlace + 2 * dayBin(at);
  const week = sketchPlace + 2 * weekBin(at);
  const known = sketch[day + 1]! > 0;
  const weekSpeaks =
    sketch[week + 1]! > 0 &&
    numbers[place + WEEK_SEEN]! > weekSpeaksFrom &&
    numbers[place + WEEK_ERROR]! < weekBetterBy * numbers[place + DAY_ERROR]!;
  const anchor = numbers[place + ANCHOR]!;
  if (weekSpeaks) return { value: anchor + sketch[week]!, error: numbers[place + WEEK_ERROR]!, known };
  return { value: known ? anchor + sketch[day]! : otherwise, error: numbers[place + DAY_ERROR]!, known };
}

/** Whether every time of day can have come by: from here on what the shape explains may be believed. */
export const shapeIsSeen = (numbers: Float64Array, place: number): boolean =>
  numbers[place + DAY_SEEN]! > dayBins;

/** Learns a value at a time. */
export function learnSeason(
  numbers: Float64Array,
  place: number,
  sketch: Float32Array,
  sketchPlace: number,
  value: number,
  at: number,
): void {
  const interval = Math.max(1, intervalOf(numbers));
  if (countOf(numbers) === 1) numbers[place + ANCHOR] = value;
  const off = value - numbers[place + ANCHOR]!;
  const dayMost = (dayVisits * dayBinMs) / interval;
  const weekMost = (weekVisits * weekBinMs) / interval;
  learnBin(numbers, place + DAY_ERROR, sketch, sketchPlace + 2 * dayBin(at), off, dayMost);
  learnBin(numbers, place + WEEK_ERROR, sketch, sketchPlace + 2 * weekBin(at), off, weekMost);
}

function learnBin(
  numbers: Float64Array,
  error: number,
  sketch: Float32Array,
  bin: number,
  value: number,
  most: number,
): void {
  const weight = sketch[bin + 1]!;
  let off = value - sketch[bin]!;
  if (weight > 0) {
    const seen = numbers[error + DAY_SEEN]! + 1;
    numbers[error + DAY_SEEN] = seen;
    numbers[error] = numbers[error]! + (Math.abs(off) - numbers[error]!) / Math.min(seen, errorSamples);
  }
  if (weight >= 10) {
    const atMost = mostErrors * numbers[error]!;
    off = Math.max(-atMost, Math.min(atMost, off));
  }
  sketch[bin + 1] = Math.min(weight + 1, Math.max(binSamples, most));
  sketch[bin] = sketch[bin]! + off / sketch[bin + 1]!;
}

/** The share of the deviations around a plain mean (`without`, mean absolute) that the shape explains, 0 … 1. */
export const explained = (error: number, without: number): number =>
  without > 0 ? Math.max(0, 1 - error / without) : 0;
