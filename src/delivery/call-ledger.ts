// Calls that limits count are written down before they are made: whatever dies then, the next process knows of them.
import type { ProviderCalls } from '../pipeline/effect.ts';

/** One call that is about to be made. */
export type NotedCall = Omit<ProviderCalls, 'calls'>;

interface Waiting {
  readonly call: NotedCall;
  readonly settle: (stored: boolean) => void;
}

export class CallLedger {
  readonly #wake: (() => void) | null;
  #waiting: Waiting[] = [];

  /** @param wake Something is to be stored soon; null: nothing is kept over a restart. */
  constructor(wake: (() => void) | null) {
    this.#wake = wake;
  }

  /** True as soon as it is durable, and the call may be made; false when its lease is void. */
  note(call: NotedCall): Promise<boolean> {
    const wake = this.#wake;
    if (wake === null) return Promise.resolve(true);
    return new Promise((settle) => {
      this.#waiting.push({ call, settle });
      wake();
    });
  }

  /** What is to be stored, the calls of a tenant and channel as one. */
  rows(): ProviderCalls[] {
    const rows = new Map<string, ProviderCalls>();
    for (const { call } of this.#waiting) {
      const key = `${call.tenant}/${call.channel}`;
      const { calls, at } = rows.get(key) ?? { calls: 0, at: call.at };
      rows.set(key, { ...call, calls: calls + 1, at: Math.max(at, call.at) });
    }
    return [...rows.values()];
  }

  /** Everything of `rows` is durable. */
  stored(): void {
    this.#settle(true);
  }

  /** What waits for a call has lost its lease. */
  forget(): void {
    this.#settle(false);
  }

  #settle(stored: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { settle } of waiting) settle(stored);
  }
}
