// An alert as far as patterns remember it.
import type { AlertSignal } from '../signals.ts';

export interface Mark {
  readonly id: string;
  readonly at: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** When it began, by its own clock; one that is no number, or minutes ahead, or an hour late, is not believed. */
const beganAt = ({ at }: AlertSignal, seenAt: number): number =>
  at <= seenAt + 300_000 && at >= seenAt - 3_600_000 ? at : seenAt;

export const markOf = (alert: AlertSignal, seenAt: number): Mark => ({
  id: alert.id,
  at: beganAt(alert, seenAt),
  labels: alert.labels,
});
