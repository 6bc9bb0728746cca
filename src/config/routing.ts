// Receivers, route tree, inhibition and time intervals of a file, or of a tenant in it, as the pipeline reads them.
import { formatMatcher, parseMatcher } from '../../rules/matchers.ts';
import { compileTimeInterval, type TimeInterval } from '../../rules/time-interval.ts';
import type { Matcher } from '../../rules/types.ts';
import type { Receiver, Route, RoutingConfig } from '../pipeline/routing.ts';
import type { Schedule } from '../policy/on-call/schedule.ts';
import { escalationNames, escalationsOf } from './escalations.ts';
import { inhibitRulesOf } from './inhibit-rules.ts';
import type { FileDirectory } from './people.ts';
import { isRecord, own } from './plain.ts';
import type { ReachTestPlan } from './reach-test.ts';
import { buildRoute } from './routes.ts';
import type { RoutingInput } from './routing-schema.ts';
import type { Path, WrittenAt } from './source.ts';
import { defaultStorm } from './storm-schema.ts';

export type { WrittenAt };

/** A routing with what routes of the API need of its file; absent where there is no file. */
export interface FileRouting extends RoutingConfig {
  /** Its only receiver, `default`, has every channel: also those that are made through the API. */
  readonly everyChannel?: true;
  /** Who is on call, by the name of the schedule. */
  readonly schedules?: ReadonlyMap<string, Schedule>;
  /** When it is tried whether people can be reached. */
  readonly reachTest?: ReachTestPlan;
  /** People and teams; absent where there is no file. */
  readonly directory?: FileDirectory;
  readonly written?: {
    readonly intervals: ReadonlyMap<string, TimeInterval>;
    /** Of the top route; null when it says nothing of it. */
    readonly resolveWaitMs: number | null;
    /** Where its children stand, in their order. */
    readonly places: readonly WrittenAt[];
  };
}

const ofOurselves = parseMatcher('alertname=~"tocsin[.].*"') as Matcher;
/** What goes wrong at once is told at once. */
const administratorWaitMs = 10_000;

/** Paths of complaints are below the sections. */
export function buildRouting(
  input: RoutingInput,
  receivers: ReadonlyMap<string, Receiver>,
  complain: (path: Path, message: string) => void,
  placeOf: ((path: Path) => WrittenAt) | null = null,
): FileRouting {
  const intervals = new Map<string, TimeInterval>();
  input.time_intervals?.forEach(({ name, time_intervals: spec }, i) => {
    if (intervals.has(name))
      complain(['time_intervals', i, 'name'], `there is a time interval ${JSON.stringify(name)} already`);
    intervals.set(name, compileTimeInterval(name, spec));
  });
  // With one receiver there is nothing to choose.
  const only = receivers.size === 1 ? [...receivers.keys()][0]! : null;
  const route = buildRoute(
    input.route ?? {},
    only,
    (path, message) => complain(['route', ...path], message),
    intervals,
  );
  const inhibit = inhibitRulesOf(input, complain);
  const escalations = escalationsOf(input.escalations, intervals);
  const own = (input.route?.routes ?? []).map((_, i) => ['route', 'routes', i]);
  const written = input.administrator === undefined ? own : [['administrator'], ...own];
  const places = written.flatMap((path) => placeOf?.(path) ?? []);
  const resolveWaitMs = input.route?.resolve_wait ?? null;
  return {
    route: input.administrator === undefined ? route : withAdministrator(route, input.administrator),
    receivers,
    inhibit,
    storm: input.storm === undefined ? defaultStorm : input.storm,
    ...(escalations.size > 0 && { escalations }),
    emergency: input.emergency ?? null,
    administrator: input.administrator ?? null,
    written: { intervals, resolveWaitMs, places },
  };
}

/** What the program says of itself goes to the administrator, before every other route. */
export function withAdministrator(root: Route, receiver: string): Route {
  const matchers = [ofOurselves];
  const own: Route = {
    ...root,
    path: `${root.path}/{${formatMatcher(ofOurselves)}}`,
    matchers,
    receiver,
    groupBy: ['alertname'],
    groupWaitMs: administratorWaitMs,
    continue: false,
    mute: [],
    active: [],
    strategy: null,
    escalation: null,
    digest: null,
    routes: [],
  };
  return { ...root, routes: [own, ...root.routes] };
}

/** Names in sections that may be wrong elsewhere. */
export interface RoutingNames {
  readonly receivers: readonly string[];
  readonly intervals: readonly string[];
  readonly escalations: readonly string[];
}

/** The names that a tree of these sections may use. */
export function routingNames(sections: unknown): RoutingNames {
  const receivers = own(sections, 'receivers');
  const intervals = own(sections, 'time_intervals');
  const named = Array.isArray(intervals) ? intervals.map((one: unknown) => own(one, 'name')) : [];
  return {
    receivers: receivers === undefined ? ['default'] : isRecord(receivers) ? Object.keys(receivers) : [],
    intervals: named.filter((name) => typeof name === 'string'),
    escalations: escalationNames(sections),
  };
}

/** Every name in a tree that stands for nothing; `complain` is told where, what of, and what there is. */
export function danglingInRoute(
  route: unknown,
  { receivers, intervals, escalations }: RoutingNames,
  complain: (path: Path, what: string, name: string, known: readonly string[]) => void,
): void {
  const visit = (node: unknown, at: Path): void => {
    const receiver = own(node, 'receiver');
    if (typeof receiver === 'string' && !receivers.includes(receiver))
      complain([...at, 'receiver'], 'receiver', receiver, receivers);
    const to = own(own(node, 'digest'), 'to');
    if (typeof to === 'string' && !receivers.includes(to))
      complain([...at, 'digest', 'to'], 'receiver', to, receivers);
    const escalation = own(node, 'escalation');
    if (typeof escalation === 'string' && !escalations.includes(escalation))
      complain([...at, 'escalation'], 'escalation', escalation, escalations);
    for (const key of ['mute_time_intervals', 'active_time_intervals']) {
      const names = own(node, key);
      if (!Array.isArray(names)) continue;
      names.forEach((name: unknown, i) => {
        if (typeof name === 'string' && !intervals.includes(name))
          complain([...at, key, i], 'time interval', name, intervals);
      });
    }
    const children = own(node, 'routes');
    if (Array.isArray(children)) children.forEach((child, i) => void visit(child, [...at, 'routes', i]));
  };
  visit(route, []);
}
