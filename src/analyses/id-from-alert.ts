// Ids that follow from an alert: what it begins has the same id however often the log is read.
import { createHash } from 'node:crypto';
import type { NewPrediction } from '../../analysis/forecast/index.ts';
import type { PatternFinding } from '../../analysis/patterns/pattern.ts';

/** A UUIDv7 with the alert's time and bits that are its own. */
export function idFromAlert({ id }: { readonly id: string }): string {
  return idFrom(id, `incident ${id}`);
}

/** Of what was found in alerts: the same whenever it is said anew. */
export function idFromFinding({ pattern, key, alerts }: PatternFinding): string {
  return idFrom(alerts[0] ?? zeroId, `${pattern} ${key}`);
}

/** Of what is said of alerts to come: the same when the same news lead to it again. Sorts by when it was made. */
export function idFromPrediction({ model, matches, key, madeAt }: NewPrediction): string {
  const time = Math.floor(madeAt).toString(16).padStart(12, '0');
  return idFrom(`${time.slice(0, 8)}-${time.slice(8)}`, `prediction ${model} ${matches} ${madeAt} ${key}`);
}

const zeroId = '00000000-0000-7000-8000-000000000000';

function idFrom(timed: string, text: string): string {
  const digest = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(digest[0]!, 16) & 3) | 8).toString(16);
  return `${timed.slice(0, 13)}-7${digest.slice(1, 4)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}
