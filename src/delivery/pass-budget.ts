// How many attempts begin in one pass of the event loop. Each costs a fraction of a millisecond, and so does its end: fifty
// at once are a pass of tens of milliseconds, which everybody else waits for, also a critical alert that just came in.

/** Enough for thousands a second: a pass that is not full takes a millisecond or two. */
const attemptsPerPass = 8;
/** While urgent ones come: where one came there are more, and each waits for the pass that is under way, two or three times. */
const attemptsBesideUrgent = 1;
const urgentMs = 1_000;

export class PassBudget<Waiting> {
  readonly #soon: (callback: () => void) => void;
  readonly #goOn: (waiting: Waiting) => void;
  readonly #waiting = new Set<Waiting>();
  #begun = 0;
  #armed = false;
  #urgentUntil = Number.NEGATIVE_INFINITY;

  /** @param soon Calls back in the next pass. @param goOn Called there with each that waits, in turn. */
  constructor(soon: (callback: () => void) => void, goOn: (waiting: Waiting) => void) {
    this.#soon = soon;
    this.#goOn = goOn;
  }

  /** Whether what is not urgent waits for the next pass. @param now Epoch milliseconds. */
  spent(now: number): boolean {
    return this.#begun >= (now < this.#urgentUntil ? attemptsBesideUrgent : attemptsPerPass);
  }

  /** An attempt begins. @param now Epoch milliseconds. */
  take(urgent: boolean, now: number): void {
    if (urgent) this.#urgentUntil = now + urgentMs;
    this.#begun += 1;
    this.#arm();
  }

  /** Has something that could begin now, and waits for the next pass. */
  wait(waiting: Waiting): void {
    this.#waiting.add(waiting);
    this.#arm();
  }

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#soon(() => {
      this.#armed = false;
      this.#begun = 0;
      // Who was first is last now, else who always has more would leave nothing to the others.
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const one of [...waiting.slice(1), ...waiting.slice(0, 1)]) this.#goOn(one);
    });
  }
}
