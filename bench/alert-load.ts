// Hosts that get hot and cool down in turn: the k-th push heats host k, the next cools host k - lag, so the number of
// firing alerts stays the same while the load runs. A change (firing or resolved) is one stored alert change with one
// message of its own; that is what the figures call an alert.
import type { Ledger, Status } from './ledger.ts';
import { operatorKey } from './settings.ts';
import { post, type Wire } from './wire.ts';

export interface AlertLoadOptions {
  readonly wire: Wire;
  readonly ledger: Ledger;
  /** Hosts that take turns. */
  readonly hosts: number;
  /** Begins every host's name. */
  readonly prefix: string;
  readonly tenant?: string;
  /** `bench.load` unless told otherwise. */
  readonly metric?: string;
  /** How many hosts are hot at a time. */
  readonly lag?: number;
}

interface Change {
  readonly host: string;
  readonly status: Status;
}

export class AlertLoad {
  readonly #options: AlertLoadOptions;
  readonly #lag: number;
  readonly #headers: Readonly<Record<string, string>>;
  #turn = 0;
  #heated = 0;
  #inFlight = 0;
  #answers: number[] = [];
  /** Hosts whose last change was refused: the next one, its opposite, says what is so already. */
  readonly #without = new Set<string>();
  accepted = 0;
  refused = 0;
  other = 0;

  constructor(options: AlertLoadOptions) {
    this.#options = options;
    this.#lag = Math.min(options.lag ?? 500, options.hosts >> 1);
    this.#headers = {
      'x-api-key': operatorKey,
      'content-type': 'application/json',
      ...(options.tenant !== undefined && { 'x-tenant-id': options.tenant }),
    };
  }

  /** Gives every host this many points of the last seconds, none of which is hot. */
  async fill(points: number, batch = 250): Promise<void> {
    const { hosts } = this.#options;
    const now = Date.now();
    for (let point = 0; point < points; point++) {
      for (let from = 0; from < hosts; from += batch) {
        const calm = Array.from({ length: Math.min(batch, hosts - from) }, (_, i) =>
          this.#change(from + i, 'resolved'),
        );
        const { status, body } = await this.#send(calm, now - (points - point) * 1_000);
        if (status !== 202) throw new Error(`the first points were not accepted: ${status} ${body}`);
      }
    }
  }

  /**
   * Heats the first `lag` hosts. With `known` every host got hot and cooled down before: series and label sets are
   * known afterwards.
   */
  async warmUp(timeoutMs: number, known = true, batch = 250): Promise<void> {
    const { hosts, ledger } = this.#options;
    for (const status of ['firing', 'resolved'] as const) {
      for (let from = 0; known && from < hosts; from += batch) {
        const changes = Array.from({ length: Math.min(batch, hosts - from) }, (_, i) =>
          this.#change(from + i, status),
        );
        await this.#push(changes);
        await ledger.drain(0, timeoutMs);
      }
    }
    const hot = Array.from({ length: this.#lag }, (_, i) => this.#change(i, 'firing'));
    this.#heated = this.#lag;
    for (let from = 0; from < hot.length; from += batch) {
      await this.#push(hot.slice(from, from + batch));
      await ledger.drain(0, timeoutMs);
    }
    ledger.takeLatencies();
    if (ledger.outstanding > 0) throw new Error(`${ledger.outstanding} alerts of the warm-up did not arrive`);
  }

  /** Heats every host, `batch` a push, as fast as pushes are answered. Resolves with the last answer. */
  async heat(batch: number): Promise<void> {
    const { hosts, wire } = this.#options;
    await wire.ready();
    const pushes: Promise<void>[] = [];
    for (let from = 0; from < hosts; from += batch) {
      const count = Math.min(batch, hosts - from);
      pushes.push(this.#push(Array.from({ length: count }, (_, i) => this.#change(from + i, 'firing'))));
    }
    await Promise.all(pushes);
  }

  /** One change a push, each awaited: every alert has its commits to itself. */
  async each(status: Status, from: number, count: number, timeoutMs: number): Promise<void> {
    const { ledger } = this.#options;
    for (let host = from; host < from + count; host++) {
      await this.#push([this.#change(host, status)]);
      await ledger.drain(0, timeoutMs);
    }
    if (ledger.outstanding > 0) throw new Error(`${ledger.outstanding} alerts did not arrive`);
  }

  /**
   * As many as `total` changes, `batch` a push, with at most `window` between push and receipt. Resolves with the seconds.
   */
  async closed(total: number, window: number, timeoutMs: number, batch = 1): Promise<number> {
    const { wire, ledger } = this.#options;
    await wire.ready();
    const began = performance.now();
    for (let sent = 0; sent < total; sent += batch) {
      if (ledger.outstanding + batch > window) {
        await ledger.drain(window - batch, timeoutMs);
        if (ledger.outstanding + batch > window)
          throw new Error(`${ledger.outstanding} alerts do not arrive`);
      }
      this.#detach(Array.from({ length: Math.min(batch, total - sent) }, () => this.#next()));
    }
    await ledger.drain(0, timeoutMs);
    return (performance.now() - began) / 1000;
  }

  /** `perSecond` changes a second for `ms`, `batch` a push, whatever the answers are. Ends when the last is handed over. */
  async paced(perSecond: number, ms: number, batch = 1): Promise<void> {
    await this.#options.wire.ready();
    const began = performance.now();
    let sent = 0;
    for (;;) {
      const elapsed = Math.min(ms, performance.now() - began);
      const due = Math.floor((elapsed / 1000) * perSecond);
      while (sent + batch <= due) {
        this.#detach(Array.from({ length: batch }, () => this.#next()));
        sent += batch;
      }
      if (elapsed >= ms) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Milliseconds from push to answer since the last call. */
  takeAnswers(): number[] {
    const taken = this.#answers;
    this.#answers = [];
    return taken;
  }

  /** Resolves when every push has its answer. */
  async answered(): Promise<void> {
    while (this.#inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  #change(host: number, status: Status): Change {
    return { host: `${this.#options.prefix}-${String(host).padStart(6, '0')}`, status };
  }

  #next(): Change {
    const { hosts } = this.#options;
    this.#turn += 1;
    if (this.#turn % 2 === 1) {
      const host = this.#heated % hosts;
      this.#heated += 1;
      return this.#change(host, 'firing');
    }
    return this.#change((this.#heated - 1 - this.#lag + hosts) % hosts, 'resolved');
  }

  #detach(changes: readonly Change[]): void {
    this.#push(changes).catch((error: unknown) => {
      this.other += changes.length;
      process.stderr.write(`push: ${String(error)}\n`);
    });
  }

  /** `at`: time of the samples, epoch milliseconds. */
  #send(changes: readonly Change[], at: number): ReturnType<Wire['send']> {
    const { wire, metric = 'bench.load' } = this.#options;
    const samples = changes.map(
      ({ host, status }) =>
        `{"metric":"${metric}","labels":{"host":"${host}"},"value":${status === 'firing' ? 97 : 3},"timestamp":${at}}`,
    );
    return wire.send(post('/api/v1/metrics', this.#headers, `{"samples":[${samples.join(',')}]}`));
  }

  async #push(changes: readonly Change[]): Promise<void> {
    const { ledger } = this.#options;
    const at = performance.now();
    const expected = changes.filter(({ host }) => !this.#without.delete(host));
    for (const { host, status } of expected) ledger.expect(host, status, at);
    this.#inFlight += 1;
    const { status, body } = await this.#send(changes, Date.now()).finally(() => {
      this.#inFlight -= 1;
    });
    this.#answers.push(performance.now() - at);
    if (status === 202) {
      // Accepted, but for a sample that is none: what it would have brought is not lost, the load is wrong.
      if (body !== '' && !body.includes('"rejected_count":0'))
        throw new Error(`not all was accepted: ${body}`);
      this.accepted += changes.length;
      return;
    }
    if (status === 429) this.refused += changes.length;
    else {
      this.other += changes.length;
      process.stderr.write(`push: ${status} ${body}\n`);
    }
    for (const { host, status } of expected) {
      ledger.withdraw(host, status);
      this.#without.add(host);
    }
  }
}
