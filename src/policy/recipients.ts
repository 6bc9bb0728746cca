// Who gets a notification: the places and people behind its receiver, each once.
import type { Effect } from '../pipeline/effect.ts';
import type { Notification } from '../pipeline/input.ts';
import type { EventRow, NotificationRow } from '../pipeline/rows.ts';
import { expand } from './expand.ts';
import type { Target } from './people.ts';
import { type PeopleOfTenant, recipientOf } from './recipient-ways.ts';
import type { PolicyState } from './state.ts';
import { isAboutUs, type Strategy } from './strategy.ts';
import { formatTarget } from './target.ts';
import { chosenChannels, type Ways } from './ways.ts';
import { waysToPerson } from './ways-to-person.ts';

export interface Recipients {
  /** As deliveries name them. */
  readonly recipients: readonly string[];
  /** Whom it should tell and cannot: people without an address there, targets that stand for nobody. */
  readonly unreached: readonly string[];
}

/** Whom a receiver tells. */
interface Asked {
  readonly channels: readonly string[];
  readonly to?: readonly Target[] | undefined;
}

/**
 * Without targets the receiver's channels are places. With targets those of them that write to people are the ways to
 * these people, and the others are places still; a receiver that names no channel reaches everybody as she prefers it,
 * unless the strategy says on what.
 * @param at Epoch milliseconds: who is on call.
 */
export function recipientsOf(
  ways: Ways,
  people: PeopleOfTenant | undefined,
  { channels, to }: Asked,
  strategy: Strategy,
  at: number,
): Recipients {
  if (to === undefined || people === undefined)
    return { recipients: chosenChannels(ways, channels, strategy), unreached: [] };
  const expanded = expand(people.directory, to, at);
  const personal = new Set(people.personal.map(({ name }) => name));
  const places = [...channels.filter((name) => !personal.has(name)), ...expanded.channels];
  const recipients = chosenChannels(ways, [...new Set(places)], strategy);
  const unreached = expanded.nobody.map(formatTarget);
  const usable = people.personal.filter(({ name }) => channels.length === 0 || channels.includes(name));
  for (const person of expanded.people) {
    const open = waysToPerson(person, usable).map(({ channel }) => channel);
    if (open.length === 0) unreached.push(person.name);
    else if (channels.length === 0 && strategy.channels === null)
      recipients.push(recipientOf(person.name, null));
    else
      for (const channel of chosenChannels(ways, open, strategy))
        recipients.push(recipientOf(person.name, channel));
  }
  return { recipients, unreached };
}

/**
 * Who of the recipients has not heard of what stands: those whom no target stands for that has. Through an address that
 * none of the targets leads to alone everything counts as heard: rather an end too many than none.
 */
export function newToRecipients(
  { ways, people }: PolicyState,
  newTo: Notification['newTo'],
  recipients: readonly string[],
  strategy: Strategy,
  at: number,
): Pick<NotificationRow, 'newTo'> {
  if (newTo === undefined || newTo.every(({ alerts }) => alerts.length === 0)) return {};
  const news = new Map<string, readonly string[]>();
  for (const { target, alerts } of newTo) {
    for (const recipient of recipientsOf(ways, people, { channels: [], to: [target] }, strategy, at)
      .recipients) {
      const known = news.get(recipient);
      news.set(recipient, known === undefined ? alerts : known.filter((id) => alerts.includes(id)));
    }
  }
  const some = [...news].filter(([recipient, ids]) => ids.length > 0 && recipients.includes(recipient));
  return some.length === 0 ? {} : { newTo: Object.fromEntries(some) };
}

/** That a notification does not reach everybody whom it should. */
export function unreachedEvent(
  { tenant, newId }: PolicyState,
  { id, source, strategy }: NotificationRow,
  unreached: readonly string[],
  now: number,
): Effect {
  const system = isAboutUs({ source, strategy });
  const row: EventRow = {
    ...{ id: newId(), tenant, at: now, subjectKind: 'notification', subjectId: id },
    ...{ kind: 'notification.unreached', reason: 'no_address', actor: null, topic: null, priority: null },
    ...{ correlationId: null, keep: 1 },
    body: { unreached: unreached.slice(0, 20), of: unreached.length, ...(system && { system }) },
  };
  return { put: 'event', row };
}
