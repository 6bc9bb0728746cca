// One channel that hears of one group through policy's door, step by step; the rows are kept as a store does.
import type { AlertMessage } from '../../channels/message.ts';
import { emptyLabels } from '../../rules/labels.ts';
import type { Severity } from '../../rules/types.ts';
import type { RoutingConfig } from '../pipeline/routing.ts';
import type { NotificationRow, Saying } from '../pipeline/rows.ts';
import type { DeadLetter } from '../policy/dead-letters.ts';
import { type IsStillTold, loadPolicy } from '../policy/load.ts';
import { plan } from '../policy/plan.ts';
import { emptyPlan, type PlanResult } from '../policy/plan-result.ts';
import type { AttemptResult } from '../policy/retry.ts';
import { emptyPolicyState, type PolicyState } from '../policy/state.ts';
import { builtInStrategies } from '../policy/strategy.ts';
import { aReceiver, aRoute } from './builders.ts';

const t0 = 1_700_000_000_000;
const channel = 'mail';

export type Step =
  | {
      readonly do: 'notify';
      readonly alerts: Readonly<Record<string, Saying>>;
      readonly severity: Severity;
      readonly endsAgain?: readonly string[];
    }
  | { readonly do: 'answer'; readonly kind: AttemptResult['kind'] };

/** Pure: what is asked of it is told by its answers alone. A minute goes by before each step. */
export function policyStory() {
  let ids = 0;
  let at = t0;
  const policy = {
    ways: new Map([[channel, { type: 'email', family: 'email', chain: [channel] }]]),
    strategies: builtInStrategies,
  };
  const newId = () => `d-${String(++ids).padStart(4, '0')}`;
  const state = emptyPolicyState('default', newId, policy);
  const routing: RoutingConfig = {
    route: aRoute(),
    receivers: new Map([['ops', { ...aReceiver(), name: 'ops', channels: [channel] }]]),
  };
  const notes = new Map<string, NotificationRow>();
  const rows = new Map<string, DeadLetter>();
  const follow = ({ effects }: PlanResult) => {
    for (const effect of effects)
      if (effect.put === 'notification') notes.set(effect.row.id, effect.row);
      else if (effect.put === 'delivery') {
        const { alerts, source, severity, priority, strategy } = notes.get(effect.row.notificationId)!;
        const said = { alerts, source, severity, priority, strategy: strategy ?? null };
        rows.set(effect.row.id, { ...effect.row, ...said });
      } else if (effect.put === 'delivery.result') {
        const { result } = effect;
        Object.assign(rows.get(result.id)!, result);
      }
  };
  return {
    do(step: Step) {
      at += 60_000;
      if (step.do === 'notify') {
        const id = `n-${++ids}`;
        const message: AlertMessage = {
          ...{ id, tenant: 'default', reason: 'first', status: 'firing', receiver: 'ops', groupKey: 'g' },
          ...{ groupLabels: emptyLabels, alerts: [], changed: [], truncated: 0, priority: 'P4' },
          ...{ severity: step.severity, at, locale: 'en' },
        };
        const said = { id, groupId: 'gid', groupKey: 'g', receiver: 'ops', message, alerts: step.alerts };
        const { endsAgain } = step;
        const means = { routing, room: () => true, leaseMs: 60_000 };
        follow(
          plan(
            state,
            { kind: 'notification', notification: { ...said, ...(endsAgain && { endsAgain }) }, ...means },
            at,
          ),
        );
        return;
      }
      const head = [...state.orders.values()][0]?.open[0];
      if (head === undefined) return;
      const { id: deliveryId, orderKey } = head;
      if (head.state === 'queued') {
        const leaseToken = head.leaseToken + 1;
        plan(state, { kind: 'claimed', deliveryId, orderKey, leaseToken, dueAt: at, channel }, at);
        Object.assign(rows.get(deliveryId)!, { state: 'sending', leaseToken });
      }
      const result = { kind: step.kind, code: null, message: null, providerId: null, retryAfterMs: null };
      const { leaseToken } = head;
      const input = { kind: 'result' as const, deliveryId, orderKey, leaseToken, result };
      follow(plan(state, { ...input, durationMs: 1, draw: 0.5 }, at));
    },
    /** What was stored, oldest first. */
    rows: () => [...rows.values()],
    isOpen: () => state.orders.size > 0 && [...state.orders.values()].some(({ open }) => open.length > 0),
    remembered: () => wordsOf(state),
    afterStart(isStillTold: IsStillTold = () => false) {
      const open = [...rows.values()].filter((row) => row.state === 'queued' || row.state === 'sending');
      const tallies = open.map(({ notificationId }) => {
        const { createdAt, severity, priority, strategy, source } = notes.get(notificationId)!;
        return {
          ...{ notificationId, createdAt, severity, priority, strategy: strategy ?? null, source },
          ...{ emergencyAt: null, accepted: 0, dead: 0 },
        };
      });
      const stored = { deliveries: [...rows.values()], breakers: [], tallies, untold: [], confirmations: [] };
      return wordsOf(loadPolicy('default', stored, policy, newId, at, emptyPlan(), isStillTold));
    },
  };
}

/** What is known to be unsaid and believed, and what counts when one that is under way has ended. */
function wordsOf({ orders }: PolicyState) {
  return [...orders.values()].map(({ unsaid, believed, open }) => ({
    ...{ unsaid: [...unsaid].sort(), believed: [...believed].sort() },
    later: open.map(({ id, lostAfter }) => [id, ...[...(lostAfter ?? [])].sort()]),
  }));
}

/**
 * Two groups that lead to the same people tell of one alert after another, each that it fires and that it is over in its own
 * time: the second begins before the first has ended. With each step whether somebody is still to tell that one is over.
 */
export function* stepsOfTwo(
  choices: readonly Choice[],
  kinds: readonly AttemptResult['kind'][],
): Generator<readonly [step: Step, isStillTold: (id: string) => boolean]> {
  let episode = 1;
  const told = new Set<number>();
  const over = new Set<number>();
  for (const [what, which, severity] of choices) {
    const id = `e${episode}`;
    const group = which % 2;
    const isStillTold = (one: string) => one === id && [...told].some((each) => !over.has(each));
    if (what < 4) {
      yield [{ do: 'answer', kind: kinds[which % kinds.length]! }, isStillTold];
      continue;
    }
    const urgency = severity === 0 ? 'critical' : 'warning';
    const isEnd = told.has(group) && (over.size > 0 || what > 6);
    if (over.has(group) || (!told.has(group) && over.size > 0)) continue;
    const saying = isEnd ? 'resolved' : isStillTold(id) ? 'standing' : 'firing';
    (isEnd ? over : told).add(group);
    const again = isEnd && isStillTold(id) ? { endsAgain: [id] } : {};
    yield [{ do: 'notify', alerts: { [id]: saying }, severity: urgency, ...again }, isStillTold];
    if (over.size < told.size) continue;
    episode += 1;
    told.clear();
    over.clear();
  }
}

export type Choice = [what: number, which: number, severity: number];

/** Each alert begins, is repeated and ends, as a group says it. */
export function stepsOf(choices: readonly Choice[], kinds: readonly AttemptResult['kind'][]): Step[] {
  const firing = new Set<string>();
  const steps = choices.map(([what, which, severity]): Step => {
    if (what < 4) return { do: 'answer', kind: kinds[which % kinds.length]! };
    const alerts: Record<string, Saying> = {};
    for (const [bit, id] of [
      [1, 'a'],
      [2, 'b'],
    ] as const) {
      const changes = (which & bit) !== 0;
      if (firing.has(id)) {
        alerts[id] = changes ? 'resolved' : 'standing';
        if (changes) firing.delete(id);
      } else if (changes) {
        alerts[id] = 'firing';
        firing.add(id);
      }
    }
    return { do: 'notify', alerts, severity: severity === 0 ? 'critical' : 'warning' };
  });
  return steps.filter((step) => step.do === 'answer' || Object.keys(step.alerts).length > 0);
}
