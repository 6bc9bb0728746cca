// The route tree of the file as the pipeline reads it: everything inherited is filled in, every node has its path.
import { formatMatcher } from '../../rules/matchers.ts';
import type { Receiver, Route } from '../pipeline/routing.ts';
import { isRecord } from './plain.ts';
import type { RouteInput } from './schema.ts';
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
  readonly channels: readonly string[];
  readonly send_resolved?: boolean | undefined;
  readonly dedupe_window?: number | undefined;
}

/** Receivers by name, with what the file leaves out. */
export function receiversOf(named: Readonly<Record<string, ReceiverInput>>): Map<string, Receiver> {
  return new Map(
    Object.entries(named).map(([name, input]) => [
      name,
      {
        name,
        channels: input.channels,
        sendResolved: input.send_resolved ?? true,
        dedupeWindowMs: input.dedupe_window ?? defaultDedupeMs,
      },
    ]),
  );
}

type Complaint = (path: Path, message: string) => void;

/** The tree below `input`; siblings that would share their groups are told to `complain`, with paths below `route`. */
export function buildRoute(input: RouteInput, onlyReceiver: string | null, complain: Complaint): Route {
  const receiver = input.receiver ?? onlyReceiver ?? '';
  return build(input, { ...defaults, receiver, resolveWaitMs: null }, '{}', [], complain);
}

/** What a route tree needs beyond the shape of each node, checked on plain values; paths below `route`. */
export function checkRouteTree(root: unknown, receivers: readonly string[], complain: Complaint): void {
  const route = isRecord(root) ? root : {};
  if (route.match !== undefined)
    complain(['match'], 'the top route takes every alert: expected no matchers here');
  if (route.continue !== undefined) {
    complain(['continue'], 'the top route has no siblings: expected no `continue` here');
  }
  if (route.receiver === undefined && receivers.length !== 1) {
    complain([], `is required: expected \`receiver\`, one of ${receivers.join(', ')}`);
  }
  const visit = (node: Record<string, unknown>, at: Path): void => {
    if (!Array.isArray(node.routes)) return;
    node.routes.forEach((child: unknown, i) => {
      if (!isRecord(child)) return;
      const childAt = [...at, 'routes', i];
      if (child.match === undefined) complain(childAt, 'is required: expected `match`, a list of matchers');
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
}

function build(input: RouteInput, above: Inherited, path: string, at: Path, complain: Complaint): Route {
  const own: Inherited = {
    receiver: input.receiver ?? above.receiver,
    groupBy: input.group_by ?? above.groupBy,
    groupWaitMs: input.group_wait ?? above.groupWaitMs,
    groupIntervalMs: input.group_interval ?? above.groupIntervalMs,
    repeatIntervalMs: input.repeat_interval ?? above.repeatIntervalMs,
    resolveWaitMs: input.resolve_wait ?? above.resolveWaitMs,
  };
  const seen = new Map<string, number>();
  const routes = (input.routes ?? []).map((child, i) => {
    const childAt = [...at, 'routes', i];
    const step = `{${(child.match ?? []).map(formatMatcher).join(',')}}`;
    const route = build(child, own, `${path}/${step}`, childAt, complain);
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
    matchers: input.match ?? [],
    receiver: own.receiver,
    groupBy: own.groupBy,
    groupWaitMs: own.groupWaitMs,
    groupIntervalMs: own.groupIntervalMs,
    repeatIntervalMs: own.repeatIntervalMs,
    resolveWaitMs: own.resolveWaitMs ?? own.groupIntervalMs,
    continue: input.continue ?? false,
    routes,
  };
}
