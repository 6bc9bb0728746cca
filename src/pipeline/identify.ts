// Stage 1: whose alert this is. Identity is (rule, series labels without severity) for our own rules, so that an edited
// rule keeps its episodes; for events it is the dedupe key. Labels are what people and matchers see.
import { fingerprint } from '../../rules/fingerprint.ts';
import { canonicalLabels, labelSet, withoutLabel } from '../../rules/labels.ts';
import { inOnePiece } from '../../rules/one-piece.ts';
import type { Labels, Rule, Severity } from '../../rules/types.ts';
import type { EventInput } from './input.ts';
import type { Subject } from './state.ts';

/** Key of the alerts of one pair (rule, series). */
export function alertKey(rule: string, seriesLabels: Labels): string {
  return inOnePiece(`rule:${rule}:${canonicalLabels(withoutLabel(seriesLabels, 'severity'))}`);
}

/** The series labels that a key of `alertKey` was made from; null for keys of another kind. */
export function seriesLabelsOfKey(rule: string, key: string): Labels | null {
  const prefix = `rule:${rule}:`;
  if (!key.startsWith(prefix)) return null;
  return labelSet(JSON.parse(key.slice(prefix.length)) as Record<string, string>);
}

/** Series labels, under the rule's, under `alertname` and `severity`. */
export function subjectOf(rule: Rule, seriesLabels: Labels): Subject {
  const labels = labelSet({
    ...seriesLabels,
    ...rule.labels,
    alertname: rule.name,
    severity: rule.severity,
  });
  return { key: alertKey(rule.name, seriesLabels), labels, fingerprint: fingerprint(labels) };
}

/** The same event: its `dedup_key`, else type, labels without severity, and message. */
export function eventSubject(event: EventInput): Subject {
  const labels = labelSet({ ...event.labels, alertname: event.type, severity: event.severity });
  const key =
    event.dedupKey === null
      ? `event:${event.type}:${canonicalLabels(withoutLabel(event.labels, 'severity'))}:${event.message}`
      : `event-key:${event.dedupKey}`;
  return { key: inOnePiece(key), labels, fingerprint: fingerprint(labels) };
}

/** An alert from outside is known by who sent it and by all its labels, whatever we make of its severity. */
export function outsideSubject(source: string, given: Labels, severity: Severity): Subject {
  const labels = labelSet({ ...given, severity });
  const key = inOnePiece(`outside:${source}:${canonicalLabels(given)}`);
  return { key, labels, fingerprint: fingerprint(labels) };
}
