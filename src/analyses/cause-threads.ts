// Causes looked for beside the main thread: those of incidents in one thread, what people ask in another one, so that
// neither waits for the other. A thread that dies or takes too long is begun anew by the next question.
import type { RootCause } from '../../analysis/root-cause/hypothesis.ts';
import type { Edge } from '../../analysis/signals.ts';
import type { Clock } from '../clock.ts';
import { ApiError } from '../errors.ts';
import { AskedThread } from '../ingest/asked-thread.ts';
import { startThread } from '../ingest/threads.ts';
import { nextSlice } from '../slices.ts';
import { analyzeLimits, type FoundInAlerts, type FromCauses, type ToCauses } from './cause-messages.ts';
import { type PackedEdges, packEdges } from './packed-edges.ts';

/** What an analysis is asked of: a span (epoch milliseconds, `to` excluded), or alerts by their ids, as one incident. */
export type AnalyzeQuestion = Extract<ToCauses, { kind: 'analyze' }>['of'];

/** Samples are outside of the heap; four million of them are put in order in it. */
const memoryMb = 256;
const causeMs = 10_000;
/** A thread holds some 20 MiB while nobody asks, and is there again within a fifth of a second. */
const idleMs = 5_000;

export interface CauseThreadsOptions {
  /** The data folder. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'now' | 'at' | 'breath'>;
  readonly edges: (tenant: string) => readonly Edge[];
  /** Names of rules about findings. */
  readonly patternRules: (tenant: string) => readonly string[];
}

export class CauseThreads {
  readonly #options: CauseThreadsOptions;
  readonly #causes: AskedThread<ToCauses, FromCauses>;
  readonly #asked: AskedThread<ToCauses, FromCauses>;
  readonly #busy = new Set<string>();
  /** Of a topology that did not change. */
  readonly #packed = new WeakMap<readonly Edge[], PackedEdges>();

  constructor(options: CauseThreadsOptions) {
    this.#options = options;
    const { folder, clock } = options;
    const start = (youngMb: number) => () =>
      startThread('cause-worker', { folder }, { beside: import.meta.url, memoryMb, youngMb });
    this.#causes = new AskedThread({ start: start(4), clock, limitMs: causeMs, idleMs });
    const { timeMs } = analyzeLimits;
    const tooLong = `This takes more than ${timeMs / 1_000} s; ask for a shorter span or fewer alerts.`;
    this.#asked = new AskedThread({ start: start(16), clock, limitMs: timeMs, idleMs, tooLong });
  }

  async #edges(tenant: string): Promise<PackedEdges> {
    const edges = this.#options.edges(tenant);
    const known = this.#packed.get(edges);
    if (known !== undefined) return known;
    const work = packEdges(edges);
    let done = nextSlice(work);
    for (; done === null; done = nextSlice(work)) await this.#options.clock.breath();
    this.#packed.set(edges, done.result);
    return done.result;
  }

  /** What broke; null: no alert of the incident names a service. Rejects with ApiError. */
  async cause(tenant: string, incident: string): Promise<RootCause | null> {
    const edges = await this.#edges(tenant);
    const now = this.#options.clock.now();
    const answer = await this.#causes.ask({ kind: 'cause', tenant, incident, edges, now });
    if (answer.kind !== 'cause') throw new Error(`a cause was answered with ${answer.kind}`);
    return answer.cause;
  }

  /**
   * Patterns, incidents and their causes; nothing is stored. One at a time of each tenant. Rejects with ApiError, and
   * with the signal's reason.
   */
  async analyze(tenant: string, of: AnalyzeQuestion, signal?: AbortSignal): Promise<FoundInAlerts> {
    if (this.#busy.has(tenant)) {
      const message = 'An analysis of this tenant is running already; wait for its answer.';
      throw new ApiError('overloaded', { message, retryAfter: 5 });
    }
    this.#busy.add(tenant);
    try {
      const { clock, patternRules } = this.#options;
      const task = { kind: 'analyze', tenant, of, patternRules: patternRules(tenant) } as const;
      const ask = { ...task, edges: await this.#edges(tenant), now: clock.now() };
      const answer = await this.#asked.ask(ask, signal);
      if (answer.kind === 'analyze') return answer.found;
      if (answer.kind === 'too_large') throw new ApiError('query_too_large', { message: answer.message });
      if (answer.kind === 'unknown_alert')
        throw new ApiError('alert_not_found', { details: { alert: answer.alert } });
      throw new Error(`an analysis was answered with ${answer.kind}`);
    } finally {
      this.#busy.delete(tenant);
    }
  }

  close(): void {
    this.#causes.close();
    this.#asked.close();
  }
}
