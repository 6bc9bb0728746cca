// Label sets are stored once per tenant under the first 16 bytes of SHA-256 of their canonical JSON. A set counts as
// stored only after the commit that wrote it, so a failed commit leaves nothing half-known.
import { createHash } from 'node:crypto';
import { canonicalLabels } from '../../../rules/labels.ts';
import type { Labels } from '../../../rules/types.ts';
import type { Db } from './database.ts';
import { SeenSets } from './seen-sets.ts';

interface Written {
  readonly tenant: string;
  readonly id: Buffer;
  readonly seenAt: number;
}

/** `seen_at` is true to the day. Retention allows for it, so a set that it deleted is never taken for stored here. */
export const seenEveryMs = 86_400_000;

export class LabelSets {
  readonly #known = new SeenSets();
  /** Of the transaction that runs; one set may be among them more than once. */
  readonly #pending: Written[] = [];
  readonly #write;

  constructor(db: Db) {
    this.#write = db.raw.prepare<[string, Buffer, string, number]>(
      `INSERT INTO labelset (tenant, id, json, seen_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant, id) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)`,
    );
  }

  /** Inside a transaction: the set's id, written when it is new or was not seen for a day. `at` in epoch milliseconds. */
  intern(tenant: string, labels: Labels, at: number): Buffer {
    const json = canonicalLabels(labels);
    const id = createHash('sha256').update(json).digest().subarray(0, 16);
    const seenAt = this.#known.get(tenant, id);
    if (seenAt !== undefined && at - seenAt < seenEveryMs) return id;
    this.#write.run(tenant, id, json, at);
    this.#pending.push({ tenant, id, seenAt: at });
    return id;
  }

  committed(): void {
    for (const { tenant, id, seenAt } of this.#pending) this.#known.set(tenant, id, seenAt);
    this.#pending.length = 0;
  }

  rolledBack(): void {
    this.#pending.length = 0;
  }
}
