// What is said of alerts to come, by the whole program and a clock that stands still until it is told to go on.
import { afterEach, describe, expect, it } from 'vitest';
import { startReceiver } from '../testing/http-receiver.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';

const min = 60_000;
const hour = 60 * min;
const config = `
collector: { host: false }
channels: { screen: { type: console } }
`;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Shown {
  readonly id: string;
  readonly kind: string;
  readonly model: string;
  readonly state: string;
  readonly confidence: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly alert: string | null;
  readonly series: string | null;
  readonly made_at: string;
  readonly stored_at: string;
  readonly from: string;
  readonly to: string;
  readonly scored_at: string | null;
  readonly outcome: string | null;
  readonly figures: Readonly<Record<string, number>>;
}

interface Record_ {
  readonly model: string;
  readonly made: number;
  readonly open: number;
  readonly came_true: number;
  readonly missed: number;
  readonly precision: number | null;
  readonly precision_low: number | null;
  readonly calibration_error: number | null;
}

interface Answer {
  readonly items: readonly Shown[];
  readonly next: string | null;
  readonly track_record: {
    readonly models: readonly Record_[];
    readonly coverage: { readonly alerts: number; readonly foretold: number } | null;
  };
}

class Story {
  readonly clock = new ManualClock(1_700_000_000_000 - (1_700_000_000_000 % hour));
  app!: TestApp;
  /** What the console was told. */
  readonly printed: string[] = [];

  static async begin(rules = 'rules: []', settings = config): Promise<Story> {
    const story = new Story();
    const print = (line: string) => void story.printed.push(line);
    story.app = await startTestApp(settings, rules, { clock: story.clock, durability: 'normal', print });
    closing.push(() => story.#during(story.app.close()));
    return story;
  }

  /** The machine is off for so long. */
  async restart(offMs = 0): Promise<void> {
    await this.#during(this.app.tocsin.close());
    this.clock.stall(offMs);
    const { folder } = this.app;
    this.app = await startTestApp(config, 'rules: []', { clock: this.clock, durability: 'normal', folder });
    await this.pass(0);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.#during(this.app.tocsin.analysed());
  }

  async tell(status: 'firing' | 'resolved', name: string, service: string, tenant = 'default') {
    const labels = { alertname: name, service, severity: 'high' };
    const alerts = [{ status, labels, startsAt: new Date(this.clock.now()).toISOString() }];
    const { status: code } = await this.#during(
      this.app.call('POST', '/api/v1/webhooks/alertmanager', { alerts }, { 'x-tenant-id': tenant }),
    );
    expect(code).toBeLessThan(300);
    await this.pass(1_000);
  }

  /** An alert that is over after five minutes, an hour before the next one. */
  async anHour(name = 'BackupSlow', tenant = 'default'): Promise<void> {
    await this.tell('firing', name, 'backup', tenant);
    await this.pass(5 * min - 1_000);
    await this.tell('resolved', name, 'backup', tenant);
    await this.untilHour();
  }

  async get<T = Answer>(path: string, tenant = 'default', expected = 200): Promise<T> {
    const { status, body } = await this.#during(
      this.app.call('GET', path, undefined, { 'x-tenant-id': tenant }),
    );
    expect(status, JSON.stringify(body)).toBe(expected);
    return body as T;
  }

  async push(metric: string, value: number, labels: Record<string, string>): Promise<void> {
    const samples = [{ metric, value, labels, timestamp: this.clock.now() }];
    expect(await this.#during(this.app.push(samples))).toBeLessThan(300);
  }

  /** The clock goes on until it is so. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 2_000 && !condition(); turn++) await this.clock.advance(1);
    expect(condition()).toBe(true);
  }

  /** To the next full hour since the story began. */
  async untilHour(): Promise<void> {
    await this.pass(hour - (this.clock.now() % hour));
  }

  async ask<T>(path: string, document: unknown): Promise<T> {
    const { status, body } = await this.#during(
      this.app.call('POST', path, document, { 'x-tenant-id': 'default' }),
    );
    expect(status, JSON.stringify(body)).toBe(200);
    return body as T;
  }

  predictions(query = '', tenant = 'default'): Promise<Answer> {
    return this.get(`/api/v1/alerts/predictions${query}`, tenant);
  }

  /** The clock goes on until it is done. */
  async #during<T>(work: Promise<T>): Promise<T> {
    let open = true;
    const done = work.finally(() => {
      open = false;
    });
    while (open) await this.clock.advance(1);
    return done;
  }
}

describe('predictions of a program that runs', () => {
  it('say that an alert comes again at its hour, are stored before it does, and are scored when it did', async () => {
    const story = await Story.begin();
    for (let n = 0; n < 3; n++) await story.anHour();
    expect((await story.predictions()).items).toEqual([]);
    const fourth = story.clock.now();
    await story.anHour();
    const [open, ...more] = (await story.predictions()).items;
    expect(more).toEqual([]);
    expect(open).toMatchObject({
      ...{ kind: 'periodic', model: 'renewal', state: 'open', scored_at: null, outcome: null },
      labels: { alertname: 'BackupSlow', service: 'backup' },
    });
    expect(open!.figures.period_seconds).toBeCloseTo(3_600, -1);
    expect(Date.parse(open!.from)).toBeLessThan(fourth + hour + 1_000);
    expect(Date.parse(open!.stored_at)).toBeLessThan(fourth + 10_000);
    await story.tell('firing', 'BackupSlow', 'backup');
    const scored = (await story.predictions('?state=came_true')).items;
    expect(scored.map(({ id }) => id)).toEqual([open!.id]);
    const id = scored[0]!.outcome!;
    expect(Date.parse(scored[0]!.scored_at!)).toBeGreaterThan(Date.parse(open!.stored_at));
    const { models, coverage } = (await story.predictions()).track_record;
    expect(models).toMatchObject([{ model: 'renewal', made: 2, open: 1, came_true: 1, missed: 0 }]);
    expect(models[0]!.precision).toBe(1);
    expect(models[0]!.precision_low).toBeCloseTo(0.207, 3);
    expect(models[0]!.calibration_error).toBeCloseTo(1 - open!.confidence, 10);
    expect(coverage).toMatchObject({ alerts: 5, foretold: 1, by_model: { renewal: 1 } });
    const explained = (locale: string) =>
      story.get<{ summary: string; timeline: { what: string; text: string; details: object }[] }>(
        `/api/v1/alerts/${id}/explain?locale=${locale}`,
      );
    const { summary, timeline } = await explained('en');
    expect(summary).toMatch(/It had been foretold at .* \(60 %\)\./);
    expect(timeline.find(({ what }) => what === 'alert.foretold')).toMatchObject({
      text: expect.stringMatching(/^It is foretold, between .* and .* \(60 %\): it comes at intervals\.$/),
      details: { prediction_id: open!.id, model: 'renewal' },
    });
    expect((await explained('zh-TW')).summary).toMatch(/它在 .* 已被預測（60 %）。/);
    expect((await explained('zh-CN')).summary).toMatch(/它在 .* 已被预测（60 %）。/);
    const analysed = await story.ask<{ predictions: Shown[] }>('/api/v1/alerts/analyze', {
      from: fourth + 1_000,
      to: story.clock.now(),
    });
    expect(analysed.predictions.map((one) => one.id)).toContain(open!.id);
    const given = await story.ask<{ predictions: Shown[] }>('/api/v1/alerts/analyze', { alerts: [id] });
    expect(given.predictions.map((one) => one.id)).toContain(open!.id);
  });

  it('are missed where it does not come, and silent after it failed to come twice', async () => {
    const story = await Story.begin();
    for (let n = 0; n < 4; n++) await story.anHour();
    const [open] = (await story.predictions()).items;
    await story.pass(5 * min);
    const { items, track_record } = await story.predictions();
    const missed = items.find(({ id }) => id === open!.id);
    expect(missed).toMatchObject({ state: 'missed', outcome: null });
    expect(Date.parse(missed!.scored_at!)).toBeGreaterThan(Date.parse(open!.to));
    expect(track_record.models).toMatchObject([{ came_true: 0, missed: 1, precision: 0 }]);
    await story.pass(4 * hour);
    expect((await story.predictions('?state=open')).items).toEqual([]);
  });

  it.each([
    ['closed in the middle', 20 * min, 0],
    ['closed before its forecast is kept apart', min, 0],
    ['switched off for ten minutes', 20 * min, 10 * min],
  ])('are neither doubled nor lost when the program is %s', async (_, at, offMs) => {
    const story = await Story.begin();
    for (let n = 0; n < 6; n++) {
      await story.tell('firing', 'BackupSlow', 'backup');
      await story.tell('resolved', 'BackupSlow', 'backup');
      await story.pass(at / 2 - 2_000);
      // What the forecast knew was kept apart before this one.
      await story.tell('firing', 'ReportLate', 'reports');
      await story.tell('resolved', 'ReportLate', 'reports');
      await story.pass(at / 2 - 2_000);
      const before = (await story.predictions()).items;
      await story.restart(offMs);
      expect((await story.predictions()).items).toEqual(before);
      await story.untilHour();
    }
    const { items, track_record } = await story.predictions('?kind=periodic');
    for (const name of ['BackupSlow', 'ReportLate']) {
      const states = items.filter(({ labels }) => labels.alertname === name).map(({ state }) => state);
      expect(states).toEqual(['open', 'came_true', 'came_true']);
    }
    expect(track_record.coverage).toMatchObject({ alerts: 12, by_model: { renewal: 4 } });
    expect(story.app.tocsin.services.store.forecast('default')!.parts).toBeGreaterThan(1);
    await story.pass(at / 2 + 5 * min);
    expect((await story.predictions('?kind=periodic&state=missed')).items).toHaveLength(2);
    await story.restart();
    const again = (await story.predictions('?kind=periodic')).items;
    expect(again.filter(({ state }) => state === 'missed')).toHaveLength(2);
    expect(again).toHaveLength(8);
  });

  it("are each tenant's own", async () => {
    const story = await Story.begin();
    for (let n = 0; n < 4; n++) {
      await story.tell('firing', 'BackupSlow', 'backup', 'globex');
      await story.tell('resolved', 'BackupSlow', 'backup', 'globex');
      await story.untilHour();
    }
    const [foreign] = (await story.predictions('', 'globex')).items;
    expect(foreign).toMatchObject({ state: 'open', model: 'renewal' });
    const own = await story.predictions();
    expect([own.items, own.track_record.models]).toEqual([[], []]);
    expect((await story.predictions(`?alert=${foreign!.alert}`)).items).toEqual([]);
    expect((await story.predictions(`?alert=${foreign!.alert}`, 'globex')).items).toHaveLength(1);
    await story.tell('firing', 'BackupSlow', 'backup');
    expect((await story.predictions('', 'globex')).items).toMatchObject([{ state: 'open' }]);
    expect((await story.predictions()).items).toEqual([]);
  });

  it('are asked for by kind, state, confidence and page', async () => {
    const story = await Story.begin();
    for (let n = 0; n < 6; n++) await story.anHour();
    const of = async (query: string) => (await story.predictions(query)).items.map(({ state }) => state);
    expect(await of('?kind=periodic,burst')).toEqual(['open', 'came_true', 'came_true']);
    expect(await of('?kind=capacity')).toEqual([]);
    expect(await of('?state=came_true,missed')).toEqual(['came_true', 'came_true']);
    expect(await of('?min_confidence=.99')).toEqual([]);
    const first = await story.predictions('?limit=2');
    expect(first.items).toHaveLength(2);
    expect(first.track_record.models).toMatchObject([{ model: 'renewal', made: 3 }]);
    expect(await of(`?limit=2&cursor=${first.next}`)).toEqual(['came_true']);
    expect(await story.predictions(`?limit=2&cursor=${first.next}`)).not.toHaveProperty('track_record');
    for (const query of ['?kind=weather', '?min_confidence=2', '?state=late', '?what=1'])
      await story.get(`/api/v1/alerts/predictions${query}`, 'default', 400);
  });

  it('say when what fills up reaches the threshold of the rule that watches it', async () => {
    const story = await Story.begin(`
rules:
  - { name: DiskFull, type: threshold, metric: disk.used, operator: gt, threshold: 90, for: 1m, severity: high }
`);
    let used = 40;
    const fill = async (minutes: number) => {
      for (let n = 0; n < 2 * minutes; n++) {
        used += 0.5;
        await story.push('disk.used', used, { service: 'db', host: 'db-1' });
        await story.pass(30_000);
      }
    };
    await fill(36);
    const [open] = (await story.predictions('?kind=capacity&state=open')).items;
    expect(open).toMatchObject({
      model: 'capacity',
      labels: { alertname: 'DiskFull', host: 'db-1' },
      series: 'DiskFull: disk.used{"host":"db-1","service":"db"}',
    });
    expect(open!.figures.threshold).toBe(90);
    await fill(20);
    const scored = (await story.predictions('?kind=capacity')).items.find(({ id }) => id === open!.id);
    expect(scored).toMatchObject({ state: 'came_true' });
  });

  it('stand in messages in three languages, once they were right often enough', async () => {
    const hook = await startReceiver();
    const settings = `
collector: { host: false }
egress: { allow: [127.0.0.0/8] }
channels:
  hook: { type: webhook, url: "${hook.url}/" }
  en: { type: console, locale: en }
  tw: { type: console, locale: zh-TW }
  cn: { type: console, locale: zh-CN }
receivers: { ops: { channels: [hook, en, tw, cn], send_resolved: false, dedupe_window: 0s } }
route: { receiver: ops, group_by: [service], group_wait: 10s, group_interval: 10s }
`;
    const story = await Story.begin('rules: []', settings);
    closing.push(hook.close);
    const spread = [0, 7, 3, 11, 5, 2, 13, 8, 1, 9, 4, 12, 6, 10, 0, 5, 3, 9, 7, 2];
    for (const minutes of spread) {
      await story.tell('firing', 'DatabaseDown', 'cart-db');
      await story.pass(2 * min - 1_000);
      await story.tell('firing', 'HighErrorRate', 'cart');
      await story.pass(min);
      await story.tell('resolved', 'DatabaseDown', 'cart-db');
      await story.tell('resolved', 'HighErrorRate', 'cart');
      await story.pass((20 + minutes) * min);
    }
    story.printed.length = 0;
    await story.tell('firing', 'DatabaseDown', 'cart-db');
    await story.pass(15_000);
    const [open] = (await story.predictions('?kind=cascade&state=open&min_confidence=.8')).items;
    expect(open).toMatchObject({ model: 'cascade', labels: { alertname: 'HighErrorRate', service: 'cart' } });
    const text = () => story.printed.join('\n');
    await story.until(
      () => /前隨之出現/.test(text()) && /前随之出现/.test(text()) && /follows by/.test(text()),
    );
    expect(text()).toMatch(/Expected next: HighErrorRate on cart follows by \d{4}-.* UTC \(20 of 20 times\)/);
    expect(text()).toMatch(/預期接續：cart 的 HighErrorRate 將在 .* UTC 前隨之出現（過去 20 次中有 20 次）/);
    expect(text()).toMatch(/预计接续：cart 的 HighErrorRate 将在 .* UTC 前随之出现（过去 20 次中有 20 次）/);
    await hook.waitFor(1);
    const told = JSON.parse(hook.received.at(-1)!.body) as { data: { analysis: { predictions: object[] } } };
    expect(told.data.analysis.predictions).toContainEqual(
      expect.objectContaining({
        ...{ model: 'cascade', name: 'HighErrorRate', service: 'cart', times: { came: 20, of: 20 } },
        ...{ from: open!.from, to: open!.to },
      }),
    );
    // What came is not expected any more.
    await story.pass(2 * min - 15_000);
    await story.tell('firing', 'HighErrorRate', 'cart');
    expect((await story.predictions(`?alert=${open!.alert}&kind=cascade`)).items[0]).toMatchObject({
      state: 'came_true',
    });
    story.printed.length = 0;
    await story.tell('firing', 'HighLatency', 'cart-db');
    await story.pass(15_000);
    await story.until(() => /HighLatency/.test(text()));
    expect(text()).not.toMatch(/Expected next: HighErrorRate/);
  });
});
