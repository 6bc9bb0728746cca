// People who ask for much at once: an acknowledgement or an end of every alert that matches, and several orders of which
// the loop may take all in one turn. What was answered is what is stored, of each of them.
import { isAcknowledged } from '../../pipeline/held-back.ts';
import type { Answer, Idempotency, Services } from '../../services.ts';
import { matchersIn } from '../pipeline-story.ts';
import type { Acks } from './acks.ts';
import type { Clients } from './clients.ts';
import type { AlertRecord } from './journal.ts';
import { tenants } from './plan-of-seed.ts';
import type { Random } from './random.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

const actor = { name: 'key:simulation' };
const mostAtOnce = 4;

export class OrderClients {
  readonly #world: World;
  readonly #random: Random;
  readonly #acks: Acks;
  readonly #answered: Clients['acknowledged'];
  #stopped = false;
  #keys = 0;

  constructor(world: World, random: Random, acks: Acks, answered: Clients['acknowledged']) {
    this.#world = world;
    this.#random = random;
    this.#acks = acks;
    this.#answered = answered;
  }

  start(): void {
    if (this.#world.plan.ordersPerHour === 0) return;
    for (const tenant of tenants) this.#ordering(tenant).catch((error: unknown) => this.#world.fail(error));
  }

  stop(): void {
    this.#stopped = true;
  }

  async #ordering(tenant: string): Promise<void> {
    const random = this.#random;
    for (;;) {
      await this.#world.sleepByDay(random.around(3_600_000 / this.#world.plan.ordersPerHour));
      if (this.#stopped) return;
      const firing = [...this.#world.journal.firing].filter(({ row }) => row.tenant === tenant);
      // Of an alert that somebody is asking about nobody knows whose word is the last.
      if (firing.length === 0 || firing.some(({ row }) => this.#acks.asksFor(row.id))) continue;
      if (random.chance(0.5)) await this.#bulk(tenant, firing);
      else await this.#several(tenant, firing);
    }
  }

  /** Single orders that come together. */
  async #several(tenant: string, firing: AlertRecord[]): Promise<void> {
    const random = this.#random;
    const picked = new Set(Array.from({ length: mostAtOnce }, () => random.pick(firing)));
    if (picked.size > 1) this.#world.counters.hit('several orders at once');
    const orders = [...picked].map(async ({ row: { id } }) => {
      const what = random.chance(0.7) ? ('acknowledge' as const) : ('resolve' as const);
      const until = this.#until();
      const done = this.#acks.acknowledging(id);
      const { status } = await this.#ask((s, idempotency) =>
        what === 'acknowledge'
          ? s.acknowledge(tenant, id, { until, note: null }, actor, idempotency)
          : s.resolve(tenant, id, { note: 'enough' }, actor, idempotency),
      );
      done();
      if (status !== 200) return;
      this.#answered.push({ tenant, id, what });
      if (what === 'acknowledge') this.#acks.acknowledged(id, until);
    });
    await Promise.all(orders);
  }

  async #bulk(tenant: string, firing: AlertRecord[]): Promise<void> {
    const { clock, counters, journal } = this.#world;
    const what = this.#random.chance(0.8) ? ('acknowledge' as const) : ('resolve' as const);
    const host = this.#random.pick(['h0', 'h1', 'h2']);
    const meant = firing.filter(({ row }) => what === 'acknowledge' || row.labels.host === host);
    const matchers = what === 'acknowledge' ? matchersIn('alertname=~".+"') : matchersIn(`host=${host}`);
    const until = this.#until();
    const action =
      what === 'acknowledge'
        ? ({ kind: what, until, note: null } as const)
        : ({ kind: what, note: 'all clear' } as const);
    const order = { action, matchers, states: ['firing'] as const, limit: 1_000, dryRun: false };
    const done = firing.map(({ row }) => this.#acks.acknowledging(row.id));
    const askedAt = clock.now();
    const answer = await this.#ask((s, idempotency) => s.respondToMany(tenant, order, actor, idempotency));
    for (const each of done) each();
    const { ids, more } = answer.body as { ids: string[]; more: boolean };
    if (ids.length > 0) counters.hit('many answered at once');
    for (const id of ids) {
      this.#answered.push({ tenant, id, what });
      if (what === 'acknowledge') this.#acks.acknowledged(id, until);
    }
    for (const { row: before } of more ? [] : meant) {
      const row = journal.alerts.get(before.id)!.row;
      // Done by a turn that was stored before another one of the same order was not: nobody was told of it.
      if (what === 'acknowledge' && !ids.includes(row.id) && (row.ackedAt ?? 0) >= askedAt)
        this.#acks.forget(row.id);
      const left = what === 'resolve' || !isAcknowledged(row, askedAt);
      if (row.state === 'firing' && left)
        throw new Violation('I6', `${what} of all that match left out ${row.id}`, clock.now());
    }
  }

  #until(): number | null {
    const random = this.#random;
    return random.chance(0.5) ? this.#world.clock.now() + random.int(60_000, 3_600_000) : null;
  }

  async #ask(command: (services: Services, idempotency: Idempotency) => Promise<Answer>): Promise<Answer> {
    const name = `order-${++this.#keys}`;
    const key = { scope: 'orders', key: name, bodyHash: `hash-${name}` };
    for (let attempt = 0; ; attempt++) {
      if (attempt > 0) {
        this.#world.counters.hit('client retried');
        await this.#world.sleep(this.#random.int(200, 5_000));
      }
      const outcome = await this.#world.request((services) => command(services, key));
      if (outcome.kind === 'ok') return outcome.value;
      if (outcome.kind === 'error' && outcome.error.status < 500 && outcome.error.status !== 429)
        throw outcome.error;
    }
  }
}
