// Simulated providers behind real channel definitions: they accept, refuse, hang and lose replies as the seed says.
import { z } from 'zod';
import {
  type ChannelDefinition,
  defineChannel,
  type SendContext,
  type SendFailure,
  type SendResult,
} from '../../../channels/channel.ts';
import type { AlertMessage } from '../../../channels/message.ts';
import type { OpenChannel } from '../../delivery/open-channels.ts';
import type { Window } from '../../policy/rate-limit.ts';
import { SlidingWindow } from '../providers/provider.ts';
import type { Machine } from './machine.ts';

/** Less than the shortest group_interval would do; a hang costs this much. */
export const sendDeadlineMs = 15_000;

/** One for each call: whoever waits for a promise that all share is remembered by it for good, and its world with it. */
const never = () => new Promise<never>(() => {});

type Refusal = Exclude<SendFailure['kind'], 'unknown'>;

export class Provider {
  readonly name: string;
  readonly #world: Machine;
  #outageUntil = 0;
  #loginRefusedUntil = 0;

  readonly #limits: readonly Window[];
  /** Calls by when they came in, in its own windows. */
  readonly #counted: readonly SlidingWindow[];

  constructor(name: string, world: Machine, limits: readonly Window[]) {
    this.name = name;
    this.#world = world;
    this.#limits = limits;
    this.#counted = limits.map(({ calls, perMs }) => new SlidingWindow(calls, perMs));
  }

  breakUntil(at: number): void {
    this.#outageUntil = Math.max(this.#outageUntil, at);
    this.#world.counters.hit('provider outage');
    this.#world.journal.log(
      this.#world.clock.now(),
      `outage ${this.name} until ${new Date(at).toISOString()}`,
    );
  }

  refuseLoginUntil(at: number): void {
    this.#loginRefusedUntil = Math.max(this.#loginRefusedUntil, at);
    this.#world.journal.log(
      this.#world.clock.now(),
      `login refused ${this.name} until ${new Date(at).toISOString()}`,
    );
  }

  heal(): void {
    this.#outageUntil = 0;
    this.#loginRefusedUntil = 0;
  }

  /** The channel as process number `generation` sees it. */
  channel(generation: number, concurrency: number): OpenChannel {
    const definition = defineChannel({
      kind: 'simulated',
      label: { en: 'Simulated', 'zh-TW': '模擬', 'zh-CN': '模拟' },
      config: z.object({}),
      limits: { maxBytes: 1_000_000, concurrency, deadlineMs: sendDeadlineMs },
      render: (message: AlertMessage) => message,
      open: () => ({
        send: (message: AlertMessage, context: SendContext) => this.#send(generation, message, context),
        close: async () => {},
      }),
    });
    const instance = definition.open({}, this.#world.channelHost) as OpenChannel['instance'];
    return {
      name: this.name,
      type: 'simulated',
      definition: definition as unknown as ChannelDefinition,
      settings: {},
      limits: this.#limits,
      instance,
    };
  }

  /** A call came in. */
  #count(): void {
    const now = this.#world.clock.now();
    this.#counted.forEach((window, i) => {
      if (window.take(now)) return;
      const { calls, perMs } = this.#limits[i]!;
      this.#world.exceeded(`${this.name} was called more than ${calls} times in ${perMs} ms`);
    });
  }

  #send(generation: number, message: AlertMessage, context: SendContext): Promise<SendResult> {
    const world = this.#world;
    const { random, clock, counters } = world;
    if (world.mayCrash(generation, 'send.before')) return never();
    // A merged call is each of its deliveries, with what that one says.
    const ids = context.deliveryIds ?? [context.deliveryId];
    const said = (id: string) =>
      context.deliveryIds === undefined ? message : (world.journal.messageOf(id) ?? message);
    if (context.deliveryIds !== undefined) counters.hit('merged');
    for (const id of ids) {
      if (!says(message, said(id))) world.exceeded(`a merged message leaves out what ${id} says`);
      world.sendStarted(id, said(id), context.attempt);
    }
    const { send } = world.faults;
    const answer = (result: SendResult, afterMs: number) =>
      new Promise<SendResult>((resolve) => {
        clock.at(clock.now() + afterMs, () => {
          if (world.alive(generation)) resolve(result);
        });
      });
    const refuse = (kind: Refusal, extra: object = {}) => {
      if (kind === 'transient' || kind === 'network') for (const id of ids) world.failed(id);
      this.#count();
      world.journal.log(clock.now(), `refuse ${this.name} ${context.deliveryId} ${kind}`);
      return answer({ kind, message: `simulated ${kind}`, ...extra }, random.int(5, 400));
    };
    const untilAbort = () =>
      new Promise<SendResult>((resolve) => {
        context.signal.addEventListener('abort', () => {
          if (world.alive(generation)) resolve({ kind: 'unknown', message: 'no answer' });
        });
      });
    if (this.#outageUntil > clock.now()) return refuse('network');
    if (this.#loginRefusedUntil > clock.now()) return refuse('auth', { code: '401' });
    if (random.chance(send.permanent)) return refuse('permanent', { code: '400' });
    if (random.chance(send.invalid)) return refuse('invalid_recipient', { code: '550' });
    if (random.chance(send.tooLarge)) return refuse('payload_too_large', { code: '413' });
    if (random.chance(send.rateLimited)) {
      counters.hit('retry after obeyed');
      const retryAfterMs = random.pick([5_000, 45_000, 120_000]);
      for (const id of ids) world.askedForPatience(id, clock.now() + retryAfterMs);
      return refuse('rate_limited', { code: '429', retryAfterMs });
    }
    if (random.chance(send.transient)) return refuse('transient', { code: '503' });
    if (random.chance(send.refused)) return refuse('network');
    if (random.chance(send.hang)) {
      counters.hit('hang until the deadline');
      for (const id of ids) world.failed(id);
      this.#count();
      world.journal.log(clock.now(), `hang ${this.name} ${context.deliveryId}`);
      return untilAbort();
    }
    const lost = random.chance(send.replyLost);
    const latency = random.chance(send.slow) ? random.int(1_000, sendDeadlineMs - 1_000) : random.int(5, 400);
    return new Promise<SendResult>((resolve) => {
      const arriveMs = Math.ceil(latency / 2);
      clock.at(clock.now() + arriveMs, () => {
        // The request is on the wire: it arrives whether or not the sender still lives.
        const ambiguous = lost || !world.alive(generation);
        this.#count();
        for (const deliveryId of ids) {
          const message = said(deliveryId);
          world.accepted({ at: clock.now(), channel: this.name, deliveryId, message, ambiguous });
        }
        const providerId = `p-${context.deliveryId}-${context.attempt}-${clock.now()}`;
        world.took({ channel: this.name, given: context.deliveryId, providerId, ids });
        if (lost) {
          counters.hit('reply lost');
          for (const id of ids) world.failed(id);
          void untilAbort().then(resolve);
        } else if (!world.mayCrash(generation, 'send.after')) {
          void answer({ kind: 'sent', providerId }, latency - arriveMs).then(resolve);
        }
      });
    });
  }
}

/** Everything that `part` speaks of, as it is or newer; what does not fit is counted. */
function says(whole: AlertMessage, part: AlertMessage): boolean {
  const known = new Set(whole.alerts.map(({ id }) => id));
  return whole.truncated > 0 || part.alerts.every(({ id }) => known.has(id));
}
