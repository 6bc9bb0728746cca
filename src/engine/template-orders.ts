// What people do with templates of the API, in its turn: the next message after the commit is said in the words as they are
// then.
import { readApiTemplate, templateLimits } from '../config/api-template.ts';
import type { ObjectEntry } from '../http/bodies/object-body.ts';
import type { Answer } from '../services.ts';
import type { Hand } from './object-change.ts';
import type { ObjectOrder } from './object-order.ts';
import { type Decision, decideObject, type ObjectKind } from './object-orders.ts';
import { type TemplateSurroundings, templateSurroundings } from './object-users.ts';
import type { ApiTemplate, TemplateBook } from './template-book.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

/** Carries the order out. */
export function carryOutTemplate(
  order: ObjectOrder,
  actor: string,
  tenant: Tenant,
  now: number,
  turn: Turn,
): Answer {
  const hand = { actor, newId: tenant.pipeline.newId };
  const { answer, change } = decideTemplate(order, templateSurroundings(tenant.books), hand, now);
  if (change === null) return answer;
  tenant.templates.made.put(change.after);
  turn.changed.add(tenant);
  turn.add(tenant.shard, change.effects);
  return answer;
}

/** What the order comes to; nothing is changed. */
export function decideTemplate(
  order: ObjectOrder,
  surroundings: TemplateSurroundings,
  hand: Hand,
  now: number,
): Decision<ApiTemplate> {
  return decideObject(order, kindOf(surroundings), hand, now);
}

export function templateEntry(templates: TemplateBook, made: ApiTemplate): ObjectEntry {
  const { row, document } = made;
  return { name: row.name, document, row, place: null, problems: templates.problemsOf(made) };
}

function kindOf({ templates, usersOf }: TemplateSurroundings): ObjectKind<ApiTemplate> {
  const { tenant, made: book } = templates;
  return {
    ...{ kind: 'template', tenant, book, most: templateLimits.templates },
    documentBytes: templateLimits.documentBytes,
    codes: {
      notFound: 'template_not_found',
      taken: 'template_name_taken',
      tooMany: 'too_many_templates',
      inUse: 'template_in_use',
    },
    ofFile(name) {
      const wording = templates.ofFile.get(name);
      return wording && (wording.place ?? null);
    },
    whole: ({ document }) => document,
    read(document, before) {
      const read = readApiTemplate(document);
      if ('problems' in read) return read;
      const { name, wording } = read;
      const body = JSON.stringify(document);
      const make = (row: ApiTemplate['row']) => ({ row, document, wording, problems: [] });
      return { name, body, shown: body, same: before?.row.body === body, make };
    },
    usedBy: ({ row }) => usersOf(row.name),
    shown: (made) => templateEntry(templates, made),
  };
}
