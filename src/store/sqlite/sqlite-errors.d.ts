/** The StoreError of an error that SQLite reported (also where drizzle wrapped it); anything else is given back. */
export declare function asStoreError(error: unknown, doing: string): unknown;
/** Runs `work` and throws what it throws as StoreError where SQLite is the reason. */
export declare function withStoreErrors<T>(doing: string, work: () => T): T;
