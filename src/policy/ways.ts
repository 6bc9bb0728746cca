// The ways to reach somebody: a channel, and what takes over where it fails. A delivery belongs to the channel that its
// receiver names (`recipient`); `channel` is the one of the chain that carries it now.
import type { Strategy } from './strategy.ts';

export interface Way {
  /** Kind of the channel, e.g. `webhook`. */
  readonly type: string;
  /** `chat` and the like; the kind itself where there is no such word for it. */
  readonly family: string;
  /** The channel itself and then those that take over, in their order. */
  readonly chain: readonly string[];
  /** false: what tells of ends alone does not go out on it. */
  readonly tellsEnds?: false;
}

/** By recipient: the name of a channel, or a person (see recipient-ways.ts). */
export type Ways = Pick<ReadonlyMap<string, Way>, 'get' | 'has' | typeof Symbol.iterator>;

/** The part of policy's state that says which way is open. */
interface Roads {
  readonly ways: Ways;
  readonly breakers: ReadonlyMap<string, { readonly state: 'closed' | 'open' }>;
}

/** Whether a message that tells of ends alone goes out on the channel. */
export function tellsEnds(ways: Ways, channel: string): boolean {
  return ways.get(channel)?.tellsEnds !== false;
}

/**
 * Where a delivery to `recipient` begins: the first of its chain that is not paused, else the first.
 * @param end It tells of ends alone: channels that carry none are passed over, where there are others.
 */
export function firstWay({ ways, breakers }: Roads, recipient: string, end = false): string {
  const whole = ways.get(recipient)?.chain ?? [recipient];
  const some = end ? whole.filter((channel) => tellsEnds(ways, channel)) : whole;
  const chain = some.length === 0 ? whole : some;
  return chain.find((channel) => breakers.get(channel)?.state !== 'open') ?? chain[0]!;
}

/**
 * Who takes over from `channel`: the next of the chain that is not paused; null when there is none.
 * @param end It tells of ends alone: channels that carry none are passed over.
 */
export function nextWay(
  { ways, breakers }: Roads,
  recipient: string,
  channel: string,
  end = false,
): string | null {
  const chain = ways.get(recipient)?.chain ?? [];
  const after = chain.slice(chain.indexOf(channel) + 1).filter((next) => !end || tellsEnds(ways, next));
  return after.find((next) => next !== channel && breakers.get(next)?.state !== 'open') ?? null;
}

interface Carried {
  channel: string;
  attempts: number;
  busy: number;
  shorter: boolean;
}

/** Another channel of the chain carries it, with a schedule of its own. */
export function takeOver(delivery: Carried, channel: string): void {
  delivery.channel = channel;
  delivery.attempts = 0;
  delivery.busy = 0;
  delivery.shorter = false;
}

/** The channel as a row names it. */
export function wayOf({ ways }: Pick<Roads, 'ways'>, channel: string): { channel: string; provider: string } {
  return { channel, provider: ways.get(channel)?.type ?? channel };
}

/** Of a receiver's channels those that there are and that the strategy asks for; all where it asks for none of them. */
export function chosenChannels(
  ways: Ways,
  channels: readonly string[],
  { channels: asked }: Strategy,
): string[] {
  const known = channels.filter((channel) => ways.has(channel));
  if (asked === null) return known;
  const wanted = known.filter((channel) => {
    const { type, family } = ways.get(channel)!;
    return asked.includes(channel) || asked.includes(type) || asked.includes(family);
  });
  return wanted.length === 0 ? known : wanted;
}
