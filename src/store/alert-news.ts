// Which events of the log are news of alerts to the analyses.

/** Kind of event → what it says of its alert. What occurs has no end of its own. */
export const alertNewsOf: Readonly<Record<string, 'fired' | 'resolved'>> = {
  'alert.firing': 'fired',
  'event.received': 'fired',
  'alert.resolved': 'resolved',
};

/** What an event says of an alert; null: nothing. */
export function alertNewsKind(subjectKind: string, kind: string): 'fired' | 'resolved' | null {
  return subjectKind === 'alert' ? (alertNewsOf[kind] ?? null) : null;
}
