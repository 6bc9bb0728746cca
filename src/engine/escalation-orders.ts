// What people do with escalation policies of the API, in its turn: the open groups are escalated by the policy as it is
// then.
import { apiEscalationLimits, readApiEscalation } from '../config/api-escalation.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { checkSteps } from '../config/escalations.ts';
import { dotted } from '../config/source.ts';
import type { ObjectEntry } from '../http/bodies/object-body.ts';
import type { Answer } from '../services.ts';
import type { Doors } from './doors.ts';
import type { ApiEscalation, EscalationBook } from './escalation-book.ts';
import type { Hand } from './object-change.ts';
import type { ObjectDocument, ObjectOrder } from './object-order.ts';
import { type Decision, decideObject, type ObjectKind } from './object-orders.ts';
import type { Tenant, TenantBooks } from './tenant.ts';
import type { Turn } from './turn.ts';

type Surroundings = Pick<TenantBooks, 'routes' | 'people' | 'policy'>;

/** Carries the order out. */
export function carryOutEscalation(
  order: ObjectOrder,
  actor: string,
  tenant: Tenant,
  doors: Pick<Doors, 'step'>,
  now: number,
  turn: Turn,
): Answer {
  const hand = { actor, newId: tenant.pipeline.newId };
  const { answer, change } = decideEscalation(order, tenant.books, hand, tenant.name, now);
  if (change === null) return answer;
  tenant.routes.escalations.made.put(change.after);
  turn.rerouted.add(tenant);
  turn.add(tenant.shard, change.effects);
  doors.step(tenant, { kind: 'routing', routing: tenant.routes.routing }, now, turn);
  return answer;
}

/** What the order comes to; nothing is changed. */
export function decideEscalation(
  order: ObjectOrder,
  books: Surroundings,
  hand: Hand,
  tenant: string,
  now: number,
): Decision<ApiEscalation> {
  return decideObject(order, kindOf(books, tenant), hand, now);
}

export function escalationEntry(escalations: EscalationBook, made: ApiEscalation): ObjectEntry {
  const { row, document } = made;
  return { name: row.name, document, row, place: null, problems: escalations.problemsOf(made) };
}

function kindOf({ routes, people, policy }: Surroundings, tenant: string): ObjectKind<ApiEscalation> {
  const { escalations } = routes;
  const { file } = escalations;
  return {
    ...{ kind: 'escalation', tenant, book: escalations.made, most: apiEscalationLimits.policies },
    documentBytes: apiEscalationLimits.documentBytes,
    codes: {
      notFound: 'escalation_not_found',
      taken: 'escalation_name_taken',
      tooMany: 'too_many_escalations',
      inUse: 'escalation_in_use',
    },
    ofFile: (name) =>
      escalations.ofFile.has(name) ? (file.directory?.placeOf?.('escalations', name) ?? null) : undefined,
    whole: ({ document }) => document,
    read(document, before) {
      const read = readApiEscalation(document);
      if ('problems' in read) return read;
      const problems: DocumentProblem[] = [];
      const wrong = (path: Parameters<typeof dotted>[0], message: string) =>
        void problems.push({ path: dotted(path), message });
      const names = {
        targets: people.targetNames,
        strategies: [...policy.strategies.keys()],
        intervals: [...(file.written?.intervals.keys() ?? [])],
      };
      checkSteps(document, [], names, {
        unknown: (path, what) => wrong(path, `there is no such ${what}`),
        wrong,
      });
      if (problems.length > 0) return { problems };
      const { input } = read;
      const body = JSON.stringify(document);
      const make = (row: ApiEscalation['row']) => ({ row, document, input, problems: [] });
      return { name: input.name, body, shown: body, same: before?.row.body === body, make };
    },
    usedBy: ({ row }) =>
      routes.made.entries
        .filter(({ document }) => escalatesBy(document, row.name))
        .map((made) => `route ${made.row.name}`),
    shown: (made) => escalationEntry(escalations, made),
  };
}

function escalatesBy({ escalation, routes }: ObjectDocument, wanted: string): boolean {
  if (escalation === wanted) return true;
  return Array.isArray(routes) && routes.some((child) => escalatesBy(child as ObjectDocument, wanted));
}
