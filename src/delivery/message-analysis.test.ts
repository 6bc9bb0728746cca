// What the analysis knows when a message goes out is in the message: on a real receiver, a real mail server, and in words.
import { afterEach, describe, expect, it } from 'vitest';
import type { MessageAlert } from '../../channels/message.ts';
import { sampleMessage } from '../../channels/sample-message.ts';
import type { KnownIncident, KnownOfAlert } from '../analyses/known-of-alert.ts';
import { RecentKnowledge } from '../analyses/recent-knowledge.ts';
import type { Log } from '../log.ts';
import type { FindingRow } from '../pipeline/rows.ts';
import { type Receiver, startReceiver } from '../testing/http-receiver.ts';
import { startMailCatcher } from '../testing/mail-catcher.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { analysisOf, type KnownOf, MessageAnalyst } from './message-analysis.ts';

/** A busy machine takes its time. */
const until = (check: () => boolean) => expect.poll(check, { timeout: 20_000 }).toBe(true);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const message = sampleMessage('firing');
const known = (over: Partial<KnownIncident> = {}, more: Partial<KnownOfAlert> = {}): KnownOfAlert => ({
  incident: {
    ...{ id: 'i1', title: 'A on a and 1 other service: 7 alerts', alerts: 7, openedAt: 1_000, services: 2 },
    first: { name: 'A', service: 'a' },
    ...over,
  },
  cause: null,
  patterns: [],
  predictions: [],
  ...more,
});
const cause = { service: 'a', category: 'change', confidence: 0.6 } as const;
const pattern = (name: 'burst' | 'storm' | 'cascade', confidence: number, from = 1_000) => ({
  ...{ pattern: name, alerts: 9, services: null, confidence, from },
});

describe('what is known of a message', () => {
  it('is the incident that most of its alerts are in', () => {
    const of: KnownOf = (_, id) => known(id === message.alerts[0]!.id ? { id: 'other' } : {});
    const alerts = [...message.alerts, { ...message.alerts[1]!, id: 'third' }];
    expect(analysisOf({ ...message, alerts }, of)?.incident?.id).toBe('i1');
  });

  it('is nothing where the incident has no alert but those of the message, and nobody knows what broke', () => {
    expect(analysisOf(message, () => null)).toBeNull();
    expect(analysisOf(message, () => known({ alerts: 2 }))).toBeNull();
    expect(analysisOf({ ...message, truncated: 5 }, () => known())).toBeNull();
    expect(analysisOf(message, () => known({ alerts: 3 }))?.incident?.alerts).toBe(3);
    expect(analysisOf(message, () => known({ alerts: 2 }, { cause }))).toMatchObject({
      incident: { alerts: 2 },
      cause,
    });
  });

  it('is a pattern of what only occurs, which is in no incident', () => {
    const of: KnownOf = () => known({}, { incident: null, patterns: [pattern('burst', 0.9)] });
    expect(analysisOf(message, of)).toMatchObject({ incident: null, patterns: [{ pattern: 'burst' }] });
  });

  it('has the three surest patterns, each once', () => {
    const patterns = [
      pattern('burst', 0.5),
      pattern('storm', 0.9),
      pattern('cascade', 0.7),
      pattern('burst', 0.6, 9_000),
    ];
    const found = analysisOf(message, () => known({ alerts: 2 }, { patterns }));
    expect(found?.incident).toBeNull();
    expect(found?.patterns.map(({ confidence }) => confidence)).toEqual([0.9, 0.7, 0.6]);
  });

  it('asks for a hundred alerts at most', () => {
    let asked = 0;
    const alerts = Array.from(
      { length: 500 },
      (_, n): MessageAlert => ({ ...message.alerts[0]!, id: `${n}` }),
    );
    const of: KnownOf = () => {
      asked += 1;
      return known({ alerts: 500 });
    };
    expect(analysisOf({ ...message, alerts }, of)).toBeNull();
    expect(asked).toBe(100);
  });

  it('keeps no message: where asking fails it goes out as it is, and the log says so', () => {
    const said: string[] = [];
    const log = { error: (event: string) => void said.push(event) } as unknown as Log;
    const analyst = new MessageAnalyst(() => {
      throw new Error('broken');
    }, log);
    expect(analyst.analysed(message)).toBe(message);
    expect(said).toEqual(['analysis.not_told']);
  });
});

describe('what the analyses said lately', () => {
  const finding = (id: string, alerts: readonly string[], confidence = 0.9): FindingRow => ({
    ...{ tenant: 'default', id, pattern: 'cascade', key: id, from: 1_000, to: 2_000, foundAt: 2_000 },
    ...{ updatedAt: 2_000, confidence, scope: {}, alerts, figures: { alerts: 12, services: 4 } },
  });

  it('is known by alert, as it was said last, and is bounded', () => {
    const recent = new RecentKnowledge();
    recent.note([
      { put: 'finding', row: finding('f1', ['a', 'b'], 0.5) },
      { put: 'finding', row: finding('f1', ['b', 'c'], 0.8) },
    ]);
    expect(recent.patternsOf('a')).toEqual([]);
    expect(recent.patternsOf('c')).toEqual([
      { pattern: 'cascade', alerts: 12, services: 4, confidence: 0.8, from: 1_000 },
    ]);
    for (let n = 0; n < 200; n++) recent.found(finding(`other ${n}`, ['x']));
    expect(recent.patternsOf('c')).toEqual([]);
    expect(recent.patternsOf('x').length).toBe(200);
  });
});

interface Told {
  readonly status: string;
  readonly groupLabels: { readonly service: string };
  readonly alerts: readonly { readonly id: string; readonly labels: { readonly alertname: string } }[];
  readonly analysis?: {
    readonly incident: { readonly title: string; readonly alerts: number; readonly services: number } | null;
    readonly cause: unknown;
    readonly patterns: readonly unknown[];
  };
}

const toldTo = (hook: Receiver) => hook.received.map(({ body }) => (JSON.parse(body) as { data: Told }).data);

async function start(): Promise<{
  app: TestApp;
  hook: Receiver;
  mails: () => readonly string[];
  cards: Receiver;
}> {
  const hook = await startReceiver();
  const cards = await startReceiver({
    handler: () => ({ status: 200, body: '{"errcode":0,"errmsg":"ok"}' }),
  });
  const catcher = await startMailCatcher();
  const app = await startTestApp(
    `
collector: { host: false }
egress: { allow: [127.0.0.0/8] }
channels:
  hook: { type: webhook, url: "${hook.url}/" }
  mail: { type: email, host: 127.0.0.1, port: ${catcher.port}, from_email: a@example.com, to: [b@example.com], locale: zh-TW }
  card: { type: dingtalk, base_url: "${cards.url}", access_token: ${'a'.repeat(64)}, locale: zh-CN }
receivers: { ops: { channels: [hook, mail, card], send_resolved: true } }
route: { receiver: ops, group_by: [service], group_wait: 0s, group_interval: 0s, resolve_wait: 0s }
topology: [{ from: web, to: cart }, { from: cart, to: cart-db }]
`,
    'rules: []',
  );
  closing.push(hook.close, cards.close, catcher.close, () => app.close());
  return { app, hook, cards, mails: () => catcher.received.map(({ text }) => text) };
}

/** One alert for each `name/service`, or `name/service/instance`, begun one after the other within the last minute. */
async function fire(app: TestApp, status: 'firing' | 'resolved', ...what: readonly string[]) {
  const now = Date.now();
  const alerts = what.map((one, n) => {
    const [alertname, service, instance] = one.split('/');
    const startsAt = new Date(now - (what.length - n) * (60_000 / what.length)).toISOString();
    const labels = { alertname, service, severity: 'high', ...(instance && { instance }) };
    return { status, startsAt, labels, annotations: { summary: `${alertname} of ${service}` } };
  });
  const answered = await app.call('POST', '/api/v1/webhooks/alertmanager', { alerts });
  expect(answered.status).toBeLessThan(300);
}

describe('a program that tells of alerts', () => {
  it('says in later messages, in three languages, and in explain, which incident they are part of', async () => {
    const { app, hook, cards, mails } = await start();
    await fire(app, 'firing', 'DatabaseDown/cart-db', 'HighErrorRate/cart', 'HighErrorRate/web');
    await hook.waitFor(3);
    await app.tocsin.analysed();
    await app.tocsin.causesFound();
    await fire(app, 'firing', 'HighLatency/web');
    await hook.waitFor(4);
    const later = toldTo(hook).at(-1)!;
    expect(later.groupLabels.service).toBe('web');
    expect(later.analysis).toMatchObject({
      incident: { services: 3 },
      cause: { service: 'cart-db', category: 'data_storage' },
    });
    expect(later.analysis!.incident!.title).toMatch(
      /^DatabaseDown on cart-db and 2 other services: \d alerts$/,
    );
    await until(() =>
      mails().some((text) =>
        /所屬事故：cart-db 的 DatabaseDown，另有 2 個服務：自 .* 起 \d 則告警/.test(text),
      ),
    );
    await until(() =>
      cards.received.some(({ body }) =>
        /所属事故\*\*：cart-db 的 DatabaseDown.*可能原因\*\*：cart-db，数据或存储（\d\d %）/.test(body),
      ),
    );

    await app.tocsin.analysed();
    await app.tocsin.causesFound();
    const id = later.alerts.find(({ labels }) => labels.alertname === 'HighErrorRate')!.id;
    const { body: shown } = await app.call('GET', `/api/v1/alerts/${id}`);
    const { incident } = shown as { incident: { id: string; title: string } };
    expect(incident.title).toBe('DatabaseDown on cart-db and 2 other services: 4 alerts');
    const explained = async (locale: string) => {
      const { body } = await app.call('GET', `/api/v1/alerts/${id}/explain?locale=${locale}`);
      return body as { summary: string; timeline: { what: string; text: string; details: object }[] };
    };
    const english = await explained('en');
    expect(english.summary).toContain(
      'It is part of an incident: DatabaseDown on cart-db and 2 other services: 4 alerts since ',
    );
    expect(english.timeline.find(({ what }) => what === 'incident.joined')).toMatchObject({
      text: expect.stringMatching(
        /^It joins an incident: a service \d calls? away had begun to fail .* before\.$/,
      ),
      details: { incident_id: incident.id, reason: 'near' },
    });
    expect(english.summary).toMatch(
      / The probable cause of the incident: cart-db, data or storage \(\d\d %\)\./,
    );
    expect(english.timeline.find(({ what }) => what === 'incident.cause')?.details).toMatchObject({
      service: 'cart-db',
    });
    expect((await explained('zh-TW')).summary).toContain('它屬於一起事故：cart-db 的 DatabaseDown');
    expect((await explained('zh-CN')).summary).toContain('它属于一起事故：cart-db 的 DatabaseDown');
  });

  it('says which pattern the alerts make, also after a restart', async () => {
    const { app, hook } = await start();
    await fire(app, 'firing', ...['1', '2', '3', '4', '5'].map((n) => `Overload/web/${n}`));
    await app.tocsin.analysed();
    await fire(app, 'firing', 'HighLatency/web');
    const saysBurst = () =>
      toldTo(hook).filter(({ alerts, analysis }) => alerts.length === 6 && analysis?.patterns.length === 1);
    await until(() => saysBurst().length > 0);
    const [told] = saysBurst();
    expect(told!.analysis!.patterns).toMatchObject([{ pattern: 'burst', alerts: 5 }]);
    const id = told!.alerts.find(({ labels }) => labels.alertname === 'Overload')!.id;
    const { body } = await app.call('GET', `/api/v1/alerts/${id}/explain`);
    const { timeline } = body as { timeline: { what: string; text: string }[] };
    expect(timeline.find(({ what }) => what === 'pattern.found')?.text).toMatch(
      /^A pattern is recognised: burst, 5 alerts, since .* \(\d\d %\)\.$/,
    );
    const again = await app.restart();
    closing.push(() => again.close());
    await again.tocsin.analysed();
    await fire(again, 'firing', 'Timeouts/web');
    await until(() =>
      toldTo(hook).some(({ alerts, analysis }) => alerts.length === 7 && analysis?.patterns.length === 1),
    );
  });

  it('adds nothing to a message where nothing more is known', async () => {
    const { app, hook } = await start();
    await fire(app, 'firing', 'DiskFull/billing');
    await hook.waitFor(1);
    await app.tocsin.analysed();
    await fire(app, 'resolved', 'DiskFull/billing');
    await hook.waitFor(2);
    for (const told of toldTo(hook)) expect(told).not.toHaveProperty('analysis');
    const { id } = toldTo(hook)[0]!.alerts[0]!;
    const { body } = await app.call('GET', `/api/v1/alerts/${id}/explain`);
    expect(JSON.stringify(body)).not.toContain('incident');
    expect((await app.call('GET', `/api/v1/alerts/${id}`)).body).toMatchObject({
      incident: { title: 'DiskFull on billing' },
    });
  });
});
