// A sample as its detector saw it.
import type { Observation } from '../analysis/detectors/detector.ts';

export interface Sight {
  readonly at: number;
  readonly value: number;
  readonly seen: Observation;
  /** Sample time of the first sample that the detector learned from. */
  readonly firstAt: number;
  readonly before: Before | null;
}

/** What was expected before the series became unusual: to come back there is not unusual, whatever the detector says. */
export interface Before {
  readonly low: number;
  readonly high: number;
  /** So many usual samples more, and it is forgotten. */
  readonly left: number;
}
