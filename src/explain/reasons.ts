// Why somebody has not been told, in words: of what holds now, of what a log line said, and of what it came to.
import { lastErrorText } from './delivery-lines.ts';
import type { AlertFacts } from './facts.ts';
import type { Untold } from './outcome.ts';
import { nameText, type Say, whoText } from './say.ts';

/** What one hold, or one line of the log, says of itself. */
interface Reason {
  readonly by: string;
  readonly ids: readonly string[];
  readonly until: number | null;
}

/** `over`: the alert has ended under it, so it is told as what was. `beside`: the date that need not be said. */
export interface Manner {
  readonly over?: boolean;
  readonly beside?: number;
}

export function timesOf(say: Say, { beside }: Manner): (at: number) => string {
  return (at) => (beside === undefined ? say.time(at) : say.timeBeside(at, beside));
}

/** Why nothing is said, as a clause. */
export function reasonText(
  facts: AlertFacts,
  { by, ids, until }: Reason,
  say: Say,
  manner: Manner = {},
): string {
  const { why } = say.t;
  const time = timesOf(say, manner);
  const end = until === null ? null : time(until);
  switch (by) {
    case 'silenced': {
      const silences = ids.map((id) => silenceText(facts, id, say, time));
      return manner.over ? why.wasSilenced({ silences }) : why.silenced({ silences });
    }
    case 'inhibited': {
      const sources = ids.map((id) => {
        const source = facts.sources.get(id);
        return source ? nameText(source.labels) : why.sourceGone;
      });
      if (sources.length === 0) sources.push(why.sourceGone);
      return manner.over ? why.wasInhibited({ sources }) : why.inhibited({ sources });
    }
    case 'muted':
      return why.muted({ names: ids, until: end });
    case 'snoozed':
      return why.snoozed({ until: end });
    case 'flapping':
      return why.flapping({ until: end });
    case 'within_dedupe_window':
      return why.within_dedupe_window({ until: end });
    case 'within_repeat_interval':
      return why.within_repeat_interval({ until: end });
    case 'acknowledged':
      return why.acknowledged({ by: whoText(facts.alert.ackedBy, say), until: end });
    case 'waiting':
      return waitsText(ids[0] ?? '', end, say);
    case 'receiver_gone':
    case 'resolved_before_notify':
    case 'send_resolved_off':
    case 'routed_elsewhere':
    case 'no_channel':
    case 'not_recorded':
    case 'cleared_while_pending':
      return why[by];
    default:
      return why.other(by);
  }
}

function silenceText(facts: AlertFacts, id: string, say: Say, time: (at: number) => string): string {
  const silence = facts.silences.get(id);
  if (!silence) return say.t.why.silenceGone;
  const { createdBy, endsAt, comment } = silence;
  return say.t.why.silence({ by: whoText(createdBy, say), until: time(endsAt), comment });
}

function waitsText(reason: string, until: string | null, say: Say): string {
  const { waits } = say.t.why;
  if (until === null) return waits.soon;
  switch (reason) {
    case 'group_wait':
    case 'group_interval':
    case 'resolve_wait':
    case 'suppression_ended':
    case 'digest':
    case 'storm':
      return waits[reason](until);
    default:
      return waits.other(until);
  }
}

/** Why this outcome is not `told`, as a clause. */
export function outcomeText(facts: AlertFacts, outcome: Untold, say: Say, manner: Manner = {}): string {
  const { why } = say.t;
  const time = timesOf(say, manner);
  switch (outcome.kind) {
    case 'on_its_way': {
      const { channels, until, lastError, quiet } = outcome;
      if (quiet) return why.quiet({ until: time(until) });
      return why.onItsWay({ channels, until: time(until), error: lastError && lastErrorText(lastError) });
    }
    case 'not_delivered': {
      const { channels, attempts, reason, lastError } = outcome;
      if (reason === 'discarded') return why.discarded({ channels });
      if (reason === 'resolved_before_send') return why.resolved_before_send({ channels });
      if (reason === 'superseded') return why.superseded({ channels });
      if (reason === 'confirmed') return why.seen({ channels });
      const error = lastError === null || lastError === reason ? null : lastErrorText(lastError);
      if (reason === 'expired') return why.expired({ channels, error });
      return why.notDelivered({ channels, attempts, error });
    }
    case 'held':
      return outcome.holds.map((hold) => reasonText(facts, hold, say, manner)).join(say.t.semicolon);
    case 'waiting':
      if (outcome.reason === 'pending') return why.pending;
      return waitsText(outcome.reason, outcome.until === null ? null : time(outcome.until), say);
    case 'skipped': {
      const { reason: by, ids } = outcome;
      return reasonText(facts, { by, ids, until: null }, say, { ...manner, over: true });
    }
  }
}
