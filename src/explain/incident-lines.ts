// Lines about the incident that an alert is in, about patterns that name it, and that it had been foretold.
import { analysisWords, causeText, patternText, percentOf } from '../../channels/analysis-text.ts';
import { predictionWords } from '../../channels/prediction-text.ts';
import type { AlertFacts } from './facts.ts';
import type { IncidentFacts } from './incident-facts.ts';
import { type Say, spanText } from './say.ts';
import type { TimelineEntry } from './timeline-entry.ts';

export function incidentLines(facts: AlertFacts, say: Say): readonly TimelineEntry[] {
  const { incident, findings } = facts;
  const lines: TimelineEntry[] = foretoldLines(facts, say);
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

/** That it was to come, when that was said. */
function foretoldLines({ foretold }: AlertFacts, say: Say): TimelineEntry[] {
  return foretold.map(({ id, model, storedAt, from, to, confidence, figures }) => ({
    ...{ at: storedAt, what: 'alert.foretold', actor: null },
    text: say.t.incident.foretold({
      ...{ from: say.timeBeside(from, storedAt), to: say.timeBeside(to, storedAt) },
      ...{ percent: percentOf(confidence), why: predictionWords[say.locale].model[model] },
    }),
    details: { prediction_id: id, model, confidence, ...figures },
  }));
}

/** Of the summary: what the alert is part of, and what that came from. */
export function incidentTexts(facts: AlertFacts, say: Say): readonly string[] {
  return [...foretoldTexts(facts, say), ...partOfTexts(facts, say)];
}

/** The surest of what had been said of it. */
function foretoldTexts({ foretold, alert }: AlertFacts, say: Say): readonly string[] {
  const [surest] = [...foretold].sort((a, b) => b.confidence - a.confidence);
  if (surest === undefined) return [];
  const at = say.timeBeside(surest.storedAt, alert.firedAt ?? surest.from);
  return [say.t.incident.wasForetold({ at, percent: percentOf(surest.confidence) })];
}

function partOfTexts({ incident }: AlertFacts, say: Say): readonly string[] {
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
