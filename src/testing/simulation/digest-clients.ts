// People who look at the digests that wait, and want one now. What was answered is stored.
import type { Answer } from '../../services.ts';
import { tenants } from './plan-of-seed.ts';
import type { Random } from './random.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const actor = { name: 'key:simulation' };
const everyMs = 40 * 60_000;

export class DigestClients {
  readonly #world: World;
  readonly #random: Random;
  #stopped = false;
  #keys = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  start(): void {
    const { receivers } = this.#world.plan.routing;
    if (![...receivers.values()].some(({ digest }) => digest)) return;
    for (const tenant of tenants) this.#flushing(tenant).catch((error: unknown) => this.#world.fail(error));
  }

  stop(): void {
    this.#stopped = true;
  }

  async #flushing(tenant: string): Promise<void> {
    for (;;) {
      await this.#world.sleep(this.#random.around(everyMs));
      if (this.#stopped) return;
      const seen = await this.#world.request(async (services) => services.digests(tenant));
      if (seen.kind !== 'ok' || seen.value.length === 0) continue;
      const { receiver } = this.#random.pick(seen.value);
      const answer = await this.#flush(tenant, receiver);
      if (answer?.status === 200) this.#check(answer);
      else if (answer && answer.status !== 404)
        throw new Violation('I6', `a flush for ${receiver} got ${answer.status}`, this.#world.clock.now());
    }
  }

  async #flush(tenant: string, receiver: string): Promise<Answer | null> {
    const name = `flush-${++this.#keys}`;
    const key = { scope: 'digests.flush', key: name, bodyHash: `hash-${name}` };
    for (;;) {
      const outcome = await this.#world.request((s) => s.flushDigest(tenant, receiver, actor, key));
      if (outcome.kind === 'ok') return outcome.value;
      if (outcome.kind === 'error' && outcome.error.status < 500) return null;
      await this.#world.sleep(this.#random.int(200, 5_000));
    }
  }

  #check({ body }: Answer): void {
    const { journal, clock } = this.#world;
    const { told, notifications } = body as { told: number; notifications: readonly string[] };
    const stored = notifications.flatMap((id) => journal.notifications.get(id) ?? []);
    const counted = stored.reduce((sum, row) => {
      const { digest } = JSON.parse(row.body) as { digest?: { total: number } };
      return sum + (digest?.total ?? 0);
    }, 0);
    if (stored.length !== notifications.length || counted !== told)
      throw new Violation('I6', `a flush told of ${told}, stored are ${counted}`, clock.now());
  }
}
