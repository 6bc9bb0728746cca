// Who can be told: people with their addresses, teams, and whoever is on call. A receiver names them as targets; at the
// notification they are expanded to people, each of them once.
import type { Locale } from '../../channels/message.ts';
import type { Severity } from '../../rules/types.ts';
import type { Target } from '../pipeline/routing.ts';

export type { Target };

/** Hours of a person's own time zone in which only what `passes` is told at once. */
export interface QuietHours {
  /** Minutes of the day; an end at or before the start lies on the next day. */
  readonly from: number;
  readonly to: number;
  /** Days on which the hours begin, 0 is Sunday; null: every day. */
  readonly days: readonly number[] | null;
  /** This severity and all above it pass. */
  readonly passes: Severity;
}

export interface Person {
  readonly name: string;
  /** As it is shown; null: the name. */
  readonly displayName: string | null;
  /** Null: that of the notification. */
  readonly locale: Locale | null;
  /** Null: that of the tenant. */
  readonly timeZone: string | null;
  /** Where the person is reached, by the name of a channel or by a kind of channel (the name is asked first). */
  readonly addresses: ReadonlyMap<string, string>;
  /** Channels in the order in which the person wants to be reached; those that are not named come after. */
  readonly prefers: readonly string[];
  readonly quietHours: readonly QuietHours[];
}

/** Who is on call at a moment: the names of people, first the one that is to be asked first. Pure. */
export type OnCall = (schedule: string, at: number) => readonly string[];

/** Everybody of one tenant. */
export interface Directory {
  readonly people: ReadonlyMap<string, Person>;
  /** Teams may name teams. */
  readonly teams: ReadonlyMap<string, readonly Target[]>;
  readonly onCall: OnCall;
}
