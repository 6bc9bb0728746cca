// Clients at work: samples that fire and resolve, people who acknowledge and resolve, events with and without a key,
// and plain samples that no rule reads. Each goes on over the program's deaths.
import { isDeepStrictEqual } from 'node:util';
import { type Answered, Ended, type KillClient } from './client.ts';
import type { Ledger } from './ledger.ts';

export const levelMetric = 'load.level';
export const fillerMetric = 'load.filler';
export const ruleName = 'LevelHigh';

/** Teams are routed: `ops` is told at once, `batched` in batches, `gone` is a receiver that refuses everything. */
export type Team = 'ops' | 'batched' | 'gone';
const teams: readonly Team[] = ['ops', 'ops', 'batched', 'ops', 'gone', 'ops'];
const hosts = 12;
const eventClients = 3;
const fillerSeries = 20;

type Rng = () => number;

export class Load {
  readonly #client: KillClient;
  readonly #ledger: Ledger;
  readonly #rng: Rng;
  #running: Promise<void>[] = [];
  #stopping = false;
  #paused: Promise<void> | null = null;
  #resume: () => void = () => undefined;
  #lastAt = 0;
  #events = 0;
  readonly #keyed: string[] = [];

  constructor(client: KillClient, ledger: Ledger, rng: Rng) {
    this.#client = client;
    this.#ledger = ledger;
    this.#rng = rng;
  }

  /** `more`: what others do beside the load, again and again. */
  start(more: readonly (() => Promise<void>)[] = []): void {
    const actors = [
      ...more.map((act) => this.#loop(act)),
      ...Array.from({ length: hosts }, (_, i) =>
        this.#loop(() => this.#episode(`h${i}`, teams[i % teams.length]!)),
      ),
      ...Array.from({ length: eventClients }, () => this.#loop(() => this.#event())),
      this.#loop(() => this.#filler()),
    ];
    this.#running = actors;
  }

  /** Everybody finishes what they are at and waits. */
  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#paused = null;
    this.#resume();
  }

  /** Resolves when everybody has ended what they were at; every alert of the load has been told to end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.resume();
    await Promise.all(this.#running);
  }

  async #loop(act: () => Promise<void>): Promise<void> {
    try {
      while (!this.#stopping) {
        if (this.#paused !== null) await this.#paused;
        await act();
        await this.#think(15);
      }
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
    }
  }

  #think(mostMs: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#rng() * mostMs));
  }

  /** Sample times are unique and rise. */
  #time(): number {
    this.#lastAt = Math.max(this.#lastAt + 1, Date.now());
    return this.#lastAt;
  }

  #key(): string {
    return `k${Math.floor(this.#rng() * 2 ** 48).toString(36)}`;
  }

  async #level(host: string, team: Team, value: number): Promise<void> {
    const at = this.#time();
    const answered = await this.#client.sure('POST', '/api/v1/metrics', {
      samples: [{ metric: levelMetric, labels: { host, team }, value, timestamp: at }],
    });
    if (this.#expect(answered, 202, `a sample of ${host}`)) {
      this.#ledger.sample(levelMetric, host, at, value, answered);
    }
  }

  async #episode(host: string, team: Team): Promise<void> {
    const episodes = this.#ledger.episodesOf(host);
    episodes.sent += 1;
    await this.#level(host, team, 97);
    episodes.answered += 1;
    await this.#think(20);
    if (this.#rng() < 0.4) await this.#respond(host);
    await this.#think(10);
    await this.#level(host, team, 12);
  }

  /** Somebody looks the alert up, acknowledges it, and perhaps resolves it by hand. */
  async #respond(host: string): Promise<void> {
    const listed = await this.#client.sure('GET', `/api/v1/alerts?state=firing&rule=${ruleName}&limit=200`);
    const { items } = listed.body as { items: { id: string; labels: Record<string, string> }[] };
    const alert = items.find(({ labels }) => labels.host === host);
    if (alert === undefined) {
      this.#ledger.violate(
        'episodes_wrong',
        `${host}: its true sample was answered, no alert of it is firing`,
      );
      return;
    }
    if (await this.#command('acknowledge', alert.id)) {
      if (this.#rng() < 0.4) await this.#command('resolve', alert.id);
    }
  }

  async #command(what: 'acknowledge' | 'resolve', alertId: string): Promise<boolean> {
    const path = `/api/v1/alerts/${alertId}/${what}`;
    const key = this.#rng() < 0.5 ? this.#key() : null;
    const note = { note: 'load' };
    const answered =
      key === null
        ? await this.#client.once('POST', path, note)
        : await this.#client.sure('POST', path, note, { 'idempotency-key': key });
    // Without a key a lost answer is not asked for again: the command may have been carried out or not.
    if (answered === null || answered.status === 503 || answered.status === 429) return false;
    if (!this.#expect(answered, 200, `${what} of ${alertId}`)) return false;
    this.#ledger[what === 'acknowledge' ? 'acknowledged' : 'resolved'].push({ alertId, keyed: key !== null });
    if (key !== null && this.#rng() < 0.3) await this.#again(path, note, key, answered);
    return true;
  }

  /** The same request under the same key, perhaps lives later: the same answer. */
  async #again(path: string, body: object, key: string, first: Answered): Promise<void> {
    const again = await this.#client.sure('POST', path, body, { 'idempotency-key': key });
    if (again.status === first.status && isDeepStrictEqual(again.body, first.body)) return;
    this.#ledger.violate('answer_changed', `${path}, same key: ${JSON.stringify([first.body, again.body])}`);
  }

  async #event(): Promise<void> {
    if (this.#keyed.length > 0 && this.#rng() < 0.15) {
      const known = this.#ledger.events.get(this.#keyed[Math.floor(this.#rng() * this.#keyed.length)]!)!;
      return this.#again('/api/v1/events', known.body, known.key!, known.answer!);
    }
    const n = `e${++this.#events}`;
    const key = this.#rng() < 0.5 ? this.#key() : null;
    const body = {
      type: 'load.event',
      severity: 'warning',
      message: `event ${n}`,
      labels: { host: `v${this.#events % 5}`, team: teams[this.#events % teams.length]! },
      dedup_key: n,
    };
    const promised = { body, key, answer: null as Answered | null };
    this.#ledger.events.set(n, promised);
    const answered =
      key === null
        ? await this.#client.once('POST', '/api/v1/events', body)
        : await this.#client.sure('POST', '/api/v1/events', body, { 'idempotency-key': key });
    if (answered === null || answered.status === 503 || answered.status === 429) return;
    if (!this.#expect(answered, 202, `event ${n}`)) return;
    promised.answer = answered;
    if (key !== null) this.#keyed.push(n);
  }

  async #filler(): Promise<void> {
    const at = this.#time();
    const samples = Array.from({ length: fillerSeries }, (_, i) => ({
      metric: fillerMetric,
      labels: { host: `f${i}` },
      value: Math.floor(this.#rng() * 1e6),
      timestamp: at,
    }));
    const answered = await this.#client.once('POST', '/api/v1/metrics', { samples });
    if (answered === null || answered.status !== 202) return;
    for (const { labels, value } of samples) {
      this.#ledger.sample(fillerMetric, labels.host, at, value, answered);
    }
  }

  #expect(answered: Answered, status: number, what: string): boolean {
    const rejected = (answered.body as { rejected_count?: number } | null)?.rejected_count ?? 0;
    if (answered.status === status && rejected === 0) return true;
    const shown = JSON.stringify(answered.body).slice(0, 300);
    this.#ledger.violate('unexpected_answer', `${what}: ${answered.status} ${shown}`);
    return false;
  }
}
