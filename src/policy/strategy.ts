// How a notification is brought home: on which of its receiver's channels, how often each is tried again, and how many
// of them have to take it.
import type { Priority, Severity } from '../../rules/types.ts';

export interface Strategy {
  readonly name: string;
  /** Names, kinds or families (`chat`) of channels; null: all that the receiver has. */
  readonly channels: readonly string[] | null;
  /** Before the second attempt, the third, …; after the last it waits for the slow rounds. */
  readonly delaysMs: readonly number[];
  /** A delay is drawn evenly from zero to itself ("full jitter"), so that many do not come back at once. */
  readonly jitter: boolean;
  /** Every channel has to take it; else one is enough. */
  readonly requireAll: boolean;
  /** One attempt says it all, whatever it comes to. */
  readonly once?: true;
}

export type Strategies = ReadonlyMap<string, Strategy>;

const builtIn = (name: string, seconds: readonly number[], requireAll: boolean): [string, Strategy] => [
  name,
  { name, channels: null, delaysMs: seconds.map((s) => s * 1_000), jitter: false, requireAll },
];

/** By severity, unless the configuration says otherwise. */
export const builtInStrategies: Strategies = new Map([
  builtIn('emergency', [30, 30, 30], true),
  builtIn('critical', [30, 30, 30], true),
  builtIn('high', [15, 15, 15], false),
  builtIn('warning', [10, 10], false),
  builtIn('info', [5], false),
]);

/** Of a test of a channel. No strategy of a file can be called so. */
export const testStrategy: Strategy = {
  name: '~test',
  channels: null,
  delaysMs: [],
  jitter: false,
  requireAll: true,
  once: true,
};

/** Whether a notification is about the program itself: it raises no notice of its own, and nobody is called in its place. */
export function isAboutUs(of: { readonly source: string; readonly strategy: string | null }): boolean {
  return of.source === 'system' || of.strategy === testStrategy.name;
}

/** Schedules that a configuration may name, in seconds. */
export const namedSchedules: Readonly<Record<string, readonly number[]>> = {
  quick: [1, 2, 4, 8, 16],
  steady: [10, 30, 60],
  patient: [1, 5, 30, 300, 1_800],
};

/** The one that a receiver or a route asks for, else that of the priority, else that of the severity. */
export function strategyOf(
  strategies: Strategies,
  named: string | null,
  { severity, priority }: { readonly severity: Severity; readonly priority: Priority },
): Strategy {
  if (named === testStrategy.name) return testStrategy;
  return (
    (named === null ? undefined : strategies.get(named)) ??
    strategies.get(priority) ??
    strategies.get(severity) ??
    builtInStrategies.get(severity)!
  );
}

/**
 * How long to wait before the next attempt; null when the schedule is spent.
 * @param spent Attempts of the schedule so far, with the one that failed: 1 or more.
 * @param draw In [0, 1).
 */
export function delayAfter({ delaysMs, jitter }: Strategy, spent: number, draw: number): number | null {
  const delay = delaysMs[spent - 1];
  if (delay === undefined) return null;
  return jitter ? Math.round(delay * draw) : delay;
}
