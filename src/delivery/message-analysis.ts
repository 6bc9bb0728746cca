// What the analyses know of a message's alerts when it is decided: looked up in memory, without waiting, and never a reason
// for a message to stay. It is stored with the message, so that each attempt says the same, also over a restart.
import type { AlertMessage, MessageAnalysis, MessagePrediction } from '../../channels/message.ts';
import { plain } from '../../channels/plain.ts';
import type { KnownCause, KnownIncident, KnownOfAlert, KnownPrediction } from '../analyses/known-of-alert.ts';
import type { Log } from '../log.ts';

/** What is known of one alert; null: nothing. */
export type KnownOf = (tenant: string, alertId: string) => KnownOfAlert | null;

/** Alerts of a message that are looked up. */
const mostLooked = 100;
const mostPatterns = 3;
const mostPredictions = 3;

/**
 * The incident that most of the message's alerts are in, its probable cause, the surest patterns, and what is expected to
 * come; null where that says no more than the message does. Pure but for `knownOf`.
 */
export function analysisOf(message: AlertMessage, knownOf: KnownOf): MessageAnalysis | null {
  const { tenant, alerts, truncated } = message;
  const incidents = new Map<string, { incident: KnownIncident; cause: KnownCause | null; count: number }>();
  const patterns = new Map<string, MessageAnalysis['patterns'][number]>();
  const predictions = new Map<string, MessagePrediction>();
  const looked = alerts.slice(0, mostLooked);
  for (const { id } of looked) {
    const known = knownOf(tenant, id);
    if (known === null) continue;
    const { incident, cause } = known;
    const entry = incident === null ? undefined : incidents.get(incident.id);
    if (entry !== undefined) entry.count += 1;
    else if (incident !== null) incidents.set(incident.id, { incident, cause, count: 1 });
    for (const one of known.patterns) patterns.set(`${one.pattern} ${one.from}`, one);
    for (const one of known.predictions)
      predictions.set(`${one.model} ${one.name} ${one.service} ${one.from}`, predictionOf(one));
  }
  const [most] = [...incidents.values()].sort((a, b) => b.count - a.count);
  const cause = most?.cause ?? null;
  // Those that nobody looked up may be in it as well.
  const inMessage = (most?.count ?? 0) + alerts.length - looked.length + truncated;
  const incident =
    most === undefined || (cause === null && most.incident.alerts <= inMessage)
      ? null
      : incidentOf(most.incident);
  const surest = [...patterns.values()].sort((a, b) => b.confidence - a.confidence || a.from - b.from);
  const expected = [...predictions.values()].sort((a, b) => b.confidence - a.confidence || a.to - b.to);
  if (incident === null && surest.length + expected.length === 0) return null;
  return {
    incident,
    cause: cause && {
      ...{ service: plain(cause.service, 120), category: cause.category, confidence: cause.confidence },
    },
    patterns: surest.slice(0, mostPatterns).map(({ pattern, alerts: of, services, confidence, from }) => ({
      ...{ pattern, alerts: of, services, confidence, from },
    })),
    ...(expected.length > 0 && { predictions: expected.slice(0, mostPredictions) }),
  };
}

function predictionOf({ name, service, ...of }: KnownPrediction): MessagePrediction {
  return { ...of, name: plain(name, 120), service: service === null ? null : plain(service, 120) };
}

function incidentOf({ id, title, alerts, services, first, openedAt }: KnownIncident) {
  return {
    ...{ id, title: plain(title, 200), alerts, services, openedAt },
    first: { name: plain(first.name, 120), service: plain(first.service, 120) },
  };
}

export class MessageAnalyst {
  readonly #knownOf: KnownOf;
  readonly #log: Log;

  constructor(knownOf: KnownOf, log: Log) {
    this.#knownOf = knownOf;
    this.#log = log;
  }

  /** The message with what is known; as it is where nothing is, or where asking fails. */
  analysed(message: AlertMessage): AlertMessage {
    const analysis = this.#lookUp(message);
    return analysis === null ? message : { ...message, analysis };
  }

  #lookUp(message: AlertMessage): MessageAnalysis | null {
    try {
      return analysisOf(message, this.#knownOf);
    } catch (error) {
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#log.error('analysis.not_told', {
        tenant: message.tenant,
        notification: message.id,
        error: cause,
      });
      return null;
    }
  }
}
