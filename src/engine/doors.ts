// Both pure doors, one after the other: what a step says goes into the turn, its notifications through policy, the
// deadlines of its groups into the agenda. Nothing here is stored or sent; the turn's commit does that.

import type { OccurrenceKind } from '../../rules/types.ts';
import type { MessageAnalyst } from '../delivery/message-analysis.ts';
import { escalates } from '../pipeline/escalate.ts';
import type { Notification, PipelineInput, StepResult } from '../pipeline/input.ts';
import { audienceOf } from '../pipeline/routing.ts';
import type { AlertRow, EventRow, Lane } from '../pipeline/rows.ts';
import { step } from '../pipeline/step.ts';
import type { PolicyInput } from '../policy/input.ts';
import { plan } from '../policy/plan.ts';
import type { PlanResult } from '../policy/plan-result.ts';
import type { Agenda } from './agenda.ts';
import { type LostStore, lostDelivery } from './lost-delivery.ts';
import { type Answered, ReceiptDesk, type ReceiptInput } from './receipt-desk.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

export const leaseMs = 120_000;

export class Doors {
  readonly receipts: ReceiptDesk;
  /** Steps taken since the start. */
  steps = 0;
  readonly #store: LostStore;
  readonly #analyst: Pick<MessageAnalyst, 'analysed'> | null;
  readonly #agenda: Agenda;
  readonly #room: (tenant: string, channel: string, lane: Lane) => boolean;
  readonly #keyOf: (tenant: string, channel: string) => string;

  /** @param keyOf Tells channels apart over all tenants. */
  constructor(
    agenda: Agenda,
    room: (tenant: string, channel: string, lane: Lane) => boolean,
    keyOf: (tenant: string, channel: string) => string,
    store: LostStore,
    answeredEarly?: (answered: Answered) => void,
    analyst: Pick<MessageAnalyst, 'analysed'> | null = null,
  ) {
    this.#analyst = analyst;
    this.#store = store;
    this.#agenda = agenda;
    this.#room = room;
    this.#keyOf = keyOf;
    this.receipts = new ReceiptDesk(answeredEarly);
  }

  /** One input through both doors; the pair (rule, series) or the group is told when something else than a sample changed the alert. */
  step(tenant: Tenant, input: PipelineInput, now: number, turn: Turn): StepResult {
    const ends =
      input.kind === 'rule_removed' ? input.alertIds : input.kind === 'resolve' ? [input.alertId] : [];
    const ended = ends
      .flatMap((id) => tenant.pipeline.alerts.get(id) ?? [])
      .filter(({ state }) => state !== 'resolved');
    const out = this.stepAlone(tenant, input, now, turn);
    this.forgetEpisodes(tenant, ended);
    return out;
  }

  /** The same for whoever ends many alerts one by one: `forgetEpisodes` is to be told of all of them afterwards. */
  stepAlone(tenant: Tenant, input: PipelineInput, now: number, turn: Turn): StepResult {
    const out = step(tenant.pipeline, input, now);
    this.steps += 1;
    this.follow(tenant, out, now, turn);
    return out;
  }

  /** These alerts were ended by something else than their samples; one pass over the pairs of their rules. */
  forgetEpisodes(tenant: Tenant, ended: readonly AlertRow[]): void {
    if (ended.length === 0) return;
    // A rule on the grid has no pairs: looking for them would be a pass over every series.
    const { rules } = tenant.pipeline;
    const paired = ended.filter(({ rule }) => rule !== null && rules.get(rule)?.grid === undefined);
    if (paired.length > 0) tenant.pairs.forgetEpisodes(paired);
    tenant.grid.forgetEpisodes(ended);
  }

  /** Effects into the turn, notifications through policy, deadlines into the heap. */
  follow(tenant: Tenant, out: StepResult, now: number, turn: Turn): void {
    turn.add(tenant.shard, out.effects);
    for (const effect of out.effects) {
      if (effect.put === 'event') this.#heard(tenant, effect.row, now);
      if (effect.put !== 'alert' || !effect.insert) continue;
      if (effect.row.source === 'rule') tenant.grid.opened(effect.row, tenant.pipeline, now);
      else if (effect.row.kind === 'event') occurred(tenant, 'events', effect.row, now);
    }
    for (const notification of out.notifications) this.notify(tenant, notification, now, turn);
    for (const effect of out.effects) {
      if (effect.put !== 'group.closed') continue;
      // The row is gone; the key stands in the set of touched groups.
      for (const group of out.groups) {
        if (group.row.id !== effect.id) continue;
        const receiver = tenant.pipeline.routing.receivers.get(group.row.receiver);
        const others = receiver?.to !== undefined || escalates(tenant.pipeline.routing, group);
        const channels = others ? null : (receiver?.channels ?? []);
        const audience = audienceOf(group.row.receiver, group.row.labels);
        const known = (id: string) => tenant.pipeline.alerts.has(id);
        this.plan(tenant, { kind: 'group_closed', audience, channels, known }, now, turn);
      }
    }
    for (const group of out.groups) this.#agenda.group(tenant, group, now);
    for (const reminder of out.reminders) this.#agenda.remind(tenant, reminder);
  }

  notify(tenant: Tenant, decided: Notification, now: number, turn: Turn): void {
    const message = this.#analyst?.analysed(decided.message) ?? decided.message;
    const notification = message === decided.message ? decided : { ...decided, message };
    const { routing } = tenant.pipeline;
    const room = (channel: string, lane: Lane) => this.#room(tenant.name, channel, lane);
    this.plan(tenant, { kind: 'notification', notification, routing, room, leaseMs }, now, turn);
  }

  /** An alert began to fire: rules may count that. */
  #heard(tenant: Tenant, { kind, subjectId }: EventRow, now: number): void {
    if (kind !== 'alert.firing' || !tenant.grid.counting.counts('alerts')) return;
    const alert = tenant.pipeline.alerts.get(subjectId);
    if (alert) occurred(tenant, 'alerts', alert, now);
  }

  /** Receipts that wait, until the turn has so many rows. */
  takeReceipts(tenantOf: (name: string) => Tenant | undefined, now: number, turn: Turn, rows: number): void {
    const plan = (name: string, input: ReceiptInput) => {
      const tenant = tenantOf(name);
      return tenant ? this.#planReceipt(tenant, input, now, turn) : null;
    };
    const policyOf = (name: string) => tenantOf(name)?.policy;
    this.receipts.take({ store: this.#store, policyOf, plan }, now, turn, rows);
  }

  #planReceipt(tenant: Tenant, input: ReceiptInput, now: number, turn: Turn) {
    const lost = () => lostDelivery(tenant, input.delivery, this.#store);
    return this.plan(tenant, { ...input, lost }, now, turn).receipts[0] ?? null;
  }

  plan(tenant: Tenant, input: PolicyInput, now: number, turn: Turn): PlanResult {
    const awaited = this.receipts.before(tenant.policy, input, now);
    const out = plan(tenant.policy, input, now);
    turn.plan(tenant.name, tenant.shard, out);
    this.callLater(tenant, out);
    if (awaited !== null && out.current)
      this.receipts.match(
        tenant.name,
        this.#keyOf(tenant.name, awaited.channel),
        awaited,
        out.effects,
        (_, receipt) => this.#planReceipt(tenant, receipt, now, turn),
        now,
      );
    return out;
  }

  /** Notifications that somebody else is called for unless they are accepted by then. */
  callLater(tenant: Tenant, { overdue }: Pick<PlanResult, 'overdue'>): void {
    for (const { notificationId, at } of overdue) this.#agenda.overdue(tenant, notificationId, at);
  }
}

function occurred(
  tenant: Tenant,
  kind: OccurrenceKind,
  { rule, labels, firedAt }: AlertRow,
  now: number,
): void {
  tenant.grid.counting.occurred(kind, { rule, labels, at: firedAt ?? now }, tenant.pipeline, now);
}
