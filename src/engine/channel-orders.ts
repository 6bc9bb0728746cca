// What people do with channels of the API, in its turn: what cannot be opened is refused before anything is stored, and
// from the commit on messages go out by the channel as it is now.
import { Secret } from '../../channels/secret.ts';
import { tellsPeopleOnly } from '../config/addressing.ts';
import { channelLimits, type ReadChannel } from '../config/api-channel.ts';
import type { DocumentProblem } from '../config/api-rule.ts';
import { shownDocument, strayedSecrets, withKept } from '../config/secret-places.ts';
import type { LiveChannel } from '../delivery/live-channels.ts';
import type { ObjectEntry } from '../http/bodies/object-body.ts';
import type { Answer } from '../services.ts';
import type { ApiChannel, ChannelBook } from './channel-book.ts';
import type { Doors } from './doors.ts';
import type { Hand } from './object-change.ts';
import type { ObjectDocument, ObjectOrder } from './object-order.ts';
import { type Decision, decideObject, type ObjectKind } from './object-orders.ts';
import { type ChannelSurroundings, channelSurroundings } from './object-users.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

/** Opens a channel to see whether it can be; why not, in one line. */
export type OpenTrial = (tenant: string, channel: LiveChannel) => string | null;

/** Carries the order out; in the same turn the alerts are told by the channels as they are then. */
export function carryOutChannel(
  order: ObjectOrder,
  actor: string,
  tenant: Tenant,
  { doors, open }: { readonly doors: Pick<Doors, 'step' | 'plan'>; readonly open: OpenTrial },
  now: number,
  turn: Turn,
): Answer {
  const hand = { actor, newId: tenant.pipeline.newId };
  const { answer, change } = decideChannel(order, channelSurroundings(tenant.books), open, hand, now);
  if (change === null) return answer;
  const before = namesOf(change.before);
  tenant.channels.made.put(change.after);
  turn.changed.add(tenant);
  turn.add(tenant.shard, change.effects);
  tenant.followChannels();
  const after = change.action === 'deleted' ? [] : namesOf(change.after);
  for (const channel of new Set([...before, ...after]))
    doors.plan(tenant, { kind: 'channel_changed', channel, gone: !after.includes(channel) }, now, turn);
  doors.step(tenant, { kind: 'routing', routing: tenant.routes.routing }, now, turn);
  return answer;
}

/** What the order comes to; nothing is changed, though the channel was opened. */
export function decideChannel(
  order: ObjectOrder,
  surroundings: ChannelSurroundings,
  open: OpenTrial,
  hand: Hand,
  now: number,
): Decision<ApiChannel> {
  return decideObject(order, kindOf(surroundings, open), hand, now);
}

export function channelEntry(channels: ChannelBook, made: ApiChannel): ObjectEntry {
  const { row, document } = made;
  return { name: row.name, document, row, place: null, problems: channels.problemsOf(made) };
}

function kindOf(surroundings: ChannelSurroundings, open: OpenTrial): ObjectKind<ApiChannel> {
  const { channels, templates, usersOf } = surroundings;
  const { tenant, made: book } = channels;
  return {
    ...{ kind: 'channel', tenant, book, most: channelLimits.channels },
    documentBytes: channelLimits.documentBytes,
    codes: {
      notFound: 'channel_not_found',
      taken: 'channel_name_taken',
      tooMany: 'too_many_channels',
      inUse: 'channel_in_use',
    },
    ofFile: (name) => channels.ofFile.get(name),
    whole: (made) => wholeOf(made) ?? made.document,
    read(document, before, id) {
      const whole = before === null ? null : wholeOf(before);
      const kept = withKept(document, whole);
      if ('problems' in kept) return kept;
      const read = channels.read(kept.document, templates);
      if ('problems' in read) return read;
      const { name, secrets } = read;
      const astray = peopleOnlyProblems(read, before, surroundings);
      if (astray.length > 0) return { problems: astray };
      const strayed =
        whole === null || before === null
          ? []
          : strayedSecrets(kept.document, whole, secrets, before.read?.secrets ?? new Set());
      if (strayed.length > 0) return { problems: strayed };
      const shown = shownDocument(kept.document, secrets);
      const sealed = channels.sealed(id, kept.document, shown);
      if ('problem' in sealed) return { refused: ['secrets_key_missing', { message: `${sealed.problem}.` }] };
      const same = whole !== null && JSON.stringify(whole) === JSON.stringify(kept.document);
      const version = (before?.row.version ?? 0) + 1;
      const live = { id, version, name, configs: read.configs, problem: null };
      // Not before it is known that nothing else stands against it.
      const free =
        before === null
          ? channels.ofFile.get(name) === undefined && !book.byName(name)
          : before.row.name === name;
      const problem = same || !free ? null : open(tenant, live);
      if (problem !== null) return { problems: [{ path: '', message: problem }] };
      const secret = new Secret(JSON.stringify(kept.document));
      const make = (row: ApiChannel['row']) => ({ row, document: shown, whole: secret, read, problems: [] });
      return { name, ...sealed, same, make };
    },
    usedBy({ row: { name } }) {
      const others = book.entries.filter(
        ({ row, document }) => row.name !== name && fallsBack(document, name),
      );
      return [...others.map(({ row }) => `channel ${row.name}`), ...usersOf(name)];
    },
    shown: (made) => channelEntry(channels, made),
  };
}

/** Who would be told with recipients that are not there: by this channel, or by one that takes over from it. */
function peopleOnlyProblems(
  { name, configs }: ReadChannel,
  before: ApiChannel | null,
  { channels, placeless, toldAsPlaceBy }: ChannelSurroundings,
): readonly DocumentProblem[] {
  const [config] = configs;
  if (config === undefined) return [];
  if (channels.isPlaced(config)) {
    const at = config.fallback.findIndex((other) => placeless.has(other));
    return at === -1 ? [] : [{ path: `fallback.${at}`, message: tellsPeopleOnly(config.fallback[at]!) }];
  }
  if (before === null) return [];
  const others = channels.made.entries.filter(
    ({ row, document }) => row.name !== name && !placeless.has(row.name) && fallsBack(document, name),
  );
  const users = [...others.map(({ row }) => `channel ${row.name}`), ...toldAsPlaceBy(name)];
  return users.length === 0
    ? []
    : [{ path: 'to', message: `missing: ${users.slice(0, mostListed).join(', ')} would tell nobody by it` }];
}

const mostListed = 20;

function fallsBack({ fallback }: ObjectDocument, name: string): boolean {
  return Array.isArray(fallback) && fallback.includes(name);
}

/** Null also when it cannot be read: which of its texts are secrets is not known then. */
function wholeOf({ whole, read }: ApiChannel): ObjectDocument | null {
  return whole === null || read === null ? null : (JSON.parse(whole.reveal()) as ObjectDocument);
}

function namesOf(made: ApiChannel | null): string[] {
  if (made === null) return [];
  return made.read === null ? [made.row.name] : made.read.configs.map(({ name }) => name);
}
