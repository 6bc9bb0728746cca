// The incidents whose cause is to be looked for, of every tenant. A look takes a thousand times as long as opening an
// incident: in a flood more become due than can ever be looked for, so there is a bound, and tenants take turns.

/** Of each tenant: all of its incidents that can be open, and as many again as make half of that. */
export const mostDue = 1_500;

export interface DueCause {
  readonly tenant: string;
  readonly incident: string;
  /** Not before, epoch milliseconds. */
  at: number;
  /** Looks that failed since it became due. */
  failures: number;
  /** It is over, and this is the last look. */
  closed: boolean;
}

export class DueCauses {
  /** By tenant, the one that was served last at the end; by incident, the one that waits for the longest first. */
  readonly #tenants = new Map<string, Map<string, DueCause>>();
  #size = 0;
  #leftOut = 0;

  get size(): number {
    return this.#size;
  }

  /** How many were given up since the start, for those that came after them. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Makes an incident due at `at`, or sooner where it is due already. */
  add(what: DueCause): void {
    const { tenant, incident, at, failures, closed } = what;
    const mine = this.#tenants.get(tenant) ?? new Map<string, DueCause>();
    this.#tenants.set(tenant, mine);
    const due = mine.get(incident);
    if (due !== undefined) {
      due.at = Math.min(due.at, at);
      due.failures = Math.max(due.failures, failures);
      due.closed = closed;
      return;
    }
    mine.set(incident, { tenant, incident, at, failures, closed });
    this.#size += 1;
    if (mine.size > mostDue) this.#leaveOut(mine);
  }

  delete(tenant: string, incident: string): void {
    if (this.#tenants.get(tenant)?.delete(incident)) this.#size -= 1;
  }

  /** Takes out the one that has been due for the longest, of the tenant whose turn it is; null: none is due by `now`. */
  take(now: number): DueCause | null {
    for (const [tenant, mine] of this.#tenants) {
      let first: DueCause | null = null;
      for (const due of mine.values())
        if (due.at <= now && (first === null || due.at < first.at)) first = due;
      if (first === null) continue;
      this.delete(tenant, first.incident);
      this.#tenants.delete(tenant);
      if (mine.size > 0) this.#tenants.set(tenant, mine);
      return first;
    }
    return null;
  }

  /** When the next one is due; infinity: nothing waits. */
  nextAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const mine of this.#tenants.values()) for (const due of mine.values()) at = Math.min(at, due.at);
    return at;
  }

  /** All of them are due at once. */
  hurry(): void {
    for (const mine of this.#tenants.values()) for (const due of mine.values()) due.at = 0;
  }

  /** Whoever is on call asks for what is going on: what is over goes first, the longest waiting before others. */
  #leaveOut(mine: Map<string, DueCause>): void {
    let victim: DueCause | null = null;
    for (const due of mine.values()) {
      victim ??= due;
      if (!due.closed) continue;
      victim = due;
      break;
    }
    if (victim === null) return;
    this.delete(victim.tenant, victim.incident);
    this.#leftOut += 1;
  }
}
