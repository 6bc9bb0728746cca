// Opens the channels that tenants make through the API, and follows what becomes of them: a changed one takes the place of
// the one before, and what cannot be opened keeps its deliveries waiting. `settle` may be told the same again and again.
import type { ChannelConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { ChannelRegistry } from './channel-registry.ts';
import { closeChannels, keyOf, type OpenChannel } from './open-channels.ts';

/** A channel of the API as it is to be. */
export interface LiveChannel {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  /** What is to be opened; several where it has several providers, none where it is switched off. */
  readonly configs: readonly ChannelConfig[];
  /** Why it cannot be opened. */
  readonly problem: string | null;
}

/** What was opened for one object, or why it was not. */
interface Opened {
  readonly version: number;
  readonly channels: readonly OpenChannel[];
  readonly stuck: ReadonlyMap<string, string>;
}

export interface LivePorts {
  readonly registry: ChannelRegistry;
  /** Throws what a channel's kind throws. */
  readonly open: (config: ChannelConfig, own: NonNullable<OpenChannel['own']>) => OpenChannel;
  readonly dispatcher: { put(channel: OpenChannel): void; remove(channel: OpenChannel): void };
  /** What waits in the store for the channel is due. */
  readonly resume: (tenant: string, channel: string) => void;
  readonly log: Log;
}

export class LiveChannels {
  readonly #ports: LivePorts;
  /** By tenant and id. */
  readonly #live = new Map<string, Map<string, Opened>>();
  /** Opened for a change that is not stored yet, by id. */
  readonly #prepared = new Map<string, Opened & { readonly tenant: string }>();

  constructor(ports: LivePorts) {
    this.#ports = ports;
  }

  /** Opens it and closes it again; answers in one line why it cannot be opened. */
  try(tenant: string, channel: LiveChannel): string | null {
    const opened = this.#open(tenant, channel);
    this.#drop(opened);
    return [...opened.stuck.values()][0] ?? null;
  }

  /** Opens it before the change is stored; answers in one line why it cannot be. */
  prepare(tenant: string, channel: LiveChannel): string | null {
    const opened = this.#open(tenant, channel);
    const [problem] = opened.stuck.values();
    if (problem !== undefined) {
      this.#drop(opened);
      return problem;
    }
    const before = this.#prepared.get(channel.id);
    if (before) this.#drop(before);
    this.#prepared.set(channel.id, { tenant, ...opened });
    return null;
  }

  /** The tenant has these, and no others; what of it is prepared or open as it is to be stays so. */
  settle(tenant: string, channels: readonly LiveChannel[]): void {
    const before = this.#live.get(tenant) ?? new Map<string, Opened>();
    if (before.size === 0 && channels.length === 0 && this.#prepared.size === 0) return;
    const now = new Map<string, Opened>();
    for (const channel of channels) {
      const { id, version } = channel;
      const prepared = this.#prepared.get(id);
      const known = before.get(id);
      if (known?.version === version) now.set(id, known);
      else if (prepared?.version === version) {
        this.#prepared.delete(id);
        now.set(id, prepared);
      } else now.set(id, this.#open(tenant, channel));
    }
    for (const [id, prepared] of this.#prepared) {
      if (prepared.tenant !== tenant) continue;
      this.#prepared.delete(id);
      this.#drop(prepared);
    }
    this.#live.set(tenant, now);
    this.#follow(tenant, before, now);
  }

  #follow(tenant: string, before: ReadonlyMap<string, Opened>, now: ReadonlyMap<string, Opened>): void {
    const { registry, dispatcher, resume } = this.#ports;
    const stuck = new Map([...now.values()].flatMap((each) => [...each.stuck]));
    const was = openOf(before);
    const is = openOf(now);
    const wasStuck = [...before.values()].flatMap((each) => [...each.stuck.keys()]);
    registry.set(tenant, { open: new Map([...is.values()].map((each) => [each.name, each])), stuck });
    for (const [key, channel] of is) if (was.get(key) !== channel) dispatcher.put(channel);
    for (const [key, channel] of was) {
      if (is.has(key)) continue;
      dispatcher.remove(channel);
      if (!stuck.has(channel.name)) resume(tenant, channel.name);
    }
    for (const name of wasStuck) if (!stuck.has(name)) resume(tenant, name);
  }

  #open(tenant: string, { id, version, name, configs, problem }: LiveChannel): Opened {
    if (problem !== null) return { version, channels: [], stuck: new Map([[name, problem]]) };
    const channels: OpenChannel[] = [];
    const stuck = new Map<string, string>();
    configs.forEach((config, i) => {
      try {
        const callback = i === 0 ? id : `${id}~${i + 1}`;
        channels.push(this.#ports.open(config, { tenant, callback }));
      } catch (error) {
        // A kind that cannot be opened says why without its settings; what it throws beside that is a bug of its own.
        this.#ports.log.error('channel.not_opened', { tenant, channel: config.name, error: String(error) });
        stuck.set(config.name, 'it cannot be opened');
      }
    });
    return { version, channels, stuck };
  }

  #drop({ channels }: Opened): void {
    closeChannels(channels).catch((error: unknown) => {
      this.#ports.log.warn('channel.close_failed', { error: String(error) });
    });
  }

  /** Closes whatever is open. */
  async close(): Promise<void> {
    const open = [...this.#live.values()].flatMap((each) => [...openOf(each).values()]);
    await closeChannels([...open, ...[...this.#prepared.values()].flatMap(({ channels }) => channels)]);
  }
}

function openOf(opened: ReadonlyMap<string, Opened>): Map<string, OpenChannel> {
  return new Map([...opened.values()].flatMap(({ channels }) => channels.map((one) => [keyOf(one), one])));
}
