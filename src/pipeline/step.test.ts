import { beforeEach, describe, expect, it } from 'vitest';
import { emptyLabels, labelSet } from '../../rules/labels.ts';
import type { ThresholdRule } from '../../rules/types.ts';
import { subjectOf } from './identify.ts';
import type { Notification, StepResult } from './input.ts';
import type { Receiver, Route, RoutingConfig } from './routing.ts';
import { emptyPipelineState, type PipelineState } from './state.ts';
import { step } from './step.ts';

const s = 1_000;
const min = 60 * s;
const t0 = 1_700_000_000_000;

const aRule = (over: Partial<ThresholdRule> = {}): ThresholdRule => ({
  type: 'threshold',
  tenant: 'default',
  name: 'HighCpu',
  group: 'host',
  description: '',
  category: 'system',
  severity: 'warning',
  priority: 'P4',
  labels: emptyLabels,
  annotations: { summary: 'CPU of {{ labels.host }}' },
  enabled: true,
  forMs: 0,
  keepFiringForMs: 0,
  noData: 'keep',
  noDataAfterMs: min,
  hash: 'h1',
  origin: { kind: 'api' },
  metric: 'cpu',
  match: [],
  aggregate: 'last',
  windowMs: 0,
  operator: 'gt',
  threshold: 80,
  ...over,
});

const aRoute = (over: Partial<Route> = {}): Route => ({
  path: '{}',
  matchers: [],
  receiver: 'ops',
  groupBy: ['alertname'],
  groupWaitMs: 10 * s,
  groupIntervalMs: min,
  repeatIntervalMs: 240 * min,
  resolveWaitMs: min,
  continue: false,
  mute: [],
  active: [],
  routes: [],
  ...over,
});

const ops: Receiver = { name: 'ops', channels: ['hook'], sendResolved: true, dedupeWindowMs: 5 * min };

/** A tenant, its clock, and everything that it said. */
class Story {
  now = t0;
  readonly said: { at: number; reason: string; status: string; alerts: Record<string, string> }[] = [];
  readonly results: StepResult[] = [];
  readonly notifications: Notification[] = [];
  readonly rule: ThresholdRule;
  readonly state: PipelineState;
  #ids = 0;

  constructor(
    options: { rule?: Partial<ThresholdRule>; route?: Partial<Route>; receiver?: Partial<Receiver> } = {},
  ) {
    this.rule = aRule(options.rule);
    const receiver = { ...ops, ...options.receiver };
    const routing: RoutingConfig = {
      route: aRoute(options.route),
      receivers: new Map([[receiver.name, receiver]]),
    };
    this.state = emptyPipelineState(
      'default',
      routing,
      new Map([[this.rule.name, this.rule]]),
      () => `id-${++this.#ids}`,
    );
  }

  do(input: Parameters<typeof step>[1]): StepResult {
    const out = step(this.state, input, this.now);
    this.results.push(out);
    this.notifications.push(...out.notifications);
    for (const { message } of out.notifications) {
      const alerts = Object.fromEntries(
        message.alerts.map((alert) => [alert.labels.host ?? alert.labels.alertname!, alert.status]),
      );
      this.said.push({ at: (this.now - t0) / s, reason: message.reason, status: message.status, alerts });
    }
    return out;
  }

  verdict(host: string, verdict: 'true' | 'false', value = 90): StepResult {
    const subject = subjectOf(this.rule, labelSet({ host }));
    return this.do({
      kind: 'verdict',
      rule: this.rule,
      subject,
      verdict,
      value,
      sampleAt: this.now,
      cause: 'sample',
    });
  }

  event(message: string, over: Record<string, unknown> = {}): StepResult {
    return this.do({
      kind: 'event',
      source: 'api',
      type: 'db',
      message,
      impact: null,
      severity: 'warning',
      priority: 'P4',
      category: 'system',
      labels: emptyLabels,
      recipients: [],
      dedupKey: null,
      occurredAt: this.now,
      actor: null,
      classifiedBy: null,
      ...over,
    });
  }

  /** Lets time pass; groups are served at their deadlines. */
  advance(ms: number): this {
    const end = this.now + ms;
    for (;;) {
      const next = Math.min(
        ...[...this.state.groups.values()].map((g) => g.row.nextAt ?? Number.POSITIVE_INFINITY),
      );
      if (next > end) break;
      this.now = Math.max(this.now, next);
      for (const [groupKey, group] of [...this.state.groups]) {
        if (group.row.nextAt !== null && group.row.nextAt <= this.now) this.do({ kind: 'due', groupKey });
      }
    }
    this.now = end;
    return this;
  }

  events(): string[] {
    return this.results.flatMap((out) =>
      out.effects.flatMap((effect) =>
        effect.put === 'event'
          ? [effect.row.reason === null ? effect.row.kind : `${effect.row.kind}(${effect.row.reason})`]
          : [],
      ),
    );
  }
}

let story: Story;
beforeEach(() => {
  story = new Story();
});

describe('a firing alert', () => {
  it('is told after group_wait, told again after repeat_interval, and its end after resolve_wait', () => {
    story.verdict('a', 'true');
    story.advance(241 * min);
    story.verdict('a', 'false', 10);
    story.advance(10 * min);
    expect(story.said).toEqual([
      { at: 10, reason: 'first', status: 'firing', alerts: { a: 'firing' } },
      { at: 10 + 240 * 60, reason: 'repeat', status: 'firing', alerts: { a: 'firing' } },
      { at: 241 * 60 + 60, reason: 'resolved', status: 'resolved', alerts: { a: 'resolved' } },
    ]);
  });

  it('leaves nothing in memory when it and its dedupe window are over', () => {
    story.verdict('a', 'true');
    story.advance(min).verdict('a', 'false');
    story.advance(10 * min);
    expect(story.state.alerts.size).toBe(0);
    expect(story.state.groups.size).toBe(0);
    expect(story.state.memberOf.size).toBe(0);
  });

  it('goes out with others of its group that fire within group_wait, and new ones after group_interval', () => {
    story.verdict('a', 'true');
    story.advance(5 * s).verdict('b', 'true');
    story.advance(10 * s).verdict('c', 'true');
    story.advance(5 * min);
    expect(story.said.map(({ at, reason, alerts }) => [at, reason, Object.keys(alerts)])).toEqual([
      [10, 'first', ['a', 'b']],
      [70, 'new_alerts', ['c', 'a', 'b']],
    ]);
  });

  it('that ends within group_wait is not told, and the log says so', () => {
    story.verdict('a', 'true');
    story.advance(2 * s).verdict('a', 'false');
    story.advance(10 * min);
    expect(story.said).toEqual([]);
    expect(story.events()).toEqual(
      ['alert.firing', 'alert.resolved(null)', 'notify.skipped(resolved_before_notify)'].map((e) =>
        e.replace('(null)', ''),
      ),
    );
  });
});

describe('an alert that fires anew within the dedupe window', () => {
  beforeEach(() => {
    story = new Story({ route: { resolveWaitMs: 10 * s } });
    story.verdict('a', 'true');
    story.advance(min).verdict('a', 'false');
    story.advance(30 * s); // resolved told at 70 s; the window ends at 370 s
  });

  it('is delayed to the end of the window and told as refired', () => {
    story.verdict('a', 'true');
    story.advance(10 * min);
    expect(story.said.map(({ at, reason }) => [at, reason])).toEqual([
      [10, 'first'],
      [70, 'resolved'],
      [370, 'refired'],
    ]);
  });

  it('is recorded and not told when it ended before the window did', () => {
    story.verdict('a', 'true');
    story.advance(2 * min).verdict('a', 'false');
    story.advance(20 * min);
    expect(story.said.map(({ reason }) => reason)).toEqual(['first', 'resolved']);
    expect(story.events().filter((event) => event.startsWith('notify'))).toEqual([
      'notify.held(within_dedupe_window)',
      'notify.skipped(within_dedupe_window)',
    ]);
  });

  it('takes the place of its earlier episode, whose end is then not told', () => {
    story = new Story({ route: { resolveWaitMs: 2 * min } });
    story.verdict('a', 'true');
    story.advance(min).verdict('a', 'false');
    story.advance(30 * s).verdict('a', 'true');
    story.advance(20 * min);
    expect(story.said.map(({ at, reason }) => [at, reason])).toEqual([
      [10, 'first'],
      [310, 'refired'],
    ]);
  });
});

describe('the same event', () => {
  it('notifies once within five minutes of the last one sent', () => {
    story = new Story({ route: { groupWaitMs: 0, groupIntervalMs: 0 } });
    const at = (seconds: number) => {
      story.advance(t0 + seconds * s - story.now);
      story.event('Database slow query');
      story.advance(0);
    };
    at(0);
    at(5);
    at(90);
    at(360);
    expect(story.said.map(({ at: when, reason }) => [when, reason])).toEqual([
      [0, 'event'],
      [360, 'event'],
    ]);
    expect(story.events().filter((event) => event.startsWith('event'))).toEqual([
      'event.received',
      'event.received(within_dedupe_window)',
      'event.received(within_dedupe_window)',
      'event.received',
    ]);
  });

  it('is known by its dedup_key when it has one', () => {
    story = new Story({ route: { groupWaitMs: 0, groupIntervalMs: 0 } });
    story.event('one', { dedupKey: 'k' });
    story.advance(0);
    story.event('two', { dedupKey: 'k' });
    story.advance(min);
    expect(story.said).toHaveLength(1);
  });
});

describe('people', () => {
  it('who acknowledge hold back repeats until the acknowledgement ends', () => {
    story = new Story({ route: { repeatIntervalMs: 10 * min } });
    story.verdict('a', 'true');
    story.advance(min);
    const [id] = [...story.state.alerts.keys()];
    const until = t0 + 45 * min;
    story.do({ kind: 'acknowledge', alertId: id!, until, note: 'on it', actor: 'key:ann' });
    story.advance(60 * min);
    expect(story.said.map(({ at, reason }) => [at, reason])).toEqual([
      [10, 'first'],
      [45 * 60, 'repeat'],
      [55 * 60, 'repeat'],
    ]);
  });

  it('who resolve end the episode; what resolved cannot be resolved again', () => {
    story.verdict('a', 'true');
    story.advance(min);
    const [id] = [...story.state.alerts.keys()];
    story.do({ kind: 'resolve', alertId: id!, note: null, actor: 'key:ann' });
    expect(story.do({ kind: 'resolve', alertId: id!, note: null, actor: 'key:ann' }).answer).toEqual({
      kind: 'refused',
      reason: 'alert_resolved',
    });
    story.advance(5 * min);
    expect(story.said.map(({ reason }) => reason)).toEqual(['first', 'resolved']);
  });
});

describe('a changed route tree', () => {
  it('hands the notify log to the group of the same receiver and labels: nobody is told twice', () => {
    story.verdict('a', 'true');
    story.advance(min);
    const child = aRoute({ path: '{}/{severity="warning"}', repeatIntervalMs: 240 * min });
    const routing = { ...story.state.routing, route: aRoute({ routes: [child] }) };
    story.do({ kind: 'routing', routing });
    story.advance(10 * min);
    expect(story.said.map(({ reason }) => reason)).toEqual(['first']);
    expect([...story.state.groups.keys()]).toEqual(['ops:{}/{severity="warning"}:{alertname="HighCpu"}']);
  });

  it('does not delay the repeat of what the heir had said itself', () => {
    const child = aRoute({
      path: '{}/{host="b"}',
      matchers: [{ name: 'host', op: '=', value: 'b', matches: (value: string) => value === 'b' }] as never,
    });
    const routing = { ...story.state.routing, route: aRoute({ routes: [child] }) };
    story.do({ kind: 'routing', routing });
    story.verdict('a', 'true');
    story.advance(100 * min);
    story.verdict('b', 'true');
    story.advance(10 * min);
    story.do({ kind: 'routing', routing: { ...routing, route: aRoute() } });
    story.advance(140 * min);
    expect(story.said.map(({ at, reason }) => [at, reason])).toEqual([
      [10, 'first'],
      [100 * 60 + 10, 'first'],
      [240 * 60 + 10, 'repeat'],
    ]);
  });

  it('that takes the receiver away says goodbye with a resolved notice', () => {
    story.verdict('a', 'true');
    story.advance(min);
    const other: Receiver = { ...ops, name: 'other' };
    const receivers = new Map([...story.state.routing.receivers, ['other', other]]);
    story.do({ kind: 'routing', routing: { route: aRoute({ receiver: 'other' }), receivers } });
    story.advance(10 * min);
    expect(story.notifications.map(({ receiver, message }) => [receiver, message.reason])).toEqual([
      ['ops', 'first'],
      ['ops', 'resolved'],
      ['other', 'first'],
    ]);
  });
});
