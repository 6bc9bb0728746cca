// What people do with people and teams of the API, in the tenant's turn: decided between two commits on what there is then.
import { utf8Length } from '../../rules/utf8.ts';
import { directoryDocumentBytes } from '../config/api-people.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { mergePatch } from '../config/merge-patch.ts';
import { peopleLimits } from '../config/people-schema.ts';
import { withoutShown } from '../config/without-shown.ts';
import { toDirectoryBody } from '../http/bodies/directory-body.ts';
import type { ConfigAction } from '../pipeline/effect.ts';
import type { Answer } from '../services.ts';
import { type DirectoryBook, type DirectoryKind, type MadeEntry, readEntry } from './directory-book.ts';
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
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';
import type { DirectoryCommand } from './work.ts';

interface Decision {
  readonly answer: Answer;
  /** Null when nothing changes. */
  readonly change: Change<MadeEntry> | null;
}

const kinds = {
  person: {
    notFound: 'person_not_found',
    taken: 'person_name_taken',
    inUse: 'person_in_use',
    tooMany: 'too_many_people',
    most: peopleLimits.people,
  },
  team: {
    notFound: 'team_not_found',
    taken: 'team_name_taken',
    inUse: 'team_in_use',
    tooMany: 'too_many_teams',
    most: peopleLimits.teams,
  },
} as const;
const mostShown = 50;

const refuse = (...given: Parameters<typeof refusal>): Decision => ({
  answer: refusal(...given),
  change: null,
});

/** Carries the order out; whoever is told from now on is told by it. */
export function carryOutDirectory(
  { of, order, actor }: DirectoryCommand,
  tenant: Tenant,
  now: number,
  turn: Turn,
): Answer {
  const hand = { actor, newId: tenant.pipeline.newId };
  const { answer, change } = decideDirectory(of, order, tenant.people, hand, tenant.name, now);
  if (change !== null) {
    tenant.people.made(of).put(change.after);
    turn.peopled.add(tenant);
    turn.add(tenant.shard, effectsOfChange(change, hand, now));
  }
  return answer;
}

/** What the order comes to; nothing is changed. */
export function decideDirectory(
  of: DirectoryKind,
  order: ObjectOrder,
  book: DirectoryBook,
  hand: Hand,
  tenant: string,
  now: number,
): Decision {
  const { notFound, tooMany, most } = kinds[of];
  const settle = (before: MadeEntry | null, document: ObjectDocument, action: ConfigAction) =>
    settled(of, before, document, action, book, hand, tenant, now);
  if (order.do === 'create') {
    if (book.made(of).size >= most) return refuse(tooMany, { details: { max: most } });
    return settle(null, withoutShown(order.document), 'created');
  }
  const entry = book.find(of, order.id);
  if (entry === null) return refuse(notFound);
  if (entry.of === 'file') {
    const place = entry.place();
    if (place === null) return refuse('owned_by_file');
    const message = `${place.file}, line ${place.line}, owns this; change it there.`;
    return refuse('owned_by_file', { message, details: { ...place } });
  }
  const { made } = entry;
  if (!hasSeen(order.seen, made.row))
    return refuse('precondition_failed', { details: { version: made.row.version } });
  if (order.do === 'delete') {
    const used = entry.active ? inUse(of, book, made.row.name) : null;
    if (used !== null) return used;
    const row = deletedVersion(made.row, hand.actor, now);
    const change = { action: 'deleted' as const, before: made, after: { ...made, row } };
    return { answer: { status: 204, body: null }, change };
  }
  if (order.do === 'replace') return settle(made, withoutShown(order.document), 'replaced');
  return settle(made, mergePatch(made.document, withoutShown(order.patch)), 'patched');
}

/** A person or a team is to be what the document says. */
function settled(
  of: DirectoryKind,
  before: MadeEntry | null,
  document: ObjectDocument,
  action: ConfigAction,
  book: DirectoryBook,
  hand: Hand,
  tenant: string,
  now: number,
): Decision {
  const body = JSON.stringify(document);
  if (utf8Length(body) > directoryDocumentBytes)
    return refuse('payload_too_large', { details: { max_bytes: directoryDocumentBytes } });
  const { input, problems: ofShape } = readEntry(of, document);
  if (input === null) return invalid(ofShape);
  const { name } = input;
  const holder = book.find(of, name);
  if (holder !== null && (holder.of === 'file' || holder.made.row.id !== before?.row.id)) {
    const by = holder.of === 'file' ? 'a file' : `the one with the id ${holder.made.row.id}`;
    return refuse(kinds[of].taken, { message: `The name ${JSON.stringify(name)} is used by ${by}.` });
  }
  // Under its new name nobody would find it.
  if (before !== null && before.row.name !== name) {
    const used = inUse(of, book, before.row.name);
    if (used !== null) return used;
  }
  const row = nextVersion(before?.row ?? null, { tenant, kind: of, name, body }, hand, now);
  const same = before !== null && before.row.body === body;
  const after: MadeEntry = same ? before : { row, document, input, problems: [] };
  const problems = book.problemsOf(of, after);
  if (problems.length > 0) return invalid(problems);
  return {
    answer: {
      status: before === null ? 201 : 200,
      body: toDirectoryBody({ of: 'api', name, made: after, active: true, problems }),
    },
    change: same ? null : { action, before, after },
  };
}

function inUse(of: DirectoryKind, book: DirectoryBook, name: string): Decision | null {
  const by = book.referrers(of, name);
  if (by.length === 0) return null;
  const message = `${by.join(', ')} ${by.length === 1 ? 'names' : 'name'} it; change that first.`;
  return refuse(kinds[of].inUse, { message, details: { by } });
}

function invalid(problems: readonly DocumentProblem[]): Decision {
  return refuse('invalid_body', { details: { problems: problems.slice(0, mostShown) } });
}
