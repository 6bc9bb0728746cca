// What an aggregate is: a figure over some points, and the same over one-minute aggregates where that can be.
import type { MinuteTotals, SeriesWindow } from '../types.ts';

export interface AggregateDefinition {
  /** What it says of a window without points; nothing (NaN) by default. */
  readonly empty?: number;
  /** Over the points first..last (at least one) of the window that begins after `from`. NaN: too little is known. */
  readonly points: (window: SeriesWindow, first: number, last: number, from: number) => number;
  /** Absent: minutes do not tell. */
  readonly minutes?: (totals: MinuteTotals) => number;
  /** It reads the last sample before the window too. */
  readonly looksBack?: boolean;
}
