// Ids that follow from an alert: what it begins has the same id however often the log is read.
import { createHash } from 'node:crypto';

/** A UUIDv7 with the alert's time and bits that are its own. */
export function idFromAlert({ id }: { readonly id: string }): string {
  const digest = createHash('sha256').update(`incident ${id}`).digest('hex');
  const variant = ((Number.parseInt(digest[0]!, 16) & 3) | 8).toString(16);
  return `${id.slice(0, 13)}-7${digest.slice(1, 4)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}
