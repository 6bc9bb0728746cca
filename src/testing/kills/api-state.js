export async function apiState(client) {
  const alerts = await pages(client, '/api/v1/alerts');
  const deliveries = await pages(client, '/api/v1/deliveries');
  const dead = [];
  for (const { notification_id, channel } of await pages(client, '/api/v1/deliveries?state=dead')) {
    const { body } = await client.sure('GET', `/api/v1/notifications/${notification_id}`);
    dead.push({ channel, alerts: body.alerts });
  }
  return {
    alerts: new Map(alerts.map((alert) => [alert.id, alert])),
    deliveries: new Map(deliveries.map((delivery) => [delivery.id, delivery])),
    dead,
    async skipped(alertId) {
      const { body } = await client.sure('GET', `/api/v1/alerts/${alertId}/history?limit=500`);
      const { events } = body;
      return events.filter(({ kind }) => kind === 'notify.skipped').map(({ reason }) => reason);
    },
  };
}
async function pages(client, path) {
  const all = [];
  let cursor = null;
  do {
    const more = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await client.sure(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=500${more}`,
    );
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    const page = body;
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return all;
}
//# sourceMappingURL=api-state.js.map
