import { ruleName } from './load.js';
export function checkApi(ledger, state) {
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
function checkEvents(ledger, state) {
  const byMark = new Map();
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
    const { id } = answer.body;
    if (!ids.includes(id)) ledger.violate('event_lost', `event ${n}, answered as ${id}`);
  }
}
/** Every change from false to true that was answered began exactly one episode; one that was not, at most one. */
function checkEpisodes(ledger, state) {
  const found = new Map();
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
//# sourceMappingURL=check-api.js.map
