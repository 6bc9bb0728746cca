// One attempt: a channel's call with its total deadline, for one delivery or for as many as the channel lets one call
// carry. Whatever a channel does (answers, throws, hangs), every delivery gets exactly one result.
import type { Bundled, SendResult } from '../../channels/channel.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import type { AttemptResult } from '../policy/retry.ts';
import type { Job } from './job.ts';
import { type OpenChannel, payloadOf } from './open-channels.ts';

/** A channel hears the abort of its attempt and says what it knows; one that does not is not waited for. */
const abortGraceMs = 1_000;
const overdueResult: AttemptResult = {
  kind: 'unknown',
  code: 'deadline',
  message: 'the channel did not end its attempt at the deadline',
  providerId: null,
  retryAfterMs: null,
};
/** Answers that speak of the call as a whole may speak of one message in it: then each is sent alone. */
const perhapsOfOne: ReadonlySet<AttemptResult['kind']> = new Set([
  'permanent',
  'payload_too_large',
  'invalid_recipient',
]);

export class Attempts {
  readonly #clock: Clock;
  readonly #log: Log;
  /** Attempts under way, by what ends them. */
  readonly #underWay = new Set<AbortController>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Ends every attempt under way. */
  abort(reason: Error): void {
    for (const attempt of this.#underWay) attempt.abort(reason);
  }

  /** The result of each job, in their order; never rejects. */
  async run(channel: OpenChannel, jobs: readonly Job[]): Promise<AttemptResult[]> {
    const attempt = this.#signalFor(this.#clock.now() + channel.definition.limits.deadlineMs);
    const call = (send: () => Promise<SendResult>) => this.#call(channel, send, attempt.overdue);
    try {
      const rendered = jobs.map((job) => this.#render(channel, job));
      const results = rendered.map((each) => ('payload' in each ? null : each));
      // What a receiver compares with its own clock (webhook-timestamp, Retry-After) is the time on the wall.
      const context = { now: this.#clock.wall(), signal: attempt.signal };
      const alone = async (i: number, item: Bundled<unknown>) => {
        const { deliveryId, attempt: no } = item;
        results[i] = await call(() =>
          channel.instance.send(item.payload, { deliveryId, attempt: no, ...context }),
        );
      };
      for (const part of this.#parts(channel, rendered)) {
        const { bundle } = channel.instance;
        if (!bundle) {
          for (const [i, item] of part) await alone(i, item);
          continue;
        }
        const result = await call(() => bundle.send([...part.values()], context));
        if (part.size > 1 && perhapsOfOne.has(result.kind))
          for (const [i, item] of part) await alone(i, item);
        else for (const i of part.keys()) results[i] = result;
      }
      return results.map((result) => result ?? overdueResult);
    } finally {
      attempt.done();
    }
  }

  /** What the provider says of the credentials; the channel has to have a `verify`. Never rejects. */
  async verify(channel: OpenChannel): Promise<AttemptResult> {
    const { instance, definition } = channel;
    const attempt = this.#signalFor(this.#clock.now() + definition.limits.deadlineMs);
    const context = { now: this.#clock.wall(), signal: attempt.signal };
    try {
      return await this.#call(channel, async () => instance.verify!(context), attempt.overdue);
    } finally {
      attempt.done();
    }
  }

  /** Calls of at most as many bytes as the channel may send at once; by index of the job. */
  #parts(
    channel: OpenChannel,
    rendered: readonly (AttemptResult | Bundled<unknown>)[],
  ): Map<number, Bundled<unknown>>[] {
    const parts: Map<number, Bundled<unknown>>[] = [];
    const { bundle } = channel.instance;
    let bytes = 0;
    rendered.forEach((item, i) => {
      if (!('payload' in item)) return;
      const size = bundle?.bytes(item.payload) ?? 0;
      const last = parts.at(-1);
      if (last && bytes + size <= channel.definition.limits.maxBytes) {
        last.set(i, item);
        bytes += size;
      } else {
        parts.push(new Map([[i, item]]));
        bytes = size;
      }
    });
    return parts;
  }

  #render(channel: OpenChannel, job: Job): Bundled<unknown> | AttemptResult {
    const { message, shorter, deliveryId, attempt } = job;
    try {
      return { payload: payloadOf(channel, message, shorter), deliveryId, attempt };
    } catch (error) {
      return this.#threw(channel, error);
    }
  }

  async #call(
    channel: OpenChannel,
    send: () => Promise<SendResult>,
    overdue: Promise<null>,
  ): Promise<AttemptResult> {
    try {
      const sent = await Promise.race([send(), overdue]);
      return sent === null ? overdueResult : attemptResult(sent);
    } catch (error) {
      return this.#threw(channel, error);
    }
  }

  /** A channel that throws has a bug. Nobody knows what the provider got: try again under the same id. */
  #threw(channel: OpenChannel, error: unknown): AttemptResult {
    this.#log.error('channel.threw', {
      channel: channel.name,
      type: channel.type,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return {
      kind: 'unknown',
      code: 'channel_threw',
      message: String(error),
      providerId: null,
      retryAfterMs: null,
    };
  }

  /** The signal of one attempt, and what comes when the channel does not heed it. */
  #signalFor(deadlineAt: number): { signal: AbortSignal; overdue: Promise<null>; done: () => void } {
    const clock = this.#clock;
    const attempt = new AbortController();
    this.#underWay.add(attempt);
    const timer = clock.at(deadlineAt, () => attempt.abort(new Error('deadline')));
    let grace: Timer | null = null;
    const overdue = new Promise<null>((resolve) => {
      attempt.signal.addEventListener(
        'abort',
        () => {
          grace = clock.at(clock.now() + abortGraceMs, () => resolve(null));
        },
        { once: true },
      );
    });
    return {
      signal: attempt.signal,
      overdue,
      done: () => {
        this.#underWay.delete(attempt);
        timer.cancel();
        grace?.cancel();
      },
    };
  }
}

/** A channel's answer in policy's words; `partial` names who was refused. */
function attemptResult(sent: SendResult): AttemptResult {
  const base = { code: null, message: null, providerId: null, retryAfterMs: null };
  switch (sent.kind) {
    case 'sent':
    case 'delivered':
      return { ...base, kind: sent.kind, message: sent.detail ?? null, providerId: sent.providerId ?? null };
    case 'partial': {
      const results = Object.entries(sent.per);
      const refused = results.filter(([, each]) => each.kind !== 'sent' && each.kind !== 'delivered');
      const message = refused.map(([recipient, each]) => `${recipient}: ${each.kind}`).join(', ');
      if (refused.length < results.length)
        return { ...base, kind: 'partial', message, providerId: sent.providerId ?? null };
      // Nobody took it: as good as the most hopeful of the refusals.
      const passing = refused.some(([, each]) => each.kind === 'transient' || each.kind === 'rate_limited');
      return { ...base, kind: passing ? 'transient' : 'invalid_recipient', message };
    }
    default:
      return {
        ...base,
        kind: sent.kind,
        code: sent.code ?? null,
        message: sent.message,
        retryAfterMs: sent.retryAfterMs ?? null,
      };
  }
}
