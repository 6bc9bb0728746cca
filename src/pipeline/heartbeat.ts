// What is expected to come, and by when.
import type { Category, Labels, Severity } from '../../rules/types.ts';
import type { HeartbeatRow } from './rows.ts';

/** What is expected. */
export interface Heartbeat {
  readonly name: string;
  readonly intervalMs: number;
  /** It may be so much late. */
  readonly graceMs: number;
  readonly severity: Severity;
  readonly category: Category;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A heartbeat that is expected, with what is known of it. */
export interface Watch {
  readonly row: HeartbeatRow;
  heartbeat: Heartbeat;
  /** What is not counted as silence is before this: nothing could be taken then. */
  excusedUntil: number;
}

/** The time by which it has to have come, after which it is missed. */
export function heartbeatDueAt({ row, heartbeat, excusedUntil }: Watch): number {
  const heardAt = Math.max(row.lastAt ?? row.since, excusedUntil);
  return heardAt + heartbeat.intervalMs + heartbeat.graceMs;
}
