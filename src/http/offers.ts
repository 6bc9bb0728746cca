// Suggestions that were shown, so that a person can say "the first": kept in memory, of a rule the last, of all so many.
import type { ProvenSuggestion } from '../effectiveness/questions.ts';

export interface Offer {
  /** Content hash of the rule that they are about. */
  readonly hash: string;
  /** Since when they are proven, epoch milliseconds. */
  readonly from: number;
  readonly suggestions: readonly ProvenSuggestion[];
}

const most = 512;

export class Offers {
  readonly #offers = new Map<string, Offer>();

  put(tenant: string, rule: string, offer: Offer): void {
    const key = JSON.stringify([tenant, rule]);
    this.#offers.delete(key);
    this.#offers.set(key, offer);
    for (const oldest of this.#offers.keys()) {
      if (this.#offers.size <= most) break;
      this.#offers.delete(oldest);
    }
  }

  get(tenant: string, rule: string): Offer | null {
    return this.#offers.get(JSON.stringify([tenant, rule])) ?? null;
  }
}
