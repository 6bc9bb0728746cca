// What waits when the program starts: the urgent first, and never more at once than a channel takes (R19, R20).
import { afterEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '../clock.ts';
import { startReceiver } from '../testing/http-receiver.ts';
import { startTestApp } from '../testing/test-app.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const config = (port: number) => `
collector: { host: false }
channels: { hook: { type: webhook, url: "http://127.0.0.1:${port}/" } }
receivers: { ops: { channels: [hook], dedupe_window: 0s } }
route: { receiver: ops, group_by: [host], group_wait: 0s }
egress: { allow: [127.0.0.0/8] }
storm: false
`;
const rules = `
group: g
rules:
  - { name: Info, metric: low, operator: gt, threshold: 1, for: 0s, severity: info }
  - { name: Critical, metric: high, operator: gt, threshold: 1, for: 0s, severity: critical }
`;
/** A minute later: whatever the receiver asked to wait for is over, so everything is due at the start. */
function aMinuteLater(): Clock {
  const real = systemClock();
  const later = 60_000;
  return {
    now: () => real.now() + later,
    wall: () => real.wall() + later,
    at: (at, callback) => real.at(at - later, callback),
    soon: real.soon,
    breath: real.breath,
  };
}

const waiting = 400;
const urgent = 5;

it('a backlog at a start goes out urgent first, bounded, each message once', async () => {
  let busy = true;
  let inFlight = 0;
  let most = 0;
  const hook = await startReceiver({
    handler: async () => {
      if (busy) return { status: 429, headers: { 'retry-after': '30' } };
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return { status: 200 };
    },
  });
  closing.push(() => hook.close());
  let app = await startTestApp(config(hook.port), rules);
  const hosts = (metric: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ metric, labels: { host: `${metric}-${i}` }, value: 9 }));
  await app.push(hosts('low', waiting));
  await hook.waitFor(1);
  await app.push(hosts('high', urgent));
  await app.tocsin.close();
  const refused = hook.count;
  busy = false;
  app = await app.restart({ clock: aMinuteLater() });
  closing.push(() => app.close());

  const received = (await hook.waitFor(refused + waiting + urgent)).slice(refused);
  const told = received.map(({ body }) => JSON.parse(body).data.groupLabels.host as string);
  const places = told.flatMap((host, i) => (host.startsWith('high') ? [i] : []));
  // The first calls after a pause ask whether the channel works again; then the lanes have their order.
  expect(Math.max(...places)).toBeLessThan(60);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(waiting + urgent);
  expect(most).toBeLessThanOrEqual(50);
});
