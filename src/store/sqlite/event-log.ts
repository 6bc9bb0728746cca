// Appends to the event table inside somebody's transaction: `seq` from the shard, audit events into their chain.
// Heads of chains are remembered only once their commit succeeded.
import type { EventRow, Keep } from '../../pipeline/rows.ts';
import { chainHash } from '../audit-chain.ts';
import type { Db } from './database.ts';
import { idBytes, idOrNameValue } from './id-codec.ts';
import { placeholders, writer } from './placeholders.ts';
import { event } from './schema.ts';

const dayMs = 86_400_000;
/** What `expires_at` promises when the event is written; retention goes by the policy of the day. */
const keptMs: Readonly<Record<Keep, number>> = { 0: dayMs, 1: 90 * dayMs, 2: 400 * dayMs };

/** meta key of the hash that the oldest audit event left of a tenant must follow. */
export function anchorKey(tenant: string): string {
  return `audit_anchor:${tenant}`;
}

export class EventLog {
  readonly #insert;
  readonly #lastHash;
  readonly #anchor;
  readonly #heads = new Map<string, Buffer | null>();
  readonly #pending = new Map<string, Buffer>();

  constructor(db: Db) {
    this.#insert = writer<typeof event.$inferInsert>(db, 'insert event', () =>
      db.orm.insert(event).values(placeholders(event)),
    );
    this.#lastHash = db.raw
      .prepare<[string], Buffer>(
        'SELECT hash FROM event INDEXED BY event_audit WHERE tenant = ? AND keep = 2 ORDER BY seq DESC LIMIT 1',
      )
      .pluck();
    this.#anchor = db.raw.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
  }

  append(row: EventRow, shard: number, seq: number): void {
    const body = JSON.stringify(row.body);
    const at = Math.floor(row.at);
    let previous: Buffer | null = null;
    let hash: Buffer | null = null;
    if (row.keep === 2) {
      previous = this.#pending.get(row.tenant) ?? this.#head(row.tenant);
      hash = chainHash(previous, at === row.at ? row : { ...row, at }, shard, seq, body);
      this.#pending.set(row.tenant, hash);
    }
    this.#insert({
      shard,
      seq,
      id: idBytes(row.id),
      tenant: row.tenant,
      at,
      subjectKind: row.subjectKind,
      subjectId: idOrNameValue(row.subjectId),
      kind: row.kind,
      reason: row.reason,
      actor: row.actor,
      topic: row.topic,
      priority: row.priority,
      correlationId: row.correlationId === null ? null : idOrNameValue(row.correlationId),
      keep: row.keep,
      expiresAt: at + keptMs[row.keep],
      prevHash: previous,
      hash,
      body,
    });
  }

  #head(tenant: string): Buffer | null {
    const known = this.#heads.get(tenant);
    if (known !== undefined) return known;
    const anchor = this.#anchor.get(anchorKey(tenant));
    const head = this.#lastHash.get(tenant) ?? (anchor === undefined ? null : Buffer.from(anchor, 'hex'));
    this.#heads.set(tenant, head);
    return head;
  }

  committed(): void {
    for (const [tenant, hash] of this.#pending) this.#heads.set(tenant, hash);
    this.#pending.clear();
  }

  /** The commit failed, or may have happened all the same: heads are read from the table again. */
  rolledBack(): void {
    this.#heads.clear();
    this.#pending.clear();
  }
}
