// Digests: what is not urgent is collected in a group of its own and told at a time that stands on the clock. Its key is
// the receiver and the schedule; it opens with the first that is collected, is due at the next such time or when it is
// full, and is a group in everything else: a member is routed, held back, told once and logged as anywhere.
import { formatDuration } from '../../rules/duration.ts';
import type { Labels, Severity } from '../../rules/types.ts';
import { type DigestPlan, type DigestRule, neverCollected } from './digest-rule.ts';
import { arm } from './group.ts';
import type { StepResult } from './input.ts';
import { nextOnTheClock } from './on-the-clock.ts';
import { groupKeyOf, type Route, type RoutingConfig } from './routing.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';

/** What a route collects of a severity: as it says itself, else its receiver, else the strategy; null: it does not. */
export function digestOf(routing: RoutingConfig, route: Route, severity: Severity): DigestPlan | null {
  if (neverCollected.includes(severity)) return null;
  const receiver = routing.receivers.get(route.receiver);
  const written = route.digest !== undefined ? route.digest : receiver?.digest;
  const rule = written !== undefined ? written : byStrategy(routing, route, severity);
  return rule?.severities.includes(severity) ? { ...rule, zone: routing.timeZone ?? 'UTC' } : null;
}

function byStrategy(routing: RoutingConfig, route: Route, severity: Severity): DigestRule | null {
  const named = route.strategy ?? routing.receivers.get(route.receiver)?.strategy ?? severity;
  return routing.digests?.get(named) ?? null;
}

/** The digest that takes the place of the route's groups. Routes that differ in nothing a digest knows share it. */
export function digestPlace(
  route: Route,
  plan: DigestPlan,
): { readonly route: Route; readonly groupKey: string; readonly groupLabels: Labels } {
  const receiver = plan.to ?? route.receiver;
  const own = route.mute.length > 0 || route.active.length > 0 || route.strategy != null;
  const path = `${own ? route.path : '{}'} digest ${formatDuration(plan.everyMs)}`;
  const labels: Labels = Object.freeze({});
  return {
    route: { ...route, path, receiver, groupBy: [], continue: false, routes: [], collects: plan },
    groupLabels: labels,
    groupKey: groupKeyOf(receiver, path, labels),
  };
}

/** The plan of a group that is a digest; null: it is none. */
export const collects = ({ route }: Pick<Group, 'route'>): DigestPlan | null => route.collects ?? null;

/** Whether a member of a digest waits to be told. */
export function waitsIn(group: Group, alert: AlertRow): boolean {
  const said = group.row.notified[alert.id]?.status;
  return alert.kind === 'event' || (alert.state === 'firing' ? said !== 'firing' : said === undefined);
}

/** How many members of the digest wait to be told. */
export function queuedIn(state: PipelineState, group: Group): number {
  let queued = 0;
  for (const id of group.members) {
    const alert = state.alerts.get(id);
    if (alert && waitsIn(group, alert)) queued += 1;
  }
  return queued;
}

/** Something is to be told with the next digest: it opens, or is full and due. */
export function collect(
  state: PipelineState,
  group: Group,
  plan: DigestPlan,
  now: number,
  out: StepResult,
): void {
  const { row } = group;
  row.collectSince ??= now;
  row.collectUntil ??= nextOnTheClock(now, plan.everyMs, plan.zone);
  // Counted only where it may be full: most of the members may have been told long ago.
  if (row.collectUntil > now && group.members.size >= plan.max && queuedIn(state, group) >= plan.max) {
    row.collectUntil = now;
    arm(group, now, 'digest_full', out);
  } else arm(group, row.collectUntil, 'digest', out);
  out.groups.add(group);
}

/** The digest went out, or nothing waits in it any more: the next one opens with what comes next. */
export function endCollecting({ row }: Group): void {
  row.collectSince = null;
  row.collectUntil = null;
}

/** A resolved alert that no digest has told of yet is kept for it, also over a restart; null: none has to. */
export function keptUntil(groups: readonly Group[], alert: AlertRow): number | null {
  const open = groups.filter((group) => collects(group) && group.row.notified[alert.id] === undefined);
  const times = open.flatMap(({ row }) => row.collectUntil ?? []);
  return times.length === 0 ? null : Math.min(...times);
}
