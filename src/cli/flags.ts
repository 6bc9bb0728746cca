// What each command takes, as commander hands it over.
import type { RemoteFlags } from './remote.ts';

export interface ServeFlags {
  readonly config?: string;
  readonly listen?: string;
  readonly data?: string;
  readonly rules?: readonly string[];
  readonly mock?: boolean;
}
export type CheckFlags = Pick<ServeFlags, 'config' | 'rules'>;
/** Which data folder. */
export type DataFlags = Pick<ServeFlags, 'config' | 'data'>;
export interface AuditVerifyFlags extends DataFlags {
  readonly holds?: readonly string[];
}
export interface SchemaFlags {
  readonly out?: string;
}
export interface DemoFlags {
  readonly once?: boolean;
  readonly providers?: 'sim';
  readonly incident?: 'cascade';
}
export interface PushFlags extends RemoteFlags {
  readonly label: Readonly<Record<string, string>>;
}
export interface AlertListFlags extends RemoteFlags {
  readonly state?: string;
  readonly severity?: string;
  readonly assignee?: string;
  readonly since?: string;
  readonly match?: readonly string[];
  readonly q?: string;
  readonly limit?: number;
  readonly json?: boolean;
}
export interface AlertResponseFlags extends RemoteFlags {
  readonly for?: string;
  readonly until?: string;
  readonly owner?: string;
  readonly note?: string;
  readonly undo?: boolean;
}
export interface ExportFlags extends RemoteFlags {
  readonly out?: string;
  readonly group?: string;
}
export interface SilenceFlags extends RemoteFlags {
  readonly json?: boolean;
}
export interface SilenceAddFlags extends SilenceFlags {
  readonly comment: string;
  readonly for?: string;
  readonly start?: string;
  readonly end?: string;
  readonly by?: string;
  readonly recurs?: unknown;
}
export interface SilenceListFlags extends SilenceFlags {
  readonly state: string;
  readonly matcher: readonly string[];
}
export interface SilenceTryFlags extends SilenceFlags {
  readonly from: string;
  readonly to?: string;
}
export interface ReportFlags extends RemoteFlags {
  readonly from?: string;
  readonly to?: string;
  readonly format: string;
  readonly locale: string;
  readonly tz?: string;
  readonly out?: string;
}
export interface ExplainFlags extends RemoteFlags {
  readonly label: Readonly<Record<string, string>>;
  readonly match?: readonly string[];
  readonly at?: string;
  readonly tz?: string;
  readonly locale?: string;
  readonly json?: boolean;
}
export interface OnCallFlags extends RemoteFlags {
  readonly at?: string;
  readonly next?: boolean;
  readonly tz?: string;
  readonly json?: boolean;
}
export interface SendTestFlags extends RemoteFlags {
  readonly channel?: string;
  readonly method?: string;
  readonly to?: string;
  readonly mock?: boolean;
  readonly poll: string;
  readonly message?: string;
  readonly severity?: string;
  readonly locale?: string;
}

export interface TemplatePreviewFlags extends RemoteFlags {
  readonly file?: string;
  readonly channel: string;
  readonly sample?: string;
  readonly notification?: string;
  readonly locale?: string;
  readonly json?: boolean;
}
export interface TestFlags {
  readonly junit?: string;
}
export interface RouteTestFlags {
  readonly config?: string;
  readonly tenant?: string;
  /** Epoch milliseconds. */
  readonly at?: number;
  readonly expect?: readonly string[];
  readonly json?: boolean;
}
export interface EffectivenessFlags extends DataFlags {
  readonly rules?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly tenant?: string;
  readonly json?: boolean;
  readonly suggest?: boolean;
  /** True: the first suggestion. */
  readonly apply?: string | true;
}
export interface BacktestFlags extends DataFlags {
  readonly rules?: readonly string[];
  readonly against?: readonly string[];
  readonly samples?: string;
  readonly from?: string;
  readonly to?: string;
  readonly tenant?: string;
  readonly json?: boolean;
}
