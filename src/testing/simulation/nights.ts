// Days, in which people and machines do much, and nights, in which they do little. Where something happens all the time
// every lost timer is made good by whatever comes next: what has to come by itself shows in the quiet.
import type { Random } from './random.ts';

export interface NightPlan {
  readonly dayMs: number;
  readonly nightMs: number;
  /** How much of the first day, and then of the first night, is over at the start, milliseconds. */
  readonly overMs: number;
}

const hour = 3_600_000;
/** So much happens at night, as a share of what happens by day. */
const nightShare = 0.05;

/** Most seeds have nights. Their own stream: the other draws of the seed are what they were. */
export function drawNights(random: Random): NightPlan | null {
  const dayMs = random.pick([1, 2, 4]) * hour;
  const nightMs = random.pick([2, 4, 8]) * hour;
  const overMs = random.int(0, dayMs + nightMs - 1);
  return random.chance(0.8) ? { dayMs, nightMs, overMs } : null;
}

export class Nights {
  readonly #plan: NightPlan | null;
  readonly #startedAt: number;

  constructor(plan: NightPlan | null, startedAt: number) {
    this.#plan = plan;
    this.#startedAt = startedAt;
  }

  isNight(at: number): boolean {
    return this.#plan !== null && this.#intoDay(this.#plan, at) >= this.#plan.dayMs;
  }

  /** How long what takes `ms` by day takes from `now` on: a night is as short for it as little happens in it. */
  stretched(now: number, ms: number): number {
    const plan = this.#plan;
    if (plan === null) return ms;
    let at = now;
    for (let left = ms; ; ) {
      const into = this.#intoDay(plan, at);
      const night = into >= plan.dayMs;
      const share = night ? nightShare : 1;
      const spanMs = (night ? plan.dayMs + plan.nightMs : plan.dayMs) - into;
      if (left <= spanMs * share) return Math.max(1, Math.round(at + left / share - now));
      left -= spanMs * share;
      at += spanMs;
    }
  }

  #intoDay({ dayMs, nightMs, overMs }: NightPlan, at: number): number {
    return (at - this.#startedAt + overMs) % (dayMs + nightMs);
  }
}
