// What people can do with rules of the API, as plain data.
import type { RuleDocument } from '../../rules/document.ts';

/** What the client has seen, as entity tags; `*` is anything. */
export type Seen = '*' | readonly string[];

export type RuleOrder =
  | { readonly do: 'create'; readonly document: RuleDocument }
  /** `id`: of a rule of the API, or the name of any. */
  | {
      readonly do: 'replace';
      readonly id: string;
      readonly document: RuleDocument;
      readonly seen: Seen | null;
    }
  | { readonly do: 'patch'; readonly id: string; readonly patch: RuleDocument; readonly seen: Seen | null }
  | { readonly do: 'delete'; readonly id: string; readonly seen: Seen | null };
