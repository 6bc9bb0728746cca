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
  /** What `rows` answered, a turn after the other, and nobody has called durable yet. */
  #noted: Waiting[][] = [];

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

  /** What a turn is to store, the calls of a tenant, channel and person as one. Each call is answered once. */
  rows(): ProviderCalls[] {
    const rows = new Map<string, ProviderCalls>();
    this.#noted.push(this.#waiting);
    for (const { call } of this.#waiting) {
      const key = `${call.tenant}/${call.channel}@${call.person}`;
      const { calls, at } = rows.get(key) ?? { calls: 0, at: call.at };
      rows.set(key, { ...call, calls: calls + 1, at: Math.max(at, call.at) });
    }
    this.#waiting = [];
    return [...rows.values()];
  }

  /** What `rows` answered first, of all that is not durable, is. */
  stored(): void {
    for (const { settle } of this.#noted.shift() ?? []) settle(true);
  }

  /** What waits for a call has lost its lease. */
  forget(): void {
    const lost = [...this.#noted.flat(), ...this.#waiting];
    this.#noted = [];
    this.#waiting = [];
    for (const { settle } of lost) settle(false);
  }
}
