// The channels that one tenant made through the API, beside those of the file that it may use. One whose secrets cannot be
// opened, or that this version cannot read, is known still: what is meant for it waits.
import { Secret } from '../../channels/secret.ts';
import { type AddressedChannel, type Addressing, reachOf } from '../config/addressing.ts';
import { type ReadChannel, readApiChannel } from '../config/api-channel.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import type { ChannelConfig } from '../config/config.ts';
import type { ChannelKinds } from '../config/references-by-name.ts';
import type { WrittenAt } from '../config/routing.ts';
import { waysOf } from '../delivery/delivery-policy.ts';
import type { LiveChannel } from '../delivery/live-channels.ts';
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import type { DeliveryPolicy } from '../policy/state.ts';
import type { Vault } from '../secrets/vault.ts';
import { type MadeObject, ObjectBook } from './object-book.ts';
import type { ObjectDocument } from './object-order.ts';

/** A channel that was made through the API; its document is shown and audited, and holds no secret. */
export interface ApiChannel extends MadeObject {
  /** The whole document as JSON; null when it cannot be opened. */
  readonly whole: Secret | null;
  /** Null when it cannot be read. */
  readonly read: ReadChannel | null;
  readonly problems: readonly DocumentProblem[];
}

/** As a row keeps it. */
interface StoredChannel {
  readonly document: ObjectDocument;
  /** The whole one, where that says more. */
  readonly sealed?: string;
}

export interface ChannelReading {
  readonly kinds: ChannelKinds;
  readonly vault: Vault;
}

export class ChannelBook {
  readonly tenant: string;
  readonly made = new ObjectBook<ApiChannel>(() => {});
  readonly #reading: ChannelReading;
  readonly #ofFile: () => ReadonlyMap<string, WrittenAt | null>;

  /** @param ofFile Channels of the file that the tenant may use. */
  constructor(tenant: string, reading: ChannelReading, ofFile: () => ReadonlyMap<string, WrittenAt | null>) {
    this.tenant = tenant;
    this.#reading = reading;
    this.#ofFile = ofFile;
  }

  get ofFile(): ReadonlyMap<string, WrittenAt | null> {
    return this.#ofFile();
  }

  load(rows: readonly ConfigObjectRow[]): void {
    this.made.load(rows, (row) => this.#stored(row));
  }

  /** Names that are used, those that are switched off too. */
  get names(): string[] {
    return this.made.entries.map(({ row }) => row.name);
  }

  /** Whether a channel of this configuration has recipients of its own. */
  isPlaced({ type, settings }: Pick<ChannelConfig, 'type' | 'settings'>): boolean {
    const { kinds } = this.#reading;
    return reachOf(Object.hasOwn(kinds, type) ? kinds[type] : undefined, { given: settings }).placed;
  }

  /** Those that have no recipients of their own. */
  get placeless(): string[] {
    return [...this.addressed.values()].filter(({ placed }) => !placed).map(({ name }) => name);
  }

  /** What checks an address, by kind of channel; null: it reaches places. */
  get kinds(): Addressing['kinds'] {
    return new Map(Object.entries(this.#reading.kinds).map(([kind, { address = null }]) => [kind, address]));
  }

  /** How those that are in use reach people, by name; those that are switched off too. */
  get addressed(): ReadonlyMap<string, AddressedChannel> {
    const { ofFile } = this;
    return new Map(
      this.made.entries.flatMap(({ row: { name }, read, document }): [string, AddressedChannel][] => {
        if (ofFile.has(name)) return [];
        const kind = String(document.type);
        const config = read?.configs.find((one) => one.name === name) ?? read?.configs[0];
        const definition = Object.hasOwn(this.#reading.kinds, kind) ? this.#reading.kinds[kind] : undefined;
        const reach = reachOf(definition, config === undefined ? null : { given: config.settings });
        return [[name, { name, kind, enabled: config !== undefined, ...reach, cost: config?.cost ?? 0 }]];
      }),
    );
  }

  /** What is wrong with it: it is not used. */
  problemsOf({ row, problems }: ApiChannel): readonly DocumentProblem[] {
    const place = this.ofFile.get(row.name);
    if (place === undefined) return problems;
    const where = place === null ? 'the file' : `${place.file}, line ${place.line}`;
    return [{ path: 'name', message: `the channel of ${where} has this name and is used in its place` }];
  }

  /** What is to be open. */
  get live(): LiveChannel[] {
    if (this.made.size === 0) return [];
    const { ofFile } = this;
    return this.made.entries.flatMap((made): LiveChannel[] => {
      const { row, read, document, problems } = made;
      if (ofFile.has(row.name)) return [];
      const stuck = read === null && document.enabled !== false;
      const problem = stuck ? (problems[0]?.message ?? 'it cannot be read') : null;
      return [{ id: row.id, version: row.version, name: row.name, configs: read?.configs ?? [], problem }];
    });
  }

  /** How messages are brought home with these channels beside the file's. */
  policy(file: DeliveryPolicy): DeliveryPolicy {
    const { live, ofFile } = this;
    if (live.length === 0) return file;
    const own = new Map<string, Pick<ChannelConfig, 'name' | 'type' | 'fallback'>>();
    for (const { name, configs, problem } of live) {
      for (const config of configs) own.set(config.name, config);
      if (problem === null) continue;
      const { type, fallback } = this.made.byName(name)!.document;
      const others = Array.isArray(fallback) ? fallback.map(String) : [];
      own.set(name, { name, type: String(type), fallback: others });
    }
    const known = (name: string) => own.has(name) || (ofFile.has(name.split('~')[0]!) && file.ways.has(name));
    return { ...file, ways: new Map([...file.ways, ...waysOf(own, known)]) };
  }

  /** A row of a document that is right, and what its version keeps. Null without a key to seal it with. */
  sealed(
    id: string,
    document: ObjectDocument,
    shown: ObjectDocument,
  ): { readonly body: string; readonly shown: string } | { readonly problem: string } {
    const whole = JSON.stringify(document);
    const seen = JSON.stringify(shown);
    if (whole === seen) return { body: JSON.stringify({ document } satisfies StoredChannel), shown: seen };
    const sealed = this.#reading.vault.seal(whole, this.#placeOf(id));
    if (typeof sealed !== 'string') return sealed;
    return { body: JSON.stringify({ document: shown, sealed } satisfies StoredChannel), shown: seen };
  }

  /** @param templates Names of those that there are. */
  read(
    document: ObjectDocument,
    templates: readonly string[],
  ): ReadChannel | { readonly problems: readonly DocumentProblem[] } {
    const channels = [...this.ofFile.keys(), ...this.names];
    const { name } = document;
    if (typeof name === 'string') channels.push(name);
    return readApiChannel(document, this.#reading.kinds, { channels, templates });
  }

  #stored(row: ConfigObjectRow): ApiChannel {
    const { document, sealed } = JSON.parse(row.body) as StoredChannel;
    const whole =
      sealed === undefined
        ? JSON.stringify(document)
        : this.#reading.vault.open(sealed, this.#placeOf(row.id));
    if (typeof whole !== 'string') {
      const problems = [{ path: '', message: whole.problem }];
      return { row, document, whole: null, read: null, problems };
    }
    const read = readApiChannel(JSON.parse(whole) as ObjectDocument, this.#reading.kinds, null);
    const kept = { row, document, whole: new Secret(whole) };
    return 'problems' in read
      ? { ...kept, read: null, problems: read.problems }
      : { ...kept, read, problems: [] };
  }

  #placeOf(id: string): string {
    return `${this.tenant}/channel/${id}`;
  }
}
