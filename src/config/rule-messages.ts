// What the rule reader and its thread say to each other.
import type { Portable } from './portable-rules.ts';
import type { ReadFile } from './rule-files.ts';

export interface Stamp {
  readonly size: number;
  readonly modifiedAt: number;
}

export interface RuleTask {
  readonly paths: readonly string[];
  /** Files that need not be read again while they stand so. */
  readonly known: ReadonlyMap<string, Stamp>;
}

/** A file as the thread found it; `read` is null when it stands as it stood. */
export interface ToldFile extends Stamp {
  readonly path: string;
  readonly commit: string | null;
  readonly read:
    | (Pick<ReadFile, 'problems' | 'references'> & {
        readonly rules: number;
      })
    | null;
}

export interface Found {
  readonly problems: readonly { readonly file: string; readonly message: string }[];
  readonly files: readonly ToldFile[];
  /** How many rules follow, of all files that were read, in their order. */
  readonly rules: number;
}

/** First what was found, then rules, some for each time that they are asked for. */
export type FromRuleThread = Found | { readonly rules: readonly Portable[] };
