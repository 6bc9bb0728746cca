// Clients that push steadily, each to one channel at its own pace: events, and alerts that fire and end a little later.
import { Ended, type KillClient } from '../kills/client.ts';
import type { Random } from '../simulation/random.ts';
import { levelMetric } from './folder.ts';
import { markOf, type Push } from './push.ts';

/** Share of pushes that are alerts; each has a second message, of its end. */
const alertShare = 0.3;

export interface PaceOf {
  readonly channel: string;
  /** Messages, with those about ends. */
  readonly perSecond: number;
}

export class ChaosLoad {
  readonly pushes = new Map<string, Push>();
  readonly #client: KillClient;
  readonly #random: Random;
  readonly #under: Promise<void>[] = [];
  readonly #failures: unknown[] = [];
  #count = 0;

  constructor(client: KillClient, random: Random) {
    this.#client = client;
    this.#random = random;
  }

  /** Pushes until that time, epoch milliseconds; resolves when all of it is accepted, rejects when something was refused. */
  async run(paces: readonly PaceOf[], until: number): Promise<void> {
    await Promise.all(paces.map((pace) => this.#keep(pace, until)));
    await Promise.all(this.#under);
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  async #keep({ channel, perSecond }: PaceOf, until: number): Promise<void> {
    const stepMs = 1_000 / perSecond;
    let due = Date.now() + this.#random.next() * stepMs;
    while (due < until) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
      const alert = due + stepMs < until && this.#random.chance(alertShare);
      const pushing = alert ? this.#alert(channel, stepMs) : this.#event(channel);
      this.#under.push(pushing.catch((error: unknown) => void this.#failures.push(error)));
      due += alert ? 2 * stepMs : stepMs;
    }
  }

  #next(kind: 'a' | 'w', channel: string): Push {
    this.#count += 1;
    const push = { token: `${kind}${String(this.#count).padStart(6, '0')}`, channel, said: [] };
    this.pushes.set(push.token, push);
    return push;
  }

  async #event(channel: string): Promise<void> {
    const push = this.#next('w', channel);
    const { token } = push;
    const body = {
      type: 'chaos.event',
      severity: this.#random.pick(['critical', 'high', 'warning', 'info']),
      message: `${markOf(token)} happened`,
      labels: { via: channel, token },
      dedup_key: token,
    };
    if (await this.#post('/api/v1/events', body, token)) push.said.push('event');
  }

  async #alert(channel: string, stepMs: number): Promise<void> {
    const push = this.#next('a', channel);
    if (!(await this.#level(push, 97))) return;
    push.said.push('firing');
    await new Promise((resolve) => setTimeout(resolve, stepMs));
    if (await this.#level(push, 3)) push.said.push('resolved');
  }

  #level({ token, channel }: Push, value: number): Promise<boolean> {
    const labels = { via: channel, token, mark: markOf(token) };
    // Without a time of its own a sample that is pushed again after a lost answer says the same of a later moment.
    return this.#post('/api/v1/metrics', { samples: [{ metric: levelMetric, labels, value }] });
  }

  /** Until it is accepted; false when the campaign ended before. */
  async #post(path: string, body: object, key?: string): Promise<boolean> {
    try {
      const headers = key === undefined ? {} : { 'idempotency-key': `key-of-${key}` };
      const { status, body: said } = await this.#client.sure('POST', path, body, headers);
      const rejected = (said as { rejected_count?: number } | null)?.rejected_count ?? 0;
      if (status === 202 && rejected === 0) return true;
      throw new Error(`POST ${path}: ${status} ${JSON.stringify(said).slice(0, 300)}`);
    } catch (error) {
      if (error instanceof Ended) return false;
      throw error;
    }
  }
}
