// A rota as the configuration says it. A schedule has layers; the last one that has somebody wins, an override wins over
// all of them. Hand-overs are times of the wall clock in the schedule's zone.

export interface Schedule {
  readonly name: string;
  /** An IANA name. */
  readonly timeZone: string;
  readonly layers: readonly Layer[];
  /** Where two overlap, the later one of the list wins. */
  readonly overrides: readonly Override[];
  readonly allowGaps: boolean;
}

export interface Layer {
  readonly name: string;
  /** The first hand-over as the zone's clocks show it, in milliseconds as if that were UTC. Before it the layer has nobody. */
  readonly startsAt: number;
  /** From one hand-over to the next by the wall clock: a day is a day, also one of 23 hours. Whole hours. */
  readonly everyMs: number;
  /** Whose turn it is, one after the other and then from the beginning; several are on call together. */
  readonly turns: readonly (readonly string[])[];
  /** Hours in which the layer has somebody at all; null: always. */
  readonly hours: readonly WeeklyHours[] | null;
}

/** Hours of days of the week, in the schedule's zone. */
export interface WeeklyHours {
  /** Days on which they begin, 0 is Sunday; null: every day. */
  readonly days: ReadonlySet<number> | null;
  /** Minutes of the day; an end at or before the beginning lies on the next day. */
  readonly from: number;
  readonly to: number;
}

/** Somebody who takes over for a while. Times are epoch milliseconds. */
export interface Override {
  /** Of one that was made through the API; null: it stands in the file. */
  readonly id: string | null;
  readonly person: string;
  readonly from: number;
  readonly to: number;
  /** Takes the place of this layer's people, where that layer has somebody; null: of everybody. */
  readonly layer: string | null;
}

/** People on call together from `start` to before `end`. */
export interface Shift {
  readonly start: number;
  readonly end: number;
  /** First the one that is to be asked first. */
  readonly people: readonly string[];
  /** Whose turn it would be, or is; null: of an override of the whole schedule. */
  readonly layer: string | null;
  readonly override: Override | null;
}

const hourMs = 3_600_000;

/** Bounds on schedules, whoever writes them. */
export const scheduleLimits = {
  layers: 16,
  /** Turns of a layer, and people in one of them. */
  turns: 200,
  together: 20,
  /** Weekly hours of a layer. */
  hours: 50,
  shortestTurnMs: hourMs,
  longestTurnMs: 366 * 24 * hourMs,
  overridesOfFile: 1_000,
  /** Nobody looks further ahead, or back. */
  horizonMs: 400 * 24 * hourMs,
} as const;
