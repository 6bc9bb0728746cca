// What matchers would hold back now, before anybody makes a silence of them. Reads only, a piece at a time.
import type { NotifyReason } from '../../channels/message.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Matcher, Severity } from '../../rules/types.ts';
import { decideNotify } from './notify.ts';
import { routingLabels } from './route.ts';
import type { AlertState } from './rows.ts';
import { type Silenced, Silences } from './silences.ts';
import type { PipelineState, SuppressedBy } from './state.ts';
import { suppressionOf } from './suppress.ts';

export interface PreviewedAlert {
  readonly id: string;
  readonly rule: string | null;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly labels: Labels;
  /** What holds it back already. */
  readonly suppressed: SuppressedBy | null;
}

export interface PreviewedGroup {
  readonly groupKey: string;
  readonly receiver: string;
  readonly labels: Labels;
  /** How many of its members are taken, and how many it has. */
  readonly taken: number;
  readonly members: number;
  /** When it has something to say next, and why; null when only something new makes it speak. */
  readonly next: { readonly at: number; readonly reason: NotifyReason } | null;
  /** Why it would speak all the same; null when it would be silent then. */
  readonly left: NotifyReason | null;
}

export interface SilencePreview {
  readonly firing: number;
  readonly pending: number;
  /** Of those that fire, what is held back already. */
  readonly suppressed: number;
  readonly receivers: ReadonlyMap<string, { readonly groups: number; readonly alerts: number }>;
  /** The first of them. */
  readonly alerts: readonly PreviewedAlert[];
  readonly groups: number;
  /** Groups that have something to say next and would not say it, and those whose message would lack something. */
  readonly silent: number;
  readonly shorter: number;
  /** The first of those that have something to say, then the first of the others. */
  readonly shown: readonly PreviewedGroup[];
}

/** So many alerts are looked at in one piece: about a millisecond. */
const alertsAtOnce = 1_000;
/** And so many members of groups, which are each looked at as when they are due, twice: a few milliseconds. */
const membersAtOnce = 500;

/** How many firing alerts the matchers take. */
export function takenBy(state: PipelineState, matchers: readonly Matcher[]): number {
  let taken = 0;
  for (const alert of state.openByKey.values())
    if (alert.state === 'firing' && matchesAll(matchers, routingLabels(alert))) taken += 1;
  return taken;
}

/** The silences there are, and one more. */
class OneMore extends Silences {
  readonly #given: Silences;
  readonly #matchers: readonly Matcher[];

  constructor(given: Silences, matchers: readonly Matcher[]) {
    super();
    this.#given = given;
    this.#matchers = matchers;
  }

  override holding(labels: Labels, now: number): Silenced | null {
    if (matchesAll(this.#matchers, labels)) return { ids: [], until: Number.POSITIVE_INFINITY };
    return this.#given.holding<never>(labels, now);
  }
}

/**
 * Yields where others may have their turn; what changes meanwhile is seen or not. `limit`: of the alerts and of the groups
 * that are shown.
 */
export function* previewSilence(
  state: PipelineState,
  matchers: readonly Matcher[],
  limit: number,
  now: number,
): Generator<void, SilencePreview> {
  const alerts: PreviewedAlert[] = [];
  const counts = { firing: 0, pending: 0, suppressed: 0 };
  const taken = new Map<string, number>();
  let looked = 0;
  for (const alert of state.openByKey.values()) {
    if (++looked % alertsAtOnce === 0) yield;
    if (alert.state === 'resolved' || !matchesAll(matchers, routingLabels(alert))) continue;
    counts[alert.state] += 1;
    const keys = state.memberOf.get(alert.id) ?? [];
    // Only that it flaps is another matter for each group; the first one speaks for them.
    const group = keys[0] === undefined ? undefined : state.groups.get(keys[0]);
    const suppressed = alert.state === 'firing' && group ? suppressionOf(state, group, alert, now) : null;
    if (suppressed) counts.suppressed += 1;
    for (const key of keys) taken.set(key, (taken.get(key) ?? 0) + 1);
    if (alerts.length < limit) {
      const { id, rule, effectiveSeverity: severity, labels } = alert;
      alerts.push({ id, rule, state: alert.state, severity, labels, suppressed: suppressed?.by ?? null });
    }
  }

  const silenced: PipelineState = { ...state, silences: new OneMore(state.silences, matchers) };
  const receivers = new Map<string, { groups: number; alerts: number }>();
  const speaking: PreviewedGroup[] = [];
  const quiet: PreviewedGroup[] = [];
  let silent = 0;
  let shorter = 0;
  let members = 0;
  for (const [key, count] of taken) {
    const group = state.groups.get(key);
    if (!group) continue;
    members += group.members.size;
    if (members >= membersAtOnce) {
      members = 0;
      yield;
    }
    const { receiver: name, labels, nextAt } = group.row;
    const of = receivers.get(name) ?? { groups: 0, alerts: 0 };
    receivers.set(name, { groups: of.groups + 1, alerts: of.alerts + count });
    const receiver = state.routing.receivers.get(name);
    const at = Math.max(now, nextAt ?? now);
    const next = nextAt === null ? null : decideNotify(state, group, receiver, at);
    const says = next?.notify === true ? { at, reason: next.reason } : null;
    const then = says === null ? null : decideNotify(silenced, group, receiver, at);
    const left = then?.notify === true ? then.reason : null;
    if (says !== null && left === null) silent += 1;
    if (left !== null) shorter += 1;
    const list = says === null ? quiet : speaking;
    if (list.length < limit)
      list.push({
        groupKey: key,
        receiver: name,
        labels,
        taken: count,
        members: group.members.size,
        next: says,
        left,
      });
  }
  const shown = [...speaking, ...quiet].slice(0, limit);
  return { ...counts, receivers, alerts, groups: taken.size, silent, shorter, shown };
}
