// What was pushed: an event, or an alert that fires and perhaps ends.

export type Saying = 'event' | 'firing' | 'resolved';

export interface Push {
  /** `w…` of an event, `a…` of an alert. */
  readonly token: string;
  readonly channel: string;
  /** What was accepted of it over HTTP. */
  readonly said: Saying[];
}

/** The text that stands in every message of it. */
export const markOf = (token: string): string => `chaos${token}`;
