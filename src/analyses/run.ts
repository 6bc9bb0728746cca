// How far the analyses of one tenant are, and what waits for them.
import type { AlertSignal } from '../../analysis/signals.ts';
import type { Timer } from '../clock.ts';
import { Fifo } from '../engine/fifo.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { Answer, Idempotency } from '../services.ts';
import type { AlertNewsLine } from '../store/store.ts';
import type { TenantAnalyses } from './tenant-analyses.ts';

export interface Decided {
  readonly effects: readonly Effect[];
  readonly answer: Answer;
}

/** What a person decides: looked at in its place among the news, and stored with what it answers. */
export interface AnalysisOrder {
  readonly decide: (analyses: TenantAnalyses, now: number) => Decided;
  readonly idempotency: Idempotency | null;
}

export interface WaitingOrder extends AnalysisOrder {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** A line of the log, with what it says of the alert when that is known already. */
export interface WaitingLine extends AlertNewsLine {
  /** Null: the alert is to be read. */
  readonly signal: AlertSignal | typeof ofFindings | null;
}

/** What a rule says of a finding is none of the alerts that findings are about. */
export const ofFindings = Symbol('of findings');

/** How far the analyses of one tenant are. */
export interface Run {
  readonly tenant: string;
  /** Null: not read from the store yet, or what was in memory is void. */
  analyses: TenantAnalyses | null;
  /** The log is read from the store: there is more than what waits here. */
  behind: boolean;
  lines: Fifo<WaitingLine>;
  /** The last event that was looked at, and the one up to which the state was saved. */
  cursor: number;
  savedCursor: number;
  /** Of the pieces that count, as it was read when the tenant was taken up or stored since. */
  generation: number;
  /** Something was stored of this tenant. */
  stored: boolean;
  /** When the state was saved, and how large it was. */
  savedAt: number;
  savedBytes: number;
  /** Time is to be let pass. */
  tickDue: boolean;
  /** The cursor at the last tick. */
  tickedCursor: number;
  /** Since when something is to be stored. */
  gatheredSince: number | null;
  readonly orders: Fifo<WaitingOrder>;
  running: boolean;
  timer: Timer | null;
  failures: number;
  /** When watched series were looked at last. */
  watchedAt: number;
}

/** Nothing of it is known yet. */
export function newRun(tenant: string): Run {
  return {
    ...{
      tenant,
      analyses: null,
      behind: true,
      lines: new Fifo(),
      cursor: -1,
      savedCursor: -1,
      generation: 1,
    },
    ...{ stored: false, orders: new Fifo(), running: false, timer: null, failures: 0 },
    ...{
      gatheredSince: null,
      tickDue: false,
      savedAt: Number.NEGATIVE_INFINITY,
      savedBytes: 0,
      tickedCursor: -1,
    },
    watchedAt: Number.NEGATIVE_INFINITY,
  };
}
