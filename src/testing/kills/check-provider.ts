// What receivers got: every firing accepted or a visible dead letter, repeats under the same id, and in order.
import type { ApiState } from './api-state.ts';
import type { Ledger } from './ledger.ts';
import type { Provider, Told } from './provider.ts';

export async function checkProvider(
  ledger: Ledger,
  { told }: Pick<Provider, 'told'>,
  state: ApiState,
): Promise<void> {
  checkIds(ledger, told, state);
  checkOrder(ledger, told, state);
  checkOnce(ledger, told);
  await checkNobodyForgotten(ledger, told, state);
}

/** One delivery is one webhook-id, one body, and one acceptance per life of the program; and it is in the store. */
function checkIds(ledger: Ledger, told: readonly Told[], state: ApiState): void {
  const byId = new Map<string, Told[]>();
  const idOf = new Map<string, string>();
  for (const one of told) {
    const list = byId.get(one.webhookId);
    if (list) list.push(one);
    else byId.set(one.webhookId, [one]);
    const place = `${one.path} ${one.notificationId}`;
    const known = idOf.get(place);
    if (known !== undefined && known !== one.webhookId) {
      ledger.violate('id_changed', `notification ${place} came as ${known} and as ${one.webhookId}`);
    }
    idOf.set(place, one.webhookId);
  }
  for (const [id, list] of byId) {
    const first = list[0]!;
    if (list.some(({ bodyDigest }) => bodyDigest !== first.bodyDigest)) ledger.violate('body_changed', id);
    const lives = list.filter(({ accepted }) => accepted).map(({ life }) => life);
    if (new Set(lives).size < lives.length)
      ledger.violate('sent_twice', `${id} by lives ${lives.join(', ')}`);
    const delivery = state.deliveries.get(id);
    if (delivery?.notification_id !== first.notificationId) {
      ledger.violate('invented', `${id} was sent by life ${first.life}, the store has no such delivery`);
    } else if (
      list.at(-1)!.accepted &&
      delivery.state !== 'sent' &&
      delivery.state !== 'delivered' &&
      // Three lives ended under it, so no fourth tried: nobody knew that the receiver had it, and its dead letter is seen.
      delivery.reason !== 'poison'
    ) {
      ledger.violate('half_written', `${id} was accepted, the store says ${delivery.state}`);
    }
  }
}

/** On each way: an accepted "resolved" comes after an accepted "firing" of the same alert, or after its dead letter. */
function checkOrder(ledger: Ledger, told: readonly Told[], state: ApiState): void {
  const excused = deadFirings(state);
  const fired = new Set<string>();
  for (const { path, alerts, accepted, webhookId } of told) {
    if (!accepted) continue;
    for (const { id, status } of alerts) {
      const way = `${path.slice(1)} ${id}`;
      if (status === 'firing') fired.add(way);
      else if (!fired.has(way) && !excused.has(way)) {
        ledger.violate('resolved_first', `${way} in ${webhookId}`);
      }
    }
  }
}

/** That an alert fires is news once for each way; after that it is a repeat, and says so. */
function checkOnce(ledger: Ledger, told: readonly Told[]): void {
  const news = new Map<string, string>();
  for (const { path, alerts, changed, reason, notificationId } of told) {
    if (reason === 'repeat') continue;
    for (const { id, status } of alerts) {
      if (status !== 'firing' || !changed.includes(id)) continue;
      const way = `${path.slice(1)} ${id}`;
      const known = news.get(way) ?? notificationId;
      if (known !== notificationId)
        ledger.violate('told_twice', `${way} is news in ${known} and in ${notificationId} (${reason})`);
      news.set(way, known);
    }
  }
}

function deadFirings(state: ApiState): Set<string> {
  const ways = new Set<string>();
  for (const { channel, alerts } of state.dead) {
    for (const [id, status] of Object.entries(alerts))
      if (status !== 'resolved') ways.add(`${channel} ${id}`);
  }
  return ways;
}

async function checkNobodyForgotten(ledger: Ledger, told: readonly Told[], state: ApiState): Promise<void> {
  const heard = deadFirings(state);
  for (const { channel, alerts } of state.overtaken)
    for (const id of Object.keys(alerts)) heard.add(`${channel} ${id}`);
  for (const { path, alerts, accepted } of told) {
    if (!accepted) continue;
    for (const { id, status } of alerts) if (status === 'firing') heard.add(`${path.slice(1)} ${id}`);
  }
  for (const alert of state.alerts.values()) {
    // What has no team, as our own events, takes the route at the root.
    const channel = alert.labels.team ?? 'ops';
    if (alert.fired_at === null && alert.kind === 'alert') continue;
    if (heard.has(`${channel} ${alert.id}`)) continue;
    // A batch that only forms after an alert's end says nothing of it, by decision: that is in its history.
    const decided = channel === 'batched' && alert.kind === 'alert' ? await state.skipped(alert.id) : [];
    if (!decided.includes('resolved_before_notify')) {
      ledger.violate('not_told', `${alert.kind} ${alert.id} of team ${channel}, fired at ${alert.fired_at}`);
    }
  }
}
