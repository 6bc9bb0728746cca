// How a simulated provider misbehaves: by a seeded draw for each request, and in outages, in which it refuses everything.
import { Random } from '../simulation/random.ts';

export type Misconduct =
  /** HTTP 5xx, SMTP 4xx: nothing was taken. */
  | 'refused'
  /** Taken, and the answer never comes. */
  | 'lost'
  /** Held for as long as the plan says, then broken off; taken or not. */
  | 'hung'
  | 'hung_and_taken';

export interface MisconductPlan {
  readonly seed: number;
  /** Shares of requests. */
  readonly refused: number;
  readonly lost: number;
  readonly hung: number;
  /** How long a hanging request is held, milliseconds. */
  readonly holdMs: number;
  /** Faults in a row, at most: a channel is paused after five, for half a minute at least. */
  readonly mostInARow: number;
}

/** From and to, epoch milliseconds. */
export type Outage = readonly [from: number, to: number];

export class Misbehaving {
  readonly #plan: MisconductPlan;
  readonly #random: Random;
  #inARow = 0;
  #over = false;
  /** Nothing is accepted within them. */
  outages: readonly Outage[] = [];
  readonly counts: Record<Misconduct, number> = { refused: 0, lost: 0, hung: 0, hung_and_taken: 0 };

  /** `stream` tells the draws of one provider from those of another. */
  constructor(plan: MisconductPlan, stream: number) {
    this.#plan = plan;
    this.#random = new Random(plan.seed, stream);
  }

  get holdMs(): number {
    return this.#plan.holdMs;
  }

  /** From now on everything is taken. */
  heal(): void {
    this.#over = true;
  }

  /** What the request of that moment meets; null: it is looked at. */
  draw(now: number): Misconduct | null {
    const drawn = this.#over ? null : this.#next(now);
    this.#inARow = drawn === null ? 0 : this.#inARow + 1;
    if (drawn !== null) this.counts[drawn] += 1;
    return drawn;
  }

  #next(now: number): Misconduct | null {
    const { refused, lost, hung, mostInARow } = this.#plan;
    const at = this.#random.next();
    const taken = this.#random.chance(0.5);
    if (this.#inARow >= mostInARow) return null;
    if (this.outages.some(([from, to]) => now >= from && now < to)) return 'refused';
    if (at < refused) return 'refused';
    if (at < refused + lost) return 'lost';
    if (at < refused + lost + hung) return taken ? 'hung_and_taken' : 'hung';
    return null;
  }
}
