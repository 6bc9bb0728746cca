// The routing tree as data: who is told about what, and with which timing. Built by the configuration, read by `route`.
import type { TimeInterval } from '../../rules/time-interval.ts';
import type { Labels, Matcher } from '../../rules/types.ts';
import type { DigestPlan, DigestRule } from './digest-rule.ts';
import type { EscalationPolicy } from './escalation.ts';
import type { FlappingConfig } from './flaps.ts';
import type { StormConfig } from './storm.ts';
import type { Target } from './target.ts';

/** One node, with everything inherited already filled in. */
export interface Route {
  /** Path of matchers from the root: `{}` for the root, `{}/{severity="critical"}` below it. */
  readonly path: string;
  readonly matchers: readonly Matcher[];
  readonly receiver: string;
  /** Label names; `all` groups by every label (`...`). */
  readonly groupBy: readonly string[] | 'all';
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** How long after the last alert of a group resolved the resolved notice goes out. */
  readonly resolveWaitMs: number;
  /** Go on with the following siblings after this node matched. */
  readonly continue: boolean;
  /** Times at which its groups say nothing. */
  readonly mute: readonly TimeInterval[];
  /** The only times at which its groups say something; none: always. */
  readonly active: readonly TimeInterval[];
  /** How the notifications of its groups are brought home; absent: as the receiver says. */
  readonly strategy?: string | null;
  /** Name of the policy by which its groups are escalated; null: none, whatever its receiver says; absent: as that says. */
  readonly escalation?: string | null;
  /** What it collects; null: nothing, whatever its receiver says; absent: as the receiver says. */
  readonly digest?: DigestRule | null;
  /** Of the route that a digest stands for: how it collects. */
  readonly collects?: DigestPlan;
  readonly routes: readonly Route[];
}

export type { Target };

export interface Receiver {
  readonly name: string;
  /** Names of channels; every one gets its own delivery. With `to`, those through which people may be told; none: any. */
  readonly channels: readonly string[];
  /** Who is told, in place of the recipients that the channels themselves name; absent: those. */
  readonly to?: readonly Target[];
  readonly sendResolved: boolean;
  /** It says so itself: then also on its channels that tell of no ends by themselves. */
  readonly endsAnyway?: true;
  /** The same event, or an alert that fires anew, within this span of its last notification is held back. */
  readonly dedupeWindowMs: number;
  /** How its notifications are brought home; absent: by their priority or severity. */
  readonly strategy?: string | null;
  /** Name of the policy by which what it is told is escalated; absent: none, unless the route says so. */
  readonly escalation?: string;
  /** What is collected for it; null: nothing; absent: as the strategy says. */
  readonly digest?: DigestRule | null;
}

/** While an alert that is a source fires, its targets are not told. */
export interface InhibitRule {
  readonly name: string;
  /** What fires … */
  readonly source: readonly Matcher[];
  /** … holds back these … */
  readonly target: readonly Matcher[];
  /** … whose values of these labels are the same; an absent label is the empty one. */
  readonly equal: readonly string[];
}

export interface RoutingConfig {
  /** Absent: nothing is called flapping. */
  readonly flapping?: FlappingConfig | null;
  /** Absent: nothing is called a storm. */
  readonly storm?: StormConfig | null;
  readonly route: Route;
  /** Absent: nothing holds anything back. */
  readonly inhibit?: readonly InhibitRule[];
  /** How long before its end a silence that holds something back is told of; absent: never. */
  readonly remindBeforeMs?: number | null;
  readonly receivers: ReadonlyMap<string, Receiver>;
  /** Policies by name; absent: nothing is escalated. */
  readonly escalations?: ReadonlyMap<string, EscalationPolicy>;
  /** What strategies collect, by their names; absent: nothing. */
  readonly digests?: ReadonlyMap<string, DigestRule>;
  /** On whose clock digests go out, an IANA name; absent: UTC. */
  readonly timeZone?: string;
  /** The receiver that gets what nobody took; absent: nobody. */
  readonly emergency?: string | null;
  /** The receiver that hears what is wrong with the delivery itself; absent: nobody. */
  readonly administrator?: string | null;
}

/**
 * Who is told of what, whatever the route that leads there: a group that hands its notify log to another keeps this, so
 * that on each channel nothing overtakes, and what never got through is remembered, over a changed route tree.
 */
export function audienceOf(receiver: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${receiver}:{${pairs.join(', ')}}`;
}

/** The group's identity: receiver, path of the route, group labels. */
export function groupKeyOf(receiver: string, path: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${receiver}:${path}:{${pairs.join(', ')}}`;
}
