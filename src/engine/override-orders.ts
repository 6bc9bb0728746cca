// What people do with overrides of schedules, in its turn: decided between two commits on the overrides as they are then.
import { utf8Length } from '../../rules/utf8.ts';
import { overrideLimits, overrideNameProblems, readApiOverride } from '../config/api-override.ts';
import { toOverrideBody } from '../http/bodies/override-body.ts';
import { type OverrideTrial, tryOverride } from '../policy/on-call/override-trial.ts';
import type { Person } from '../policy/people.ts';
import type { Answer } from '../services.ts';
import {
  type Change,
  deletedVersion,
  effectsOfChange,
  type Hand,
  hasSeen,
  nextVersion,
} from './object-change.ts';
import type { OverrideOrder } from './object-order.ts';
import type { ApiOverride, OnCallBook } from './on-call-book.ts';
import { refusal } from './refusal.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

interface Decision {
  readonly answer: Answer;
  readonly changes: readonly Change<ApiOverride>[];
}

const refuse = (...given: Parameters<typeof refusal>): Decision => ({
  answer: refusal(...given),
  changes: [],
});

/** Carries the order out; whoever asks who is on call from then on hears of it. */
export function carryOutOverride(
  order: OverrideOrder,
  actor: string,
  tenant: Tenant,
  now: number,
  turn: Turn,
): Answer {
  const hand = { actor, newId: tenant.pipeline.newId };
  const { people } = tenant.directory;
  const { answer, changes } = decideOverride(order, tenant.rota, hand, tenant.name, now, people);
  for (const change of changes) {
    tenant.rota.made.put(change.after);
    turn.overridden.add(tenant);
    turn.add(tenant.shard, effectsOfChange(change, hand, now));
  }
  return answer;
}

/**
 * What the order comes to; nothing is changed.
 * @param people Of the tenant; empty: it knows nobody, and any name is taken.
 */
export function decideOverride(
  order: OverrideOrder,
  book: OnCallBook,
  hand: Hand,
  tenant: string,
  now: number,
  people: ReadonlyMap<string, Person> = new Map(),
): Decision {
  if (order.do === 'create') return make(order.document, book, hand, tenant, now, people);
  const made = book.made.byId(order.id);
  if (made === undefined) return refuse('override_not_found');
  if (!hasSeen(order.seen, made.row))
    return refuse('precondition_failed', { details: { version: made.row.version } });
  return { answer: { status: 204, body: null }, changes: [gone(made, hand, now)] };
}

/** What a decision would change of its schedule; null: it makes none. */
export function overrideTrial(
  { answer, changes }: Decision,
  book: OnCallBook,
): { readonly answer: Answer; readonly trial: OverrideTrial | null } {
  const made = changes.find(({ action }) => action === 'created')?.after;
  const schedule = made?.input ? book.schedules.get(made.input.schedule) : undefined;
  if (made?.input == null || schedule === undefined) return { answer, trial: null };
  const { person, from, to, layer = null } = made.input;
  return { answer, trial: tryOverride(schedule, { id: made.row.id, person, from, to, layer }) };
}

const gone = (made: ApiOverride, { actor }: Hand, now: number): Change<ApiOverride> => ({
  action: 'deleted',
  before: made,
  after: { ...made, row: deletedVersion(made.row, actor, now) },
});

function make(
  written: Readonly<Record<string, unknown>>,
  book: OnCallBook,
  hand: Hand,
  tenant: string,
  now: number,
  people: ReadonlyMap<string, Person>,
): Decision {
  if (utf8Length(JSON.stringify(written)) > overrideLimits.documentBytes)
    return refuse('payload_too_large', { details: { max_bytes: overrideLimits.documentBytes } });
  const read = readApiOverride(written, Math.floor(now));
  if ('problems' in read) return refuse('invalid_body', { details: { problems: read.problems } });
  const { input } = read;
  const problems = overrideNameProblems(input, book.base);
  // A tenant that names nobody anywhere writes names as it likes, as its file does.
  if (people.size > 0 && !people.has(input.person))
    problems.push({ path: 'person', message: 'there is no such person' });
  if (input.to <= now) problems.push({ path: 'to', message: 'expected a time in the future' });
  if (problems.length > 0) return refuse('invalid_body', { details: { problems } });
  const changes: Change<ApiOverride>[] = [];
  if (book.made.size >= overrideLimits.overrides) {
    const over = oldestOver(book.made.entries, now);
    if (over === null) return refuse('too_many_overrides', { details: { max: overrideLimits.overrides } });
    changes.push(gone(over, hand, now));
  }
  const row = nextVersion(
    null,
    { tenant, kind: 'override', name: `${input.schedule} ${hand.newId()}`, body: JSON.stringify(input) },
    hand,
    now,
  );
  const after: ApiOverride = { row, document: { ...input }, input, problems: [] };
  changes.push({ action: 'created', before: null, after });
  return { answer: { status: 201, body: toOverrideBody(after, []) }, changes };
}

function oldestOver(made: readonly ApiOverride[], now: number): ApiOverride | null {
  const end = ({ input }: ApiOverride) => input?.to ?? Number.NEGATIVE_INFINITY;
  return made.reduce<ApiOverride | null>(
    (oldest, one) => (end(one) <= now && (oldest === null || end(one) < end(oldest)) ? one : oldest),
    null,
  );
}
