// A change of something that is configured through the API: its next version, its entity tag, and what is stored and
// audited of it. The same for every kind.
import { hash64 } from '../../rules/fingerprint.ts';
import type { ConfigAction, ConfigObjectRow, Effect } from '../pipeline/effect.ts';
import type { MadeObject } from './object-book.ts';
import type { Seen } from './object-order.ts';

/** Who orders it, and what a change is made of. */
export interface Hand {
  readonly actor: string;
  readonly newId: () => string;
}

export interface Change<E extends MadeObject> {
  readonly action: ConfigAction;
  readonly before: E | null;
  readonly after: E;
}

/** The entity tag of an object of the API: another one for each version. */
export function tagOf({ id, version }: Pick<ConfigObjectRow, 'id' | 'version'>): string {
  return `"${version}-${hash64(id)}"`;
}

/** Whether the client has seen the object as it is; one that says nothing of it has. */
export function hasSeen(seen: Seen | null, row: ConfigObjectRow): boolean {
  return seen === null || seen === '*' || seen.includes(tagOf(row));
}

/** The row of an object that is to be what `body` says; its first one without `before`. */
export function nextVersion(
  before: ConfigObjectRow | null,
  next: Pick<ConfigObjectRow, 'tenant' | 'kind' | 'name' | 'body'>,
  { actor, newId }: Hand,
  now: number,
): ConfigObjectRow {
  const at = Math.floor(now);
  return {
    ...next,
    id: before?.id ?? newId(),
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? at,
    createdBy: before === null ? actor : before.createdBy,
    updatedAt: at,
    updatedBy: actor,
    deletedAt: null,
  };
}

/** The row of an object that is gone. */
export function deletedVersion(row: ConfigObjectRow, actor: string, now: number): ConfigObjectRow {
  const at = Math.floor(now);
  return { ...row, version: row.version + 1, updatedAt: at, updatedBy: actor, deletedAt: at };
}

const happened: Readonly<Record<ConfigAction, string>> = {
  created: 'created',
  replaced: 'changed',
  patched: 'changed',
  deleted: 'deleted',
};

/**
 * The object, and what the audit says of it.
 * @param shown What its version keeps, where that is not the row's body.
 */
export function effectsOfChange(
  { action, before, after }: Change<MadeObject>,
  { actor, newId }: Hand,
  now: number,
  shown?: string,
): Effect[] {
  const { row } = after;
  const body = {
    name: row.name,
    version: row.version,
    before: before?.document ?? null,
    after: row.deletedAt === null ? after.document : null,
  };
  return [
    { put: 'config_object', row, action, ...(shown !== undefined && { shown }) },
    {
      put: 'event',
      row: {
        id: newId(),
        tenant: row.tenant,
        at: now,
        subjectKind: row.kind,
        subjectId: row.id,
        kind: `${row.kind}.${happened[action]}`,
        reason: null,
        actor,
        topic: null,
        priority: null,
        correlationId: null,
        keep: 2,
        body,
      },
    },
  ];
}
