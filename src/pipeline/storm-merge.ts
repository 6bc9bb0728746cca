// Stage on a due group in a storm: what waited there when the storm began, or was held back, goes to the summary of its
// route, unless it is so urgent, or the first of its kind, that it is told by itself all the same. What the group has told stays with it, so the
// end is heard where the beginning was.
import { collects } from './digest.ts';
import { collect, groupAt } from './group.ts';
import type { Notification, StepResult } from './input.ts';
import { comeBack } from './leave.ts';
import { type GroupView, viewGroup } from './notify.ts';
import type { Receiver } from './routing.ts';
import type { AlertRow } from './rows.ts';
import type { Group, PipelineState } from './state.ts';
import { passes } from './storm-arrival.ts';
import { isStorm, stormPlace } from './storm-place.ts';

/** Members that are news of the group and not told yet. */
const newsIn = ({ fresh, refired, flapping, events }: GroupView): readonly AlertRow[] => [
  ...fresh,
  ...refired,
  ...flapping,
  ...events,
];

/** Events that the group would not tell only because it tells the same ones: where those go they go, too. */
function likeThese(merged: readonly AlertRow[], { skipped }: GroupView): readonly AlertRow[] {
  const keys = new Set(merged.flatMap(({ kind, key }) => (kind === 'event' ? [key] : [])));
  return skipped.flatMap(({ alert, reason }) =>
    reason === 'within_dedupe_window' && keys.has(alert.key) ? [alert] : [],
  );
}

/** While a storm lasts, moves what the group would tell to its summary; answers that one where it has something. */
export function mergeInStorm(
  state: PipelineState,
  group: Group,
  receiver: Receiver | undefined,
  now: number,
  out: StepResult,
): Group | null {
  if (state.storms.present === null || collects(group) || !receiver) return null;
  const view = viewGroup(state, group, receiver, now);
  const taken = (alert: AlertRow) => !passes(state, alert);
  const merged = newsIn(view).filter(taken);
  if (merged.length === 0) return null;
  merged.push(...likeThese(merged, view).filter(taken));
  const place = stormPlace(state, group.route);
  const summary = groupAt(state, place, now, out);
  for (const { id } of merged) {
    const keys = state.memberOf.get(id) ?? [];
    const there = keys.map((key) => (key === group.row.groupKey ? place.groupKey : key));
    state.memberOf.set(id, [...new Set(there)]);
    group.members.delete(id);
    group.held.delete(id);
    group.suppressed.delete(id);
    summary.members.add(id);
    // It said that it fires, and was still to say that it is not its any more.
    comeBack(summary, id);
  }
  collect(state, summary, place.route.collects!, now, out);
  out.effects.push({ put: 'group', row: summary.row, insert: false });
  return summary;
}

/**
 * A message of the group goes out: in a storm it is counted how much is told in sum, and how much by itself. Once for each
 * receiver: what another group has told the same people counts there.
 * @param alerts What the message says of each.
 */
export function noteToldInStorm(
  state: PipelineState,
  group: Group,
  view: GroupView,
  alerts: Notification['alerts'],
  out: StepResult,
): void {
  const { present } = state.storms;
  if (present === null) return;
  const told = [...newsIn(view), ...view.held.map(({ alert }) => alert), ...view.passed];
  const news = told.filter(({ id }) => alerts[id] !== 'standing').length;
  if (isStorm(group)) {
    present.summed += news;
    present.summaries += 1;
  } else if (news > 0) present.alone += news;
  else return;
  out.effects.push({ put: 'storm', row: present });
}
