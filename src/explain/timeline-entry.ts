// One line of what happened.
export interface TimelineEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Kind of the event (`alert.firing`, `delivery.retry`), or `route`, `notification`. */
  readonly what: string;
  readonly text: string;
  readonly actor: string | null;
  /** The figures behind the text. */
  readonly details: Readonly<Record<string, unknown>>;
}
