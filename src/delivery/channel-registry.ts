// The open channels by who may use them: those of the file are everybody's, those that a tenant made through the API are
// that tenant's alone, whatever they are called. What is made, changed or taken away here holds from the next attempt on.
import { keyOf, type OpenChannel } from './open-channels.ts';

/** A tenant's channels by name: open, or kept shut by a problem until somebody mends it. */
export interface OwnChannels {
  readonly open: ReadonlyMap<string, OpenChannel>;
  readonly stuck: ReadonlyMap<string, string>;
}

const none: OwnChannels = { open: new Map(), stuck: new Map() };

export class ChannelRegistry {
  /** Of the file, by name. */
  readonly file: ReadonlyMap<string, OpenChannel>;
  readonly #own = new Map<string, OwnChannels>();

  constructor(file: ReadonlyMap<string, OpenChannel>) {
    this.file = file;
  }

  /** The channel that a tenant means by a name. */
  of(tenant: string, name: string): OpenChannel | undefined {
    const { open, stuck } = this.own(tenant);
    return open.get(name) ?? (stuck.has(name) ? undefined : this.file.get(name));
  }

  /** What the tenant made itself. */
  own(tenant: string): OwnChannels {
    return this.#own.get(tenant) ?? none;
  }

  /** Its channel cannot be opened now: what is meant for it waits. */
  isStuck(tenant: string, name: string): boolean {
    return this.own(tenant).stuck.has(name);
  }

  *stuck(): Generator<{ readonly tenant: string; readonly name: string; readonly problem: string }> {
    for (const [tenant, { stuck }] of this.#own)
      for (const [name, problem] of stuck) yield { tenant, name, problem };
  }

  *all(): Generator<OpenChannel> {
    yield* this.file.values();
    for (const { open } of this.#own.values()) yield* open.values();
  }

  /** The channel whose provider calls back under this word: a name of the file, or the id of one of a tenant. */
  calledBack(word: string): OpenChannel | undefined {
    const ofFile = this.file.get(word);
    if (ofFile !== undefined) return ofFile;
    for (const { open } of this.#own.values())
      for (const channel of open.values()) if (channel.own?.callback === word) return channel;
    return undefined;
  }

  /** Whether the two are the same channel, whoever it belongs to. */
  means(tenant: string, name: string, channel: OpenChannel): boolean {
    const meant = this.of(tenant, name);
    return meant !== undefined && keyOf(meant) === keyOf(channel);
  }

  /** From now on the tenant has these. */
  set(tenant: string, own: OwnChannels): void {
    if (own.open.size + own.stuck.size === 0) this.#own.delete(tenant);
    else this.#own.set(tenant, own);
  }
}
