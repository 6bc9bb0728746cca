// An alert at a moment that is past: its facts as far as they had happened then, so that what it came to can be told of
// that moment by the same means as of now.
import type { Hold, Standing } from '../pipeline/standing.ts';
import type { AlertFacts, MessageFacts } from './facts.ts';
import { idsOf, outcomesOf, receiverOfGroup, textsIn } from './outcome.ts';
import { outcomeText } from './reasons.ts';
import { ruleFacts } from './rule-text.ts';
import { type Say, spanText } from './say.ts';

/** What was true of the alert at `at`, in a sentence. */
export function momentText(facts: AlertFacts, at: number, say: Say): string {
  const { alert } = facts;
  const { moment } = say.t;
  const then = say.time(at);
  const began = alert.pendingSince ?? alert.firedAt ?? at;
  const beside = (time: number) => say.timeBeside(time, at);
  if (at < began) return moment.notYet({ then, began: beside(began) });
  if (alert.resolvedAt !== null && alert.resolvedAt <= at)
    return alert.kind === 'event'
      ? moment.occurred({ then, at: beside(alert.resolvedAt) })
      : moment.over({ then, end: beside(alert.resolvedAt) });
  if (alert.firedAt === null || at < alert.firedAt)
    return moment.pending({
      ...{ then, since: beside(began) },
      span: spanText(ruleFacts(facts.rule)?.forMs ?? 0),
    });
  const texts = outcomesOf(factsAt(facts, at)).map(({ receiver, outcome }) =>
    outcome.kind === 'told'
      ? moment.told({ receiver: receiver ?? '', at: beside(outcome.at) })
      : moment.notTold({
          receiver: receiver ?? '',
          why: outcomeText(facts, outcome, say, { beside: at, over: true }),
        }),
  );
  return moment.firing({ then, since: beside(alert.firedAt), told: say.t.list(texts) });
}

/** What was known of it at `at`; what held it back then is taken from the log. */
export function factsAt(facts: AlertFacts, at: number): AlertFacts {
  const events = facts.events.filter((event) => event.at <= at);
  const messages = facts.messages.filter(({ row }) => row.createdAt <= at).map((one) => messageAt(one, at));
  const groupEvents = facts.groupEvents.filter((event) => event.at <= at);
  const past: AlertFacts = { ...facts, events, messages, groupEvents, standings: [], now: at };
  const keys = new Set<string>();
  for (const { body } of events) {
    for (const key of textsIn(body.groups)) keys.add(key);
    if (typeof body.groupKey === 'string') keys.add(body.groupKey);
  }
  const skipped = (key: string) =>
    events.some(({ kind, body }) => kind === 'notify.skipped' && body.groupKey === key);
  const standings = [...keys].filter((key) => !skipped(key)).map((key) => standingAt(past, key));
  return { ...past, standings };
}

/** Of a delivery that ended later it was not known yet how. */
function messageAt({ row, events: ends, deliveries }: MessageFacts, at: number): MessageFacts {
  return {
    row,
    events: ends.filter((event) => event.at <= at),
    deliveries: deliveries.map((delivery) => {
      const { finishedAt } = delivery.row;
      if (finishedAt !== null && finishedAt <= at) return delivery;
      const events = delivery.events.filter((event) => event.at <= at);
      const next = delivery.events.find((event) => event.at > at)?.at ?? delivery.row.dueAt;
      return { row: { ...delivery.row, state: 'queued', dueAt: next, finishedAt: null }, events };
    }),
  };
}

/** What held the alert back in a group, by the last line that says so. */
function standingAt({ events }: AlertFacts, groupKey: string): Standing {
  const line = events.findLast(
    ({ kind, body }) =>
      (kind === 'notify.suppressed' || kind === 'notify.held') && body.groupKey === groupKey,
  );
  const hold: Hold = line
    ? {
        by: (line.reason ?? 'waiting') as Hold['by'],
        ids: idsOf(events, line),
        until: typeof line.body.until === 'number' ? line.body.until : null,
      }
    : { by: 'waiting', ids: [], until: null };
  const receiver = receiverOfGroup(groupKey);
  return {
    ...{ groupId: '', groupKey, receiver, route: '', matchers: [], told: null },
    ...{ nextAt: null, nextReason: null, escalation: null, holds: [hold] },
  };
}
