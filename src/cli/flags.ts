// What each command takes, as commander hands it over.
import type { RemoteFlags } from './remote.ts';

export interface ServeFlags {
  readonly config?: string;
  readonly listen?: string;
  readonly data?: string;
  readonly rules?: readonly string[];
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
}
export interface PushFlags extends RemoteFlags {
  readonly label: Readonly<Record<string, string>>;
}
export interface ExportFlags extends RemoteFlags {
  readonly out?: string;
  readonly group?: string;
}
export interface ExplainFlags extends RemoteFlags {
  readonly label: Readonly<Record<string, string>>;
  readonly match?: readonly string[];
  readonly at?: string;
  readonly tz?: string;
  readonly locale?: string;
  readonly json?: boolean;
}
export interface TestFlags {
  readonly junit?: string;
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
