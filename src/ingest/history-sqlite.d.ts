import type { History } from './history.ts';
/** Opens `samples.db`, creating it when it is new. Its owner is whoever owns the state database beside it. */
export declare function openSqliteHistory(options: { readonly file: string }): History;
