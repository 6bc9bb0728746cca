// What the operator's file says of who is told: a routing for everybody, and for some tenants one of their own instead.
import type { FileRouting, WrittenAt } from '../config/routing.ts';
import type { DeliveryPolicy } from '../policy/state.ts';
import { reachChannels } from './directory-book.ts';

export interface FileSaying {
  readonly routing: FileRouting;
  /** Tenants that have a routing of their own, and nothing of the other. */
  readonly tenantRouting?: ReadonlyMap<string, FileRouting>;
  readonly policy: DeliveryPolicy;
}

export class OperatorFile {
  #said: FileSaying;
  /** Where each channel of the file stands; null: it was not read from one. */
  readonly #places: ReadonlyMap<string, WrittenAt | null>;

  constructor(said: FileSaying, places: ReadonlyMap<string, WrittenAt | null>) {
    this.#said = said;
    this.#places = places;
  }

  get policy(): DeliveryPolicy {
    return this.#said.policy;
  }

  /** The file was read anew. */
  set(said: FileSaying): void {
    this.#said = said;
  }

  /** What it says to the tenant. */
  routingOf(tenant: string): FileRouting {
    return this.#said.tenantRouting?.get(tenant) ?? this.#said.routing;
  }

  /**
   * Channels that a tenant may use, with where they stand: those that its receivers name and what takes over from them; of
   * whoever has no routing of its own also those that nobody names.
   */
  channelsOf(tenant: string): ReadonlyMap<string, WrittenAt | null> {
    const named = this.#channelsIn(this.routingOf(tenant));
    const others = this.#said.tenantRouting?.has(tenant) ? null : this.#channelsOfOthers();
    return new Map(
      [...this.#places].filter(([name]) => named.has(name) || (others !== null && !others.has(name))),
    );
  }

  /** Channels that receivers of tenants with a routing of their own name, and those that take over from them. */
  #channelsOfOthers(): Set<string> {
    const all = [...(this.#said.tenantRouting?.values() ?? [])];
    return new Set(all.flatMap((routing) => [...this.#channelsIn(routing)]));
  }

  #channelsIn({ receivers, directory }: FileRouting): Set<string> {
    const named = [...receivers.values()].flatMap(({ channels, to = [] }) => {
      const places = to.flatMap(({ kind, name }) => (kind === 'channel' ? [name] : []));
      // Whoever is told without a channel is told by whatever reaches people.
      const personal =
        to.length > 0 && channels.length === 0 && directory ? reachChannels(directory).personal : [];
      return [...channels, ...places, ...personal.map(({ name }) => name)];
    });
    return new Set(named.flatMap((channel) => this.#said.policy.ways.get(channel)?.chain ?? []));
  }
}
