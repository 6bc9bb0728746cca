// What a person does with dead letters, in its turn: they are read, decided and written between two commits, so that two
// commands never both have the same letter.
import { toDeliveryBody } from '../http/bodies/delivery-body.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { DiscardInput, RequeueInput } from '../policy/dead-letters.ts';
import type { LetterFate } from '../policy/plan-result.ts';
import type { Answer } from '../services.ts';
import type { DeliveryOf } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { Doors } from './doors.ts';
import { refusal } from './refusal.ts';
import { stillTrueOf } from './still-true.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';
import type { LetterOrder } from './work.ts';

export interface LetterParts {
  readonly store: Pick<Store, 'delivery' | 'deadLetters' | 'alert' | 'notification'>;
  readonly doors: Doors;
}

/** Carries the order out; its effects are the turn's. */
export function carryOut(
  order: LetterOrder,
  tenant: Tenant,
  { store, doors }: LetterParts,
  now: number,
  turn: Turn,
): Answer {
  const letters = found(order, tenant.name, store);
  if (letters.length === 0 && order.do !== 'retry_all') return refusal('delivery_not_found');
  // What another command of this turn has taken is not dead any more, although the store says so.
  const fresh = letters.map((one) => (turn.letters.has(one.id) ? { ...one, state: 'queued' as const } : one));
  const input =
    order.do === 'discard' ? discarding(fresh[0]!, order) : requeueing(fresh, order.actor, tenant, store);
  const out = doors.plan(tenant, input, now, turn);
  for (const { id, fate } of out.letters) if (fate !== 'not_dead') turn.letters.add(id);
  if (order.do === 'retry_all') {
    const count = (wanted: LetterFate) => out.letters.filter(({ fate }) => fate === wanted).length;
    const body = {
      requeued: count('requeued'),
      superseded: count('superseded'),
      more: letters.length === order.limit,
    };
    return { status: 200, body };
  }
  const fate = out.letters[0]?.fate ?? 'not_dead';
  if (fate === 'not_dead') return refusal('delivery_not_dead');
  if (fate === 'superseded') return refusal('delivery_superseded');
  return { status: 200, body: toDeliveryBody(after(letters[0]!, out.effects)) };
}

function found(order: LetterOrder, tenant: string, store: LetterParts['store']): readonly DeliveryOf[] {
  if (order.do !== 'retry_all') {
    const letter = store.delivery(tenant, order.id);
    return letter === null ? [] : [letter];
  }
  return [...store.deadLetters(tenant, order.filter, order.limit)].sort((a, b) => a.orderNo - b.orderNo);
}

function discarding(letter: DeliveryOf, order: Extract<LetterOrder, { do: 'discard' }>): DiscardInput {
  return { kind: 'discard', letter, actor: order.actor, note: order.note };
}

function requeueing(
  letters: readonly DeliveryOf[],
  actor: string,
  tenant: Tenant,
  store: LetterParts['store'],
): RequeueInput {
  return {
    kind: 'requeue',
    letters,
    actor,
    stillTrue: stillTrueOf(tenant, store),
  };
}

/** The letter as its effects leave it. */
function after(letter: DeliveryOf, effects: readonly Effect[]): DeliveryOf {
  for (const effect of effects) {
    if (effect.put === 'delivery.requeued')
      return { ...letter, ...effect.row, state: 'queued', attempts: 0, finishedAt: null };
    if (effect.put === 'delivery.result') return { ...letter, ...effect.result };
  }
  return letter;
}
