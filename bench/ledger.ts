// What was pushed and what arrived: pairs each change with its message, and counts what is lost and what came twice.
// Messages of one host are accepted in order, so the n-th firing that arrives is the n-th that was pushed.

export type Status = 'firing' | 'resolved';

/** One alert of one received message. */
export interface Arrival {
  /** `webhook-id` of the request. */
  readonly deliveryId: string;
  readonly alertId: string;
  readonly host: string;
  readonly status: Status;
  /** `performance.now()` of the receipt. */
  readonly at: number;
}

export class Ledger {
  readonly #open = new Map<string, number[]>();
  /** What was given up on, by host and status. */
  readonly #missing = new Map<string, number>();
  readonly #deliveries = new Set<string>();
  readonly #messages = new Set<string>();
  #latencies: number[] = [];
  #waiting: { readonly most: number; readonly resolve: () => void }[] = [];
  outstanding = 0;
  /** Given up on and not arrived since. */
  missing = 0;
  received = 0;
  /** Requests whose webhook-id was seen before, and messages that say of an alert what was said before. */
  doubled = 0;
  /** Messages about something that nobody pushed. */
  unexpected = 0;

  /** `at`: when the push was handed over. */
  expect(host: string, status: Status, at: number): void {
    const key = `${host} ${status}`;
    const open = this.#open.get(key);
    if (open) open.push(at);
    else this.#open.set(key, [at]);
    this.outstanding += 1;
  }

  /** The push was refused: nothing will come of it. */
  withdraw(host: string, status: Status): void {
    if (this.#open.get(`${host} ${status}`)?.pop() !== undefined) this.#settle();
  }

  receive({ deliveryId, alertId, host, status, at }: Arrival): void {
    const message = `${alertId} ${status}`;
    if (this.#deliveries.has(deliveryId) || this.#messages.has(message)) {
      this.doubled += 1;
      return;
    }
    this.#deliveries.add(deliveryId);
    this.#messages.add(message);
    const key = `${host} ${status}`;
    const missing = this.#missing.get(key) ?? 0;
    if (missing > 0) {
      this.#missing.set(key, missing - 1);
      this.missing -= 1;
      this.received += 1;
      return;
    }
    const pushedAt = this.#open.get(key)?.shift();
    if (pushedAt === undefined) {
      this.unexpected += 1;
      return;
    }
    this.received += 1;
    this.#latencies.push(at - pushedAt);
    this.#settle();
  }

  /** Ends a round: what has not arrived counts as missing, and what comes of it later is no latency of the next round. */
  giveUp(): void {
    for (const [key, open] of this.#open) {
      if (open.length === 0) continue;
      this.#missing.set(key, (this.#missing.get(key) ?? 0) + open.length);
      this.missing += open.length;
    }
    this.#open.clear();
    this.outstanding = 0;
  }

  /** Milliseconds from push to receipt since the last call. */
  takeLatencies(): number[] {
    const taken = this.#latencies;
    this.#latencies = [];
    return taken;
  }

  /** Resolves when at most `most` are outstanding, or after `timeoutMs`. */
  async drain(most: number, timeoutMs: number): Promise<void> {
    if (this.outstanding <= most) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiting.push({
        most,
        resolve() {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }

  #settle(): void {
    this.outstanding -= 1;
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(({ most }) => this.outstanding <= most);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !ready.includes(one));
    for (const { resolve } of ready) resolve();
  }
}
