// Digests: what is not urgent is collected in a group of its own and told at a time that stands on the clock. Its key is
// the receiver and the schedule; it opens with the first that is collected, is due at the next such time or when it is
// full, and is a group in everything else: a member is routed, held back, told once and logged as anywhere.
import type { DigestPlan } from './digest-rule.ts';
import { nextOnTheClock } from './on-the-clock.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';

/** The plan of a group that is a digest; null: it is none. */
export const collects = ({ route }: Pick<Group, 'route'>): DigestPlan | null => route.collects ?? null;

/**
 * When what is collected from `now` on goes out: at a time on the clock; of a storm at its next tick, and when that is over
 * after a while.
 * @param waited The group was due: that while is counted from its last message, and a repeat or the end of a silence does
 *   not wait twice.
 */
export function nextDigestAt(
  { storms }: Pick<PipelineState, 'storms'>,
  { route, row }: Pick<Group, 'route' | 'row'>,
  plan: DigestPlan,
  now: number,
  waited = false,
): number {
  if (!plan.storm) return nextOnTheClock(now, plan.everyMs, plan.zone);
  const { present } = storms;
  if (present !== null) return storms.tickAfter(present.startedAt, plan.everyMs, now);
  const from = waited && row.lastSentAt !== null ? Math.min(row.lastSentAt, now) : now;
  return Math.max(now, from + Math.max(plan.everyMs, route.groupIntervalMs));
}

/** Whether a member of a digest waits to be told. */
export function waitsIn(group: Group, alert: AlertRow): boolean {
  const said = group.row.notified[alert.id]?.status;
  return alert.kind === 'event' || (alert.state === 'firing' ? said !== 'firing' : said === undefined);
}

/** How many members of the digest wait to be told, without those that it holds back. */
export function queuedIn(state: PipelineState, group: Group): number {
  let queued = 0;
  for (const _ of waiting(state, group)) queued += 1;
  return queued;
}

/** What waits to be told by the digest. */
export function* waiting(state: PipelineState, group: Group): Generator<AlertRow> {
  for (const id of group.members) {
    const alert = state.alerts.get(id);
    if (alert && !group.suppressed.has(id) && waitsIn(group, alert)) yield alert;
  }
}

/** The digest went out, or nothing waits in it any more: the next one opens with what comes next. */
export function endCollecting({ row }: Group): void {
  delete row.collectSince;
  delete row.collectUntil;
}

/** A resolved alert that no digest has told of yet is kept for it, also over a restart; null: none has to. */
export function keptUntil(groups: readonly Group[], alert: AlertRow): number | null {
  const open = groups.filter((group) => collects(group) && group.row.notified[alert.id] === undefined);
  const times = open.flatMap(({ row }) => row.collectUntil ?? []);
  return times.length === 0 ? null : Math.min(...times);
}
