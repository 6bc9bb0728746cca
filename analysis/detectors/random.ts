// Seeded randomness: the same seed, the same numbers, on every machine.

/** The next state of the generator; 32 bits. Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014. */
export const nextState = (state: number): number => (state + 0x9e3779b9) >>> 0;

/** A number in [0, 1) from a state of the generator: the finaliser of MurmurHash3. */
export function uniform(state: number): number {
  let x = state;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

/** A generator that keeps its own state. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = nextState(state);
    return uniform(state);
  };
}
