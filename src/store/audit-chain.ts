// The audit trail is tamper-evident: every audit event of a tenant carries SHA-256(hash of the one before || itself).
// Retention removes only the oldest end, so what is left always verifies from its first event's `prevHash`.
import { createHash } from 'node:crypto';
import type { EventRow } from '../pipeline/rows.ts';
import type { StoredEvent } from './rows.ts';

/** The hash of one event, 32 bytes. `bodyText` is the body's JSON as it is stored; `previous` is null at the start. */
export function chainHash(
  previous: Uint8Array | null,
  row: EventRow,
  shard: number,
  seq: number,
  bodyText: string,
): Buffer {
  const hash = createHash('sha256');
  if (previous !== null) hash.update(previous);
  hash.update(
    JSON.stringify([
      shard,
      seq,
      row.id,
      row.tenant,
      row.at,
      row.subjectKind,
      row.subjectId,
      row.kind,
      row.reason,
      row.actor,
      row.topic,
      row.priority,
      row.correlationId,
      row.keep,
      bodyText,
    ]),
  );
  return hash.digest();
}

/**
 * Checks one tenant's events of `keep` 2 in ascending `seq`. `anchor` is the hash (hex) that the first of them must
 * follow: null when nothing was ever removed.
 * @returns the `seq` of the first event that does not fit, or null.
 */
export function brokenLink(events: readonly StoredEvent[], anchor: string | null): number | null {
  let previous = anchor;
  for (const event of events) {
    const expected = chainHash(
      previous === null ? null : Buffer.from(previous, 'hex'),
      event,
      event.shard,
      event.seq,
      JSON.stringify(event.body),
    ).toString('hex');
    if (event.prevHash !== previous || event.hash !== expected) return event.seq;
    previous = event.hash;
  }
  return null;
}
