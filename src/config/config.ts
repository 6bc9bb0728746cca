// The operator's configuration, after defaults, environment and references: what the rest of the program reads.
import type { Edge } from '../../analysis/signals.ts';
import type { Locale } from '../../channels/message.ts';
import type { Secret } from '../../channels/secret.ts';
import type { Classification } from '../../rules/classify.ts';
import type { EgressProxy } from '../delivery/egress-proxy.ts';
import type { Wording } from '../delivery/message-template.ts';
import type { Heartbeat } from '../pipeline/heartbeat.ts';
import type { Strategies } from '../policy/strategy.ts';
import type { ScheduledReport } from '../reports/scheduled-reports.ts';
import type { RetentionPolicy } from '../store/store.ts';
import type { LinksConfig } from './links.ts';
import type { FileRouting } from './routing.ts';

export interface ChannelConfig {
  readonly name: string;
  /** Kind of the channel definition, e.g. `webhook`. */
  readonly type: string;
  /** Parsed by that definition's schema; secret references are resolved. */
  readonly settings: unknown;
  /** Channels that take over where this one fails, in their order. */
  readonly fallback: readonly string[];
  /** At most so many calls in any span of so many milliseconds, beside what its kind declares. */
  readonly limits: readonly { readonly calls: number; readonly perMs: number }[];
  /** What one message costs. */
  readonly cost?: number;
  /** false: what tells of ends alone does not go out on it. */
  readonly tellsEnds?: false;
  /** Whose words its messages are said in, and the language; absent: the built-in ones, the message's. */
  readonly template?: string;
  readonly locale?: Locale;
  /** Where it is written. */
  readonly place?: { readonly file: string; readonly line: number };
}

/** Bounds on everything that comes from outside; see docs/reference/limits.md. */
export interface Limits {
  readonly seriesPerTenant: number;
  readonly labelsPerSeries: number;
  readonly labelNameBytes: number;
  readonly labelValueBytes: number;
  readonly metricNameBytes: number;
  readonly samplesPerRequest: number;
  /** Decoded bytes of one ingest request. */
  readonly ingestBytes: number;
  /** Decoded bytes of any other request. */
  readonly bodyBytes: number;
  readonly jsonDepth: number;
  /** Once so many samples, events and commands of a tenant wait, the next request is answered 429. */
  readonly queuePerTenant: number;
  /** Deliveries not finished per tenant before the answer is 429. */
  readonly openDeliveriesPerTenant: number;
  /** So many dead letters of a tenant within an hour are told as an event. */
  readonly deadLettersAlert: number;
  /** Calls to providers per tenant in any minute, what was merged counted once; null: no limit. */
  readonly messagesPerMinute: number | null;
  /** What detectors remember of all series together, in bytes. */
  readonly detectorBytes: number;
  /** A silence may be so long. */
  readonly silenceMs: number;
  /** A sample may be this much older / newer than now. */
  readonly pastMs: number;
  readonly futureMs: number;
}

export interface TocsinConfig {
  readonly listen: { readonly host: string; readonly port: number };
  /** The address of this program as others see it, without a slash at its end; null: nobody calls from outside. */
  readonly publicUrl: string | null;
  /** Keys of what is sealed in the database: the first seals, all open. None: the data folder's own. */
  readonly secretsKeys: readonly Secret[];
  /** How links in messages are signed, and how long they open. */
  readonly links: LinksConfig;
  /** Folder of the databases, absolute. */
  readonly data: string;
  /** Kept in the data folder to be given up when the disk is full; 0: nothing. */
  readonly ballastBytes: number;
  /** Rule files and folders of them, absolute. */
  readonly rules: readonly string[];
  readonly collector: { readonly host: boolean; readonly intervalMs: number };
  readonly channels: ReadonlyMap<string, ChannelConfig>;
  /** Users' words for messages, by name. */
  readonly templates: ReadonlyMap<string, Wording>;
  /** In which the times of messages are shown: an IANA name. */
  readonly timeZone: string;
  /** Every channel accepts and sends nothing. */
  readonly mock: boolean;
  /** How notifications are brought home. */
  readonly strategies: Strategies;
  readonly routing: FileRouting;
  /** Tenants that have a routing of their own, and nothing of the one above. */
  readonly tenants: ReadonlyMap<string, FileRouting>;
  /** How long an acknowledgement holds that does not say so itself; null: until the episode ends. */
  readonly acknowledge: { readonly expiresAfterMs: number | null };
  readonly reports: readonly ScheduledReport[];
  /** What is expected to come, by tenant. */
  readonly heartbeats: ReadonlyMap<string, readonly Heartbeat[]>;
  /** Who depends on whom, by tenant. */
  readonly topology: ReadonlyMap<string, readonly Edge[]>;
  /** How urgent what did not say so itself is. */
  readonly classification: Classification;
  readonly egress: { readonly allow: readonly string[]; readonly proxy: EgressProxy | null };
  readonly limits: Limits;
  readonly retention: RetentionPolicy & {
    readonly samplesMs: number;
    readonly samplesBytes: number;
    /** Cron expression in UTC for the housekeeping; null: every hour. */
    readonly schedule: string | null;
  };
}

const dayMs = 86_400_000;

/** So long before its end a silence that holds something back is told of. */
export const defaultRemindMs = 3_600_000;
/** A forgotten acknowledgement is told again after a day. */
export const defaultAcknowledgeMs = dayMs;

export const defaultBallastBytes = 16 * 1024 * 1024;

export const defaultLimits: Limits = {
  seriesPerTenant: 100_000,
  labelsPerSeries: 64,
  labelNameBytes: 128,
  labelValueBytes: 2_048,
  metricNameBytes: 256,
  samplesPerRequest: 100_000,
  ingestBytes: 8 * 1024 * 1024,
  bodyBytes: 1024 * 1024,
  jsonDepth: 64,
  queuePerTenant: 20_000,
  openDeliveriesPerTenant: 200_000,
  deadLettersAlert: 10,
  messagesPerMinute: null,
  detectorBytes: 64 * 1024 * 1024,
  silenceMs: 30 * dayMs,
  pastMs: 3_600_000,
  futureMs: 300_000,
};

export const defaultRetention: TocsinConfig['retention'] = {
  schedule: null,
  samplesMs: 15 * dayMs,
  samplesBytes: 2 * 1024 ** 3,
  eventShortMs: dayMs,
  eventHistoryMs: 90 * dayMs,
  eventAuditMs: 400 * dayMs,
  alertMs: 90 * dayMs,
  deliveryMs: 30 * dayMs,
};
