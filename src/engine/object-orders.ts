// What people do with objects of the API whose names stand for themselves (channels, templates): decided between two
// commits on the objects as they are then. What an object means, and what becomes of it, is its kind's.
import { utf8Length } from '../../rules/utf8.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { mergePatch } from '../config/merge-patch.ts';
import type { WrittenAt } from '../config/routing.ts';
import { withoutShown } from '../config/without-shown.ts';
import type { ErrorCode } from '../errors.ts';
import { type ObjectEntry, toObjectBody } from '../http/bodies/object-body.ts';
import type { ConfigAction, ConfigObjectKind, ConfigObjectRow, Effect } from '../pipeline/effect.ts';
import type { Answer } from '../services.ts';
import type { MadeObject, ObjectBook } from './object-book.ts';
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

/** A document that its kind has read. */
export interface ReadObject<E extends MadeObject> {
  readonly name: string;
  /** What the row keeps, and what its version keeps. */
  readonly body: string;
  readonly shown: string;
  /** Whether it says what the object said before. */
  readonly same: boolean;
  readonly make: (row: ConfigObjectRow) => E;
}

export type Refused = Parameters<typeof refusal>;

/** What the orders have to know of a kind of objects, as one tenant has them. */
export interface ObjectKind<E extends MadeObject> {
  readonly kind: ConfigObjectKind;
  readonly tenant: string;
  readonly book: ObjectBook<E>;
  readonly most: number;
  readonly documentBytes: number;
  readonly codes: Readonly<Record<'notFound' | 'taken' | 'tooMany' | 'inUse', ErrorCode>>;
  /** Where a file has one of this name; null: it does not say where, undefined: none has. */
  ofFile(name: string): WrittenAt | null | undefined;
  /** The document in full, that a patch is applied to. */
  whole(made: E): ObjectDocument;
  read(
    document: ObjectDocument,
    before: E | null,
    id: string,
  ): ReadObject<E> | { readonly problems: readonly DocumentProblem[] } | { readonly refused: Refused };
  /** What names it: it cannot go before them. */
  usedBy(made: E): readonly string[];
  shown(made: E): ObjectEntry;
}

export interface Decision<E extends MadeObject> {
  readonly answer: Answer;
  /** Null when nothing changes. */
  readonly change: (Change<E> & { readonly effects: readonly Effect[] }) | null;
}

const mostShown = 50;

/** What the order comes to; nothing is changed. */
export function decideObject<E extends MadeObject>(
  order: ObjectOrder,
  of: ObjectKind<E>,
  hand: Hand,
  now: number,
): Decision<E> {
  const { book, codes } = of;
  if (order.do === 'create') {
    if (book.size >= of.most) return refuse(codes.tooMany, { details: { max: of.most } });
    return settle(null, withoutShown(order.document), 'created', of, hand, now);
  }
  const made = book.byId(order.id) ?? book.byName(order.id);
  const place = of.ofFile(order.id);
  if (place !== undefined && made?.row.id !== order.id)
    return refuse('owned_by_file', ownerOf(place, of.kind));
  if (made === undefined) return refuse(codes.notFound);
  if (!hasSeen(order.seen, made.row))
    return refuse('precondition_failed', { details: { version: made.row.version } });
  if (order.do === 'delete') {
    const users = of.usedBy(made);
    if (users.length > 0) {
      const message = `${users.slice(0, mostShown).join(', ')} ${users.length > 1 ? 'name' : 'names'} this ${of.kind}; change that first.`;
      return refuse(codes.inUse, { message, details: { used_by: users.slice(0, mostShown) } });
    }
    const shown = JSON.stringify(made.document);
    const row = { ...deletedVersion(made.row, hand.actor, now), body: shown };
    const change = { action: 'deleted' as const, before: made, after: { ...made, row } };
    const effects = effectsOfChange(change, hand, now, shown);
    return { answer: { status: 204, body: null }, change: { ...change, effects } };
  }
  if (order.do === 'replace') {
    // The path has the name already.
    const document = { name: made.row.name, ...withoutShown(order.document) };
    return settle(made, document, 'replaced', of, hand, now);
  }
  const document = mergePatch(of.whole(made), withoutShown(order.patch));
  return settle(made, document, 'patched', of, hand, now);
}

/** An object is to be what the document says. */
function settle<E extends MadeObject>(
  before: E | null,
  document: ObjectDocument,
  action: ConfigAction,
  of: ObjectKind<E>,
  hand: Hand,
  now: number,
): Decision<E> {
  const max = of.documentBytes;
  if (utf8Length(JSON.stringify(document)) > max)
    return refuse('payload_too_large', { details: { max_bytes: max } });
  const id = before?.row.id ?? hand.newId();
  const read = of.read(document, before, id);
  if ('refused' in read) return refuse(...read.refused);
  if ('problems' in read)
    return refuse('invalid_body', { details: { problems: read.problems.slice(0, mostShown) } });
  const { name, body, shown } = read;
  if (before !== null && before.row.name !== name) {
    const message = `a ${of.kind} keeps its name: expected ${JSON.stringify(before.row.name)}; make another one instead`;
    return refuse('invalid_body', { details: { problems: [{ path: 'name', message }] } });
  }
  const taken = before === null ? holderOf(name, of) : null;
  if (taken !== null) return refuse(of.codes.taken, taken);
  if (before !== null && read.same)
    return { answer: { status: 200, body: bodyOf(of, before) }, change: null };
  const next = { tenant: of.tenant, kind: of.kind, name, body };
  const row = nextVersion(before?.row ?? null, next, { ...hand, newId: () => id }, now);
  const after = read.make(row);
  const change = { action, before, after };
  const effects = effectsOfChange(change, hand, now, shown);
  const answer = { status: before === null ? 201 : 200, body: bodyOf(of, after) };
  return { answer, change: { ...change, effects } };
}

function bodyOf<E extends MadeObject>(of: ObjectKind<E>, made: E): unknown {
  return toObjectBody(of.shown(made));
}

function holderOf<E extends MadeObject>(name: string, of: ObjectKind<E>): Refused[1] | null {
  const written = `The name ${JSON.stringify(name)} is used already`;
  const place = of.ofFile(name);
  if (place === null) return { message: `${written} by the file.` };
  if (place !== undefined)
    return { message: `${written} in ${place.file}, line ${place.line}.`, details: { ...place } };
  const holder = of.book.byName(name);
  return holder === undefined ? null : { message: `${written} by the ${of.kind} ${holder.row.id}.` };
}

function ownerOf(place: WrittenAt | null, kind: string): NonNullable<Refused[1]> {
  if (place === null) return {};
  const message = `${place.file}, line ${place.line}, owns this ${kind}; change it there.`;
  return { message, details: { ...place } };
}

function refuse<E extends MadeObject>(...given: Refused): Decision<E> {
  return { answer: refusal(...given), change: null };
}
