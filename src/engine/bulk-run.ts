// What a person does with many alerts at once: one command in the tenant's queue, which looks at the open alerts one after
// the other, stops after any of them and goes on in another turn.
import { matchesAll } from '../../rules/matchers.ts';
import { isAcknowledged } from '../pipeline/held-back.ts';
import type { PipelineInput } from '../pipeline/input.ts';
import { routingLabels } from '../pipeline/route.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { PipelineState } from '../pipeline/state.ts';
import type { Answer, BulkOrder, Idempotency } from '../services.ts';
import type { Waiter } from './waiter.ts';

export class BulkRun {
  readonly kind = 'bulk';
  readonly idempotency: Idempotency | null;
  readonly waiter: Waiter<Answer>;
  /** Those that were changed, or with `dryRun` would be. */
  readonly ids: string[] = [];
  readonly #order: BulkOrder;
  readonly #actor: string;
  readonly #done = new Set<string>();
  #matched = 0;
  #more = false;
  #state: PipelineState | null = null;
  #alerts: Iterator<AlertRow> | null = null;

  constructor(order: BulkOrder, actor: string, idempotency: Idempotency | null, waiter: Waiter<Answer>) {
    this.#order = order;
    this.#actor = actor;
    this.idempotency = idempotency;
    this.waiter = waiter;
  }

  /** No slice of it was taken yet. */
  get fresh(): boolean {
    return this.#alerts === null;
  }

  /** The next open alert, oldest first; null when all were looked at. */
  next(state: PipelineState): AlertRow | null {
    if (state !== this.#state) {
      // What was in memory was thrown away and taken up again: what was changed before is stored.
      this.#state = state;
      this.#alerts = state.openByKey.values();
      this.#matched = this.#done.size;
      this.#more = false;
    }
    const next = this.#alerts!.next();
    return next.done ? null : next.value;
  }

  /** What is to be done with the alert; null: nothing. */
  inputFor(alert: AlertRow, now: number): PipelineInput | null {
    const { action, matchers, states, limit, dryRun } = this.#order;
    if (this.#done.has(alert.id) || !states.some((state) => state === alert.state)) return null;
    if (!matchesAll(matchers, routingLabels(alert))) return null;
    this.#matched += 1;
    if (!changes(action, alert, now)) return null;
    if (this.ids.length >= limit) {
      this.#more = true;
      return null;
    }
    this.ids.push(alert.id);
    this.#done.add(alert.id);
    return dryRun ? null : { ...action, alertId: alert.id, actor: this.#actor };
  }

  get answer(): Answer {
    const body = {
      matched: this.#matched,
      changed: this.#order.dryRun ? 0 : this.ids.length,
      ids: this.ids,
      more: this.#more,
      dry_run: this.#order.dryRun,
    };
    return { status: 200, body };
  }
}

/** Whether the alert is not so already. Who holds an alert keeps it: only one alone is taken from somebody. */
function changes(action: BulkOrder['action'], alert: AlertRow, now: number): boolean {
  switch (action.kind) {
    case 'acknowledge':
      return !isAcknowledged(alert, now);
    case 'unacknowledge':
      return alert.ackedAt !== null;
    case 'snooze':
      return (alert.snoozedUntil ?? 0) < action.until;
    case 'unsnooze':
      return alert.snoozedUntil !== null;
    case 'assign':
      return alert.assignee !== action.to;
    case 'comment':
    case 'resolve':
      return true;
  }
}
