// How the channels of a configuration reach people: which of them do, and what an address on each of them looks like.
import type { z } from 'zod';
import type { PersonalChannel } from '../policy/ways-to-person.ts';

/** A channel as it is configured. */
export interface AddressedChannel extends PersonalChannel {
  /** False: it is switched off. */
  readonly enabled: boolean;
  /** Whether it can write to one person; places are told otherwise. */
  readonly personal: boolean;
  /** Whether it has recipients of its own; one that has none tells people only. */
  readonly placed: boolean;
}

/** Of the settings of a channel, how it reaches people and places; `null`: they are wrong or switched off. */
export function reachOf<Settings>(
  definition:
    | {
        readonly address?: z.ZodType<string>;
        reachesPeople?(settings: Settings): boolean;
        reachesPlaces?(settings: Settings): boolean;
      }
    | undefined,
  settings: { readonly given: Settings } | null,
): Pick<AddressedChannel, 'personal' | 'placed'> {
  const { address, reachesPeople, reachesPlaces } = definition ?? {};
  return {
    personal: address !== undefined && (settings === null || (reachesPeople?.(settings.given) ?? true)),
    placed: settings === null || (reachesPlaces?.(settings.given) ?? true),
  };
}

/** Why a channel cannot be told as a place. */
export function tellsPeopleOnly(channel: string): string {
  return `the channel ${channel} has no \`to\`, so it tells people only: expected people beside it (\`to: [ann]\`), or \`to\` at the channel`;
}

export interface Addressing {
  /** Every one that the file has, by name. */
  readonly channels: ReadonlyMap<string, AddressedChannel>;
  /** What checks an address, by kind of channel; null: it reaches places. */
  readonly kinds: ReadonlyMap<string, z.ZodType<string> | null>;
}

export type ReadAddress =
  | { readonly address: string }
  | { readonly problem: string }
  /** There is neither a channel nor a kind of this name. */
  | { readonly unknown: readonly string[] };

/**
 * An address as the channel of this name, or of this kind, takes it.
 * @param key The name of a channel is asked first.
 */
export function readAddress({ channels, kinds }: Addressing, key: string, written: string): ReadAddress {
  const kind = channels.get(key)?.kind ?? key;
  const schema = kinds.get(kind);
  if (schema === undefined) return { unknown: addressKeys({ channels, kinds }) };
  if (schema === null) return { problem: `${key} reaches places, not people: expected no address for it` };
  const read = schema.safeParse(written);
  return read.success
    ? { address: read.data }
    : { problem: read.error.issues[0]?.message ?? 'is no address' };
}

/** What an address may be for: channels and kinds that reach people. */
export function addressKeys({ channels, kinds }: Addressing): readonly string[] {
  const names = [...channels.values()].filter(({ kind }) => kinds.get(kind) != null).map(({ name }) => name);
  return [
    ...new Set([...names, ...[...kinds].filter(([, schema]) => schema !== null).map(([kind]) => kind)]),
  ];
}
