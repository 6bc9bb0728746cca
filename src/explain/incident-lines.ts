// Lines about the incident that an alert is in, and about patterns that name it.
import { analysisWords, causeText, patternText, percentOf } from '../../channels/analysis-text.ts';
import type { AlertFacts } from './facts.ts';
import type { IncidentFacts } from './incident-facts.ts';
import { type Say, spanText } from './say.ts';
import type { TimelineEntry } from './timeline-entry.ts';

export function incidentLines({ incident, findings }: AlertFacts, say: Say): readonly TimelineEntry[] {
  const lines: TimelineEntry[] = [];
  const t = say.t.incident;
  if (incident !== null) {
    const { id, joinedAt, why, cause } = incident;
    lines.push({
      ...{ at: joinedAt, what: why === null ? 'incident.opened' : 'incident.joined', actor: null },
      text: why === null ? t.opens : t.joins({ why: whyText(why, say) }),
      details: { incident_id: id, ...why },
    });
    if (cause !== null) {
      const { at, ...details } = cause;
      const text = t.cause({ cause: causeText(cause, say.locale) });
      lines.push({ at, what: 'incident.cause', text, actor: null, details: { incident_id: id, ...details } });
    }
  }
  for (const { id, pattern, alerts, figures, confidence, from, foundAt } of findings) {
    const of = { pattern, alerts: figures.alerts ?? alerts.length, services: figures.services ?? null };
    const text = t.pattern({
      ...{ pattern: patternText(of, say.locale), percent: percentOf(confidence) },
      since: say.timeBeside(from, foundAt),
    });
    const details = { finding_id: id, pattern, confidence, ...figures };
    lines.push({ at: foundAt, what: 'pattern.found', text, actor: null, details });
  }
  return lines;
}

/** Of the summary: what the alert is part of, and what that came from. */
export function incidentTexts({ incident }: AlertFacts, say: Say): readonly string[] {
  if (incident === null) return [];
  const { first, services, alerts, openedAt, cause } = incident;
  const title = analysisWords[say.locale].incident({
    ...{ name: first.name, service: first.service, others: services - 1, alerts },
    since: say.time(openedAt),
  });
  const t = say.t.incident;
  return [
    t.partOf({ incident: title }),
    ...(cause === null ? [] : [t.cause({ cause: causeText(cause, say.locale) })]),
  ];
}

/** What was seen when it joined, as a clause. */
function whyText(why: NonNullable<IncidentFacts['why']>, say: Say): string {
  const t = say.t.incident.why;
  const span = typeof why.seconds === 'number' ? spanText(why.seconds * 1_000) : '?';
  switch (why.reason) {
    case 'near':
      return why.hops === 0 ? t.sameService({ span }) : t.near({ hops: Number(why.hops), span });
    case 'again':
      return t.again({ span });
    case 'alike':
      return t.alike({ span });
    case 'split':
      return t.split;
    default:
      return String(why.reason);
  }
}
