// Label sets are stored once per tenant under the first 16 bytes of SHA-256 of their canonical JSON. A set counts as
// stored only after the commit that wrote it, so a failed commit leaves nothing half-known.
import { createHash } from 'node:crypto';
import { canonicalLabels } from '../../../rules/labels.ts';
import type { Labels } from '../../../rules/types.ts';
import type { Db } from './database.ts';

interface Known {
  readonly id: Buffer;
  readonly seenAt: number;
}

// About 300 bytes each: 15 MiB at most.
const capacity = 50_000;
/** `seen_at` is true to the day. Retention allows for it, so a set that it deleted is never taken for stored here. */
export const seenEveryMs = 86_400_000;

export class LabelSets {
  readonly #known = new Map<string, Known>();
  readonly #pending = new Map<string, Known>();
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
    const key = `${tenant}\0${json}`;
    const known = this.#pending.get(key) ?? this.#known.get(key);
    if (known !== undefined && at - known.seenAt < seenEveryMs) return known.id;
    const id = known?.id ?? createHash('sha256').update(json).digest().subarray(0, 16);
    this.#write.run(tenant, id, json, at);
    this.#pending.set(key, { id, seenAt: at });
    return id;
  }

  committed(): void {
    for (const [key, known] of this.#pending) {
      this.#known.delete(key);
      this.#known.set(key, known);
    }
    this.#pending.clear();
    for (const key of this.#known.keys()) {
      if (this.#known.size <= capacity) break;
      this.#known.delete(key);
    }
  }

  rolledBack(): void {
    this.#pending.clear();
  }
}
