import { beforeEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { aReceiver, aRoute, aRule } from '../testing/builders.ts';
import { subjectOf } from './identify.ts';
import type { RespondInput, StepResult } from './input.ts';
import { loadPipeline } from './load.ts';
import type { RoutingConfig } from './routing.ts';
import type { AlertRow, EventRow } from './rows.ts';
import { emptyPipelineState, type PipelineState } from './state.ts';
import { step } from './step.ts';

const min = 60_000;
const t0 = 1_700_000_000_000;
const rule = aRule();
const rules = new Map([[rule.name, rule]]);

/** One tenant of which alerts are told after 10 s and again every 4 h, and the people who answer. */
class Story {
  now = t0;
  readonly said: [minutes: number, reason: string][] = [];
  readonly events: EventRow[] = [];
  readonly routing: RoutingConfig;
  state: PipelineState;
  #ids = 0;
  readonly #newId = () => `id-${++this.#ids}`;

  constructor(children: RoutingConfig['route']['routes'] = []) {
    const route = aRoute({ routes: children });
    this.routing = { route, receivers: new Map([['ops', aReceiver()]]) };
    this.state = emptyPipelineState('default', this.routing, rules, this.#newId);
  }

  do(input: Parameters<typeof step>[1]): StepResult {
    const out = step(this.state, input, this.now);
    for (const effect of out.effects) if (effect.put === 'event') this.events.push(effect.row);
    for (const { message } of out.notifications)
      this.said.push([Math.round((this.now - t0) / min), message.reason]);
    return out;
  }

  fire(host: string, verdict: 'true' | 'false' = 'true'): AlertRow {
    const subject = subjectOf(rule, labelSet({ host }));
    const sampleAt = this.now;
    this.do({ kind: 'verdict', rule, subject, verdict, value: 90, sampleAt, cause: 'sample' });
    return this.state.openByKey.get(subject.key)!;
  }

  respond(alert: AlertRow, input: Record<string, unknown>): StepResult {
    return this.do({ alertId: alert.id, actor: 'key:ann', note: null, ...input } as RespondInput);
  }

  /** Until that minute; groups are served at their deadlines. */
  until(minute: number): void {
    const end = t0 + minute * min;
    for (;;) {
      const due = [...this.state.groups.values()].map(({ row }) => row.nextAt ?? Infinity);
      const next = Math.min(...due);
      if (next > end) break;
      this.now = Math.max(this.now, next);
      for (const [groupKey, { row }] of [...this.state.groups])
        if (row.nextAt !== null && row.nextAt <= this.now) this.do({ kind: 'due', groupKey });
    }
    this.now = end;
  }

  /** Takes the tenant up from its rows, as a new process does. */
  restart(): void {
    const rows = {
      alerts: [...this.state.alerts.values()].map((row) => ({ ...row })),
      groups: [...this.state.groups.values()].map(({ row }) => ({ ...row })),
    };
    const out: StepResult = { effects: [], notifications: [], groups: new Set(), answer: { kind: 'none' } };
    this.state = loadPipeline('default', rows, this.routing, rules, this.#newId, this.now, out);
  }

  kinds(of: AlertRow): string[] {
    return this.events.filter(({ subjectId }) => subjectId === of.id).map(({ kind }) => kind);
  }
}

let story: Story;
let alert: AlertRow;
beforeEach(() => {
  story = new Story();
  alert = story.fire('a');
  story.until(1);
});

describe('an acknowledgement', () => {
  it.each([false, true])(
    'that ends is said once, and the alert is told again then (restart: %s)',
    (restart) => {
      story.respond(alert, { kind: 'acknowledge', until: t0 + 30 * min });
      story.until(20);
      if (restart) story.restart();
      story.until(400);
      expect(story.said).toEqual([
        [0, 'first'],
        [30, 'repeat'],
        [270, 'repeat'],
      ]);
      expect(story.kinds(alert)).toEqual(['alert.firing', 'alert.acknowledged', 'alert.ack_expired']);
      expect(story.events.at(-1)).toMatchObject({
        kind: 'alert.ack_expired',
        reason: 'expired',
        body: { owner: 'key:ann', until: t0 + 30 * min },
      });
    },
  );

  it('that ends longer after the last message than repeat_interval is told at its end, too', () => {
    story.respond(alert, { kind: 'acknowledge', until: t0 + 300 * min });
    story.until(400);
    expect(story.said).toEqual([
      [0, 'first'],
      [300, 'repeat'],
    ]);
  });

  it('of one alert ends although another of its group holds nothing back', () => {
    story.fire('b');
    story.until(3);
    story.respond(alert, { kind: 'acknowledge', until: t0 + 30 * min });
    story.until(100);
    expect(story.said).toEqual([
      [0, 'first'],
      [1, 'new_alerts'],
      [30, 'repeat'],
    ]);
  });

  it('ends in every group that the alert is in', () => {
    const matchers = [{ name: 'host', op: '=' as const, value: 'a', matches: (v: string) => v === 'a' }];
    const both = ['{}/x', '{}/y'].map((path) => aRoute({ path, matchers, continue: true }));
    story = new Story(both);
    alert = story.fire('a');
    story.until(1);
    story.respond(alert, { kind: 'acknowledge', until: t0 + 30 * min });
    story.until(100);
    expect(story.said.map(([at]) => at)).toEqual([0, 0, 30, 30]);
    expect(story.kinds(alert).filter((kind) => kind === 'alert.ack_expired')).toHaveLength(1);
  });

  it('of many alerts that end one after the other are not a message each', () => {
    const others = ['b', 'c', 'd'].map((host) => story.fire(host));
    story.until(3);
    for (const [i, one] of [alert, ...others].entries())
      story.respond(one, { kind: 'acknowledge', until: t0 + 30 * min + i * 10_000 });
    story.until(100);
    expect(story.said.slice(2)).toEqual([
      [30, 'repeat'],
      [31, 'repeat'],
    ]);
  });

  it('goes to whoever is named, and is taken back: repeats come in their time again', () => {
    story.respond(alert, { kind: 'acknowledge', until: null, owner: 'bea' });
    expect(alert).toMatchObject({ ackedBy: 'bea', ackUntil: null });
    story.until(250);
    expect(story.said).toHaveLength(1);
    story.respond(alert, { kind: 'unacknowledge' });
    expect(story.events.at(-1)).toMatchObject({
      kind: 'alert.unacknowledged',
      actor: 'key:ann',
      keep: 2,
      body: { before: { owner: 'bea', until: null } },
    });
    expect(story.respond(alert, { kind: 'unacknowledge' }).answer).toMatchObject({ event: null });
    story.until(251);
    expect(story.said.at(-1)).toEqual([250, 'repeat']);
  });
});

describe('an assignment', () => {
  it('says who had the alert before, also when it is over; the same again is nothing', () => {
    story.respond(alert, { kind: 'assign', to: 'bea' });
    expect(story.respond(alert, { kind: 'assign', to: 'bea' }).effects).toEqual([]);
    const ended = alert;
    story.fire('a', 'false');
    story.until(30);
    expect(story.state.alerts.has(ended.id)).toBe(false);
    story.respond(ended, { kind: 'assign', to: null, ended });
    expect(story.events.filter(({ kind }) => kind === 'alert.assigned').map(({ body }) => body)).toEqual([
      { to: 'bea', before: null },
      { to: null, before: 'bea' },
    ]);
    expect(ended.nextAt).toBe(null);
  });
});

describe('a comment', () => {
  it('is an audit event, and counted; nobody is told', () => {
    const { answer } = story.respond(alert, { kind: 'comment', text: '換了磁碟' });
    expect(answer).toMatchObject({ event: { kind: 'alert.commented', keep: 2, body: { text: '換了磁碟' } } });
    expect(alert.comments).toBe(1);
    story.until(100);
    expect(story.said).toHaveLength(1);
  });
});

describe('what has ended or never was', () => {
  it('takes no acknowledgement and no snooze', () => {
    const ended = alert;
    story.fire('a', 'false');
    const asks = ['acknowledge', 'unacknowledge', 'snooze', 'unsnooze'].map((kind) => ({
      kind,
      until: t0 * 2,
    }));
    for (const ask of asks)
      expect(story.respond(ended, ask).answer).toEqual({ kind: 'refused', reason: 'alert_resolved' });
    story.until(30);
    for (const ask of [...asks, { kind: 'comment', text: 'x' }, { kind: 'assign', to: 'bea' }])
      expect(story.respond(ended, ask).answer).toEqual({ kind: 'refused', reason: 'alert_not_found' });
  });
});
