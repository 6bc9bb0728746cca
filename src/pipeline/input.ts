// What can happen to a tenant's alerts, as plain data.

import type { AlertMessage } from '../../channels/message.ts';
import type { Category, Finding, Labels, Priority, Rule, Severity } from '../../rules/types.ts';
import type { Effect } from './effect.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { RoutingConfig, Target } from './routing.ts';
import type { AlertRow, EventRow, HeartbeatRow, Saying, SilenceRow } from './rows.ts';
import type { Group, Subject } from './state.ts';

/** A verdict or its severity changed, or it stands and the time of `for` or `keep_firing_for` has come. */
export interface VerdictInput {
  readonly kind: 'verdict';
  readonly rule: Rule;
  readonly subject: Subject;
  readonly verdict: 'true' | 'false';
  /** Of a rule with levels: that of the level that the value reaches. Absent: it stays what it was. */
  readonly severity?: Severity;
  readonly value: number | null;
  /** Of a rule about unusual values: what was expected. */
  readonly finding?: Finding;
  /** Sample time; engine time when no sample is the cause. */
  readonly sampleAt: number;
  readonly cause: 'sample' | 'no_data' | 'absent';
}

export interface EventInput {
  readonly kind: 'event';
  readonly source: string;
  readonly type: string;
  readonly message: string;
  readonly impact: string | null;
  readonly severity: Severity;
  readonly priority: Priority;
  readonly category: Category;
  /** As the sender gave them. */
  readonly labels: Labels;
  readonly recipients: readonly string[];
  readonly dedupKey: string | null;
  readonly occurredAt: number;
  readonly actor: string | null;
  /** What decided the severity; null: the sender. */
  readonly classifiedBy: string | null;
}

/** What a sender says of one of its alerts. */
export interface OutsideAlert {
  /** All of them, as the sender gave them: with the source they are the identity. */
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly status: 'firing' | 'resolved';
  /** By the sender's clock; null: it does not say. */
  readonly startsAt: number | null;
  /** Of one that fires: when it ends unless the sender says so again. */
  readonly endsAt: number | null;
  readonly value: number | null;
  readonly severity: Severity;
  readonly category: Category;
  /** What decided the severity; null: the sender. */
  readonly classifiedBy: string | null;
}

/** A sender tells of alerts that it watches over itself. */
export interface OutsideInput {
  readonly kind: 'outside';
  readonly source: string;
  readonly alerts: readonly OutsideAlert[];
}

/** The heartbeats that are expected from now on. */
export interface HeartbeatsInput {
  readonly kind: 'heartbeats';
  readonly heartbeats: readonly Heartbeat[];
}

/** What a person does with an alert that does not end it. */
export type AlertResponse =
  | {
      readonly kind: 'acknowledge';
      /** Null: until the episode ends. */
      readonly until: number | null;
      /** Who takes it; the actor where it is absent. */
      readonly owner?: string | null;
      readonly note: string | null;
    }
  | { readonly kind: 'unacknowledge' }
  | { readonly kind: 'snooze'; readonly until: number; readonly note: string | null }
  | { readonly kind: 'unsnooze' }
  | { readonly kind: 'assign'; readonly to: string | null; readonly note: string | null }
  | { readonly kind: 'comment'; readonly text: string };

export type RespondInput = AlertResponse & {
  readonly alertId: string;
  /** `key:<name>` of who asks. */
  readonly actor: string;
  /** The row, of an alert that the state does not hold any more: one that ended. */
  readonly ended?: AlertRow | null;
};

export interface ResolveInput {
  readonly kind: 'resolve';
  readonly alertId: string;
  readonly note: string | null;
  readonly actor: string;
}

/** A new silence, or (with an id) what a known one is from now on. */
export interface SilencePutInput {
  readonly kind: 'silence.put';
  readonly id: string | null;
  readonly matchers: SilenceRow['matchers'];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly recurs: SilenceRow['recurs'];
  readonly comment: string;
  readonly createdBy: string;
  readonly actor: string;
  /** Of a known one: the versions that may be changed; absent: any. */
  readonly seen?: readonly number[] | null;
}

/** The silence ends now. */
export interface SilenceExpireInput {
  readonly kind: 'silence.expire';
  readonly id: string;
  readonly actor: string;
}

export interface DigestFlushInput {
  readonly kind: 'digest.flush';
  readonly receiver: string;
  readonly actor: string;
}

export type PipelineInput =
  | VerdictInput
  | EventInput
  | RespondInput
  | ResolveInput
  | OutsideInput
  /** The time has come until which its sender let an alert last. */
  | { readonly kind: 'ends_at'; readonly alertId: string }
  | HeartbeatsInput
  /** One came; `failed`: its job says that it failed. */
  | { readonly kind: 'heartbeat'; readonly name: string; readonly failed: boolean }
  /** The time has come by which one had to come. */
  | { readonly kind: 'heartbeat_due'; readonly name: string }
  /** Nothing could be taken until now: what did not come meanwhile is not missed. */
  | { readonly kind: 'heartbeats_excused' }
  /** The rule of these open alerts is gone, or no longer covers their series. */
  | { readonly kind: 'rule_removed'; readonly alertIds: readonly string[] }
  | { readonly kind: 'routing'; readonly routing: RoutingConfig }
  /** Rules depend on others than before. */
  | { readonly kind: 'dependencies' }
  | SilencePutInput
  | SilenceExpireInput
  /** A silence ends, or is to be reminded of. */
  | { readonly kind: 'silence.due'; readonly id: string }
  /** Somebody wants what is collected for a receiver now. */
  | DigestFlushInput
  /** The time has come at which the storm is over, if nothing else came. */
  | { readonly kind: 'storm.due' }
  /** The deadline of a group has come. */
  | { readonly kind: 'due'; readonly groupKey: string };

/** What `pipeline` hands to `policy`: one message about one group, decided and rendered. */
export interface Notification {
  readonly id: string;
  readonly groupId: string;
  readonly groupKey: string;
  readonly receiver: string;
  readonly message: AlertMessage;
  /** alert id → what this notification says of it (all of them, also those cut from the message). */
  readonly alerts: Readonly<Record<string, Saying>>;
  /** Ids of those that are over and of which another group of the same people is still to say so; absent: none. */
  readonly endsAgain?: readonly string[];
  /** The one that the route asks for. */
  readonly strategy?: string;
  /** It goes to these, in place of whom its receiver names. */
  readonly to?: readonly Target[];
  /** Of what stands: ids of alerts that some of these have not heard of. */
  readonly newTo?: readonly { readonly target: Target; readonly alerts: readonly string[] }[];
  /** A test of whether they are reached: only through this channel. */
  readonly through?: string;
  /** A test: it goes to this channel and nobody else, in one attempt, and nobody is called when it fails. */
  readonly only?: string;
}

/** What a step came to. */
export interface StepResult {
  readonly effects: Effect[];
  readonly notifications: Notification[];
  /** Groups whose deadline may have changed. */
  readonly groups: Set<Group>;
  readonly reminders: Reminder[];
  answer: StepAnswer;
}

/** An input that is to come at a time, in place of the one that its owner had; null: none any more. */
export interface Reminder {
  readonly owner: object;
  readonly at: number | null;
  readonly input: PipelineInput;
}

/** What became of the alerts of an `outside` input. */
export interface OutsideCounts {
  fired: number;
  /** Open already, and something about it is new. */
  updated: number;
  resolved: number;
  /** Known as it is, or over and never heard of. */
  unchanged: number;
  /** A person ended this episode. */
  dismissed: number;
}

/** The digest that an event waits in. */
export interface CollectedIn {
  readonly receiver: string;
  /** How many wait in it, with this one. */
  readonly queued: number;
  /** Epoch milliseconds. */
  readonly flushesAt: number;
}

export type StepAnswer =
  | { readonly kind: 'none' }
  /** `event`: what was recorded of it; null when it was so already. */
  | { readonly kind: 'alert'; readonly alert: AlertRow; readonly event: EventRow | null }
  | {
      readonly kind: 'event';
      readonly alert: AlertRow;
      readonly heldBack: 'within_dedupe_window' | null;
      readonly digest?: CollectedIn;
    }
  | {
      readonly kind: 'digest';
      readonly receiver: string;
      readonly told: number;
      readonly ids: readonly string[];
    }
  | { readonly kind: 'silence'; readonly silence: SilenceRow }
  | { readonly kind: 'outside'; readonly counts: OutsideCounts }
  | { readonly kind: 'heartbeat'; readonly row: HeartbeatRow; readonly dueAt: number }
  | {
      readonly kind: 'refused';
      readonly reason:
        | 'alert_not_found'
        | 'alert_resolved'
        | 'digest_not_found'
        | 'heartbeat_not_found'
        | 'silence_not_found'
        | 'silence_over'
        | 'too_many_silences'
        /** It is another version by now than those that were seen. */
        | 'precondition_failed';
    };

export function emptyResult(): StepResult {
  return { effects: [], notifications: [], groups: new Set(), reminders: [], answer: { kind: 'none' } };
}
