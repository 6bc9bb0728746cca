// What holds messages back, over the program's deaths: silences that are made, changed and taken back by HTTP,
// acknowledgements, and groups that wait. Each act has a host of its own, and knows from when on what may be said of it.
import type { SilenceBody } from './api-state.ts';
import { Ended, type KillClient } from './client.ts';
import type { Ledger } from './ledger.ts';
import { levelMetric } from './load.ts';
import type { Provider, Told } from './provider.ts';

/** Route of the groups that wait, by label `line`, and how long they do. */
export const slowLine = 'slow';
export const slowWaitMs = 2_500;

/** Lives may end one after the other when something is due: the first one that lasts tells it. */
const lateMs = 40_000;
const pollMs = 100;
/** Longer than two repeats of the route. */
const acknowledgedMs = 4_500;
const shortestSilenceMs = 500;
const longestSilenceMs = 4_000;
/** Clocks of both sides are one; times of messages are whole milliseconds. */
const roundingMs = 2;

type Rng = () => number;
type Act = () => Promise<void>;

export class Holds {
  readonly #client: KillClient;
  readonly #ledger: Ledger;
  readonly #provider: Provider;
  readonly #rng: Rng;
  #stopping = false;
  #lastAt = 0;
  #keys = 0;
  /** Null until it is known whether the program takes silences by HTTP. */
  #silences: boolean | null = null;

  constructor(client: KillClient, ledger: Ledger, provider: Provider, rng: Rng) {
    this.#client = client;
    this.#ledger = ledger;
    this.#provider = provider;
    this.#rng = rng;
  }

  /** To be done again and again, beside the load. */
  get acts(): readonly Act[] {
    return [
      () => this.#silence('q0'),
      () => this.#silence('q1'),
      () => this.#acknowledge('k0'),
      () => this.#wait('w0'),
    ];
  }

  /** What is under way comes to its end sooner. */
  stop(): void {
    this.#stopping = true;
  }

  // -- the acts -------------------------------------------------------------------------------------------------

  /** A silence, then an alert that it takes: told when the silence is over, and not before. */
  async #silence(host: string): Promise<void> {
    this.#silences ??= (await this.#client.sure('GET', '/api/v1/silences?limit=1')).status === 200;
    if (!this.#silences) return this.#sleep(pollMs);
    const from = Date.now();
    const ms = shortestSilenceMs + this.#rng() * (longestSilenceMs - shortestSilenceMs);
    let silence = await this.#put('POST', '/api/v1/silences', {
      matchers: [`host="${host}"`],
      duration: `${Math.round(ms)}ms`,
    });
    const alert = await this.#fires(host);
    const end = from + this.#rng() * ms;
    const takesBack = this.#rng() < 0.3;
    const changes = !takesBack && this.#rng() < 0.4;
    while (Date.now() < Math.min(end, Date.parse(silence.ends_at)) && !this.#stopping) {
      await this.#checkStored(silence);
      await this.#sleep(pollMs);
    }
    let until = Date.parse(silence.ends_at);
    if (takesBack || this.#stopping) {
      until = Math.min(until, Date.now());
      await this.#client.sure('DELETE', `/api/v1/silences/${silence.id}`);
    } else if (changes && Date.now() < until - 200) {
      // Nobody knows which of two answers counts when the first is lost: both ends are the same.
      const ends_at = new Date(until + 700).toISOString();
      const path = `/api/v1/silences/${silence.id}`;
      const changed = await this.#client.sure('PUT', path, {
        matchers: silence.matchers,
        ends_at,
        comment: 'longer',
      });
      if (changed.status === 200) {
        silence = changed.body as SilenceBody;
        until = Date.parse(silence.ends_at);
        await this.#checkStored(silence);
      }
    }
    await this.#toldAfter(host, alert, from, until, `silence ${silence.id}`);
    this.#ledger.held += 1;
    await this.#level(host, 12);
  }

  /** An alert that was told and acknowledged: no repeat of it until its end. */
  async #acknowledge(host: string): Promise<void> {
    const from = Date.now();
    const alert = await this.#fires(host);
    await this.#toldAfter(host, alert, from, from, 'nothing');
    const path = `/api/v1/alerts/${alert}/acknowledge`;
    const answered = await this.#client.sure('POST', path, { note: 'held' }, this.#key());
    if (answered.status !== 200)
      this.#ledger.violate(
        'unexpected_answer',
        `${path}: ${answered.status} ${JSON.stringify(answered.body)}`,
      );
    else {
      this.#ledger.acknowledged.push({ alertId: alert, keyed: true });
      while (Date.now() < answered.at + acknowledgedMs && !this.#stopping) await this.#sleep(pollMs);
      const again = this.#of(alert).find(({ decidedAt }) => decidedAt > answered.at + roundingMs);
      if (again)
        this.#ledger.violate(
          'told_while_held',
          `${alert} is acknowledged; ${again.reason} at ${again.decidedAt}`,
        );
      this.#ledger.held += 1;
    }
    await this.#level(host, 12);
  }

  /** A group that waits: told when it has waited as long as it would have in one life. */
  async #wait(host: string): Promise<void> {
    const sentAt = Date.now();
    const alert = await this.#fires(host, { line: slowLine });
    const answeredAt = Date.now();
    await this.#toldAfter(host, alert, sentAt, sentAt + slowWaitMs, `group_wait, answered at ${answeredAt}`);
    this.#ledger.held += 1;
    await this.#level(host, 12, { line: slowLine });
  }

  // -- what is checked ------------------------------------------------------------------------------------------

  /** The first message about the alert was decided at `until` at the earliest, and not much later. */
  async #toldAfter(host: string, alert: string, from: number, until: number, by: string): Promise<void> {
    const giveUpAt = Math.max(until, Date.now()) + lateMs;
    let first: Told | undefined;
    while (first === undefined && Date.now() < giveUpAt) {
      first = this.#of(alert)[0];
      if (first === undefined) await this.#sleep(pollMs);
    }
    if (first === undefined)
      this.#ledger.violate(
        'end_untold',
        `${alert} of ${host}: nothing came after ${until}, the end of ${by}`,
      );
    else if (first.decidedAt < until - roundingMs)
      this.#ledger.violate(
        'told_while_held',
        `${alert} of ${host}: ${first.reason} at ${first.decidedAt}, held from ${from} until ${until} by ${by}`,
      );
  }

  async #checkStored(silence: SilenceBody): Promise<void> {
    const { status, body } = await this.#client.sure('GET', `/api/v1/silences/${silence.id}`);
    const stored = body as SilenceBody;
    const text = ({ matchers, starts_at, ends_at, version }: SilenceBody) =>
      JSON.stringify([matchers, starts_at, ends_at, version]);
    if (status !== 200 || text(stored) !== text(silence))
      this.#ledger.violate(
        'silence_lost',
        `${text(silence)} was answered, it is ${status} ${JSON.stringify(body)}`,
      );
  }

  #of(alert: string): readonly Told[] {
    return this.#provider.told.filter(({ alerts }) => alerts.some(({ id }) => id === alert));
  }

  // -- requests -------------------------------------------------------------------------------------------------

  async #put(method: 'POST', path: string, body: object): Promise<SilenceBody> {
    const answered = await this.#client.sure(method, path, { ...body, comment: 'held' }, this.#key());
    if (answered.status !== 201) this.#wrong(`${path}: ${answered.status} ${JSON.stringify(answered.body)}`);
    return answered.body as SilenceBody;
  }

  #key(): Readonly<Record<string, string>> {
    return { 'idempotency-key': `hold-${++this.#keys}-${Math.floor(this.#rng() * 2 ** 40).toString(36)}` };
  }

  /** Answers the id of the alert that began. */
  async #fires(host: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    this.#ledger.episodesOf(host).sent += 1;
    await this.#level(host, 97, labels);
    this.#ledger.episodesOf(host).answered += 1;
    const { body } = await this.#client.sure('GET', '/api/v1/alerts?state=firing&limit=200');
    const { items } = body as { items: { id: string; labels: Record<string, string> }[] };
    const alert = items.find((each) => each.labels.host === host);
    return alert?.id ?? this.#wrong(`${host}: its true sample was answered, no alert of it is firing`);
  }

  async #level(host: string, value: number, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#lastAt = Math.max(this.#lastAt + 1, Date.now());
    const at = this.#lastAt;
    const sample = { metric: levelMetric, labels: { host, team: 'ops', ...labels }, value, timestamp: at };
    const answered = await this.#client.sure('POST', '/api/v1/metrics', { samples: [sample] });
    if (answered.status === 202) this.#ledger.sample(levelMetric, host, at, value, answered);
    else this.#ledger.violate('unexpected_answer', `a sample of ${host}: ${answered.status}`);
  }

  /** Whoever is at this act does no more of them. */
  #wrong(text: string): never {
    this.#ledger.violate('unexpected_answer', text);
    throw new Ended(text);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}
