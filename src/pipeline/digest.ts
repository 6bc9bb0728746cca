// Digests: what is not urgent is collected in a group of its own and told at a time that stands on the clock. Its key is
// the receiver and the schedule; it opens with the first that is collected, is due at the next such time or when it is
// full, and is a group in everything else: a member is routed, held back, told once and logged as anywhere.
import { type DigestPlan, mostInDigest } from './digest-rule.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';

/** The plan of a group that is a digest; null: it is none. */
export const collects = ({ route }: Pick<Group, 'route'>): DigestPlan | null => route.collects ?? null;

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

/**
 * As much waits as goes out before the time. What comes and goes counts once: it would fill a digest by itself, and be told
 * as often as it was before; what is kept of it has the same bound as a digest.
 */
export function isFull(state: PipelineState, group: Group, max: number): boolean {
  // Counted only where it may be full: most of the members may have been told long ago.
  if (group.members.size < max) return false;
  const keys = new Set<string>();
  let queued = 0;
  for (const alert of waiting(state, group)) {
    keys.add(alert.key);
    queued += 1;
  }
  return keys.size >= max || queued >= mostInDigest;
}

function* waiting(state: PipelineState, group: Group): Generator<AlertRow> {
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
