import { describe, expect, it } from 'vitest';
import { labelSet } from '../rules/labels.ts';
import { defaultLimits } from '../src/config/config.ts';
import { decodeAlerts } from '../src/ingest/alertmanager-payload.ts';
import { startTestHost } from '../src/testing/channel-host.ts';
import { type ReceiverAnswer, startReceiver } from '../src/testing/http-receiver.ts';
import { alertmanagerBody } from './alertmanager-body.ts';
import { alertmanagerWebhook } from './alertmanager-webhook.ts';
import { type Conduct, checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import type { AlertMessage, MessageAlert } from './message.ts';

const url = 'http://127.0.0.1:9000/alerts';
const token = 'a-token-that-nobody-may-see';
const answers: Readonly<Partial<Record<Conduct, ReceiverAnswer>>> = {
  ok: { status: 200, body: 'ok' },
  failing: { status: 500 },
  rate_limited: { status: 429, headers: { 'retry-after': '30' } },
  rate_limited_bare: { status: 429 },
  oversize: { status: 413 },
  black_hole: 'hang',
  reset: 'reset',
};

checkChannel(
  alertmanagerWebhook,
  {
    validConfig: {
      url,
      headers: { Authorization: `Bearer ${token}` },
      external_url: 'https://tocsin.example',
    },
    secretText: token,
    badConfigs: {
      'no url': {},
      'not http': { url: 'file:///etc/passwd' },
      'credentials in the url': { url: 'http://user:pass@127.0.0.1/' },
      'an external url that is none': { url, external_url: 'tocsin' },
      'an unknown key': { url, batch: 3 },
    },
    async peer(conduct) {
      const receiver = await startReceiver({
        handler: () => answers[conduct] ?? { status: 200 },
      });
      if (conduct === 'refused') await receiver.close();
      return {
        config: { url: receiver.url },
        deliveryIds: () => receiver.received.map(({ headers }) => headers['webhook-id'] ?? ''),
        holding: conduct === 'black_hole' ? receiver.waitFor(1).then(() => {}) : Promise.resolve(),
        close: () => (conduct === 'refused' ? Promise.resolve() : receiver.close()),
      };
    },
    host: async () => startTestHost(),
    except: {
      ok_with_error: 'a webhook answers by its status only',
      garbage: 'whatever stands in the body of a 2xx, it was accepted',
      partial: 'one recipient',
      mention: 'a program reads it',
    },
  },
  { describe, it, expect },
);

const limits = { maxAlerts: 500, maxBytes: 1024 * 1024, externalUrl: 'https://tocsin.example' };
const at = 1_700_000_000_000;

function alert(over: Partial<MessageAlert> = {}): MessageAlert {
  return {
    ...{ id: '0190a1b2-c3d4-7e5f-8a6b-000000000001', kind: 'alert', fingerprint: 'a97b32c18b0f3d16' },
    ...{ status: 'firing', severity: 'critical', priority: 'P2', category: 'system', value: 97 },
    labels: labelSet({ alertname: 'DiskFull', host: 'a', severity: 'critical' }),
    annotations: { summary: '磁盤已滿', generator_url: 'http://prometheus/graph?g0.expr=up' },
    ...{ startsAt: at - 60_000, endsAt: null },
    ...over,
  };
}
function message(alerts: readonly MessageAlert[], over: Partial<AlertMessage> = {}): AlertMessage {
  return {
    ...{
      id: 'n',
      tenant: 'default',
      reason: 'new_alerts',
      status: 'firing',
      receiver: 'ops',
      locale: 'en',
      at,
    },
    ...{
      groupKey: 'ops:{}:{alertname="DiskFull"}',
      groupLabels: labelSet({ alertname: 'DiskFull' }),
      alerts,
    },
    ...{ changed: [], truncated: 2, severity: 'critical', priority: 'P2' },
    ...over,
  };
}
const bodyOf = (said: AlertMessage, over = {}) =>
  JSON.parse(alertmanagerBody(said, { ...limits, ...over })) as Record<string, unknown> & {
    alerts: Record<string, unknown>[];
  };

describe('the body', () => {
  it('is what an Alertmanager sends', () => {
    const resolved = alert({
      labels: labelSet({ alertname: 'DiskFull', host: 'b', severity: 'critical' }),
      ...{ status: 'resolved', endsAt: at },
    });
    expect(bodyOf(message([alert(), resolved]))).toEqual({
      receiver: 'ops',
      status: 'firing',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'DiskFull', host: 'a', severity: 'critical' },
          annotations: { summary: '磁盤已滿' },
          startsAt: '2023-11-14T22:12:20.000Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://prometheus/graph?g0.expr=up',
          fingerprint: 'a97b32c18b0f3d16',
        },
        {
          status: 'resolved',
          labels: { alertname: 'DiskFull', host: 'b', severity: 'critical' },
          annotations: { summary: '磁盤已滿' },
          startsAt: '2023-11-14T22:12:20.000Z',
          endsAt: '2023-11-14T22:13:20.000Z',
          generatorURL: 'http://prometheus/graph?g0.expr=up',
          fingerprint: 'a97b32c18b0f3d16',
        },
      ],
      groupLabels: { alertname: 'DiskFull' },
      commonLabels: { alertname: 'DiskFull', severity: 'critical' },
      commonAnnotations: { summary: '磁盤已滿' },
      externalURL: 'https://tocsin.example',
      version: '4',
      groupKey: 'ops:{}:{alertname="DiskFull"}',
      truncatedAlerts: 2,
      notification_reason: 'new alerts added',
    });
  });

  it('lets an event end by itself: a receiver knows alerts only', () => {
    const [event] = bodyOf(message([alert({ kind: 'event', endsAt: null })])).alerts;
    expect(event).toMatchObject({ status: 'firing', endsAt: '2023-11-14T22:18:20.000Z' });
  });

  it('counts what it leaves out, also of a group whose labels are longer than the body', () => {
    const labels = labelSet(
      Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`l${i}`, '\u0001'.repeat(2_048)])),
    );
    const said = message(
      Array.from({ length: 9 }, () => alert({ labels })),
      { groupLabels: labels },
    );
    const text = alertmanagerBody(said, { ...limits, maxBytes: 1024 * 1024 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024);
    const body = JSON.parse(text) as { alerts: unknown[]; truncatedAlerts: number };
    expect(body.alerts.length + body.truncatedAlerts).toBe(11);
    expect(bodyOf(said, { maxAlerts: 0 }).truncatedAlerts).toBe(11);
  });

  // A small generator of its own: what it makes is the same in every run.
  it('is read back by our own door as it was said, whatever the alerts are', () => {
    let seed = 7;
    const next = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const letters = ['a', 'Ω', '磁', '😀', '"', '\\', '\n', '\u0000', ' ', '=', '{', '\ud83d'];
    const text = () => Array.from({ length: 1 + next(12) }, () => letters[next(letters.length)]).join('');
    const texts = () => Object.fromEntries(Array.from({ length: 1 + next(5) }, () => [`n${text()}`, text()]));
    for (let n = 0; n < 300; n++) {
      const alerts = Array.from({ length: 1 + next(4) }, (): MessageAlert => {
        const resolved = next(2) === 0;
        return alert({
          labels: labelSet(texts()),
          annotations: { ...texts(), ...(next(2) === 0 && { generator_url: `http://x/${text()}` }) },
          status: resolved ? 'resolved' : 'firing',
          startsAt: at - next(1_000_000),
          endsAt: resolved ? at - next(1_000) : null,
        });
      });
      const body = bodyOf(message(alerts));
      const read = decodeAlerts(body.alerts, defaultLimits, at);
      expect(read.rejected).toEqual([]);
      expect(read.alerts).toEqual(
        alerts.map(({ labels, annotations, status, startsAt, endsAt }) => ({
          ...{ labels, annotations, status, startsAt, endsAt, value: null },
        })),
      );
    }
  });

  it('stays within its bounds for the message that breaks renderers', () => {
    const text = alertmanagerBody(hostileMessage(), limits);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limits.maxBytes);
  });
});
