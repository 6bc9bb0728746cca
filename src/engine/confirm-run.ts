// A confirmation in the tenant's queue: the alerts that its notification names are acknowledged one after the other, over
// several turns when they are many; then it is recorded and what waits of the notification ends. Whoever asks again goes
// on where that was left.
import { policyOf } from '../pipeline/escalate.ts';
import { groupsOf } from '../pipeline/group.ts';
import { isAcknowledged } from '../pipeline/held-back.ts';
import type { PipelineInput } from '../pipeline/input.ts';
import { hasLeft } from '../pipeline/leave.ts';
import { type ConfirmationRow, type NotificationRow, saysFiring } from '../pipeline/rows.ts';
import type { PipelineState } from '../pipeline/state.ts';
import type { ConfirmInput } from '../policy/confirm.ts';
import type { PlanResult } from '../policy/plan-result.ts';
import type { ConfirmOrder, ConfirmOutcome } from '../services.ts';
import type { Store } from '../store/store.ts';
import type { Waiter } from './waiter.ts';

type Reads = Pick<Store, 'notification' | 'deliveries' | 'confirmations'>;

/** A tenant in memory. */
interface Held {
  readonly name: string;
  readonly pipeline: PipelineState;
}

/** Confirmations of this turn: the store does not know them yet. */
interface Fresh {
  readonly confirmations: readonly ConfirmationRow[];
}

/** What is to be done next for it. */
type Next =
  | { readonly kind: 'acknowledge'; readonly input: PipelineInput }
  | { readonly kind: 'record'; readonly input: ConfirmInput }
  | { readonly kind: 'over'; readonly outcome: ConfirmOutcome };

const deliveriesAtOnce = 200;

export class ConfirmRun {
  readonly kind = 'confirm';
  readonly waiter: Waiter<ConfirmOutcome>;
  readonly #order: ConfirmOrder;
  readonly #holdsMs: number | null;
  /** Alerts that are to be acknowledged; null: nothing was looked at yet. */
  #alerts: string[] | null = null;
  #acknowledged = 0;

  /** @param holdsMs How long an acknowledgement holds; null: until the episode ends. */
  constructor(order: ConfirmOrder, holdsMs: number | null, waiter: Waiter<ConfirmOutcome>) {
    this.#order = order;
    this.#holdsMs = holdsMs;
    this.waiter = waiter;
  }

  /** No alert of it was looked at yet. */
  get fresh(): boolean {
    return this.#alerts === null;
  }

  next(tenant: Held, store: Reads, turn: Fresh, now: number): Next {
    if (this.#alerts === null) {
      const begun = this.#begin(tenant, store, turn);
      if (!Array.isArray(begun)) return { kind: 'over', outcome: begun };
      this.#alerts = begun;
    }
    const { actor, name, note } = this.#order;
    for (let id = this.#alerts.pop(); id !== undefined; id = this.#alerts.pop()) {
      const alert = tenant.pipeline.alerts.get(id);
      // Who holds an alert keeps it.
      if (alert?.kind !== 'alert' || alert.state === 'resolved' || isAcknowledged(alert, now)) continue;
      this.#acknowledged += 1;
      const until = this.#holdsMs === null ? null : now + this.#holdsMs;
      const input = { kind: 'acknowledge' as const, alertId: id, until, note, actor };
      return { kind: 'acknowledge', input: { ...input, ...(name !== null && { owner: name }) } };
    }
    return {
      kind: 'record',
      input: { kind: 'confirm', ...this.#order, known: this.#known(tenant, store, turn) },
    };
  }

  /** What policy made of it. */
  confirmedBy({ confirmed }: PlanResult): ConfirmOutcome {
    const [done] = confirmed;
    if (!done) throw new Error('a confirmation was not answered as one');
    return { ...done, acknowledged: this.#acknowledged };
  }

  #known(tenant: Held, store: Reads, turn: Fresh): ConfirmInput['known'] {
    const { notificationId } = this.#order;
    const ofThis = (one: { tenant: string; notificationId: string }) =>
      one.tenant === tenant.name && one.notificationId === notificationId;
    return [...store.confirmations(tenant.name, notificationId), ...turn.confirmations.filter(ofThis)];
  }

  /** The alerts that it says of that they fire; or that there is nothing to be done. */
  #begin(tenant: Held, store: Reads, turn: Fresh): string[] | ConfirmOutcome {
    const { notificationId, recipient } = this.#order;
    const row = store.notification(tenant.name, notificationId);
    if (row === null) return { refused: 'notification_not_found' };
    if (recipient !== null && !wentTo(recipient, row, store)) return { refused: 'recipient_not_found' };
    const known = this.#known(tenant, store, turn);
    const before = known.find((one) => one.recipient === recipient);
    if (before) return { confirmation: before, fresh: false, acknowledged: 0, dropped: 0 };
    if (recipient !== null && needsAll(tenant, row)) {
      const others = new Set([recipient, ...known.map((one) => one.recipient)]);
      if (!toldOnly(others, row, store)) return [];
    }
    return Object.keys(row.alerts)
      .filter((id) => saysFiring(row.alerts[id]))
      .reverse();
  }
}

/**
 * Whether the escalation of a group in which one of its alerts fires goes on until all who were told have confirmed. A
 * group whose alert has ended or is another's escalates it no more, whomever it still has to tell that.
 */
function needsAll({ pipeline }: Held, { alerts }: NotificationRow): boolean {
  for (const id of Object.keys(alerts)) {
    if (pipeline.alerts.get(id)?.state !== 'firing') continue;
    for (const group of groupsOf(pipeline, id)) {
      if (hasLeft(group, id)) continue;
      const policy = policyOf(pipeline, group);
      if (policy?.confirm === 'all' && group.row.escalation?.policy === policy.name) return true;
    }
  }
  return false;
}

/** Whether the notification has deliveries to these recipients and nobody else. */
function toldOnly(
  recipients: ReadonlySet<string | null>,
  { tenant, id }: Pick<NotificationRow, 'tenant' | 'id'>,
  store: Pick<Store, 'deliveries'>,
): boolean {
  let cursor: string | null = null;
  do {
    const page = store.deliveries(tenant, { notificationId: id }, deliveriesAtOnce, cursor);
    if (page.items.some((one) => !recipients.has(one.recipient))) return false;
    cursor = page.next;
  } while (cursor !== null);
  return true;
}

/** Whether the notification has a delivery to the recipient. */
export function wentTo(
  recipient: string,
  { tenant, id }: Pick<NotificationRow, 'tenant' | 'id'>,
  store: Pick<Store, 'deliveries'>,
): boolean {
  let cursor: string | null = null;
  do {
    const page = store.deliveries(tenant, { notificationId: id }, deliveriesAtOnce, cursor);
    if (page.items.some((one) => one.recipient === recipient)) return true;
    cursor = page.next;
  } while (cursor !== null);
  return false;
}
