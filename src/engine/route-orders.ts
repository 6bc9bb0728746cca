// What people do with routes of the API, in its turn: decided between two commits on the routes as they are then, and the
// tenant's open alerts are routed again with it.

import { utf8Length } from '../../rules/utf8.ts';
import { readApiRoute, routeLimits } from '../config/api-route.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { mergePatch } from '../config/merge-patch.ts';
import { withoutShown } from '../config/without-shown.ts';
import { toRouteBody } from '../http/bodies/route-body.ts';
import type { ConfigAction } from '../pipeline/effect.ts';
import type { Answer } from '../services.ts';
import type { Doors } from './doors.ts';
import {
  type Change,
  deletedVersion,
  effectsOfChange,
  type Hand,
  hasSeen,
  nextVersion,
} from './object-change.ts';
import type { ObjectDocument, ObjectOrder } from './object-order.ts';
import { refusal } from './refusal.ts';
import type { ApiRoute, RouteBook } from './route-book.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

interface Decision {
  readonly answer: Answer;
  /** Null when nothing changes. */
  readonly change: Change<ApiRoute> | null;
}

const refuse = (...given: Parameters<typeof refusal>): Decision => ({
  answer: refusal(...given),
  change: null,
});

/** Carries the order out; the alerts are routed by it in the same turn. */
export function carryOutRoute(
  order: ObjectOrder,
  actor: string,
  tenant: Tenant,
  doors: Pick<Doors, 'step'>,
  now: number,
  turn: Turn,
): Answer {
  const hand = { actor, newId: tenant.pipeline.newId };
  const { answer, change } = decideRoute(order, tenant.routes, hand, tenant.name, now);
  if (change !== null) {
    tenant.routes.made.put(change.after);
    turn.rerouted.add(tenant);
    turn.add(tenant.shard, effectsOfChange(change, hand, now));
    doors.step(tenant, { kind: 'routing', routing: tenant.routes.routing }, now, turn);
  }
  return answer;
}

/** What the order comes to; nothing is changed. */
export function decideRoute(
  order: ObjectOrder,
  book: RouteBook,
  hand: Hand,
  tenant: string,
  now: number,
): Decision {
  if (order.do === 'create') {
    if (book.made.size >= routeLimits.routes)
      return refuse('too_many_routes', { details: { max: routeLimits.routes } });
    return settle(null, withoutShown(order.document), 'created', book, hand, tenant, now);
  }
  const entry = book.find(order.id);
  if (entry === null) return refuse('route_not_found');
  if (entry.of === 'file') {
    const { place } = entry;
    if (place === null) return refuse('owned_by_file');
    const message = `${place.file}, line ${place.line}, owns this route; change it there.`;
    return refuse('owned_by_file', { message, details: { ...place } });
  }
  const { made } = entry;
  if (!hasSeen(order.seen, made.row))
    return refuse('precondition_failed', { details: { version: made.row.version } });
  if (order.do === 'delete') {
    const row = deletedVersion(made.row, hand.actor, now);
    const change = { action: 'deleted' as const, before: made, after: { ...made, row } };
    return { answer: { status: 204, body: null }, change };
  }
  if (order.do === 'replace')
    return settle(made, withoutShown(order.document), 'replaced', book, hand, tenant, now);
  const document = mergePatch(made.document, withoutShown(order.patch));
  return settle(made, document, 'patched', book, hand, tenant, now);
}

/** A route is to be what the document says. */
function settle(
  before: ApiRoute | null,
  document: ObjectDocument,
  action: ConfigAction,
  book: RouteBook,
  hand: Hand,
  tenant: string,
  now: number,
): Decision {
  const body = JSON.stringify(document);
  if (utf8Length(body) > routeLimits.documentBytes)
    return refuse('payload_too_large', { details: { max_bytes: routeLimits.documentBytes } });
  const read = readApiRoute(document);
  if ('problems' in read) return invalid(read.problems);
  const { input } = read;
  const holder = book.made.byName(input.name);
  if (holder !== undefined && holder.row.id !== before?.row.id) {
    const message = `The name ${JSON.stringify(input.name)} is used already by the route ${holder.row.id}.`;
    return refuse('route_name_taken', { message });
  }
  const next = { tenant, kind: 'route' as const, name: input.name, body };
  const row = nextVersion(before?.row ?? null, next, hand, now);
  const same = before !== null && before.row.body === body;
  const after: ApiRoute = same ? before : { row, document, input, problems: [] };
  const problems = book.problemsOf(after);
  if (problems.length > 0) return invalid(problems);
  const answer = {
    status: before === null ? 201 : 200,
    body: toRouteBody({ of: 'api', made: after, problems }),
  };
  return { answer, change: same ? null : { action, before, after } };
}

const mostShown = 50;

function invalid(problems: readonly DocumentProblem[]): Decision {
  return refuse('invalid_body', { details: { problems: problems.slice(0, mostShown) } });
}
