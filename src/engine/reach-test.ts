// Whether people can be reached, tried: each is sent a message on each of her channels, through policy, outbox and
// dispatcher like any other, and confirms it by its link. What was begun and how it ended are events of the tenant's log,
// each stored in the turn in which the messages are.

import type { AlertMessage, Locale } from '../../channels/message.ts';
import { fingerprint } from '../../rules/fingerprint.ts';
import { labelSet } from '../../rules/labels.ts';
import { priorityOf } from '../../rules/severity.ts';
import type { Severity } from '../../rules/types.ts';
import type { EventRow } from '../pipeline/rows.ts';
import type { Target } from '../pipeline/target.ts';
import { expand } from '../policy/expand.ts';
import { recipientOf } from '../policy/recipient-ways.ts';
import { formatTarget } from '../policy/target.ts';
import { waysToPerson } from '../policy/ways-to-person.ts';
import type { Answer } from '../services.ts';
import type { Store } from '../store/store.ts';
import type { Doors } from './doors.ts';
import type {
  BeginReachTest,
  ReachResult,
  ReachTestOrder,
  ReachTestRun,
  ReachTry,
} from './reach-test-run.ts';
import { refusal } from './refusal.ts';
import type { Tenant } from './tenant.ts';
import type { Turn } from './turn.ts';

/** Messages of one test: the record of it stays small, and it takes one turn. */
const mostMessages = 500;
/** People in the words of a report; all of them are in the API. */
const mostNamed = 20;

type Reads = Pick<Store, 'deliveries' | 'confirmations' | 'events'>;

/** Carries the order out; its effects are the turn's. The body of the answer is `{ id }` of the test. */
export function carryOutReachTest(
  order: ReachTestOrder,
  tenant: Tenant,
  { doors, store }: { readonly doors: Doors; readonly store: Reads },
  now: number,
  turn: Turn,
): Answer {
  if (order.do === 'end') return end(order.run, tenant, doors, store, now, turn);
  const run = runOf(order, tenant, now);
  if (run.tries.length === 0) return refusal('nobody_to_reach');
  turn.add(tenant.shard, [
    { put: 'event', row: eventOf(tenant, 'reach_test.started', { run }, order.actor, now) },
  ]);
  const { people } = tenant.directory;
  for (const { person, channel, notificationId: id } of run.tries) {
    if (id === null || channel === null) continue;
    const locale = people.get(person)?.locale ?? 'en';
    const text = askTexts[locale](Math.round((run.confirmBy - now) / 60_000));
    const message = messageOf(
      tenant,
      { id, receiver: recipientOf(person, channel), locale, text },
      'warning',
      now,
    );
    const to: Target[] = [{ kind: 'person', name: person }];
    const { groupKey, receiver } = message;
    doors.notify(
      tenant,
      { id, groupId: id, groupKey, receiver, message, alerts: {}, to, through: channel },
      now,
      turn,
    );
  }
  return { status: 202, body: { id: run.id } };
}

function runOf(
  { to, confirmWithinMs, reportTo, actor }: BeginReachTest,
  tenant: Tenant,
  now: number,
): ReachTestRun {
  const { directory, people: book, pipeline } = tenant;
  const { people, nobody } = expand(directory, to, now);
  const tries: ReachTry[] = [];
  let messages = 0;
  for (const person of people) {
    const ways = waysToPerson(person, book.personal);
    const none = { person: person.name, channel: null, notificationId: null };
    if (ways.length === 0)
      tries.push({ ...none, reason: person.addresses.size === 0 ? 'no_address' : 'no_channel' });
    for (const { channel } of ways) {
      const within = ++messages <= mostMessages;
      if (within)
        tries.push({ person: person.name, channel, notificationId: pipeline.newId(), reason: null });
      else if (messages < 2 * mostMessages) tries.push({ ...none, channel, reason: 'too_many' });
    }
  }
  for (const target of nobody.slice(0, mostMessages))
    tries.push({ person: formatTarget(target), channel: null, notificationId: null, reason: 'nobody' });
  return {
    ...{ id: pipeline.newId(), startedAt: Math.floor(now), startedBy: actor },
    ...{ confirmBy: Math.floor(now + confirmWithinMs), to: to.map(formatTarget), reportTo, tries },
  };
}

/** Who did not confirm is told to whom it was asked for, in the same turn in which that is written down. */
function end(run: ReachTestRun, tenant: Tenant, doors: Doors, store: Reads, now: number, turn: Turn): Answer {
  const missed = resultsOf(run, tenant.name, store, Number.POSITIVE_INFINITY).filter(
    ({ why }) => why !== null,
  );
  const who = missed.map(
    ({ person, channel, why }) => `${channel === null ? person : recipientOf(person, channel)} (${why})`,
  );
  const body = { run: run.id, missed: missed.length };
  turn.add(tenant.shard, [{ put: 'event', row: eventOf(tenant, 'reach_test.ended', body, 'system', now) }]);
  if (missed.length === 0) return { status: 200, body };
  const more = who.length > mostNamed ? `, and ${who.length - mostNamed} more` : '';
  const text = `Not reached by the test of ${run.to.join(', ')}: ${who.slice(0, mostNamed).join(', ')}${more}.`;
  const receiver = run.reportTo ?? tenant.pipeline.routing.administrator ?? null;
  if (receiver === null) return { status: 200, body };
  const id = tenant.pipeline.newId();
  const message = messageOf(tenant, { id, receiver, locale: 'en', text }, 'high', now);
  const { groupKey } = message;
  doors.notify(tenant, { id, groupId: id, groupKey, receiver, message, alerts: {} }, now, turn);
  return { status: 200, body };
}

/** What became of each try, as the store has it. @param now Before `confirmBy` whoever has not confirmed yet is `waiting`. */
export function resultsOf(
  { tries, confirmBy }: ReachTestRun,
  tenant: string,
  store: Pick<Reads, 'deliveries' | 'confirmations'>,
  now: number,
): readonly ReachResult[] {
  return tries.map((one): ReachResult => {
    const { notificationId: id } = one;
    const nothing = { ...one, sentAt: null, deliveredAt: null, confirmedAt: null };
    if (id === null) return { ...nothing, why: one.reason };
    const delivery = store.deliveries(tenant, { notificationId: id }, 1, null).items[0];
    const confirmedAt = store.confirmations(tenant, id)[0]?.at ?? null;
    if (delivery === undefined)
      return { ...nothing, confirmedAt, why: confirmedAt === null ? 'not_sent' : null };
    const { state, reason, finishedAt, channel } = delivery;
    const sent = state === 'sent' || state === 'delivered';
    // Another channel that took over proves nothing of this one.
    const elsewhere = sent && channel !== one.channel;
    const why = sent
      ? elsewhere
        ? 'fallback'
        : confirmedAt === null || confirmedAt > confirmBy
          ? 'not_confirmed'
          : null
      : (reason ?? state);
    const done = confirmedAt !== null && confirmedAt <= confirmBy && !elsewhere;
    return {
      ...{ ...nothing, sentAt: sent ? finishedAt : null, confirmedAt },
      deliveredAt: state === 'delivered' ? finishedAt : null,
      why: done ? null : now < confirmBy && (sent || finishedAt === null) ? 'waiting' : why,
    };
  });
}

/** The newest tests of a tenant, and whether each was ended. */
export function reachTests(
  tenant: string,
  store: Pick<Reads, 'events'>,
  limit: number,
): readonly { readonly run: ReachTestRun; readonly ended: boolean }[] {
  // A test has two events at most.
  const { items } = store.events(tenant, { kind: 'reach_test', id: subjectId }, 2 * limit + 1, null);
  const ended = new Set(items.flatMap(({ kind, body }) => (kind === 'reach_test.ended' ? [body.run] : [])));
  return items
    .filter(({ kind }) => kind === 'reach_test.started')
    .slice(0, limit)
    .map(({ body }) => ({ run: body.run as ReachTestRun, ended: ended.has((body.run as ReachTestRun).id) }));
}

const subjectId = 'reach_test';

function eventOf(tenant: Tenant, kind: string, body: EventRow['body'], actor: string, now: number): EventRow {
  return {
    ...{
      id: tenant.pipeline.newId(),
      tenant: tenant.name,
      at: now,
      subjectKind: 'reach_test',
      subjectId,
      kind,
    },
    ...{ reason: null, actor, topic: null, priority: null, correlationId: null, keep: 2, body },
  };
}

const askTexts: Readonly<Record<Locale, (minutes: number) => string>> = {
  en: (minutes) =>
    `This tests whether you can be reached here. Nothing is wrong. Please confirm by the link within ${minutes} minutes.`,
  'zh-TW': (minutes) => `這是聯絡方式測試，一切正常。請在 ${minutes} 分鐘內點連結確認。`,
  'zh-CN': (minutes) => `这是联系方式测试，一切正常。请在 ${minutes} 分钟内点链接确认。`,
};

function messageOf(
  { name: tenant, pipeline }: Tenant,
  of: { readonly id: string; readonly receiver: string; readonly locale: Locale; readonly text: string },
  severity: Severity,
  now: number,
): AlertMessage {
  // Events about the program itself are called so: nobody is called in the place of whom they do not reach.
  const labels = labelSet({ alertname: 'tocsin.reach_test' });
  const priority = priorityOf(severity);
  const event = pipeline.newId();
  return {
    ...{ id: of.id, tenant, reason: 'event', status: 'firing', receiver: of.receiver },
    ...{ groupKey: `reach_test:${of.id}`, groupLabels: labels },
    alerts: [
      {
        ...{ id: event, kind: 'event', fingerprint: fingerprint(labels), status: 'firing', labels },
        ...{ annotations: { summary: of.text }, severity, priority, category: 'system', value: null },
        ...{ startsAt: now, endsAt: null },
      },
    ],
    ...{ changed: [event], truncated: 0, severity, priority, at: now, locale: of.locale },
  };
}
