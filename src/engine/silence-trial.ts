// What a silence would have held back of what was sent in a past period: read from the stored messages, which say of
// their alerts what was true then. A few messages at a time, so that the loop goes on.
import type { AlertMessage } from '../../channels/message.ts';
import { labelSet } from '../../rules/labels.ts';
import { matchesAll } from '../../rules/matchers.ts';
import type { Labels, Matcher } from '../../rules/types.ts';
import { ApiError } from '../errors.ts';
import { routingLabels } from '../pipeline/route.ts';
import type { NotificationRow } from '../pipeline/rows.ts';
import type { Store } from '../store/store.ts';

export interface HeldMessage {
  readonly id: string;
  readonly at: number;
  readonly receiver: string | null;
  readonly reason: string;
  /** Nothing of its news would have been left. */
  readonly whole: boolean;
  readonly taken: number;
  readonly alerts: number;
}

export interface SilenceTrial {
  /** Messages of the period. */
  readonly messages: number;
  readonly whole: number;
  readonly inPart: number;
  /** Alerts and events that they would not have named. */
  readonly alerts: number;
  /** The first of them. */
  readonly held: readonly HeldMessage[];
}

export interface TrialQuery {
  readonly tenant: string;
  readonly matchers: readonly Matcher[];
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Of the messages that are named. */
  readonly limit: number;
}

/** One that names 10,000 alerts takes some 3 ms to read. */
const messagesAtOnce = 5;
const alertsAtOnce = 200;
const mostMessages = 20_000;
const mostAlerts = 200_000;

/** `breathe` resolves when others had their turn. Throws ApiError `query_too_large`. */
export async function trySilence(
  store: Pick<Store, 'alert' | 'notificationsBetween'>,
  { tenant, matchers, from, to, limit }: TrialQuery,
  breathe: () => Promise<void>,
  signal?: AbortSignal,
): Promise<SilenceTrial> {
  const held: HeldMessage[] = [];
  const named = new Set<string>();
  let [read, messages, whole, inPart, looked] = [0, 0, 0, 0, 0];

  /** Labels of an alert that the message left out because it had too many. */
  const stored = async (id: string): Promise<Labels | null> => {
    if (++looked % alertsAtOnce === 0) await breathe();
    const alert = store.alert(tenant, id);
    return alert === null ? null : routingLabels(alert);
  };
  const judge = async (row: NotificationRow): Promise<void> => {
    const message = JSON.parse(row.body) as AlertMessage;
    const taken = new Set<string>();
    const shown = new Map(message.alerts.map((one) => [one.id, one]));
    for (const id of Object.keys(row.alerts)) {
      const one = shown.get(id);
      const labels = one ? labelSet({ ...one.labels, severity: one.severity }) : await stored(id);
      if (labels !== null && matchesAll(matchers, labels)) taken.add(id);
    }
    if (taken.size === 0) return;
    for (const id of taken) named.add(id);
    const ids = Object.keys(row.alerts);
    // The list of changes is cut where that of the alerts is; what stands comes behind them.
    const cut = message.truncated > 0 && message.changed.length === message.alerts.length;
    const news = cut || message.changed.length === 0 ? ids : message.changed;
    const isWhole = news.every((id) => taken.has(id));
    if (isWhole) whole += 1;
    else inPart += 1;
    if (held.length < limit) {
      const { id, createdAt: at, receiver, reason } = row;
      held.push({ id, at, receiver, reason, whole: isWhole, taken: taken.size, alerts: ids.length });
    }
  };

  let cursor: string | null = null;
  do {
    signal?.throwIfAborted();
    const page = store.notificationsBetween(tenant, from, to, messagesAtOnce, cursor);
    read += page.items.length;
    for (const row of page.items) {
      if (row.source !== 'alert' || row.status === 'dropped') continue;
      messages += 1;
      await judge(row);
    }
    if (read > mostMessages || looked > mostAlerts) throw new ApiError('query_too_large');
    cursor = page.next;
    await breathe();
  } while (cursor !== null);
  return { messages, whole, inPart, alerts: named.size, held };
}
