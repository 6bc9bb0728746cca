// Events, acknowledgements, resolves and episodes: each answered one is there, and once.
import type { ApiState } from './api-state.ts';
import type { Ledger } from './ledger.ts';
import { ruleName } from './load.ts';

export function checkApi(ledger: Ledger, state: ApiState): void {
  checkEvents(ledger, state);
  for (const { alertId } of ledger.acknowledged) {
    if (!state.alerts.get(alertId)?.acknowledged) ledger.violate('ack_lost', alertId);
  }
  for (const { alertId } of ledger.resolved) {
    const alert = state.alerts.get(alertId);
    if (alert?.state !== 'resolved')
      ledger.violate('resolve_lost', `${alertId} is ${alert?.state ?? 'gone'}`);
  }
  checkEpisodes(ledger, state);
}

function checkEvents(ledger: Ledger, state: ApiState): void {
  const byMark = new Map<string, string[]>();
  for (const { id, kind, dedup_key } of state.alerts.values()) {
    if (kind !== 'event') continue;
    const ids = byMark.get(dedup_key ?? '');
    if (ids) ids.push(id);
    else byMark.set(dedup_key ?? '', [id]);
  }
  for (const [n, { answer }] of ledger.events) {
    const ids = byMark.get(n) ?? [];
    if (ids.length > 1) ledger.violate('event_twice', `event ${n}: ${ids.join(', ')}`);
    if (answer === null) continue;
    const { id } = answer.body as { id: string };
    if (!ids.includes(id)) ledger.violate('event_lost', `event ${n}, answered as ${id}`);
  }
}

/** Every change from false to true that was answered began exactly one episode; one that was not, at most one. */
function checkEpisodes(ledger: Ledger, state: ApiState): void {
  const found = new Map<string, number>();
  for (const { rule, kind, labels } of state.alerts.values()) {
    if (kind === 'alert' && rule === ruleName)
      found.set(labels.host ?? '', (found.get(labels.host ?? '') ?? 0) + 1);
  }
  for (const [host, { sent, answered }] of ledger.episodes) {
    const n = found.get(host) ?? 0;
    if (n < answered || n > sent) {
      ledger.violate(
        'episodes_wrong',
        `${host}: ${answered} firings were answered (${sent} sent), ${n} are there`,
      );
    }
  }
  for (const alert of state.alerts.values()) {
    if (alert.kind === 'alert' && alert.state !== 'resolved') {
      ledger.violate(
        'episodes_wrong',
        `${alert.id} of ${alert.labels.host}: ${alert.state} after its end was answered`,
      );
    }
  }
}
