// What people do with on-call schedules of the API, in its turn: whoever asks who is on call after the commit hears of it.

import type { DocumentProblem } from '../config/api-rule.ts';
import { apiScheduleLimits, peopleOfSchedule, readApiSchedule } from '../config/api-schedule.ts';
import { forbiddenGap } from '../config/schedules.ts';
import type { ObjectEntry } from '../http/bodies/object-body.ts';
import type { Answer } from '../services.ts';
import type { Hand } from './object-change.ts';
import type { ObjectOrder } from './object-order.ts';
import { type Decision, decideObject, type ObjectKind } from './object-orders.ts';
import type { ApiSchedule, OnCallBook } from './on-call-book.ts';
import type { Tenant, TenantBooks } from './tenant.ts';
import type { Turn } from './turn.ts';

/** Carries the order out. */
export function carryOutSchedule(
  order: ObjectOrder,
  actor: string,
  tenant: Tenant,
  now: number,
  turn: Turn,
): Answer {
  const hand = { actor, newId: tenant.pipeline.newId };
  const { answer, change } = decideSchedule(order, tenant.books, hand, tenant.name, now);
  if (change === null) return answer;
  tenant.rota.madeSchedules.put(change.after);
  turn.overridden.add(tenant);
  turn.add(tenant.shard, change.effects);
  return answer;
}

/** What the order comes to; nothing is changed. */
export function decideSchedule(
  order: ObjectOrder,
  books: Pick<TenantBooks, 'rota' | 'people'>,
  hand: Hand,
  tenant: string,
  now: number,
): Decision<ApiSchedule> {
  return decideObject(order, kindOf(books, tenant, now), hand, now);
}

export function scheduleEntry(rota: OnCallBook, made: ApiSchedule): ObjectEntry {
  const { row, document } = made;
  return { name: row.name, document, row, place: null, problems: rota.problemsOfSchedule(made) };
}

function kindOf(
  { rota, people }: Pick<TenantBooks, 'rota' | 'people'>,
  tenant: string,
  now: number,
): ObjectKind<ApiSchedule> {
  return {
    ...{ kind: 'schedule', tenant, book: rota.madeSchedules, most: apiScheduleLimits.schedules },
    documentBytes: apiScheduleLimits.documentBytes,
    codes: {
      notFound: 'schedule_not_found',
      taken: 'schedule_name_taken',
      tooMany: 'too_many_schedules',
      inUse: 'schedule_in_use',
    },
    ofFile: (name) =>
      rota.ofFile.has(name) ? (rota.file.directory?.placeOf?.('schedules', name) ?? null) : undefined,
    whole: ({ document }) => document,
    read(document, before) {
      const read = readApiSchedule(document);
      if ('problems' in read) return read;
      const { input } = read;
      const problems: DocumentProblem[] = [];
      const known = people.directory.people;
      // A tenant that names nobody anywhere writes names as it likes, as its file does.
      if (known.size > 0)
        for (const [path, person] of peopleOfSchedule(input))
          if (!known.has(person)) problems.push({ path, message: 'there is no such person' });
      const gap = forbiddenGap(rota.scheduleOf(input), now);
      if (gap !== null) problems.push({ path: 'layers', message: gap });
      if (problems.length > 0) return { problems };
      const body = JSON.stringify(document);
      const make = (row: ApiSchedule['row']) => ({ row, document, input, problems: [] });
      return { name: input.name, body, shown: body, same: before?.row.body === body, make };
    },
    usedBy: ({ row }) => people.referrers('on_call', row.name),
    shown: (made) => scheduleEntry(rota, made),
  };
}
