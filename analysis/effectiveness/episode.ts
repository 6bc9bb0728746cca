// What effectiveness is read from: the firing episodes of rules, with what people did about them. Terminology:
//   acted on     a person did something about the episode: acknowledged it, took or gave it to somebody (assigned),
//                commented, snoozed, confirmed a message that named it, or ended it by hand
//   by itself    it ended because its condition did, or its samples, and nobody ended it
//   thing        what an episode is about: its service, and its host or instance
//   report       an event of the type `problem_reported`: a person says that something is wrong
import { serviceOf } from '../signals.ts';

/** One firing episode of a rule. Times are epoch milliseconds. */
export interface RuleEpisode {
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Since when its condition held; null where nobody knows. */
  readonly pendingSince: number | null;
  readonly firedAt: number;
  /** Null while it fires. */
  readonly resolvedAt: number | null;
  readonly endedByHand: boolean;
  /** First acknowledgement, also one that lapsed or was taken back since. */
  readonly acknowledgedAt: number | null;
  /** The first thing that a person did about it, the acknowledgement among them. */
  readonly actedAt: number | null;
  /** Messages that named it, over all receivers. */
  readonly messages: number;
  /** The figure that its rule compared, as it was stored last. */
  readonly value: number | null;
}

/** A person says that something is wrong. */
export interface Report {
  readonly labels: Readonly<Record<string, string>>;
  readonly at: number;
}

/** The type of events that are reports. */
export const reportType = 'problem_reported';

const placeLabels = ['host', 'instance', 'node'] as const;

/** What an episode or a report is about, at most two things; empty where its labels name none. */
export function thingsOf(labels: Readonly<Record<string, string>>): readonly string[] {
  const things: string[] = [];
  const service = serviceOf(labels);
  if (service !== null) things.push(`service ${service}`);
  for (const label of placeLabels) {
    const value = labels[label];
    if (value === undefined || value === '') continue;
    things.push(`place ${value}`);
    break;
  }
  return things;
}

/** The series or group that an episode is of: its labels without what the rule says of itself. */
export function seriesKey(labels: Readonly<Record<string, string>>): string {
  const names = Object.keys(labels).filter((name) => name !== 'alertname' && name !== 'severity');
  return JSON.stringify(names.sort().map((name) => [name, labels[name]]));
}
