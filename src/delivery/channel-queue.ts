// What waits for one channel: three lanes, and within a lane the tenants in turn, so that one tenant's storm delays
// another's message by one attempt, not by the storm.
import { Fifo } from '../engine/fifo.ts';
import type { Lane } from '../pipeline/rows.ts';

const lanes: readonly Lane[] = ['high', 'normal', 'low'];
// Every eighth is taken from the other end: a flood of critical messages starves nobody.
const fairEvery = 8;

interface Queued {
  readonly tenant: string;
  readonly lane: Lane;
}

export class ChannelQueue<Job extends Queued> {
  readonly #lanes: Record<Lane, Map<string, Fifo<Job>>> = {
    high: new Map(),
    normal: new Map(),
    low: new Map(),
  };
  /** Jobs that wait or run, by tenant. */
  readonly #held = new Map<string, number>();
  #waiting = 0;
  #taken = 0;

  get waiting(): number {
    return this.#waiting;
  }

  /** Jobs of the tenant that wait or run. */
  heldBy(tenant: string): number {
    return this.#held.get(tenant) ?? 0;
  }

  push(job: Job): void {
    const lane = this.#lanes[job.lane];
    let queue = lane.get(job.tenant);
    if (!queue) {
      queue = new Fifo();
      lane.set(job.tenant, queue);
    }
    queue.push(job);
    this.#waiting += 1;
    this.#held.set(job.tenant, this.heldBy(job.tenant) + 1);
  }

  /** The next job in turn of a tenant that `may`; it counts as held until `ended`. */
  take(may: (tenant: string) => boolean): Job | undefined {
    if (this.#waiting === 0) return undefined;
    this.#taken += 1;
    const order = this.#taken % fairEvery === 0 ? [...lanes].reverse() : lanes;
    for (const name of order) {
      const lane = this.#lanes[name];
      for (const [tenant, queue] of lane) {
        if (!may(tenant)) continue;
        const job = queue.take();
        // To the end of the turn, or out of it.
        lane.delete(tenant);
        if (queue.length > 0) lane.set(tenant, queue);
        if (!job) break;
        this.#waiting -= 1;
        return job;
      }
    }
    return undefined;
  }

  /** The next job of the same tenant and lane, out of turn: it goes along with `job`. */
  takeLike(job: Job): Job | undefined {
    const lane = this.#lanes[job.lane];
    const queue = lane.get(job.tenant);
    const next = queue?.take();
    if (queue?.length === 0) lane.delete(job.tenant);
    if (next) this.#waiting -= 1;
    return next;
  }

  /** A taken job is over. */
  ended(job: Job): void {
    const left = this.heldBy(job.tenant) - 1;
    if (left > 0) this.#held.set(job.tenant, left);
    else this.#held.delete(job.tenant);
  }

  /** Takes everything of one tenant that waits. */
  drainOf(tenant: string): Job[] {
    const all: Job[] = [];
    for (const name of lanes) {
      all.push(...(this.#lanes[name].get(tenant)?.drain() ?? []));
      this.#lanes[name].delete(tenant);
    }
    this.#waiting -= all.length;
    for (const job of all) this.ended(job);
    return all;
  }

  /** Takes everything that waits. */
  drain(): Job[] {
    const all: Job[] = [];
    for (const name of lanes) {
      for (const queue of this.#lanes[name].values()) all.push(...queue.drain());
      this.#lanes[name].clear();
    }
    this.#waiting = 0;
    for (const job of all) this.ended(job);
    return all;
  }
}
