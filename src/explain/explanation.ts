// One alert explained: in two sentences, what holds now, what happened, and the rule that it comes from.
import { findingText } from '../../channels/finding-text.ts';
import type { EscalationStanding } from '../pipeline/escalation-standing.ts';
import type { Hold } from '../pipeline/standing.ts';
import { escalationNow } from './escalation-lines.ts';
import type { AlertFacts } from './facts.ts';
import { incidentTexts } from './incident-lines.ts';
import { outcomesOf, type ReceiverOutcome, type Untold } from './outcome.ts';
import { type Manner, outcomeText, reasonText, timesOf } from './reasons.ts';
import { type RuleFacts, ruleFacts } from './rule-text.ts';
import { nameText, type Say, severityText, spanText, valueText, whoText } from './say.ts';
import { timelineOf } from './timeline.ts';
import type { TimelineEntry } from './timeline-entry.ts';

export interface ExplainedHold extends Hold {
  readonly text: string;
}

export interface ExplainedGroup {
  readonly receiver: string;
  readonly groupKey: string;
  readonly route: string;
  readonly matchers: readonly string[];
  readonly nextAt: number | null;
  readonly nextReason: string | null;
  /** How its escalation stands, and that as a clause; null: there is none. */
  readonly escalation: (EscalationStanding & { readonly text: string | null }) | null;
  /** Everything that holds back the next word, by precedence. */
  readonly holds: readonly ExplainedHold[];
}

export interface ExplainedReceiver extends ReceiverOutcome {
  readonly text: string;
}

export interface Explanation {
  readonly facts: AlertFacts;
  readonly summary: string;
  readonly receivers: readonly ExplainedReceiver[];
  readonly groups: readonly ExplainedGroup[];
  readonly timeline: readonly TimelineEntry[];
  readonly rule: RuleFacts | null;
  /** The rule in a sentence; null for events. */
  readonly ruleText: string | null;
}

export function explain(facts: AlertFacts, say: Say): Explanation {
  const receivers = outcomesOf(facts).map((one) => ({ ...one, text: receiverText(facts, one, say) }));
  const groups = facts.standings.map(
    ({ receiver, groupKey, route, matchers, nextAt, nextReason, escalation, holds }) => ({
      ...{ receiver, groupKey, route, matchers, nextAt, nextReason },
      escalation: escalation && { ...escalation, text: escalationNow(escalation, say) },
      holds: holds.map((hold) => ({ ...hold, text: reasonText(facts, hold, say) })),
    }),
  );
  return {
    facts,
    summary: [isText(facts, say), ...incidentTexts(facts, say), ...toldTexts(facts, receivers, say)].join(
      say.t.gap,
    ),
    receivers,
    groups,
    timeline: timelineOf(facts, say),
    rule: ruleFacts(facts.rule),
    ruleText: ruleSentence(facts, say),
  };
}

/** What it is, in a sentence or two. */
function isText(facts: AlertFacts, say: Say): string {
  const { alert } = facts;
  const { is } = say.t;
  const what = nameText(alert.labels);
  const severity = severityText(alert.effectiveSeverity, say);
  const rule = ruleFacts(facts.rule);
  const began = beganAt(facts);
  const since = say.time(alert.state === 'pending' || alert.firedAt === null ? began : alert.firedAt);
  const fired = say.time(alert.firedAt ?? facts.now);
  const end = say.timeBeside(alert.resolvedAt ?? facts.now, began);
  if (alert.kind === 'event')
    return is.event({ what, severity, at: fired, message: alert.annotations.summary ?? '' });
  const sentences: string[] = [];
  if (alert.state === 'pending')
    sentences.push(is.pending({ what, severity, since, span: spanText(rule?.forMs ?? 0) }));
  else if (alert.firedAt === null)
    sentences.push(is.cleared({ what, severity, since, end, why: neverFired(facts, rule, say) }));
  else if (alert.state === 'firing') sentences.push(is.firing({ what, severity, since: fired }));
  else sentences.push(is.resolved({ what, severity, since: fired, end, why: endedText(facts, say) }));
  if (rule !== null) {
    const { condition } = rule;
    const { value, lastSampleAt: at } = alert;
    sentences.push(
      value === null || at === null || alert.state === 'resolved'
        ? is.condition({ condition })
        : is.value({ value: valueText(value), at: say.timeBeside(at, began), condition }),
    );
  }
  if (alert.finding != null)
    sentences.push(is.unusual({ finding: findingText(alert.finding, say.locale, say.zone) }));
  return sentences.join(say.t.gap);
}

/** The day that a summary speaks of. */
const beganAt = ({ alert, now }: AlertFacts) => alert.pendingSince ?? alert.firedAt ?? now;

function endedText({ alert }: AlertFacts, say: Say): string {
  const { ended } = say.t;
  const { resolveReason: reason } = alert;
  return reason === null ? ended.condition_cleared : (ended[reason] ?? ended.other(reason));
}

function neverFired({ alert, events }: AlertFacts, rule: RuleFacts | null, say: Say): string {
  const { is } = say.t;
  if (alert.resolveReason === 'rule_removed') return is.gone;
  if (alert.resolveReason === 'manual') return is.byHand;
  const cleared = events.findLast(({ kind }) => kind === 'alert.cleared');
  const until = typeof cleared?.body.sampleAt === 'number' ? cleared.body.sampleAt : alert.resolvedAt;
  if (rule === null || until === null || alert.pendingSince === null) return '';
  return is.tooShort({ span: spanText(rule.forMs), lasted: spanText(until - alert.pendingSince) });
}

/** Who was told when, or why nobody. */
function toldTexts(facts: AlertFacts, receivers: readonly ReceiverOutcome[], say: Say): readonly string[] {
  const { alert } = facts;
  const manner = { beside: beganAt(facts) };
  const texts =
    receivers.length === 1 && receivers[0]!.outcome.kind !== 'told'
      ? [nobodyText(facts, receivers[0]!.outcome, say, manner)]
      : receivers.map((one) => receiverText(facts, one, say, manner));
  const acknowledged = alert.state === 'firing' && alert.ackedAt !== null;
  if (acknowledged && (alert.ackUntil === null || alert.ackUntil > facts.now)) {
    const until = alert.ackUntil === null ? null : say.timeBeside(alert.ackUntil, beganAt(facts));
    texts.push(say.t.is.acknowledged({ by: whoText(alert.ackedBy, say), until }));
  }
  return texts;
}

function nobodyText(facts: AlertFacts, outcome: Untold, say: Say, manner: Manner): string {
  return say.t.nobody({ why: outcomeText(facts, outcome, say, manner) });
}

function receiverText(facts: AlertFacts, one: ReceiverOutcome, say: Say, manner: Manner = {}): string {
  const { receiver, outcome } = one;
  if (outcome.kind === 'told') {
    const channels = outcome.channels.map(({ channel }) => channel);
    const time = timesOf(say, manner);
    const end = outcome.endToldAt === null ? null : say.timeBeside(outcome.endToldAt, outcome.at);
    return say.t.told({ receiver: receiver ?? '', at: time(outcome.at), channels, end });
  }
  if (receiver === null) return nobodyText(facts, outcome, say, manner);
  return say.t.notTold({ receiver, why: outcomeText(facts, outcome, say, manner) });
}

function ruleSentence({ alert, rule }: AlertFacts, say: Say): string | null {
  const { rule: t } = say.t;
  if (alert.rule === null) return null;
  const known = ruleFacts(rule);
  if (rule === null || known === null) return t.gone({ name: alert.rule, hash: alert.ruleHash ?? '?' });
  const { condition, forMs } = known;
  const said =
    forMs > 0
      ? t.said({ name: rule.name, condition, span: spanText(forMs) })
      : t.saidAtOnce({ name: rule.name, condition });
  const origin = rule.origin === 'api' ? t.api : rule.origin;
  return [said, t.origin({ origin, hash: rule.hash, since: say.time(rule.firstAt) })].join(say.t.gap);
}
