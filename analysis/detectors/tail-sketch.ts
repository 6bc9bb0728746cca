// How rare is a value of this size here? A histogram of bins that grow by a constant factor, which forgets slowly, and
// above its last two percent a Pareto tail: "one in 40,000" can be said after a few hundred samples.

const binsPerDoubling = 3;
const smallest = -5;
const largest = 9;

/** Bins of one sketch; the first holds everything below 2^-5, the last everything above 2^9. */
export const tailBins = (largest - smallest) * binsPerDoubling;

/** Below this share of the samples the bins are too thin, and the Pareto tail speaks. */
const tailShare = 0.02;

/** Index of the bin of `size`, 0 … `tailBins - 1`, with its fraction: 3.5 is the middle of bin 3. */
const placeOf = (size: number): number => {
  if (!(size > 2 ** smallest)) return 0;
  const place = (Math.log2(size) - smallest) * binsPerDoubling;
  return place < tailBins - 0.001 ? place : tailBins - 0.001;
};

/**
 * Probability that a size of this sketch is at least `size` (a number ≥ 0), from what was learned before; 1 while nothing
 * was. Above the last two percent: the tail of B. M. Hill, "A simple general approach to inference about the tail of a
 * distribution", Annals of Statistics 3, 1975, with the bins' middles for the order statistics and two samples of the
 * exponent 2 added, so that a short past does not claim more than it saw.
 */
export function tailOf(sketch: Float32Array, at: number, size: number): number {
  const place = placeOf(size);
  const bin = Math.floor(place);
  let total = 0;
  for (let i = 0; i < tailBins; i++) total += sketch[at + i]!;
  if (total <= 0) return 1;
  // From above, until two percent are passed: the tail begins at the edge of a bin.
  let above = 0;
  let logs = 0;
  let first = tailBins;
  while (first > 0 && above + sketch[at + first - 1]! <= tailShare * total) {
    first -= 1;
    above += sketch[at + first]!;
  }
  if (bin < first) {
    let rank = (bin + 1 - place) * sketch[at + bin]! + above;
    for (let i = bin + 1; i < first; i++) rank += sketch[at + i]!;
    return Math.min(1, (rank + 1) / (total + 1));
  }
  for (let i = first; i < tailBins; i++) logs += sketch[at + i]! * (i + 0.5 - first);
  const alpha = (above + 2) / ((logs * Math.LN2) / binsPerDoubling + 1);
  const beyond = ((place - first) * Math.LN2) / binsPerDoubling;
  return ((above + 1) / (total + 1)) * Math.exp(-alpha * beyond);
}

/** Learns one size. `memory`: how many samples count, roughly; older ones fade. */
export function learnTail(sketch: Float32Array, at: number, size: number, memory: number): void {
  const bin = Math.floor(placeOf(size));
  sketch[at + bin] = sketch[at + bin]! + 1;
  let total = 0;
  for (let i = 0; i < tailBins; i++) total += sketch[at + i]!;
  if (total <= memory) return;
  const keep = 1 - 1 / 64;
  for (let i = 0; i < tailBins; i++) sketch[at + i] = sketch[at + i]! * keep;
}
