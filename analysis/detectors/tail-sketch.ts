// How rare is a size like this here? A histogram whose bins grow by a constant factor, and above its last two percent a
// Pareto tail: "one in 40,000" can be said after a few hundred samples.

const binsPerDoubling = 2;
const smallest = -6;
const largest = 10;

/** Bins of one sketch; the first holds everything below 2^-6, the last everything above 2^10. */
export const tailBins = (largest - smallest) * binsPerDoubling;

/** Below this share of the samples the bins are too thin, and the Pareto tail speaks. */
const tailShare = 0.02;
const lnPerBin = Math.LN2 / binsPerDoubling;
const lastPlace = tailBins - 0.001;

/** Bin of `size` with its fraction: 3.5 is the middle of bin 3. NaN counts as 0. */
const placeOf = (size: number): number => {
  const place = (Math.log2(size) - smallest) * binsPerDoubling;
  return place > 0 ? (place < lastPlace ? place : lastPlace) : 0;
};

/**
 * -log10 of the probability that a size of this sketch is at least `size` (a number ≥ 0), judged by the `total` sizes
 * learned before, of which this becomes the next. 0 while nothing was learned.
 *
 * Above the last two percent speaks the tail of B. M. Hill, "A simple general approach to inference about the tail of a
 * distribution", Annals of Statistics 3, 1975, with the bins' middles for the order statistics, and with two samples of
 * exponent 2 added, so that a short past does not claim more than it saw.
 */
export function surprise(sketch: Float32Array, at: number, total: number, size: number): number {
  const place = placeOf(size);
  const bin = Math.floor(place);
  const end = at + tailBins;
  // From above, until two percent would be passed: the tail begins at the edge of a bin.
  let above = 0;
  let first = end;
  while (first > at && above + sketch[first - 1]! <= tailShare * total) {
    first -= 1;
    above += sketch[first]!;
  }
  let rare: number;
  if (at + bin < first) {
    let rank = (bin + 1 - place) * sketch[at + bin]! + above;
    for (let i = at + bin + 1; i < first; i++) rank += sketch[i]!;
    rare = Math.min(0, Math.log10((rank + 1) / (total + 1)));
  } else {
    let logs = 0;
    for (let i = first; i < end; i++) logs += sketch[i]! * (i + 0.5 - first);
    const exponent = (above + 2) / (logs * lnPerBin + 1);
    rare = Math.log10((above + 1) / (total + 1)) - exponent * (place - (first - at)) * lnPerBin * Math.LOG10E;
  }
  sketch[at + bin] = sketch[at + bin]! + 1;
  return total > 0 ? -rare : 0;
}

/** The size that one of `oneIn` sizes exceeds, to the edge of a bin above it. */
export function exceededOnceIn(sketch: Float32Array, at: number, total: number, oneIn: number): number {
  let above = 0;
  for (let i = tailBins - 1; i >= 0; i--) {
    above += sketch[at + i]!;
    if (above * oneIn > total) return 2 ** ((i + 1) / binsPerDoubling + smallest);
  }
  return 2 ** smallest;
}

/** Sizes that a histogram remembers. */
const memory = 8_192;
const keep = 1 - 1 / 64;

/**
 * Lets old sizes fade where the histograms from `at` on (of together `bins` bins) hold more than they remember. `total`:
 * the sizes that each of them took; answered is how many count from here on.
 */
export function forgetSizes(sketch: Float32Array, at: number, bins: number, total: number): number {
  if (total <= memory) return total;
  for (let i = at; i < at + bins; i++) sketch[i] = sketch[i]! * keep;
  return total * keep;
}
