// Providers that say later what became of a message: before they answer, late, twice, in any order. They come again until
// they are thanked; what they were thanked for holds.
import type { Effect } from '../../pipeline/effect.ts';
import type { ReceiptOf } from '../../policy/received-delivery.ts';
import type { TakenMessage } from './machine.ts';
import type { Random } from './random.ts';
import type { ReceiptPlan } from './receipt-plan.ts';
import { type InvariantId, Violation } from './violation.ts';
import type { World } from './world.ts';

const mostTries = 200;
/** Until then the result of a call is stored, or its process has died with it. */
const settledMs = 60_000;

export class Receipts {
  readonly #world: World;
  readonly #random: Random;
  readonly #plan: ReceiptPlan | null;
  /** Deliveries of which is durable that somebody has them, and that had not ended by then; and since when. */
  readonly #arrived = new Map<string, number>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#plan = world.plan.receipts;
  }

  /** Draws what the provider will say of it. */
  took(message: TakenMessage): void {
    const plan = this.#plan;
    const random = this.#random;
    if (plan === null || !random.chance(plan.told)) return;
    const lost = random.chance(plan.lost);
    // At once, which is often before the answer; soon; after the attempts of most schedules.
    const after = random.pick([0, 200, 3_000, 20_000, 200_000]);
    this.#say(message, lost ? 'failed' : 'delivered', after);
    if (random.chance(plan.repeated)) this.#say(message, lost ? 'failed' : 'delivered', after + 5_000);
    if (lost && random.chance(plan.corrected)) this.#say(message, 'delivered', random.int(0, 300_000));
  }

  /** A delivery is sent of which was answered that it has arrived. */
  sendStarted(deliveryId: string): void {
    // At the same moment the attempt had begun.
    const since = this.#arrived.get(deliveryId);
    if (since !== undefined && since < this.#world.clock.now())
      this.#broken('I13', `${deliveryId} has arrived by a receipt that was taken, and is sent again`);
  }

  onEffect(effect: Effect): void {
    // It was taken as another message, which may be lost in its turn.
    if (effect.put === 'delivery.result' && effect.result.state === 'sent')
      this.#arrived.delete(effect.result.id);
  }

  #say(message: TakenMessage, status: ReceiptOf['status'], afterMs: number): void {
    const { clock } = this.#world;
    clock.at(clock.now() + afterMs, () => {
      this.#tell(message, status).catch((error: unknown) => this.#world.fail(error));
    });
  }

  async #tell(message: TakenMessage, status: ReceiptOf['status']): Promise<void> {
    const { channel, given, providerId } = message;
    const { journal, counters } = this.#world;
    const said = { code: status === 'failed' ? '30005' : null, message: null, answer: null };
    const receipt: ReceiptOf = { providerId, deliveryId: given, status, ...said };
    for (let n = 0; n < mostTries; n++) {
      const before = journal.deliveries.get(given)?.row;
      const outcome = await this.#world.request((_, { engine }) => engine.receive(channel, [receipt]));
      if (outcome.kind !== 'ok') {
        await this.#world.sleep(this.#random.int(1_000, 10_000));
        continue;
      }
      counters.hit(status === 'failed' ? 'receipt of a loss' : 'receipt of an arrival');
      if (status === 'delivered') this.#holdsForAll(message);
      const after = journal.deliveries.get(given)?.row;
      if (before === undefined || after === undefined) return;
      const open = before.state === 'queued' || before.state === 'sending';
      if (open) counters.hit('receipt before the result');
      if (status === 'delivered' && open) {
        if (after.state === 'queued')
          this.#broken('I13', `${given} has arrived by a receipt that was taken, and waits to be sent`);
        if (after.state === 'sending') this.#arrived.set(given, this.#world.clock.now());
      }
      if (status === 'failed' && before.state === 'sent' && before.providerId === providerId) {
        if (after.state === 'sent' && after.providerId === providerId)
          this.#broken('I1', `${given} was lost, and nobody goes on with it`);
        if (after.state === 'queued') counters.hit('lost and sent on');
      }
      return;
    }
    this.#broken('I14', `a receipt of ${given} was never taken`);
  }

  /** A message that several were merged into has arrived: so has what each of them says. */
  #holdsForAll({ ids, providerId }: TakenMessage): void {
    const { clock, journal } = this.#world;
    if (ids.length < 2) return;
    clock.at(clock.now() + settledMs, () => {
      const left = ids.find((id) => {
        const row = journal.deliveries.get(id)?.row;
        return row?.state === 'sent' && row.providerId === providerId;
      });
      if (left === undefined) return;
      const what = `${left} went with others in ${providerId}, which has arrived, and is not delivered`;
      this.#world.fail(new Violation('I14', what, clock.now()));
    });
  }

  #broken(id: InvariantId, message: string): never {
    throw new Violation(id, message, this.#world.clock.now());
  }
}
