// What waits for one channel: three lanes, and within a lane the tenants in turn, so that one tenant's storm delays
// another's message by one attempt, not by the storm.
import { Fifo } from '../engine/fifo.ts';
import type { Lane } from '../pipeline/rows.ts';

export const lanes: readonly Lane[] = ['high', 'normal', 'low'];
// Every eighth is taken from the other end: a flood of critical messages starves nobody.
const fairEvery = 8;

interface Queued {
  readonly tenant: string;
  readonly lane: Lane;
}

/** Who may be taken now. `fair`: it is the turn of those who wait at the end. */
export interface Gate {
  lane(lane: Lane, fair: boolean): boolean;
  tenant(tenant: string, lane: Lane, fair: boolean): boolean;
  /** The lane waited for too long: it goes first. Absent: none does. */
  overdue?(lane: Lane): boolean;
}

interface LaneQueue<Job> {
  /** In turn. */
  readonly tenants: Map<string, Fifo<Job>>;
  waiting: number;
  /** Jobs that wait or run, by tenant. */
  readonly held: Map<string, number>;
}

const emptyLane = <Job>(): LaneQueue<Job> => ({ tenants: new Map(), waiting: 0, held: new Map() });

export class ChannelQueue<Job extends Queued> {
  readonly #lanes: Record<Lane, LaneQueue<Job>> = {
    high: emptyLane(),
    normal: emptyLane(),
    low: emptyLane(),
  };
  #taken = 0;

  get waiting(): number {
    return lanes.reduce((sum, lane) => sum + this.#lanes[lane].waiting, 0);
  }

  waitingIn(lane: Lane): number {
    return this.#lanes[lane].waiting;
  }

  /** Jobs of the tenant in the lane that wait or run. */
  heldBy(tenant: string, lane: Lane): number {
    return this.#lanes[lane].held.get(tenant) ?? 0;
  }

  push(job: Job): void {
    const lane = this.#lanes[job.lane];
    let queue = lane.tenants.get(job.tenant);
    if (!queue) {
      queue = new Fifo();
      lane.tenants.set(job.tenant, queue);
    }
    queue.push(job);
    lane.waiting += 1;
    this.hold(job);
  }

  /** The next job in turn that the gate lets through; it counts as held until `ended`. */
  take(gate: Gate): Job | undefined {
    const fair = (this.#taken + 1) % fairEvery === 0;
    const turn = fair ? [...lanes].reverse() : lanes;
    const overdue = turn.filter((name) => gate.overdue?.(name) ?? false);
    for (const name of overdue.length === 0 ? turn : new Set([...overdue, ...turn])) {
      const lane = this.#lanes[name];
      if (lane.waiting === 0 || !gate.lane(name, fair)) continue;
      for (const [tenant, queue] of lane.tenants) {
        if (!gate.tenant(tenant, name, fair)) continue;
        const job = queue.take();
        // To the end of the turn, or out of it.
        lane.tenants.delete(tenant);
        if (queue.length > 0) lane.tenants.set(tenant, queue);
        if (!job) break;
        lane.waiting -= 1;
        this.#taken += 1;
        return job;
      }
    }
    return undefined;
  }

  /** The next job of the same tenant and lane, out of turn, if it `may` go along with `job`. */
  takeLike(job: Job, may: (next: Job) => boolean): Job | undefined {
    const lane = this.#lanes[job.lane];
    const queue = lane.tenants.get(job.tenant);
    const next = queue?.peek();
    if (!queue || !next || !may(next)) return undefined;
    queue.take();
    if (queue.length === 0) lane.tenants.delete(job.tenant);
    lane.waiting -= 1;
    return next;
  }

  /** It runs without having waited here; it counts as held until `ended`. */
  hold(job: Job): void {
    this.#lanes[job.lane].held.set(job.tenant, this.heldBy(job.tenant, job.lane) + 1);
  }

  /** A taken job is over. */
  ended(job: Job): void {
    const { held } = this.#lanes[job.lane];
    const left = this.heldBy(job.tenant, job.lane) - 1;
    if (left > 0) held.set(job.tenant, left);
    else held.delete(job.tenant);
  }

  /** Takes everything of one tenant that waits. */
  drainOf(tenant: string): Job[] {
    return lanes.flatMap((name) => {
      const lane = this.#lanes[name];
      const jobs = lane.tenants.get(tenant)?.drain() ?? [];
      lane.tenants.delete(tenant);
      lane.waiting -= jobs.length;
      for (const job of jobs) this.ended(job);
      return jobs;
    });
  }

  /** Takes everything of one lane that waits. */
  drainLane(name: Lane): Job[] {
    const lane = this.#lanes[name];
    const jobs = [...lane.tenants.values()].flatMap((queue) => queue.drain());
    lane.tenants.clear();
    lane.waiting = 0;
    for (const job of jobs) this.ended(job);
    return jobs;
  }

  /** Takes everything that waits. */
  drain(): Job[] {
    return lanes.flatMap((lane) => this.drainLane(lane));
  }
}
