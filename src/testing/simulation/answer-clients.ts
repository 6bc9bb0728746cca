// People who answer messages: they confirm what they were sent, each recipient for itself, and take back what they had
// acknowledged. What was answered is what is stored.
import { isAcknowledged } from '../../pipeline/held-back.ts';
import { type NotificationRow, saysFiring } from '../../pipeline/rows.ts';
import type { ConfirmOrder, ConfirmOutcome } from '../../services.ts';
import type { Acks } from './acks.ts';
import type { Clients } from './clients.ts';
import { policyFor } from './escalation-plan.ts';
import type { OpenAlerts } from './open-alerts.ts';
import { tenants } from './plan-of-seed.ts';
import type { Random } from './random.ts';
import { routeAt } from './routes.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

const actor = { name: 'key:simulation' };
/** Of these somebody confirms one. */
const newest = 20;

export class AnswerClients {
  readonly #world: World;
  readonly #random: Random;
  readonly #acks: Acks;
  readonly #answered: Clients['acknowledged'];
  readonly #open: OpenAlerts;
  /** Notification → recipients that confirmed it, by what was answered. */
  readonly #confirmed = new Map<string, Set<string>>();
  #stopped = false;
  #keys = 0;

  constructor(world: World, random: Random, acks: Acks, answered: Clients['acknowledged'], open: OpenAlerts) {
    this.#world = world;
    this.#random = random;
    this.#acks = acks;
    this.#answered = answered;
    this.#open = open;
  }

  start(): void {
    if (this.#world.plan.escalation.answersPerHour === 0) return;
    for (const tenant of tenants) this.#answering(tenant).catch((error: unknown) => this.#world.fail(error));
  }

  stop(): void {
    this.#stopped = true;
  }

  /** No call of a notification begins any more once it was confirmed, but for the end of something. */
  sendStarted(deliveryId: string): void {
    const { journal } = this.#world;
    const record = journal.deliveries.get(deliveryId);
    const row = record && journal.notifications.get(record.row.notificationId);
    if (!record || !row || !this.#confirmed.has(row.id)) return;
    // Somebody may want a dead letter to be sent all the same.
    if (record.wasDead || record.lost || !Object.values(row.alerts).every(saysFiring)) return;
    this.#broken('I8', `${deliveryId} is sent, and ${row.id} was confirmed`);
  }

  async #answering(tenant: string): Promise<void> {
    const random = this.#random;
    const { plan } = this.#world;
    for (;;) {
      await this.#world.sleepByDay(random.around(3_600_000 / plan.escalation.answersPerHour));
      if (this.#stopped) return;
      if (random.chance(0.3)) await this.#takeBack(tenant);
      else await this.#confirm(tenant);
    }
  }

  // -- taking back ----------------------------------------------------------------------------------------------

  async #takeBack(tenant: string): Promise<void> {
    const { journal, clock, counters } = this.#world;
    const held = [...journal.firing].filter(
      ({ row }) => row.tenant === tenant && isAcknowledged(row, clock.now()) && !this.#acks.asksFor(row.id),
    );
    if (held.length === 0) return;
    const { id } = this.#random.pick(held).row;
    const done = this.#acks.acknowledging(id);
    const name = `take-back-${++this.#keys}`;
    const key = { scope: 'unacknowledge', key: name, bodyHash: `hash-${name}` };
    // Between the request and its answer nobody knows whether it is held.
    this.#acks.forget(id);
    for (const answered of [...this.#answered])
      if (answered.id === id && answered.what === 'acknowledge')
        this.#answered.splice(this.#answered.indexOf(answered), 1);
    for (;;) {
      const outcome = await this.#world.request((services) =>
        services.respond(tenant, id, { kind: 'unacknowledge' }, actor, key),
      );
      if (outcome.kind === 'ok') {
        const { status } = outcome.value;
        if (status !== 200 && status !== 409)
          this.#broken('I6', `taking back the acknowledgement of ${id} got ${status}`);
        if (status === 200) counters.hit('acknowledgement taken back');
        break;
      }
      if (outcome.kind === 'error' && outcome.error.status < 500 && outcome.error.status !== 429)
        throw outcome.error;
      await this.#world.sleep(this.#random.int(200, 5_000));
    }
    const row = journal.alerts.get(id)!.row;
    if (row.state === 'firing' && row.ackedAt !== null)
      this.#broken('I6', `the acknowledgement of ${id} was taken back, and is stored`);
    this.#acks.takenBack(id);
    done();
  }

  // -- confirming -----------------------------------------------------------------------------------------------

  async #confirm(tenant: string): Promise<void> {
    const { journal, counters } = this.#world;
    const open = [...journal.notifications.values()]
      .filter((row) => row.tenant === tenant && row.kind === 'alert.notification' && firesIn(row).length > 0)
      .slice(-newest);
    if (open.length === 0) return;
    const row = this.#random.pick(open);
    const ids = firesIn(row);
    if (ids.some((id) => this.#acks.asksFor(id))) return;
    const recipients = (journal.deliveriesOf.get(row.id) ?? []).map((one) => one.row.recipient);
    if (recipients.length === 0) return;
    const recipient = this.#random.pick(recipients);
    const done = ids.map((id) => this.#acks.acknowledging(id));
    const all = this.#needsAll(row);
    const before = new Set(this.#confirmed.get(row.id));
    const outcome = await this.#ask(tenant, row.id, recipient);
    for (const id of ids) this.#acks.forget(id);
    for (const each of done) each();
    if ('refused' in outcome)
      this.#broken('I6', `${recipient} may not confirm ${row.id}: ${outcome.refused}`);
    counters.hit('confirmed');
    const confirmed = new Set([...before, recipient]);
    this.#confirmed.set(row.id, confirmed);
    const waits = all && recipients.some((each) => !confirmed.has(each));
    if (all !== this.#needsAll(row) || this.#mayNeedAll(row) !== all) return;
    if (all && waits) counters.hit('a confirmation waits for the others');
    if (all && !waits && confirmed.size > 1) counters.hit('all have confirmed');
    this.#check(row.id, ids, waits ? outcome.acknowledged : null, before.has(recipient));
  }

  /** @param whileOthersMust What it acknowledged although others have to confirm, too; null: nobody else has to. */
  #check(id: string, alerts: readonly string[], whileOthersMust: number | null, again: boolean): void {
    const { journal, clock } = this.#world;
    if (whileOthersMust !== null) {
      if (whileOthersMust > 0)
        this.#broken(
          'I8',
          `${id} acknowledged ${whileOthersMust} alerts, and not everybody has confirmed it`,
        );
      return;
    }
    if (again) return;
    for (const alert of alerts) {
      const { row } = journal.alerts.get(alert)!;
      if (row.state === 'firing' && !isAcknowledged(row, clock.now()))
        this.#broken('I8', `${id} was confirmed, and nobody has acknowledged ${alert}`);
    }
  }

  /** Whether one of the alerts is escalated, by the policy that holds now, until all who were told have confirmed. */
  #needsAll({ tenant, alerts }: NotificationRow): boolean {
    const { journal, routing, clock } = this.#world;
    return [...journal.groups.values()].some((group) => {
      if (group.tenant !== tenant || group.escalation == null) return false;
      const policy = policyFor(routing, routeAt(routing, group.receiver, group.route));
      if (policy?.confirm !== 'all' || policy.name !== group.escalation.policy) return false;
      return this.#open.of(group, clock.now()).some(({ row }) => row.id in alerts);
    });
  }

  /** The same of groups that told of one of them, whoever takes it now, but for those that know that it is another's. */
  #mayNeedAll({ tenant, alerts }: NotificationRow): boolean {
    const { journal, routing } = this.#world;
    return [...journal.groups.values()].some(
      ({ tenant: own, notified, escalation }) =>
        own === tenant &&
        escalation != null &&
        routing.escalations?.get(escalation.policy)?.confirm === 'all' &&
        Object.entries(notified).some(([id, { left }]) => id in alerts && left === undefined),
    );
  }

  async #ask(tenant: string, notificationId: string, recipient: string): Promise<ConfirmOutcome> {
    const order: ConfirmOrder = {
      ...{ notificationId, recipient, actor: `link:${recipient}`, name: recipient },
      ...{ via: 'link', note: null },
    };
    for (;;) {
      const outcome = await this.#world.request((services) => services.confirm(tenant, order));
      if (outcome.kind === 'ok') return outcome.value;
      if (outcome.kind === 'error' && outcome.error.status < 500 && outcome.error.status !== 429)
        throw outcome.error;
      await this.#world.sleep(this.#random.int(200, 5_000));
    }
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}

function firesIn({ alerts }: NotificationRow): readonly string[] {
  return Object.keys(alerts).filter((id) => saysFiring(alerts[id]));
}
