// What a story came to, so that two can be compared: what was sent, what is stored, what explain says. Ids are made anew in
// each story; here they are numbered as they appear.
import { explain } from '../../explain/explanation.ts';
import { factsOf } from '../../explain/facts.ts';
import { sayIn } from '../../explain/say.ts';
import { timelineOf } from '../../explain/timeline.ts';
import type { EventRow } from '../../pipeline/rows.ts';
import { macrotask } from '../manual-clock.ts';
import type { Stage } from '../stage.ts';

/** Each a list of lines. */
export interface Account {
  readonly sent: readonly string[];
  readonly alerts: readonly string[];
  readonly silences: readonly string[];
  readonly groups: readonly string[];
  readonly storedGroups: readonly string[];
  readonly deliveries: readonly string[];
  /** Of everything but deliveries: results of attempts come when they come. */
  readonly events: readonly string[];
  readonly deliveryEvents: readonly string[];
  readonly explained: readonly string[];
}

/** Of labels, among which an id may be. */
const fingerprint = /(?<="fingerprint":")[0-9a-f]{16}/g;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const say = sayIn('en', 'UTC');

export async function accountOf(stage: Stage): Promise<Account> {
  const numbers = new Map<string, string>();
  const lines = (of: readonly unknown[]) =>
    of.map((one) =>
      JSON.stringify(one)
        .replaceAll(fingerprint, 'of labels')
        .replaceAll(uuid, (id) => {
          const known = numbers.get(id) ?? `#${numbers.size + 1}`;
          numbers.set(id, known);
          return known;
        }),
    );
  const { store } = stage;
  const { services, engine } = stage.runtime;
  const alerts = [...store.alerts('default', {}, 1_000, null).items].reverse();
  const explained: unknown[] = [];
  for (const { id } of alerts) {
    // On a manual clock nothing passes while it breathes.
    const facts = (await factsOf({ ...services, breath: macrotask }, 'default', id))!;
    const { summary, receivers } = explain(facts, say);
    explained.push([id, summary, receivers, timelineOf(facts, say).map(({ at, text }) => [at, text])]);
  }
  const events = allEvents(stage);
  // What is sent at one time goes by its lane first, and results come when they come.
  const byDelivery = (a: { at: number }, aId: string, b: { at: number }, bId: string) =>
    a.at - b.at || (aId < bId ? -1 : 1);
  return {
    sent: lines(stage.sent.toSorted((a, b) => byDelivery(a, a.deliveryId, b, b.deliveryId))),
    alerts: lines(alerts),
    silences: lines([...store.silences('default', {}, 1_000, null).items].reverse()),
    events: lines(events.filter(({ subjectKind }) => subjectKind !== 'delivery')),
    deliveryEvents: lines(
      events
        .filter(({ subjectKind }) => subjectKind === 'delivery')
        .sort((a, b) => byDelivery(a, a.subjectId, b, b.subjectId)),
    ),
    deliveries: lines([...store.deliveries('default', {}, 1_000, null).items].reverse()),
    groups: lines(
      [...engine.tenant('default')!.pipeline.groups.values()]
        .map(({ row, members }) => ({ ...row, members: [...members].sort() }))
        .sort((a, b) => (a.groupKey < b.groupKey ? -1 : 1)),
    ),
    storedGroups: lines(
      [...store.loadTenant('default').groups].sort((a, b) => (a.groupKey < b.groupKey ? -1 : 1)),
    ),
    explained: lines(explained),
  };
}

/** Oldest first, without their numbers in the log. */
function allEvents({ store }: Stage): Omit<EventRow, 'id'>[] {
  const all: Omit<EventRow, 'id'>[] = [];
  let cursor: string | null = null;
  do {
    const page = store.events('default', null, 1_000, cursor);
    for (const { id: _id, seq: _seq, hash: _hash, prevHash: _prev, ...event } of page.items) all.push(event);
    cursor = page.next;
  } while (cursor !== null);
  return all.reverse();
}

/** The first line in which two stories differ, with what they have instead; null when they are one. */
export function firstDifference(one: Account, other: Account): string | null {
  for (const part of Object.keys(one) as (keyof Account)[]) {
    const length = Math.max(one[part].length, other[part].length);
    for (let i = 0; i < length; i++)
      if (one[part][i] !== other[part][i])
        return `${part} ${i}:\n  ${one[part][i] ?? 'nothing'}\n  ${other[part][i] ?? 'nothing'}`;
  }
  return null;
}
