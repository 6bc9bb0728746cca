// Notifications that nobody has accepted when their time has come: looked up in the store, a few in each turn, and given
// to policy, which calls the emergency receiver.
import type { AlertMessage } from '../../channels/message.ts';
import type { Store } from '../store/store.ts';
import type { Doors } from './doors.ts';
import { Fifo } from './fifo.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

interface Overdue {
  readonly tenant: Tenant;
  readonly id: string;
}

/** Looked at in one turn. */
const perTurn = 20;

export class OverdueNotifications {
  readonly #waiting = new Fifo<Overdue>();
  readonly #store: Pick<Store, 'notification' | 'deliveries'>;
  readonly #doors: Doors;

  constructor(store: Pick<Store, 'notification' | 'deliveries'>, doors: Doors) {
    this.#store = store;
    this.#doors = doors;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(tenant: Tenant, id: string): void {
    this.#waiting.push({ tenant, id });
  }

  clear(): void {
    this.#waiting.drain();
  }

  serve(now: number, turn: Turn): void {
    for (let n = 0; n < perTurn; n++) {
      const next = this.#waiting.take();
      if (!next) return;
      this.#look(next, now, turn);
    }
  }

  #look({ tenant, id }: Overdue, now: number, turn: Turn): void {
    const row = this.#store.notification(tenant.name, id);
    if (row === null || row.groupId === null || row.receiver === null) return;
    const states = this.#store.deliveries(tenant.name, { notificationId: id }, 200, null).items;
    const untold =
      row.emergencyAt === null &&
      row.confirmedAt === undefined &&
      !states.some(({ state }) => state === 'sent' || state === 'delivered');
    const message = JSON.parse(row.body) as AlertMessage;
    const { groupId, alerts } = row;
    const original = { id, groupId, groupKey: message.groupKey, message, alerts };
    const { routing } = tenant.pipeline;
    this.#doors.plan(tenant, { kind: 'overdue', original, untold, routing }, now, turn);
  }
}
