// What is said of alerts to come, by the whole program and a clock that stands still until it is told to go on.
import { afterEach, describe, expect, it } from 'vitest';
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

  static async begin(rules = 'rules: []', settings = config): Promise<Story> {
    const story = new Story();
    story.app = await startTestApp(settings, rules, { clock: story.clock, durability: 'normal' });
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
    await this.pass(55 * min - 1_000);
  }

  async get<T = Answer>(path: string, tenant = 'default', expected = 200): Promise<T> {
    const { status, body } = await this.#during(
      this.app.call('GET', path, undefined, { 'x-tenant-id': tenant }),
    );
    expect(status, JSON.stringify(body)).toBe(expected);
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
    const { items } = await story.get<{ items: { id: string }[] }>('/api/v1/alerts/active');
    expect(scored[0]!.outcome).toBe(items[0]!.id);
    expect(Date.parse(scored[0]!.scored_at!)).toBeGreaterThan(Date.parse(open!.stored_at));
  });
});
