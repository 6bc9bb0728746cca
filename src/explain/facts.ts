// Everything that is known of one alert, read once and in small pieces: its row, its events, what was said of it, what
// became of that, and how it stands now. What it means is told elsewhere, from these facts alone.
import type { ConfigVersionRow } from '../pipeline/effect.ts';
import type {
  AlertRow,
  DeliveryRow,
  FindingRow,
  NotificationRow,
  PredictionRow,
  SilenceRow,
} from '../pipeline/rows.ts';
import type { Standing } from '../pipeline/standing.ts';
import type { Services } from '../services.ts';
import type { StoredEvent } from '../store/rows.ts';
import { groupEventsOf } from './group-events.ts';
import { findingsOf, type IncidentFacts, incidentFactsOf } from './incident-facts.ts';

export interface DeliveryFacts {
  readonly row: DeliveryRow;
  /** Its attempts, and what people did; oldest first. */
  readonly events: readonly StoredEvent[];
}

export interface MessageFacts {
  readonly row: NotificationRow;
  /** What its deliveries came to together, where not all of them were accepted, and who confirmed it; oldest first. */
  readonly events: readonly StoredEvent[];
  readonly deliveries: readonly DeliveryFacts[];
}

export interface AlertFacts {
  readonly alert: AlertRow;
  /** Oldest first. */
  readonly events: readonly StoredEvent[];
  /** What was said of it, oldest first. */
  readonly messages: readonly MessageFacts[];
  /** What the escalations of its groups did about it, oldest first. */
  readonly groupEvents: readonly StoredEvent[];
  /** What it is part of; null where that says no more than the alert itself. */
  readonly incident: IncidentFacts | null;
  /** Patterns that name it, oldest first. */
  readonly findings: readonly FindingRow[];
  /** Those that it made come true, oldest first. */
  readonly foretold: readonly PredictionRow[];
  /** There are older events or messages than these. */
  readonly more: boolean;
  readonly standings: readonly Standing[];
  /** Those that its events and standings speak of, by id; also ones that are over. */
  readonly silences: ReadonlyMap<string, SilenceRow>;
  /** What became of these silences, oldest first. */
  readonly silenceEvents: readonly StoredEvent[];
  /** Alerts that held it back, by id. */
  readonly sources: ReadonlyMap<string, AlertRow>;
  /** The rule as it was when it decided; null for events, and for versions that are no longer kept. */
  readonly rule: ConfigVersionRow | null;
  /** When this was read, epoch milliseconds. */
  readonly now: number;
}

const mostEvents = 1_000;
const eventsPerRead = 250;
const mostMessages = 100;
/** A message goes to the channels of one receiver: far fewer than this. */
const mostDeliveries = 200;
const mostAttempts = 50;
/** Of a message: it may end anew when one of its deliveries is sent again, or lost later. */
const mostEnds = 20;
/** Of one silence. */
const mostChanges = 20;
/** Silences and alerts that held it back. */
const mostHolders = 200;
/** Reads between two breaths: about a millisecond. */
const readsPerBreath = 20;

type Source = Pick<Services, 'store' | 'alert' | 'standing' | 'now' | 'breath'>;

/** Null when there is no such alert. The loop goes on while it reads. */
export async function factsOf(services: Source, tenant: string, id: string): Promise<AlertFacts | null> {
  const { store, breath } = services;
  const alert = services.alert(tenant, id);
  if (alert === null) return null;
  // What is read over several turns is taken at one moment where that is cheap: the live row may go on changing.
  const row = { ...alert };
  const standings = services.standing(tenant, id);
  const now = services.now();
  const { events, more } = await eventsOf(services, tenant, id);
  await breath();
  const said = store.notificationsOf(tenant, id, mostMessages);
  const messages: MessageFacts[] = [];
  let reads = 0;
  for (const notification of [...said].reverse()) {
    const sent = store.deliveries(tenant, { notificationId: notification.id }, mostDeliveries, null);
    const deliveries: DeliveryFacts[] = [];
    for (const delivery of [...sent.items].reverse()) {
      const about = { kind: 'delivery', id: delivery.id } as const;
      const history = store.events(tenant, about, mostAttempts, null).items;
      deliveries.push({ row: delivery, events: [...history].reverse() });
      if (++reads % readsPerBreath === 0) await breath();
    }
    const ends = store.events(tenant, { kind: 'notification', id: notification.id }, mostEnds, null).items;
    messages.push({ row: notification, events: [...ends].reverse(), deliveries });
  }
  const silences = new Map<string, SilenceRow>();
  const sources = new Map<string, AlertRow>();
  const silenceEvents: StoredEvent[] = [];
  for (const other of idsSpokenOf(events, standings)) {
    const silence = store.silence(tenant, other);
    if (silence !== null) {
      silences.set(other, silence);
      const changes = store.events(tenant, { kind: 'silence', id: other }, mostChanges, null);
      silenceEvents.push(...[...changes.items].reverse());
    }
    const source = silence === null ? services.alert(tenant, other) : null;
    if (source !== null) sources.set(other, { ...source });
    if (++reads % readsPerBreath === 0) await breath();
  }
  const groupIds = [...standings, ...said].flatMap(({ groupId }) => groupId ?? []);
  const groupEvents = groupEventsOf(store, tenant, row, groupIds, said);
  const rule =
    row.rule === null || row.ruleHash === null
      ? null
      : store.configVersion(tenant, 'rule', row.rule, row.ruleHash);
  const incident = incidentFactsOf(store, tenant, id);
  const findings = findingsOf(store, row);
  const foretold = store.predictionsOf(tenant, id).filter(({ state }) => state === 'came_true');
  return {
    ...{ incident, findings, foretold },
    ...{ alert: row, events, messages, standings, silences, silenceEvents, groupEvents, sources, rule, now },
    more: more || said.length === mostMessages,
  };
}

async function eventsOf(
  { store, breath }: Source,
  tenant: string,
  id: string,
): Promise<{ events: readonly StoredEvent[]; more: boolean }> {
  const events: StoredEvent[] = [];
  let cursor: string | null = null;
  do {
    const page = store.events(tenant, { kind: 'alert', id }, eventsPerRead, cursor);
    events.push(...page.items);
    cursor = page.next;
    await breath();
  } while (cursor !== null && events.length < mostEvents);
  return { events: events.reverse(), more: cursor !== null };
}

/** Ids of silences, alerts and intervals: what is no id of ours is not found. */
function idsSpokenOf(events: readonly StoredEvent[], standings: readonly Standing[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { holds } of standings) for (const hold of holds) for (const id of hold.ids) ids.add(id);
  for (const { body } of events) {
    if (!Array.isArray(body.ids)) continue;
    for (const id of body.ids) if (typeof id === 'string') ids.add(id);
  }
  return new Set([...ids].slice(0, mostHolders));
}
