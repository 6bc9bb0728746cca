// What each command takes, as commander hands it over.

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
export interface PushFlags {
  readonly label: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly key?: string;
  readonly tenant?: string;
}
