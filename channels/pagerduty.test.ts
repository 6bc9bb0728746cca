import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { type PagerDuty, startPagerDuty } from '../src/testing/providers/pagerduty.ts';
import type { ProviderFault } from '../src/testing/providers/provider.ts';
import { type Conduct, checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import type { AlertMessage, NotifyReason } from './message.ts';
import { dedupKey, pagerduty } from './pagerduty.ts';

const routingKey = 'abcdef0123456789abcdef0123456789';
let now = 1_700_000_000_000;

const faults: Partial<Record<Conduct, ProviderFault>> = {
  rate_limited_bare: { status: 429, body: { status: 'throttle exceeded' } },
  garbage: 'garbage',
  oversize: { status: 413, body: '' },
  failing: { status: 500, body: '' },
  rate_limited: { status: 429, headers: { 'retry-after': '30' }, body: { status: 'throttle exceeded' } },
  black_hole: 'hang',
  reset: 'reset',
};

checkChannel(
  pagerduty,
  {
    validConfig: { routing_key: routingKey },
    secretText: routingKey,
    badConfigs: {
      'no key': {},
      'a short key': { routing_key: 'abc' },
      'a key with marks': { routing_key: `${routingKey.slice(0, 31)}-` },
      'no address': { routing_key: routingKey, base_url: 'events.pagerduty.com' },
      'an unknown key': { routing_key: routingKey, service_key: 'x' },
    },
    async peer(conduct) {
      const provider = await startPagerDuty({ now: () => now, routingKey });
      const fault = faults[conduct];
      if (fault !== undefined) provider.misbehave(fault, 2);
      if (conduct === 'refused') await provider.close();
      return {
        config: { routing_key: routingKey, base_url: provider.url },
        deliveryIds: () => [], // an event carries the group's key, which does for every delivery of it
        holding: conduct === 'black_hole' ? provider.waitFor(1).then(() => {}) : Promise.resolve(),
        close: () => (conduct === 'refused' ? Promise.resolve() : provider.close()),
      };
    },
    host: async () => startTestHost(),
    except: {
      ok_with_error: 'it says so in its status',
      partial: 'an event goes to one service',
      mention: 'who is called is decided at the provider',
    },
  },
  { describe, it, expect },
);

const base = hostileMessage();

function message(reason: NotifyReason, more: Partial<AlertMessage> = {}): AlertMessage {
  const status = reason === 'resolved' ? 'resolved' : 'firing';
  const annotations = { summary: 'CPU of web-1 at 91 %', runbook_url: 'https://runbooks.example/cpu' };
  const alert = {
    ...base.alerts[0]!,
    labels: { alertname: 'HighCpu', host: 'web-1' },
    annotations,
    status,
  } as const;
  const groupKey = 'ops:{alertname="HighCpu"}';
  return { ...base, reason, status, groupKey, alerts: [alert], truncated: 0, ...more };
}

describe('pagerduty', () => {
  const host = startTestHost();
  let provider: PagerDuty;
  beforeAll(async () => {
    provider = await startPagerDuty({ now: () => now, routingKey });
  });
  afterAll(async () => {
    await provider.close();
    await host.close();
  });

  const settingsOf = (more: object = {}) =>
    pagerduty.config.parse({ routing_key: routingKey, base_url: provider.url, ...more });
  async function say(said: AlertMessage, more: object = {}) {
    const config = settingsOf(more);
    return pagerduty.open(config, host.host).send(pagerduty.render(said, { config, locale: 'en' }), {
      deliveryId: said.id,
      attempt: 1,
      now,
      signal: AbortSignal.timeout(30_000),
    });
  }
  const last = () => provider.accepted.at(-1)!;

  it('opens an incident with the first message, and resolves it when the whole group is resolved', async () => {
    const key = 'default/ops:{alertname="HighCpu"}';
    expect(await say(message('first'))).toEqual({ kind: 'sent', providerId: key });
    expect([...provider.open]).toEqual([key]);
    expect(last()).toMatchObject({
      event_action: 'trigger',
      payload: { source: 'tocsin', severity: 'critical', group: 'ops' },
      client: 'Tocsin',
      links: [{ href: 'https://runbooks.example/cpu', text: 'Runbook' }],
    });
    expect(last().payload?.summary).toContain('HighCpu: CPU of web-1 at 91 %');
    for (const reason of ['new_alerts', 'some_resolved', 'repeat'] as const) {
      await say(message(reason));
      expect([...provider.open]).toEqual([key]);
    }
    await say(message('resolved'));
    expect([...provider.open]).toEqual([]);
  });

  it.each([
    ['emergency', 'critical'],
    ['critical', 'critical'],
    ['high', 'error'],
    ['warning', 'warning'],
    ['info', 'info'],
  ] as const)('says %s as %s', async (severity, said) => {
    await say(message('first', { severity }));
    expect(last().payload?.severity).toBe(said);
  });

  it('names an incident by tenant and group, by a hash where that is long or has strange characters', () => {
    expect(dedupKey(message('repeat'))).toBe(dedupKey(message('resolved')));
    expect(dedupKey(message('first', { tenant: 'other' }))).not.toBe(dedupKey(message('first')));
    for (const groupKey of ['x'.repeat(300), '主機', 'a\nb'])
      expect(dedupKey(message('first', { groupKey }))).toMatch(/^sha256:[0-9a-f]{64}$/);
    // Nobody ends an event, so the next one must not vanish in the incident of the last.
    expect(dedupKey(message('event', { id: 'a' }))).not.toBe(dedupKey(message('event', { id: 'b' })));
  });

  it('is taken whatever the message holds, in words of a template too', async () => {
    expect((await say(hostileMessage(), { component: 'api', class: 'cpu', max_alerts: 500 })).kind).toBe(
      'sent',
    );
    const config = settingsOf();
    const words = { title: 'x'.repeat(5_000), text: '"\u0001主'.repeat(200_000) };
    const event = pagerduty.render(message('first'), { config, locale: 'en', words });
    expect(event.payload?.summary.length).toBeLessThanOrEqual(1_024);
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(512_000 - 64);
  });

  it.each([
    [{ status: 400, body: { status: 'invalid event', errors: ['Invalid routing key'] } }, 'auth'],
    [
      { status: 400, body: { errors: ["Length of 'routing_key' is incorrect (should be 32 characters)"] } },
      'auth',
    ],
    [{ status: 400, body: { errors: ["'payload.severity' is invalid"] } }, 'permanent'],
    [{ status: 400, body: 'Bad Request' }, 'permanent'],
    [{ status: 413, body: '' }, 'payload_too_large'],
    [{ status: 429, body: '' }, 'rate_limited'],
    [{ status: 403, body: '' }, 'auth'],
    [{ status: 404, body: '' }, 'permanent'],
    [{ status: 503, body: '' }, 'transient'],
    [{ status: 202, body: '<html>' }, 'unknown'],
    [{ status: 202, body: { status: 'invalid event' } }, 'unknown'],
    [{ status: 204, body: '' }, 'unknown'],
    ['garbage', 'unknown'],
    ['lost', 'unknown'],
  ] as [ProviderFault, string][])('%j: %s', async (fault, kind) => {
    provider.misbehave(fault);
    expect((await say(message('first'))).kind).toBe(kind);
  });

  it('shows no key when PagerDuty sends it back', async () => {
    provider.misbehave({ status: 400, body: { errors: [`key ${routingKey} is bad`] } });
    expect(JSON.stringify(await say(message('first')))).not.toContain(routingKey);
  });

  it('refused for a key that PagerDuty does not know, the channel is paused', async () => {
    expect(await say(message('first'), { routing_key: 'f'.repeat(32) })).toMatchObject({ kind: 'auth' });
  });

  it('is told to slow down beyond 120 events a minute', async () => {
    const slow = await startPagerDuty({ now: () => now, routingKey, perMinute: 2 });
    const kinds = [];
    for (let i = 0; i < 3; i++) kinds.push((await say(message('first'), { base_url: slow.url })).kind);
    now += 60_000;
    kinds.push((await say(message('first'), { base_url: slow.url })).kind);
    expect(kinds).toEqual(['sent', 'sent', 'rate_limited', 'sent']);
    await slow.close();
  });
});

describe('the simulated PagerDuty refuses', () => {
  it('another path, a wrong type, an unknown key, a long summary, a long key, too much', async () => {
    const provider = await startPagerDuty({ now: () => now, routingKey });
    const good = {
      routing_key: routingKey,
      event_action: 'trigger',
      dedup_key: 'a',
      payload: { summary: 's', source: 'x', severity: 'info' },
    };
    const post = async (body: unknown, path = '/v2/enqueue', type = 'application/json') =>
      (
        await fetch(`${provider.url}${path}`, {
          method: 'POST',
          headers: { 'content-type': type },
          body: JSON.stringify(body),
        })
      ).status;
    expect(await post(good)).toBe(202);
    expect(await post(good, '/v1/enqueue')).toBe(404);
    expect(await post(good, undefined, 'text/plain')).toBe(415);
    expect(await post({ ...good, incident_key: 'x' })).toBe(400);
    expect(await post({ ...good, dedup_key: 'x'.repeat(256) })).toBe(400);
    expect(await post({ ...good, payload: undefined })).toBe(400);
    expect(await post({ ...good, event_action: 'resolve', dedup_key: undefined })).toBe(400);
    expect(await post({ ...good, payload: { ...good.payload, summary: 'x'.repeat(1_025) } })).toBe(400);
    expect(await post({ ...good, payload: { ...good.payload, severity: 'high' } })).toBe(400);
    expect(await post({ ...good, client: 'x'.repeat(512_000) })).toBe(413);
    expect(provider.accepted).toHaveLength(1);
    await provider.close();
  });
});
