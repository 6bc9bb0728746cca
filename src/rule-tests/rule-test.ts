// Tests of rules, whatever format they were written in: what comes in when, and what is to be so at which times.
import type { Edge } from '../../analysis/signals.ts';
import type { Labels, Priority, Problem, Rule, Severity } from '../../rules/types.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { StatedFinding } from '../replay/found-patterns.ts';
import type { IncomingEvent } from '../services.ts';
import type { SeriesValues } from './series-notation.ts';

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What is expected of one alert or message; what is not given may be anything. */
export interface ExpectedAlert {
  readonly rule: string;
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly severity?: Severity | undefined;
  readonly priority?: Priority | undefined;
  readonly value?: number | undefined;
  /** Who is told of it. */
  readonly receivers?: readonly string[] | undefined;
  /** Labels and annotations are all that there are. */
  readonly exact?: boolean;
}

export interface ExpectedMessage {
  readonly receiver: string;
  readonly reason?: string | undefined;
  readonly status?: 'firing' | 'resolved' | undefined;
  /** How many alerts it names. */
  readonly alerts?: number | undefined;
}

/** Who is told of an alert with these labels at the time of the check, muted or not. */
export interface ExpectedRoute {
  readonly labels: Labels;
  readonly receivers: readonly string[];
  /** Whether nothing is said at that time by any of them; not given: either. */
  readonly muted?: boolean | undefined;
}

export interface Check {
  /** Milliseconds since the start. */
  readonly atMs: number;
  readonly place: Place;
  /** Of which rule these are all open alerts; null: of all rules. */
  readonly rule: string | null;
  /** Which alerts there are; `firingOnly`: but for pending ones. Null: nobody asks. */
  readonly alerts: readonly ExpectedAlert[] | null;
  readonly firingOnly: boolean;
  /** Null: nobody asks. */
  readonly routes: readonly ExpectedRoute[] | null;
  /** Sent since the last check that asked for messages. Null: nobody asks. */
  readonly messages: readonly ExpectedMessage[] | null;
}

export interface TestSeries {
  readonly metric: string;
  readonly labels: Labels;
  readonly intervalMs: number;
  readonly values: SeriesValues;
}

export interface TestEvent {
  readonly atMs: number;
  readonly event: IncomingEvent;
}

export interface TestFinding {
  readonly atMs: number;
  readonly finding: StatedFinding;
}

export interface RuleTest {
  readonly name: string;
  readonly place: Place;
  readonly tenant: string;
  readonly rules: readonly Rule[];
  readonly routing: RoutingConfig;
  readonly series: readonly TestSeries[];
  readonly events: readonly TestEvent[];
  /** Beside those that the patterns make of the alerts of the test. */
  readonly findings: readonly TestFinding[];
  /** What people declared of who depends on whom. */
  readonly edges: readonly Edge[];
  /** By time. */
  readonly checks: readonly Check[];
  /** What the file asks for and cannot be tried here, in words. */
  readonly untried: readonly { readonly place: Place; readonly what: string }[];
}

export interface TestFile {
  readonly file: string;
  readonly tests: readonly RuleTest[];
}

export type ReadTestFile = TestFile | { readonly problems: readonly Problem[] };
