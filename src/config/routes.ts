// The route tree of the file as the pipeline reads it: everything inherited is filled in, every node has its path.
import { formatMatcher } from '../../rules/matchers.ts';
import type { TimeInterval } from '../../rules/time-interval.ts';
import type { DigestRule } from '../pipeline/digest-rule.ts';
import type { Receiver, Route, Target } from '../pipeline/routing.ts';
import { isRecord } from './plain.ts';
import type { RouteInput } from './routing-schema.ts';
import type { Path } from './source.ts';

const minuteMs = 60_000;

/** What the root has where the file says nothing. */
const defaults = {
  groupBy: ['alertname'] as readonly string[] | 'all',
  groupWaitMs: 30_000,
  groupIntervalMs: 5 * minuteMs,
  repeatIntervalMs: 4 * 60 * minuteMs,
};

const defaultDedupeMs = 5 * minuteMs;

interface ReceiverInput {
  readonly channels?: readonly string[] | undefined;
  readonly to?: readonly Target[] | undefined;
  readonly send_resolved?: boolean | undefined;
  readonly dedupe_window?: number | undefined;
  readonly strategy?: string | undefined;
  readonly escalation?: string | undefined;
  readonly digest?: DigestRule | null | undefined;
}

/** Receivers by name, with what the file leaves out. */
export function receiversOf(named: Readonly<Record<string, ReceiverInput>>): Map<string, Receiver> {
  return new Map(
    Object.entries(named).map(([name, input]) => [
      name,
      {
        name,
        channels: input.channels ?? [],
        ...(input.to !== undefined && { to: input.to }),
        sendResolved: input.send_resolved ?? true,
        ...(input.send_resolved === true && { endsAnyway: true as const }),
        dedupeWindowMs: input.dedupe_window ?? defaultDedupeMs,
        strategy: input.strategy ?? null,
        ...(input.escalation !== undefined && { escalation: input.escalation }),
        ...(input.digest !== undefined && { digest: input.digest }),
      },
    ]),
  );
}

type Complaint = (path: Path, message: string) => void;

export type TimeIntervals = ReadonlyMap<string, TimeInterval>;

/** The tree below `input`; siblings that would share their groups are told to `complain`, with paths below `route`. */
export function buildRoute(
  input: RouteInput,
  onlyReceiver: string | null,
  complain: Complaint,
  intervals: TimeIntervals = new Map(),
): Route {
  const receiver = input.receiver ?? onlyReceiver ?? '';
  const above = { ...defaults, receiver, resolveWaitMs: null };
  return build(input, above, '{}', [], { complain, intervals });
}

/** Keys of a route that mean nothing at the top. */
const notAtTheTop = [
  ['match', 'takes every alert: expected no matchers'],
  ['matchers', 'takes every alert: expected no matchers'],
  ['continue', 'has no siblings: expected no `continue`'],
  ['mute_time_intervals', 'is never mute: expected no time intervals'],
  ['active_time_intervals', 'is never mute: expected no time intervals'],
] as const;

/** What a route tree needs beyond the shape of each node, checked on plain values; paths below `route`. */
export function checkRouteTree(root: unknown, receivers: readonly string[], complain: Complaint): void {
  const route = isRecord(root) ? root : {};
  for (const [key, why] of notAtTheTop)
    if (route[key] !== undefined) complain([key], `the top route ${why} here`);
  if (route.receiver === undefined && receivers.length !== 1) {
    complain([], `is required: expected \`receiver\`, one of ${receivers.join(', ')}`);
  }
  const visit = (node: Record<string, unknown>, at: Path): void => {
    if (!Array.isArray(node.routes)) return;
    node.routes.forEach((child: unknown, i) => {
      if (!isRecord(child)) return;
      const childAt = [...at, 'routes', i];
      if (child.match === undefined && child.matchers === undefined)
        complain(childAt, 'is required: expected `match`, a list of matchers');
      if (child.match !== undefined && child.matchers !== undefined)
        complain([...childAt, 'matchers'], 'says the same as `match`: expected one of them');
      visit(child, childAt);
    });
  };
  visit(route, []);
}

interface Inherited {
  readonly receiver: string;
  readonly groupBy: readonly string[] | 'all';
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  /** Null while no node above said it: then it is the node's own group_interval. */
  readonly resolveWaitMs: number | null;
  readonly strategy?: string | null;
  readonly escalation?: string | null;
  readonly digest?: DigestRule | null;
}

/** A route that is to be tried after those of the file. */
export interface AddedRoute {
  readonly input: RouteInput;
  /** Told what keeps it out, with paths below it. */
  readonly complain: Complaint;
}

/**
 * The tree with more children of the top; one that would share its groups with another is left out.
 * @param resolveWaitMs What the top says of itself; null when it follows each route's group_interval.
 */
export function withRoutes(
  root: Route,
  added: readonly AddedRoute[],
  resolveWaitMs: number | null,
  intervals: TimeIntervals,
): Route {
  const routes = [...root.routes];
  const above: Inherited = { ...root, resolveWaitMs };
  for (const { input, complain } of added) {
    let taken = true;
    const around: Around = {
      intervals,
      complain(path, message) {
        taken = false;
        complain(path, message);
      },
    };
    const route = build(input, above, `${root.path}/${stepOf(matchersOf(input))}`, [], around);
    const twin = routes.find(
      (other) => other.receiver === route.receiver && stepOf(other.matchers) === stepOf(route.matchers),
    );
    if (twin !== undefined) around.complain(['match'], 'another route has these matchers and this receiver');
    if (taken) routes.push(route);
  }
  return { ...root, routes };
}

const stepOf = (matchers: Route['matchers']) => `{${matchers.map(formatMatcher).join(',')}}`;

interface Around {
  readonly complain: Complaint;
  readonly intervals: TimeIntervals;
}

function build(input: RouteInput, above: Inherited, path: string, at: Path, around: Around): Route {
  const { complain, intervals } = around;
  const own: Inherited = {
    receiver: input.receiver ?? above.receiver,
    groupBy: input.group_by ?? above.groupBy,
    groupWaitMs: input.group_wait ?? above.groupWaitMs,
    groupIntervalMs: input.group_interval ?? above.groupIntervalMs,
    repeatIntervalMs: input.repeat_interval ?? above.repeatIntervalMs,
    resolveWaitMs: input.resolve_wait ?? above.resolveWaitMs,
    strategy: input.strategy ?? above.strategy ?? null,
    ...escalationOf(input.escalation !== undefined ? input.escalation || null : above.escalation),
    ...digestOf(input.digest !== undefined ? input.digest : above.digest),
  };
  const seen = new Map<string, number>();
  const routes = (input.routes ?? []).map((child, i) => {
    const childAt = [...at, 'routes', i];
    const step = stepOf(matchersOf(child));
    const route = build(child, own, `${path}/${step}`, childAt, around);
    // A group is known by receiver, path and labels: two such siblings would share their groups.
    const identity = `${route.receiver} ${step}`;
    const twin = seen.get(identity);
    if (twin !== undefined)
      complain(childAt, `has the matchers and the receiver of routes.${twin} beside it`);
    seen.set(identity, i);
    return route;
  });
  return {
    path,
    matchers: matchersOf(input),
    receiver: own.receiver,
    groupBy: own.groupBy,
    groupWaitMs: own.groupWaitMs,
    groupIntervalMs: own.groupIntervalMs,
    repeatIntervalMs: own.repeatIntervalMs,
    resolveWaitMs: own.resolveWaitMs ?? own.groupIntervalMs,
    continue: input.continue ?? false,
    mute: named(input.mute_time_intervals, intervals),
    active: named(input.active_time_intervals, intervals),
    strategy: own.strategy ?? null,
    ...escalationOf(own.escalation),
    ...digestOf(own.digest),
    routes,
  };
}

const escalationOf = (escalation: string | null | undefined) =>
  escalation === undefined ? {} : { escalation };

const digestOf = (digest: DigestRule | null | undefined) => (digest === undefined ? {} : { digest });

const matchersOf = ({ match, matchers }: RouteInput) => match ?? matchers ?? [];

/** Names that stand for nothing are told where names are checked. */
function named(names: readonly string[] | undefined, intervals: TimeIntervals): TimeInterval[] {
  return (names ?? []).flatMap((name) => intervals.get(name) ?? []);
}
