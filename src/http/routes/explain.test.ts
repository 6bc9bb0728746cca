// Why somebody was told, or was not, over HTTP: a whole Tocsin with its history read in a thread of its own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const config =
  'collector: { host: false }\nroute: { group_wait: 0s }\nchannels: { screen: { type: console } }\n';
const rules =
  'rules:\n  - { name: HighCpu, type: threshold, metric: cpu, operator: gt, threshold: 80 }\n' +
  '  - { name: Off, type: threshold, metric: mem, operator: gt, threshold: 80, enabled: false }\n';

let app: TestApp;
let id: string;
beforeAll(async () => {
  let delivered: () => void = () => {};
  const told = new Promise<void>((resolve) => {
    delivered = resolve;
  });
  app = await startTestApp(config, rules, {
    onEvents: (events) => {
      if (events.some(({ row }) => row.kind === 'delivery.sent' || row.kind === 'delivery.delivered'))
        delivered();
    },
  });
  await app.push([
    { metric: 'cpu', labels: { host: 'a' }, value: 97 },
    { metric: 'cpu', labels: { host: 'b' }, value: 12 },
    { metric: 'disk', labels: { host: 'c' }, value: 12 },
  ]);
  await told;
  const { body } = await app.call('GET', '/api/v1/alerts');
  id = (body as { items: { id: string }[] }).items[0]!.id;
});
afterAll(() => app.close());

async function page(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return app.tocsin.fetch(
    new Request(`http://tocsin.test${path}`, { headers: { 'x-api-key': app.key, ...headers } }),
  );
}
const ask = async (query: string) =>
  (await app.call('GET', `/api/v1/explain?${query}`)).body as {
    summary: string;
    alerts: { alert: { id: string }; at_that_time: string }[];
    findings: { rule: string | null; absence: string | null; text: string }[];
  };

describe('an alert', () => {
  it('is explained as data: who was told, what holds now, what happened, and by which rule', async () => {
    const { status, body } = await app.call('GET', `/api/v1/alerts/${id}/explain?tz=Asia/Taipei`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      receivers: [{ receiver: 'default', outcome: 'told', channels: ['screen'] }],
      now: { state: 'firing', groups: [{ receiver: 'default', holds: [{ by: 'within_repeat_interval' }] }] },
      rule: {
        name: 'HighCpu',
        origin: expect.stringMatching(/^rules\.yaml:\d+$/),
        version: { threshold: 80 },
      },
      deliveries: [{ channel: 'screen' }],
      time_zone: 'Asia/Taipei',
    });
    const { timeline } = body as { timeline: { what: string }[] };
    const what = timeline.map((entry) => entry.what.replace('delivered', 'sent'));
    expect(what).toEqual(['alert.firing', 'route', 'notification', 'delivery.sent']);
  });

  it('is a page for whoever wants text, in the language of the reader', async () => {
    const told = await page(`/api/v1/alerts/${id}/explain`, {
      accept: 'text/plain',
      'accept-language': 'fr, zh-Hant-TW;q=0.8, en;q=0.5',
    });
    expect(told.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await told.text()).toContain('觸發中');
    const chosen = await page(`/api/v1/alerts/${id}/explain?format=text&locale=en`, {
      'accept-language': 'zh',
    });
    expect(await chosen.text()).toMatch(/^HighCpu\{host="a"\} \(warning\) has been firing since/);
  });

  it.each([
    ['/api/v1/alerts/0190a000-0000-7000-8000-00001234abcd/explain', 404],
    ['/api/v1/alerts/x/explain', 404],
    ['/api/v1/explain', 400],
    ['/api/v1/explain?matcher=host', 400],
    ['/api/v1/explain?matcher=host=a&tz=Mars/Base', 400],
    ['/api/v1/explain?matcher=host=a&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z', 400],
    ['/api/v1/explain?matcher=host=a&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 400],
  ])('a bad question is refused: %s', async (path, status) => {
    expect((await page(path)).status).toBe(status);
  });
});

describe('a question by labels and time', () => {
  it('finds what fires, and says what was true of it then', async () => {
    const { alerts, findings } = await ask('matcher=host="a"');
    expect(alerts.map(({ alert }) => alert.id)).toEqual([id]);
    expect(alerts[0]!.at_that_time).toMatch(/it had been firing since .*: default had been told at/);
    expect(findings).toEqual([]);
  });

  it('where there was no alert, it tells of the rules and of what their series did', async () => {
    // What was pushed is in the history within a second or two.
    await expect
      .poll(async () => (await ask('matcher=host="b"')).findings[0]?.text ?? '', {
        timeout: 10_000,
        interval: 300,
      })
      .toMatch(
        /The rule "HighCpu" \(cpu > 80\) was there\. cpu\{host="b"\} had 1 sample; the highest was 12 at/,
      );
    expect((await ask('matcher=host="c"')).findings).toEqual([
      expect.objectContaining({
        rule: null,
        text: expect.stringContaining('(disk), but no rule reads them'),
      }),
    ]);
    expect((await ask('matcher=alertname=Off')).findings).toEqual([
      expect.objectContaining({ rule: 'Off', absence: 'disabled' }),
    ]);
    expect((await ask('matcher=host="nowhere"')).findings[0]!.text).toContain(
      'knows no series with these labels',
    );
  });

  it('a rule that is gone is still told of', async () => {
    const rule = { name: 'DiskFull', metric: 'disk', threshold: 90 };
    const { body } = await app.call('POST', '/api/v1/alerts/rules', rule);
    const before = Date.now() - 60_000;
    expect((await ask(`matcher=host="c"&at=${before}`)).findings).toEqual([
      expect.objectContaining({ rule: 'DiskFull', absence: 'made_later' }),
    ]);
    await app.call('DELETE', `/api/v1/alerts/rules/${(body as { id: string }).id}`);
    expect((await ask('matcher=host="c"')).findings).toContainEqual(
      expect.objectContaining({ rule: 'DiskFull', absence: 'deleted' }),
    );
  });
});
