// One attempt: a channel's call with its total deadline, for one delivery or for as many as the channel lets one call
// carry. Whatever a channel does (answers, throws, hangs), every delivery gets exactly one result.
import { createHash } from 'node:crypto';
import type { Bundled, SendResult } from '../../channels/channel.ts';
import { mergedMessage } from '../../channels/merged.ts';
import type { AlertMessage, MessageLinks } from '../../channels/message.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../log.ts';
import { personIn } from '../policy/recipient-ways.ts';
import type { AttemptResult } from '../policy/retry.ts';
import type { Addressee, Job } from './job.ts';
import { type OpenChannel, payloadOf } from './open-channels.ts';
import { Wordings } from './wordings.ts';

/** A channel hears the abort of its attempt and says what it knows; one that does not is not waited for. */
const abortGraceMs = 1_000;
const overdueResult: AttemptResult = {
  kind: 'unknown',
  code: 'deadline',
  message: 'the channel did not end its attempt at the deadline',
  providerId: null,
  retryAfterMs: null,
};
/** What became of a job: its result, or that it has to wait for another call, with others or alone. */
export type Outcome = AttemptResult | 'again' | 'alone';

/** Answers that speak of the call as a whole may speak of one message in it: then each is sent alone. */
const perhapsOfOne: ReadonlySet<AttemptResult['kind']> = new Set([
  'permanent',
  'payload_too_large',
  'invalid_recipient',
]);

/** Whom a delivery is for; undefined: the channel's own recipients; null: a person who has no address there any more. */
export type AddresseeOf = (job: Job) => Addressee | null | undefined;

interface Rendered extends Bundled<unknown> {
  /** Absent: the channel's own recipients. */
  readonly to?: { readonly to: string };
}

interface Calls {
  readonly context: { readonly now: number; readonly signal: AbortSignal };
  /** One call to the provider. */
  readonly make: (send: () => Promise<SendResult>) => Promise<AttemptResult>;
  readonly another: () => Promise<boolean>;
  /** Whether the job of that index is still to be sent. */
  readonly isWanted: (index: number) => boolean;
}

export class Attempts {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #wordings: Wordings;
  /** Of one delivery: a message that several were merged into has no links, since nobody could say what it confirms. */
  readonly #linksFor: (job: Job) => MessageLinks | null;
  readonly #addressee: AddresseeOf;
  /** Attempts under way, by what ends them. */
  readonly #underWay = new Set<AbortController>();

  constructor(
    clock: Clock,
    log: Log,
    wordings = new Wordings(new Map()),
    linksFor: (job: Job) => MessageLinks | null = () => null,
    addressee: AddresseeOf = () => undefined,
  ) {
    this.#clock = clock;
    this.#log = log;
    this.#wordings = wordings;
    this.#linksFor = linksFor;
    this.#addressee = addressee;
  }

  /** Ends every attempt under way. */
  abort(reason: Error): void {
    for (const attempt of this.#underWay) attempt.abort(reason);
  }

  /**
   * What became of each job, in their order; never rejects. Several jobs go out in one call as the channel bundles them,
   * or merged into one message.
   * @param another Whether one more call may begin; the first one may.
   * @param wanted Whether a job is still to be sent. One that is not any more when its call would begin is `again`.
   */
  async run(
    channel: OpenChannel,
    jobs: readonly Job[],
    another: () => Promise<boolean> = () => Promise.resolve(true),
    wanted: (job: Job) => boolean = () => true,
  ): Promise<Outcome[]> {
    const attempt = this.#signalFor(this.#clock.now() + channel.definition.limits.deadlineMs);
    const { signal, overdue } = attempt;
    // What a receiver compares with its own clock (webhook-timestamp, Retry-After) is the time on the wall.
    const context = { now: this.#clock.wall(), signal };
    const calls: Calls = {
      context,
      make: (send) => this.#call(channel, send, overdue),
      another,
      isWanted: (index) => wanted(jobs[index]!),
    };
    try {
      const { bundle } = channel.instance;
      if (jobs.length > 1 && !bundle) return await this.#merged(channel, jobs, calls);
      const rendered = jobs.map((job) => this.#render(channel, job));
      return await this.#each(channel, rendered, calls);
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

  /** Each in a call of its own, or as many together as fit. */
  async #each(
    channel: OpenChannel,
    rendered: readonly (AttemptResult | Rendered)[],
    { context, make, another, isWanted }: Calls,
  ): Promise<Outcome[]> {
    const { bundle } = channel.instance;
    const results: (Outcome | null)[] = rendered.map((each) => ('payload' in each ? null : each));
    let called = false;
    // The first may at once, and without a wait.
    const mayCall = (): true | Promise<boolean> => {
      if (called) return another();
      called = true;
      return true;
    };
    const alone = async (i: number, { payload, deliveryId, attempt, to }: Rendered) => {
      const may = mayCall();
      if (may !== true && !(await may)) results[i] = 'alone';
      // The call before this one may have taken its time.
      else if (!isWanted(i)) results[i] = 'again';
      else
        results[i] = await make(() =>
          channel.instance.send(payload, { deliveryId, attempt, ...to, ...context }),
        );
    };
    for (const part of this.#parts(channel, rendered)) {
      if (!bundle) {
        for (const [i, item] of part) await alone(i, item);
        continue;
      }
      const may = mayCall();
      if (may !== true && !(await may)) {
        for (const i of part.keys()) results[i] = 'again';
        continue;
      }
      const items = [...part.values()];
      const result = await make(() => bundle.send(items, context));
      if (part.size > 1 && perhapsOfOne.has(result.kind)) for (const [i, item] of part) await alone(i, item);
      else {
        const each = shared(
          result,
          items.map(({ deliveryId }) => deliveryId),
          context.now,
        );
        for (const i of part.keys()) results[i] = each;
      }
    }
    return results.map((result) => result ?? overdueResult);
  }

  /** One message for all of them, under an id of its own: a receiver that knows one of theirs would drop the others. */
  async #merged(channel: OpenChannel, jobs: readonly Job[], { context, make }: Calls): Promise<Outcome[]> {
    const deliveryIds = jobs.map(({ deliveryId }) => deliveryId);
    // All of them are for the same person, or for the channel's own recipients.
    const whom = this.#addressee(jobs[0]!);
    if (whom === null) return jobs.map(noAddress);
    const given = idOfCall(deliveryIds);
    let payload: unknown;
    try {
      const message = mergedMessage(jobs.map(({ message }) => message));
      payload = payloadOf(channel, inWordsOf(whom, message), false);
    } catch (error) {
      this.#threw(channel, error);
      return jobs.map(() => 'alone');
    }
    const result = await make(() =>
      channel.instance.send(payload, {
        ...{ deliveryId: given, deliveryIds, attempt: 1 },
        ...(whom && { to: whom.to }),
        ...context,
      }),
    );
    if (perhapsOfOne.has(result.kind)) return jobs.map(() => 'alone');
    const each = shared(result, deliveryIds, context.now, given);
    return jobs.map(() => each);
  }

  /** Calls of at most as many bytes as the channel may send at once; by index of the job. */
  #parts(channel: OpenChannel, rendered: readonly (AttemptResult | Rendered)[]): Map<number, Rendered>[] {
    const parts: Map<number, Rendered>[] = [];
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

  #render(channel: OpenChannel, job: Job): Rendered | AttemptResult {
    const { shorter, deliveryId, attempt } = job;
    const whom = this.#addressee(job);
    if (whom === null) return noAddress(job);
    try {
      const links = this.#linksFor(job);
      const message = inWordsOf(whom, links === null ? job.message : { ...job.message, links });
      const payload = payloadOf(channel, message, shorter, this.#wordings);
      return { payload, deliveryId, attempt, ...(whom && { to: { to: whom.to } }) };
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

function noAddress({ recipient, channel }: Job): AttemptResult {
  const message = `${personIn(recipient)} has no address on ${channel}`;
  return { ...{ kind: 'invalid_recipient', code: null, message }, providerId: null, retryAfterMs: null };
}

function inWordsOf(whom: Addressee | undefined, message: AlertMessage): AlertMessage {
  return whom === undefined || whom.locale === null ? message : { ...message, locale: whom.locale };
}

/** The same for the same deliveries, whichever process sends them. */
function idOfCall(deliveryIds: readonly string[]): string {
  const hash = createHash('sha256');
  for (const id of deliveryIds) hash.update(id);
  const hex = hash.digest('hex');
  // In the form of a UUID (version 8 of RFC 9562), which is what providers take for a key.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The result of a call that several deliveries had in common; the call is named after its first delivery and time. */
function shared(
  result: AttemptResult,
  deliveryIds: readonly string[],
  at: number,
  given?: string,
): AttemptResult {
  if (deliveryIds.length < 2) return result;
  const id = `${deliveryIds[0]}/${at}`;
  return { ...result, call: { id, deliveries: deliveryIds.length, ...(given !== undefined && { given }) } };
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
        ...(sent.scope && { scope: sent.scope }),
      };
  }
}
