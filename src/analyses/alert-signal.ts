// An alert as the analyses see it, and what the log says of it.
import type { AlertSignal } from '../../analysis/signals.ts';
import type { AlertRow } from '../pipeline/rows.ts';

/** Characters of a text that are looked at. */
const longestText = 500;

/** What people read first of it. */
function textOf({ annotations }: AlertRow): string {
  const text = annotations.summary ?? annotations.description ?? annotations.message ?? '';
  return text.slice(0, longestText);
}

/** @param ended When the log says that it ended; null: it fires. An event is over when it occurs. */
export function signalOf(row: AlertRow, ended: number | null, seenAt: number): AlertSignal {
  const at = row.firedAt ?? seenAt;
  return {
    id: row.id,
    key: row.key,
    name: row.labels.alertname ?? row.rule ?? row.key,
    labels: row.labels,
    severity: row.severity,
    text: textOf(row),
    at,
    endedAt: row.kind === 'event' ? at : ended,
  };
}
