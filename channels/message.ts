// What a channel is given to say: one notification about one group of alerts, as plain data without I/O.
import type { Category, Finding, Labels, Priority, Severity } from '../rules/types.ts';

export const locales = ['en', 'zh-TW', 'zh-CN'] as const;
export type Locale = (typeof locales)[number];

/** Why a notification goes out: metric label, line in explain, field of the webhook. */
export const notifyReasons = [
  'first',
  'new_alerts',
  'refired',
  'escalated',
  'flapping',
  'resolved',
  'some_resolved',
  'repeat',
  'event',
  'undelivered',
  /** Nobody has confirmed in time: the next ones are told. */
  'escalation_step',
  /** What was collected until its time; without `digest` many messages in one, because a limit of the channel left no call for each. */
  'digest',
  /** A storm takes the place of single messages: what came since the last one of its kind, in sum. */
  'storm',
] as const;
export type NotifyReason = (typeof notifyReasons)[number];
export type MessageReason = NotifyReason;

/** What was collected over a span, in sum. */
export interface MessageDigest {
  /** The span, epoch milliseconds, and the zone on whose clock it stands (IANA name). */
  readonly from: number;
  readonly to: number;
  readonly zone: string;
  /** Alerts and events that it tells of. */
  readonly total: number;
  /** Alerts that were told before and fire still; they are not in `total`. */
  readonly standing: number;
  /** By name of the alert or type of the event, the most frequent first. */
  readonly kinds: readonly {
    readonly name: string;
    readonly count: number;
    /** Of alerts: how many of them are over. */
    readonly resolved: number;
    /** The first few things that they are about. */
    readonly subjects: readonly string[];
    /** Of a storm: what their texts have in common, `*` where they differ; absent: they say nothing. */
    readonly text?: string;
    /** Of a storm: the services that they are about most, the most frequent first. */
    readonly services?: readonly { readonly name: string; readonly count: number }[];
    /** Of a storm: when the first and the last of them began, epoch milliseconds. */
    readonly firstAt?: number;
    readonly lastAt?: number;
  }[];
  /** Those of further kinds. */
  readonly others: number;
  /** It is what a storm holds. */
  readonly storm?: {
    /** When that began, epoch milliseconds. */
    readonly since: number;
    /** Alerts and events that came in since, whoever is told of them. */
    readonly count: number;
  };
}

/** Nobody confirmed in time, so the next ones are told. */
export interface MessageEscalation {
  /** Name of the policy. */
  readonly policy: string;
  /** From 1. */
  readonly step: number;
  readonly of: number;
  /** From 1: how often the steps are taken. */
  readonly round: number;
  /** When the group was told first, epoch milliseconds: nobody has confirmed since. */
  readonly since: number;
}

export interface MessageAlert {
  /** UUIDv7 of the episode. */
  readonly id: string;
  readonly kind: 'alert' | 'event';
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  /** Rendered texts by name (`summary`, `description`, `runbook_url`, …). */
  readonly annotations: Readonly<Record<string, string>>;
  readonly severity: Severity;
  readonly priority: Priority;
  readonly category: Category;
  readonly value: number | null;
  /** What its value is held against, e.g. `> 80`; of several conditions all of them. Absent: nobody knows. */
  readonly condition?: string;
  /** Of an alert about an unusual value: what was expected. */
  readonly finding?: Finding;
  /** How long that has to be so before it fires, milliseconds; absent: at once. */
  readonly forMs?: number;
  /** Epoch milliseconds. */
  readonly startsAt: number;
  readonly endsAt: number | null;
  /** It begins to fire again and again: no more is said of it until it is calm. */
  readonly flapping?: true;
}

/** Web addresses under which the recipient of one delivery answers its message. Whoever has one may do what it says. */
export interface MessageLinks {
  /** Says that it was seen. */
  readonly acknowledge?: string;
  /** Silences its group for a while. */
  readonly silence?: string;
  /** Why it came. */
  readonly explain?: string;
}

/** What people name the cause of an incident by. */
export const causeCategories = [
  'resource_exhaustion',
  'change',
  'dependency_failure',
  'network',
  'traffic_surge',
  'data_storage',
  'application_fault',
] as const;
export const patternNames = [
  'burst',
  'cascade',
  'periodic',
  'correlation',
  'anomaly',
  'storm',
  'escalation',
] as const;

/** What an expectation rests on. */
export const predictionModels = ['renewal', 'clock', 'capacity', 'cascade', 'burst'] as const;

/** An alert that is expected after those of the message. */
export interface MessagePrediction {
  readonly model: (typeof predictionModels)[number];
  /** Its rule or type, and its service. */
  readonly name: string;
  readonly service: string | null;
  /** It is to begin to fire between these, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** 0 … 1: the share of such expectations that came true. */
  readonly confidence: number;
  /** How often it followed before; null: it is not known by following. */
  readonly times: { readonly came: number; readonly of: number } | null;
}

/** What the analysis knew of the alerts when the message was sent. */
export interface MessageAnalysis {
  /** The incident that most of them are in. */
  readonly incident: {
    readonly id: string;
    readonly title: string;
    /** All its alerts, also those that the message does not speak of. */
    readonly alerts: number;
    /** Services that it reached. */
    readonly services: number;
    /** Its first alert. */
    readonly first: { readonly name: string; readonly service: string };
    /** Epoch milliseconds. */
    readonly openedAt: number;
  } | null;
  /** What the incident came from, probably; `confidence` is 0 … 1. */
  readonly cause: {
    readonly service: string;
    readonly category: (typeof causeCategories)[number];
    readonly confidence: number;
  } | null;
  /** What was recognised in the alerts, the surest first. */
  readonly patterns: readonly {
    readonly pattern: (typeof patternNames)[number];
    /** How many alerts it rests on, and of how many services; null: nobody counted them. */
    readonly alerts: number;
    readonly services: number | null;
    readonly confidence: number;
    /** When it began, epoch milliseconds. */
    readonly from: number;
  }[];
  /** What is to come, the surest first; absent: nothing is known of that. */
  readonly predictions?: readonly MessagePrediction[];
}

export interface AlertMessage {
  /** The notification's id. */
  readonly id: string;
  readonly tenant: string;
  readonly reason: MessageReason;
  /** firing if any alert is. */
  readonly status: 'firing' | 'resolved';
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly alerts: readonly MessageAlert[];
  /** Ids of the alerts that changed since the last message of the group. */
  readonly changed: readonly string[];
  /** Alerts of the group left out of `alerts` because there were too many. */
  readonly truncated: number;
  /** The most urgent of the alerts. */
  readonly severity: Severity;
  readonly priority: Priority;
  /** When the notification was decided, epoch milliseconds. */
  readonly at: number;
  readonly locale: Locale;
  /** Of one that was collected. */
  readonly digest?: MessageDigest;
  /** Of the step of an escalation. */
  readonly escalation?: MessageEscalation;
  /** The zone in which its times are shown, by its IANA name; absent: UTC. */
  readonly timeZone?: string;
  /** Not stored: made when it is sent. Absent: nobody reaches this program from outside. */
  readonly links?: MessageLinks;
  /** Not stored either. Absent: nothing is known that the message does not say itself. */
  readonly analysis?: MessageAnalysis;
}
