// What happens to a digest beside its time: somebody wants it now, and an alert that ends before it was told stays in it.
import { collects, keptUntil, queuedIn } from './digest.ts';
import { dueGroup } from './due.ts';
import { collect, groupsOf } from './group.ts';
import type { DigestFlushInput, StepResult } from './input.ts';
import type { AlertRow, EventRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { isStorm } from './storm-place.ts';

/** Sends what is collected for a receiver before its time; answers how many alerts and events that were. */
export function flushDigests(
  state: PipelineState,
  { receiver, actor }: DigestFlushInput,
  now: number,
  out: StepResult,
): void {
  const open = [...state.groups.values()].filter(
    (group) =>
      group.row.receiver === receiver && collects(group) && !isStorm(group) && group.row.collectUntil != null,
  );
  if (open.length === 0) {
    out.answer = { kind: 'refused', reason: 'digest_not_found' };
    return;
  }
  for (const group of open) {
    const { id, groupKey } = group.row;
    const queued = queuedIn(state, group);
    group.row.collectUntil = now;
    const event: EventRow = {
      ...{ id: state.newId(), tenant: state.tenant, at: now, subjectKind: 'group', subjectId: id },
      ...{ kind: 'digest.flushed', reason: null, actor, topic: null, priority: null, correlationId: null },
      ...{ keep: 2, body: { groupKey, receiver, queued } },
    };
    out.effects.push({ put: 'event', row: event });
    dueGroup(state, group, now, out);
  }
  const told = out.notifications.reduce((sum, { message }) => sum + (message.digest?.total ?? 0), 0);
  out.answer = { kind: 'digest', receiver, told, ids: out.notifications.map(({ id }) => id) };
}

/**
 * An alert ended before its digest told of it: it stays, and the digest says both. Answers whether it does: what is no
 * digest has nothing to say of it.
 */
export function keepForDigest(
  state: PipelineState,
  group: Group,
  alert: AlertRow,
  now: number,
  out: StepResult,
): boolean {
  const plan = collects(group);
  if (!plan) return false;
  collect(state, group, plan, now, out);
  // By this it is found again after a restart.
  alert.nextAt = keptUntil(groupsOf(state, alert.id), alert);
  return true;
}
