// What the bench and a server under test say to each other over the IPC channel.

export type ServerMode =
  /** The whole program, SQLite with synchronous=FULL. */
  | 'durable'
  /** The whole program over a store that keeps nothing. */
  | 'no_database'
  /** As `durable`, one transaction for each alert while `split` is on. */
  | 'single';

/** What a server that was started without arguments is told first: the same. */
export interface Served {
  readonly mode: ServerMode;
  /** Holds tocsin.yaml and gets the data. */
  readonly folder: string;
}

export type Question =
  | { readonly ask: 'usage' }
  /** Starts the event-loop histogram anew. */
  | { readonly ask: 'mark' }
  /** From here on the loop's longest piece is weighed in CPU, too. */
  | { readonly ask: 'watch_cpu' }
  | { readonly ask: 'gc' }
  | { readonly ask: 'rows' }
  /** Commits full turns beside everything else; answers the milliseconds of each. */
  | { readonly ask: 'full_commits'; readonly count: number }
  | { readonly ask: 'split'; readonly on: boolean }
  | { readonly ask: 'stop' };

export interface Usage {
  /** User and system time of the whole process, microseconds. */
  readonly cpuUs: number;
  /** The same of the main thread alone; NaN where the kernel does not say. */
  readonly mainUs: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  /** Event-loop delay since `mark`, milliseconds. */
  readonly loop: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number };
  /** CPU of the main thread in the longest piece since `watch_cpu`, milliseconds; NaN where nobody asked for it. */
  readonly longestCpuMs: number;
}

/** What the store was asked to write since the start. */
export interface RowCounts {
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  /** Rows of the analyses, which are in none of the others; and events among them. */
  readonly analysed: number;
  readonly analysedByClock: number;
  readonly analysedEvents: number;
  /** Rows that the tables hold, per table, from the store's own figures. */
  readonly tables: Readonly<Record<string, number>>;
  readonly commits: number;
  /** Alerts that were over before they could be told, each recorded with this reason. */
  readonly skipped: number;
}
