// What people can do with what is configured through the API (rules, routes), as plain data.

/** An object as its document: plain data with the keys of a file. */
export type ObjectDocument = Readonly<Record<string, unknown>>;

/** What the client has seen, as entity tags; `*` is anything. */
export type Seen = '*' | readonly string[];

export type ObjectOrder =
  | { readonly do: 'create'; readonly document: ObjectDocument }
  /** `id`: of an object of the API, or the name of any. */
  | {
      readonly do: 'replace';
      readonly id: string;
      readonly document: ObjectDocument;
      readonly seen: Seen | null;
    }
  | { readonly do: 'patch'; readonly id: string; readonly patch: ObjectDocument; readonly seen: Seen | null }
  | { readonly do: 'delete'; readonly id: string; readonly seen: Seen | null };

/** An override is made and taken back; it is not changed. */
export type OverrideOrder = Extract<ObjectOrder, { readonly do: 'create' | 'delete' }>;
