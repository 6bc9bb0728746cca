// Every word that an explanation says, in English. The other languages have this shape: a text that one of them lacks
// does not compile. What stands in `code` (rules, names of settings) is the same in all of them.

const list = (items: readonly string[]) =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
const quoted = (text: string) => `"${text}"`;
const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

export const en = {
  list,
  quoted,
  /** Between two sentences. */
  gap: ' ',
  /** Between two reasons. */
  semicolon: '; ',
  somebody: 'somebody',
  page: {
    now: 'Now',
    receivers: 'Who was told',
    story: 'What happened',
    rule: 'The rule',
    times: (zone: string) => `All times are in ${zone}.`,
    older: 'What is older is not shown.',
  },
  /** The alert in one sentence. `what` is its name with its labels. */
  is: {
    firing: (p: { what: string; severity: string; since: string }) =>
      `${p.what} (${p.severity}) has been firing since ${p.since}.`,
    pending: (p: { what: string; severity: string; since: string; span: string }) =>
      `${p.what} (${p.severity}) is not firing yet: its condition has been met since ${p.since}, and the rule asks for ${p.span} of that.`,
    resolved: (p: { what: string; severity: string; since: string; end: string; why: string }) =>
      `${p.what} (${p.severity}) fired from ${p.since} to ${p.end}. It ended because ${p.why}.`,
    cleared: (p: { what: string; severity: string; since: string; end: string; why: string }) =>
      `${p.what} (${p.severity}) never fired: its condition was met from ${p.since} to ${p.end} only. ${p.why}`,
    event: (p: { what: string; severity: string; at: string; message: string }) =>
      `${p.what} (${p.severity}) is an event of ${p.at}: ${p.message}`,
    value: (p: { value: string; at: string; condition: string }) =>
      `The value was ${p.value} at ${p.at}; the rule is ${p.condition}.`,
    condition: (p: { condition: string }) => `The rule is ${p.condition}.`,
    unusual: (p: { finding: string }) => `Unusual for this series: ${p.finding}.`,
    tooShort: (p: { span: string; lasted: string }) =>
      `The rule asks for ${p.span} of that, and it lasted ${p.lasted}.`,
    gone: 'The rule was removed before that had lasted long enough.',
    byHand: 'Somebody ended it before that had lasted long enough.',
    acknowledged: (p: { by: string; until: string | null }) =>
      p.until === null ? `${p.by} has acknowledged it.` : `${p.by} has acknowledged it until ${p.until}.`,
  },
  /** Follows "It ended because". */
  ended: {
    condition_cleared: 'the condition was no longer met',
    cleared_while_pending: 'the condition was no longer met',
    no_data: 'its series stopped sending, and the rule takes that as the end',
    manual: 'somebody ended it by hand',
    rule_removed: 'its rule was removed',
    series_expired: 'its series is gone',
    sender_resolved: 'its sender said that it is over',
    ends_at_passed: 'its sender let it last until then, and did not say so again',
    occurred: 'it is an event',
    other: (reason: string) => `of this: ${reason}`,
  },
  told: (p: { receiver: string; at: string; channels: readonly string[]; end: string | null }) =>
    `${p.receiver} was told at ${p.at} through ${list(p.channels)}${p.end === null ? '' : `, and of the end at ${p.end}`}.`,
  notTold: (p: { receiver: string; why: string }) => `${p.receiver} has not been told: ${p.why}.`,
  nobody: (p: { why: string }) => `Nobody has been told: ${p.why}.`,
  /** Why somebody has not been told; follows a colon. */
  why: {
    onItsWay: (p: { channels: readonly string[]; until: string; error: string | null }) =>
      p.error === null
        ? `the message is on its way to ${list(p.channels)}`
        : `${list(p.channels)} did not take the message yet (${p.error}); the next attempt is at ${p.until}`,
    quiet: (p: { until: string }) => `the message waits for the end of quiet hours at ${p.until}`,
    notDelivered: (p: { channels: readonly string[]; attempts: number; error: string | null }) =>
      `${list(p.channels)} did not take the message${p.attempts > 0 ? ` in ${plural(p.attempts, 'attempt')}` : ''}${p.error === null ? '' : `, the last answer was ${p.error}`}; it is now a dead letter and is sent again only by hand`,
    expired: (p: { channels: readonly string[]; error: string | null }) =>
      `the message for ${list(p.channels)} could not be delivered in time and is now a dead letter${p.error === null ? '' : ` (last answer: ${p.error})`}`,
    discarded: (p: { channels: readonly string[] }) =>
      `the message for ${list(p.channels)} could not be delivered, and somebody put it away`,
    resolved_before_send: (p: { channels: readonly string[] }) =>
      `it was over before the message could be sent to ${list(p.channels)}, so neither it nor its end was told`,
    superseded: (p: { channels: readonly string[] }) =>
      `a newer message for ${list(p.channels)} says the same and took its place`,
    seen: (p: { channels: readonly string[] }) =>
      `somebody confirmed it before the message could be sent to ${list(p.channels)}`,
    pending: 'it does not fire yet',
    cleared_while_pending: 'it never fired',
    waits: {
      group_wait: (until: string) => `its group waits until ${until} for more alerts, to tell them together`,
      group_interval: (until: string) =>
        `its group has told something shortly before and may speak again at ${until} (group_interval)`,
      resolve_wait: (until: string) =>
        `its group waits until ${until} whether it stays resolved (resolve_wait)`,
      suppression_ended: (until: string) => `what held it back is over; it is told at ${until}`,
      digest: (until: string) => `it waits for the digest of ${until}`,
      storm: (until: string) => `it came in a storm and waits for the summary of ${until}`,
      other: (until: string) => `its group looks at it again at ${until}`,
      soon: 'its group is about to tell it',
    },
    silenced: (p: { silences: readonly string[] }) => `it is silenced ${list(p.silences)}`,
    wasSilenced: (p: { silences: readonly string[] }) => `it was silenced ${list(p.silences)}`,
    /** Follows "silenced". */
    silence: (p: { by: string; until: string; comment: string }) =>
      `by ${p.by} until ${p.until}${p.comment === '' ? '' : ` (${quoted(p.comment)})`}`,
    silenceGone: 'by a silence that is no longer kept',
    inhibited: (p: { sources: readonly string[] }) => `it is inhibited while ${list(p.sources)} fires`,
    wasInhibited: (p: { sources: readonly string[] }) => `it was inhibited while ${list(p.sources)} fired`,
    sourceGone: 'another alert',
    muted: (p: { names: readonly string[]; until: string | null }) =>
      `its route is mute at this time${p.names.length === 0 ? '' : ` (${list(p.names)})`}${p.until === null ? '' : `, until ${p.until}`}`,
    snoozed: (p: { until: string | null }) =>
      p.until === null ? 'somebody has snoozed it' : `somebody has snoozed it until ${p.until}`,
    flapping: (p: { until: string | null }) =>
      `it goes on and off too often (flapping)${p.until === null ? '' : `; it is told when it has been quiet until ${p.until}`}`,
    receiver_gone: 'that receiver is no longer in the configuration',
    within_dedupe_window: (p: { until: string | null }) =>
      p.until === null
        ? 'the same had been told shortly before, within the dedupe window'
        : `the same was told shortly before; it is told again at ${p.until} if it still fires then (dedupe window)`,
    acknowledged: (p: { by: string; until: string | null }) =>
      p.until === null ? `${p.by} has acknowledged it` : `${p.by} has acknowledged it until ${p.until}`,
    within_repeat_interval: (p: { until: string | null }) =>
      p.until === null
        ? 'it is told again after repeat_interval'
        : `if it still fires at ${p.until}, it is told again then (repeat_interval)`,
    resolved_before_notify: 'it was over before its group had waited long enough to tell it',
    send_resolved_off: 'this receiver does not want to hear of ends',
    routed_elsewhere:
      'it became more or less urgent and went to another receiver before anything was told here',
    no_channel: 'the receiver has no channel that could carry the message',
    not_recorded: 'the log no longer says why',
    other: (reason: string) => reason,
  },
  /** Lines of the timeline. */
  line: {
    pending: (p: { value: string; condition: string; span: string | null }) =>
      `The condition is met for the first time: the value is ${p.value}, the rule is ${p.condition}. ${p.span === null ? 'It has to last before the alert fires.' : `It fires if this lasts ${p.span}.`}`,
    firingUnusual: (p: { finding: string }) =>
      `The alert fires: the value is unusual for this series: ${p.finding}.`,
    firingAtOnce: (p: { value: string; condition: string }) =>
      `The alert fires: the value is ${p.value}, the rule is ${p.condition}. The rule does not ask for it to last.`,
    firingAfter: (p: { value: string; lasted: string }) =>
      `The condition has been met for ${p.lasted}: the alert fires. The value is ${p.value}.`,
    firingOutside: (p: { source: string; severity: string | null; rule: string | null }) =>
      `${p.source} says that it fires.${p.rule === null ? '' : ` It did not say how urgent that is: by ${p.rule === 'default' ? 'default' : `the rule ${quoted(p.rule)}`} it is ${p.severity}.`}`,
    updated: (p: { source: string }) => `${p.source} tells something new of it.`,
    flapping: (p: { times: number; until: string | null }) =>
      `It has begun to fire ${p.times} times lately (flapping). That is told once; more is told when it is calm${p.until === null ? '' : `, at ${p.until} if it does not fire again`}.`,
    firingAbsent: 'The alert fires because samples have stopped.',
    routed: (p: { receiver: string; route: string; group: string }) =>
      `It goes to the receiver ${p.receiver} by ${p.route === '{}' ? 'the default route' : `the route ${p.route}`}, in the group ${p.group === '{}' ? 'of everything' : p.group}.`,
    held: (p: { until: string | null }) =>
      `The condition is no longer met; the alert is kept firing${p.until === null ? '' : ` until ${p.until}`} (keep_firing_for).`,
    recovered: 'The condition is met again; the alert goes on.',
    cleared: (p: { value: string | null; lasted: string | null; span: string | null }) =>
      `The condition is no longer met${p.value === null ? '' : `: the value is ${p.value}`}. ${p.lasted !== null && p.span !== null ? `It lasted ${p.lasted}, and the rule asks for ${p.span}: the alert never fires.` : 'The alert never fires.'}`,
    resolved: (p: { value: string | null }) =>
      `The condition is no longer met${p.value === null ? '' : `: the value is ${p.value}`}. The alert is over.`,
    resolvedNoData: 'The series has stopped sending, and the rule takes that as the end: the alert is over.',
    resolvedBySender: (p: { source: string }) => `${p.source} says that it is over.`,
    resolvedByDeadline: (p: { source: string }) =>
      `${p.source} let it last until now and did not say so again: it is over.`,
    resolvedManual: (p: { by: string; note: string | null }) =>
      `${p.by} ends the alert by hand${p.note === null ? '' : `: ${quoted(p.note)}`}.`,
    resolvedRuleRemoved: 'The rule is removed, and the alert with it.',
    resolvedOther: (reason: string) => `The alert is over (${reason}).`,
    severity: (p: { from: string; to: string; value: string | null }) =>
      `The severity goes from ${p.from} to ${p.to}${p.value === null ? '' : `: the value is ${p.value}`}.`,
    dataBack: (p: { value: string }) => `Samples come again: the value is ${p.value}.`,
    event: (p: { message: string }) => `The event comes in: ${p.message}`,
    eventDeduplicated: (p: { message: string }) =>
      `The event comes in: ${p.message} The same event was told shortly before, so it is not told again (dedupe window).`,
    acknowledged: (p: { by: string; until: string | null; note: string | null }) =>
      `${p.by} acknowledges it${p.note === null ? '' : `: ${quoted(p.note)}`}. It is not repeated ${p.until === null ? 'until it ends' : `until ${p.until}`}.`,
    unacknowledged: (p: { by: string }) => `${p.by} takes the acknowledgement back. It is repeated again.`,
    ackExpired: 'The acknowledgement is over; the alert is repeated again.',
    snoozed: (p: { by: string; until: string | null; note: string | null }) =>
      `${p.by} snoozes it${p.until === null ? '' : ` until ${p.until}`}${p.note === null ? '' : `: ${quoted(p.note)}`}.`,
    unsnoozed: (p: { by: string }) => `${p.by} ends the snooze.`,
    snoozeEnded: 'The snooze is over.',
    assigned: (p: { by: string; to: string | null }) =>
      p.to === null ? `${p.by} takes it from whom it was assigned to.` : `${p.by} assigns it to ${p.to}.`,
    commented: (p: { by: string; text: string }) => `${p.by} writes: ${quoted(p.text)}`,
    escalated: (p: { to: string | null }) =>
      p.to === null ? 'It is escalated.' : `It is escalated to ${p.to}.`,
    suppressed: (p: { receiver: string; why: string }) => `${p.receiver} is not told for now: ${p.why}.`,
    heldBack: (p: { receiver: string; why: string }) => `${p.receiver} is not told yet: ${p.why}.`,
    skipped: (p: { receiver: string; why: string }) => `${p.receiver} is not told: ${p.why}.`,
    skippedResolved: (p: { receiver: string }) =>
      `${p.receiver} is not told that it is over: this receiver does not want to hear of ends (send_resolved).`,
    skippedEndHeld: (p: { receiver: string; why: string }) =>
      `${p.receiver} is not told that it is over: ${p.why}.`,
    unknown: (p: { kind: string; reason: string | null }) =>
      p.reason === null ? `${p.kind}.` : `${p.kind} (${p.reason}).`,
    /** A message is made. `why` is one of `because`. */
    message: (p: { receiver: string; why: string }) => `A message for ${p.receiver} is made: ${p.why}.`,
    messageWithout: (p: { receiver: string }) =>
      `A message for ${p.receiver} is made, but the receiver has no channel that could carry it.`,
    /** What its deliveries came to: `accepted` and `dead` of them. */
    noneAccepted: (p: { receiver: string; accepted: number; dead: number }) =>
      `No channel brought the message to ${p.receiver} (none_accepted): ${p.dead} failed.`,
    notAllAccepted: (p: { receiver: string; accepted: number; dead: number }) =>
      `The message did not reach ${p.receiver} on all channels, as it should (not_all_accepted): ${p.accepted} took it, ${p.dead} failed.`,
    /** Whom it should tell and cannot. */
    unreached: (p: { receiver: string; names: readonly string[] }) =>
      `The message for ${p.receiver} cannot reach ${list(p.names)}: there is no address for them.`,
    someAccepted: (p: { receiver: string; accepted: number; dead: number }) =>
      `The message reached ${p.receiver} on some channels only, which is enough: ${p.accepted} took it, ${p.dead} failed.`,
  },
  because: {
    first: (waited: string | null) =>
      waited === null
        ? 'the alert is new'
        : `the alert is new, and its group has waited ${waited} for others`,
    released: 'the alert is new, and what held it back is over',
    new_alerts: 'there is a new alert in a group that has spoken before',
    refired: 'it fires again after its dedupe window',
    escalated: 'it is more urgent than was told',
    resolved: 'nothing in its group fires any more',
    some_resolved: 'it is over; others of its group still fire',
    repeat: 'it still fires, and repeat_interval has passed',
    event: 'an event is told when it comes',
    escalation_step: 'nobody had confirmed in time, so the next step of the escalation was taken',
    undelivered: 'nobody took the message for another receiver, and this one is called instead (emergency)',
    digest: (at: string) => `it is in the digest of ${at}`,
    storm: (at: string) => `it came in a storm and is in the summary of ${at}`,
    others: 'there is news of other alerts in the group, and this one still fires',
    other: (reason: string) => reason,
  },
  /** `attempt` is the number of the attempt. */
  delivery: {
    accepted: (p: { channel: string; attempt: number }) =>
      `${p.channel} takes the message${p.attempt > 1 ? ` (attempt ${p.attempt})` : ''}.`,
    arrived: (p: { channel: string; attempt: number }) =>
      `${p.channel} takes the message${p.attempt > 1 ? ` (attempt ${p.attempt})` : ''} and says that it has arrived.`,
    confirmed: (p: { channel: string }) => `${p.channel} says that the message has arrived.`,
    lost: (p: { channel: string; error: string }) =>
      `${p.channel} took the message and says now that it did not arrive: ${p.error}. The message is now a dead letter.`,
    partlyLost: (p: { channel: string; error: string }) =>
      `${p.channel} says that the message did not arrive at one of its recipients: ${p.error}.`,
    answered: (p: { channel: string; answer: string }) =>
      `Somebody answered "${p.answer}" through ${p.channel}.`,
    retry: (p: { channel: string; attempt: number; error: string }) =>
      `${p.channel} does not take the message (attempt ${p.attempt}): ${p.error}. It will be tried again.`,
    lostAndHandedOver: (p: { channel: string; error: string; next: string }) =>
      `${p.channel} says now that the message did not arrive: ${p.error}. ${p.next} carries it from here on (fallback).`,
    handedOver: (p: { channel: string; error: string; next: string }) =>
      `${p.channel} does not take the message: ${p.error}. ${p.next} carries it from here on (fallback).`,
    instead: (p: { paused: string; channel: string }) =>
      `${p.paused} is paused since earlier messages failed: ${p.channel} carries this one (fallback).`,
    dead: (p: { channel: string; attempt: number; error: string }) =>
      `${p.channel} does not take the message (attempt ${p.attempt}): ${p.error}. It is not tried again: the message is now a dead letter.`,
    refused: (p: { channel: string; error: string }) =>
      `${p.channel} refuses the message: ${p.error}. Trying again would not help: the message is now a dead letter.`,
    expired: (p: { channel: string }) =>
      `The message for ${p.channel} is too old to be sent: it is now a dead letter.`,
    poison: (p: { channel: string }) =>
      `The program ended three times while it was sending the message to ${p.channel}: it is now a dead letter.`,
    pointless: (p: { channel: string }) =>
      `The message for ${p.channel} is left out: it says that the alert is over, and the message that it fired never got there.`,
    superseded: (p: { channel: string }) =>
      `Skipped the message for ${p.channel}: a newer one says all of it.`,
    seen: (p: { channel: string }) => `The message for ${p.channel} is left out: somebody had confirmed it.`,
    endUntold: (p: { channel: string }) =>
      `${p.channel} is not told that it is over: that channel tells of no ends (send_resolved).`,
    overtaken: (p: { channel: string }) =>
      `The message for ${p.channel} is left out: the alert was over before it could be sent.`,
    requeued: (p: { by: string; channel: string }) => `${p.by} has the message sent to ${p.channel} again.`,
    discarded: (p: { by: string; channel: string; note: string | null }) =>
      `${p.by} puts the message for ${p.channel} away${p.note === null ? '' : `: ${quoted(p.note)}`}.`,
    waiting: (p: { channel: string; until: string }) =>
      `The message for ${p.channel} is waiting; the next attempt is at ${p.until}.`,
    paused: (p: { channel: string; until: string }) =>
      `The message for ${p.channel} is waiting: the channel failed several times and is paused. It is tried at ${p.until}.`,
    slow: (p: { channel: string; until: string }) =>
      `No channel has taken the message so far. It is tried every five minutes (slow_round), beginning with ${p.channel}; the next attempt is at ${p.until}.`,
    sending: (p: { channel: string }) => `The message is being sent to ${p.channel}.`,
    unknown: (p: { channel: string; kind: string; reason: string | null }) =>
      `${p.channel}: ${p.kind}${p.reason === null ? '' : ` (${p.reason})`}.`,
  },
  /** What its groups' escalations did, and who confirmed. */
  escalation: {
    armed: (p: { policy: string; next: string }) =>
      `Unless somebody confirms, the escalation ${quoted(p.policy)} takes its first step at ${p.next}.`,
    step: (p: {
      policy: string;
      step: number;
      of: number;
      round: number;
      to: readonly string[];
      since: string;
    }) =>
      `Nobody has confirmed since ${p.since}: step ${p.step} of ${p.of} of the escalation ${quoted(p.policy)} tells ${list(p.to)}${p.round > 1 ? ` (round ${p.round})` : ''}.`,
    skipped: (p: { policy: string; step: number; of: number; by: 'severity' | 'hours' }) =>
      `Step ${p.step} of ${p.of} of the escalation ${quoted(p.policy)} is left out: ${p.by === 'hours' ? 'it is for other hours' : 'it is for other severities'}.`,
    paused: (p: { policy: string; why: string; left: string | null }) =>
      `The escalation ${quoted(p.policy)} is paused: ${p.why}.${p.left === null ? '' : ` ${p.left} of the delay are left.`}`,
    resumed: (p: { policy: string; next: string }) =>
      `The escalation ${quoted(p.policy)} goes on; its next step is at ${p.next}.`,
    ended: (p: { policy: string; why: string }) => `The escalation ${quoted(p.policy)} is over: ${p.why}.`,
    next: (p: { policy: string; at: string; to: readonly string[]; step: number; of: number }) =>
      `unless somebody confirms, step ${p.step} of ${p.of} of the escalation ${quoted(p.policy)} tells ${list(p.to)} at ${p.at}`,
    waits: (p: { policy: string; why: string }) => `the escalation ${quoted(p.policy)} is paused: ${p.why}`,
    over: (p: { policy: string }) => `the escalation ${quoted(p.policy)} has taken all its steps`,
    /** Follows a colon. */
    pausedBy: {
      acknowledged: 'somebody has acknowledged all that fires in the group',
      silenced: 'all that fires in the group is silenced or acknowledged',
      inhibited: 'all that fires in the group is inhibited or acknowledged',
      muted: 'its route is muted at this time',
      snoozed: 'all that fires in the group is snoozed or acknowledged',
      resolved: 'nothing in the group fires at the moment',
    },
    endedBy: {
      resolved: 'nothing in the group fires any more',
      exhausted: 'its last step was taken',
      policy_gone: 'it is no longer in the configuration',
      routed_elsewhere: 'the alert goes to other receivers from here on',
    },
    promoted: (p: {
      from: string;
      to: string;
      policy: string;
      span: string;
      while: 'unacknowledged' | 'unresolved';
    }) =>
      `The severity rises from ${p.from} to ${p.to}: ${p.while === 'unresolved' ? `it has not ended for ${p.span}` : `nobody has taken it for ${p.span}`} (escalation ${quoted(p.policy)}).`,
    confirmed: (p: { by: string; via: string | null; note: string | null }) =>
      `${p.by} confirms the message${p.via === null ? '' : ` ${p.via}`}${p.note === null ? '' : `: ${quoted(p.note)}`}.`,
    confirmedBy: {
      link: 'by its link',
      api: 'over the API',
      key_press: 'by a key of the telephone',
      reply: 'by an answer',
    },
  },
  /** What the analysis knows of it. */
  incident: {
    partOf: (p: { incident: string }) => `It is part of an incident: ${p.incident}.`,
    cause: (p: { cause: string }) => `The probable cause of the incident: ${p.cause}.`,
    opens: 'An incident begins with it.',
    joins: (p: { why: string }) => `It joins an incident: ${p.why}.`,
    /** Follows a colon. */
    why: {
      sameService: (p: { span: string }) => `the same service had begun to fail ${p.span} before`,
      near: (p: { hops: number; span: string }) =>
        `a service ${plural(p.hops, 'call')} away had begun to fail ${p.span} before`,
      again: (p: { span: string }) => `the same alert was in it ${p.span} before`,
      alike: (p: { span: string }) => `it is like its alerts, and the latest of them came ${p.span} before`,
      split: 'a person put it there',
    },
    wasForetold: (p: { at: string; percent: number }) => `It had been foretold at ${p.at} (${p.percent} %).`,
    foretold: (p: { from: string; to: string; percent: number; why: string }) =>
      `It is foretold, between ${p.from} and ${p.to} (${p.percent} %): ${p.why}.`,
    pattern: (p: { pattern: string; percent: number; since: string }) =>
      `A pattern is recognised: ${p.pattern}, since ${p.since} (${p.percent} %).`,
  },
  /** What held it back. */
  source: {
    silenceMade: (p: { by: string; matchers: string; from: string | null; until: string; comment: string }) =>
      `${p.by} silences ${p.matchers}${p.from === null ? '' : ` from ${p.from}`} until ${p.until}${p.comment === '' ? '' : `: ${quoted(p.comment)}`}.`,
    silenceChanged: (p: { by: string; matchers: string; until: string; comment: string }) =>
      `${p.by} changes the silence: ${p.matchers} until ${p.until}${p.comment === '' ? '' : `, ${quoted(p.comment)}`}.`,
    silenceTakenBack: (p: { by: string }) => `${p.by} takes the silence back.`,
    silenceEnded: (p: { by: string }) => `The silence of ${p.by} is over.`,
    inhibitorFires: (p: { source: string }) =>
      `${p.source} fires. While it does, this alert is not told (inhibition).`,
    inhibitorEnds: (p: { source: string }) => `${p.source} is over and no longer holds this alert back.`,
  },
  /** An alert at a time that is past. */
  moment: {
    notYet: (p: { then: string; began: string }) =>
      `At ${p.then} its condition was not met yet; it was first met at ${p.began}.`,
    over: (p: { then: string; end: string }) => `At ${p.then} it was over already, since ${p.end}.`,
    occurred: (p: { then: string; at: string }) => `It came at ${p.at}, before ${p.then}.`,
    pending: (p: { then: string; since: string; span: string }) =>
      `At ${p.then} it was not firing yet: its condition had been met since ${p.since}, and the rule asks for ${p.span} of that.`,
    firing: (p: { then: string; since: string; told: string }) =>
      `At ${p.then} it had been firing since ${p.since}: ${p.told}.`,
    told: (p: { receiver: string; at: string }) => `${p.receiver} had been told at ${p.at}`,
    notTold: (p: { receiver: string; why: string }) => `${p.receiver} had not been told, because ${p.why}`,
  },
  /** Why there was no alert. */
  nothing: {
    found: (p: { count: number; more: boolean; matchers: string; from: string; to: string }) =>
      `${p.more ? 'At least ' : ''}${plural(p.count, 'alert or event', 'alerts or events')} with ${p.matchers} from ${p.from} to ${p.to}.`,
    none: (p: { matchers: string; from: string; to: string }) =>
      `No alert and no event with ${p.matchers} was there from ${p.from} to ${p.to}, so there was nothing to tell.`,
    noSeries:
      'The history knows no series with these labels, and no rule has such a name: check the spelling, and whether anything sends them.',
    noRule: (p: { metrics: readonly string[] }) =>
      `There are series with these labels (${list(p.metrics)}), but no rule reads them.`,
    moreRules: 'More rules than these are about such labels.',
    disabled: (p: { name: string; since: string | null; by: string | null }) =>
      `The rule ${quoted(p.name)} was disabled${p.by === null ? '' : ` by ${p.by}`}${p.since === null ? '' : ` (since ${p.since})`}, so it did not look.`,
    madeLater: (p: { name: string; at: string; by: string | null }) =>
      p.by === null
        ? `The rule ${quoted(p.name)} is known in its present form only since ${p.at}; before that there was no such rule, or it said something else.`
        : `The rule ${quoted(p.name)} did not exist then: ${p.by} made it at ${p.at}.`,
    deleted: (p: { name: string; at: string; by: string }) =>
      `The rule ${quoted(p.name)} was no longer there: ${p.by} deleted it at ${p.at}.`,
    broken: (p: { name: string; problem: string }) =>
      `The rule ${quoted(p.name)} does not run, it has a problem: ${p.problem}`,
    rule: (p: { name: string; condition: string; span: string | null }) =>
      `The rule ${quoted(p.name)} (${p.condition}${p.span === null ? '' : ` for ${p.span}`}) was there.`,
    counts: 'It counts events or alerts within a window, and that count did not meet it.',
    ruleNoSeries: 'It found no series with these labels.',
    noSamples: (p: { series: string; last: string | null; value: string | null }) =>
      p.last === null
        ? `${p.series} had no samples in that time, nor in the 24 hours before: it was not being sent.`
        : `${p.series} had no samples in that time: it stopped at ${p.last} with the value ${p.value}.`,
    highest: (p: { series: string; count: number; value: string; at: string }) =>
      `${p.series} had ${plural(p.count, 'sample')}; the highest was ${p.value} at ${p.at}. The condition was never met.`,
    lowest: (p: { series: string; count: number; value: string; at: string }) =>
      `${p.series} had ${plural(p.count, 'sample')}; the lowest was ${p.value} at ${p.at}. The condition was never met.`,
    neverMet: (p: { series: string; count: number; value: string; at: string }) =>
      `${p.series} had ${plural(p.count, 'sample')}, the last was ${p.value} at ${p.at}. The condition was never met.`,
    tooShort: (p: { series: string; met: string; span: string }) =>
      `${p.series} met the condition for ${p.met} at most; the rule asks for ${p.span}.`,
    met: (p: { series: string; met: string }) =>
      `${p.series} met the condition for ${p.met}, but there was no alert: its samples may have come late, or Tocsin was not running.`,
    sampled: (p: { series: string; count: number; value: string; at: string }) =>
      `${p.series} had ${plural(p.count, 'sample')}, the last was ${p.value} at ${p.at}.`,
    verdict: (p: { at: string; why: string }) => `At ${p.at} the rule came to: ${p.why}.`,
    unknown: (reason: string) => `What the rule came to then cannot be told at the moment (${reason}).`,
  },
  rule: {
    said: (p: { name: string; condition: string; span: string }) =>
      `${quoted(p.name)}: ${p.condition}, for ${p.span}.`,
    saidAtOnce: (p: { name: string; condition: string }) => `${quoted(p.name)}: ${p.condition}.`,
    origin: (p: { origin: string; hash: string; since: string }) =>
      `From ${p.origin}; this version (${p.hash}) is known since ${p.since}.`,
    api: 'the API',
    gone: (p: { name: string; hash: string }) =>
      `${quoted(p.name)}; its version of that time (${p.hash}) is no longer kept.`,
  },
};

export type Texts = typeof en;
