// How much of what a rule says is noise, as a sum that a person can check by hand.

/** What of a rule's alerts nobody needed; each counts episodes that nobody acted on. */
export interface NoiseCounts {
  /** They ended, or fired for a day. */
  readonly ignored: number;
  /** They ended by themselves within five minutes. */
  readonly brief: number;
  /** They fired again within ten minutes of an end. */
  readonly flapping: number;
}

export const noiseWeights: Readonly<Record<keyof NoiseCounts, number>> = {
  ignored: 0.5,
  brief: 0.25,
  flapping: 0.25,
};

/** One or two alerts say little: so many more that were fine are thought of beside them. */
export const thoughtOf = 2;

export interface Noise extends NoiseCounts {
  /** 0 … 1: (0.5 ignored + 0.25 brief + 0.25 flapping) / (fired + 2). */
  readonly score: number;
}

export function noiseOf(fired: number, counts: NoiseCounts): Noise {
  const { ignored, brief, flapping } = counts;
  const sum = noiseWeights.ignored * ignored + noiseWeights.brief * brief + noiseWeights.flapping * flapping;
  return { ignored, brief, flapping, score: sum / (fired + thoughtOf) };
}
