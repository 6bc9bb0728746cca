import { describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { matcher } from '../../rules/matchers.ts';
import type { Severity, ThresholdRule } from '../../rules/types.ts';
import { aReceiver, aRoute, aRule } from '../testing/builders.ts';
import { StoredRows } from '../testing/stored-rows.ts';
import { subjectOf } from './identify.ts';
import { emptyResult, type StepResult } from './input.ts';
import { loadPipeline } from './load.ts';
import type { Route } from './routing.ts';
import { emptyPipelineState, type PipelineState } from './state.ts';
import { step } from './step.ts';

const s = 1_000;
const min = 60 * s;
const t0 = 1_700_000_000_000;

const rule = aRule({
  annotations: { summary: 'at {{ value }}' },
  levels: [
    { severity: 'warning', threshold: 80 },
    { severity: 'critical', threshold: 90 },
  ],
});

function severityIs(value: string) {
  const made = matcher('severity', '=', value);
  if ('problem' in made) throw new Error(made.problem);
  return [made];
}

const pager = (over: Partial<Route> = {}) =>
  aRoute({
    path: '{}/{severity="critical"}',
    matchers: severityIs('critical'),
    receiver: 'pager',
    groupWaitMs: 0,
    ...over,
  });

/** One host whose level moves, and what was said to whom. */
class Story {
  now = t0;
  readonly said: string[] = [];
  readonly results: StepResult[] = [];
  readonly stored = new StoredRows();
  readonly rule: ThresholdRule;
  state: PipelineState;
  #ids = 0;

  constructor(route: Partial<Route>, over: Partial<ThresholdRule> = {}) {
    this.rule = { ...rule, ...over };
    const receivers = new Map(
      ['ops', 'pager', 'quiet'].map((name) => [name, aReceiver({ name, sendResolved: name !== 'quiet' })]),
    );
    const rules = new Map([[this.rule.name, this.rule]]);
    this.state = emptyPipelineState('default', { route: aRoute(route), receivers }, rules, () => this.#id());
  }

  #id(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  do(input: Parameters<typeof step>[1]): void {
    this.#heard(step(this.state, input, this.now));
  }

  #heard(out: StepResult): void {
    this.results.push(out);
    this.stored.store(out.effects);
    for (const { message } of out.notifications) {
      const changed = message.alerts
        .filter(({ id }) => message.changed.includes(id))
        .map(({ status, severity, value }) => `${status} ${severity} ${value}`);
      const at = (this.now - t0) / s;
      this.said.push(`${at} ${message.receiver} ${message.reason}: ${changed.join(', ') || 'nothing new'}`);
    }
  }

  at(level: Severity | null, value: number, host = 'a'): void {
    this.do({
      kind: 'verdict',
      rule: this.rule,
      subject: subjectOf(this.rule, labelSet({ host })),
      verdict: level === null ? 'false' : 'true',
      ...(level !== null && { severity: level }),
      value,
      sampleAt: this.now,
      cause: 'sample',
    });
  }

  advance(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = [...this.state.groups.values()]
        .filter(({ row }) => row.nextAt !== null && row.nextAt <= until)
        .sort((a, b) => a.row.nextAt! - b.row.nextAt!)[0];
      if (!due) break;
      this.now = Math.max(this.now, due.row.nextAt!);
      this.do({ kind: 'due', groupKey: due.row.groupKey });
    }
    this.now = until;
  }

  /** What was stored is all that is left. */
  restart(): void {
    const { routing, rules } = this.state;
    const out = emptyResult();
    this.state = loadPipeline('default', this.stored.load(), routing, rules, () => this.#id(), this.now, out);
    this.#heard(out);
  }

  /** Every firing alert was told and is watched over, or waits for a deadline of its group. */
  unwatched(): string[] {
    const lost: string[] = [];
    for (const alert of this.state.alerts.values()) {
      if (alert.state !== 'firing') continue;
      for (const key of this.state.memberOf.get(alert.id) ?? [])
        if (this.state.groups.get(key)?.row.nextAt == null) lost.push(`${alert.id} in ${key}`);
      if (!this.state.memberOf.has(alert.id)) lost.push(alert.id);
    }
    return lost;
  }

  get alert() {
    return [...this.state.alerts.values()].find(({ state }) => state !== 'resolved')!;
  }

  kinds(): string[] {
    return this.results.flatMap(({ effects }) =>
      effects.flatMap((effect) =>
        effect.put === 'event'
          ? [`${effect.row.kind}${effect.row.reason ? `(${effect.row.reason})` : ''}`]
          : [],
      ),
    );
  }
}

describe('a level that rises within its group', () => {
  it('is told once, as escalated; one that falls is no news', () => {
    const story = new Story({ groupWaitMs: 10 * s, groupIntervalMs: 30 * s });
    story.at('warning', 85);
    story.advance(20 * s);
    story.at('critical', 95);
    story.advance(60 * s);
    story.at('warning', 86);
    story.advance(60 * s);
    story.at('critical', 96);
    story.advance(60 * s);
    story.at(null, 10);
    story.advance(2 * min);
    expect(story.said).toEqual([
      '10 ops first: firing warning 85',
      '40 ops escalated: firing critical 95',
      '260 ops resolved: resolved critical 10',
    ]);
    expect(story.kinds()).toEqual([
      'alert.firing',
      'alert.severity_changed',
      'alert.severity_changed',
      'alert.severity_changed',
      'alert.resolved',
    ]);
  });

  it('shows the new value and text; labels, fingerprint and the first severity stay', () => {
    const story = new Story({});
    story.at('warning', 85);
    const { labels, fingerprint } = story.alert;
    story.at('critical', 95);
    expect(story.alert).toMatchObject({
      ...{ labels, fingerprint, severity: 'warning', effectiveSeverity: 'critical' },
      ...{ priority: 'P2', value: 95, annotations: { summary: 'at 95' } },
    });
  });

  it('begins where it begins: an alert that is critical at once has that in its labels', () => {
    const story = new Story({});
    story.at('critical', 95);
    expect(story.alert).toMatchObject({
      severity: 'critical',
      effectiveSeverity: 'critical',
      priority: 'P2',
    });
    expect(story.alert.labels.severity).toBe('critical');
    const { fingerprint } = story.alert;
    story.at(null, 10);
    story.at('warning', 85);
    expect(story.alert.labels.severity).toBe('warning');
    expect(story.alert.fingerprint).not.toBe(fingerprint);
  });

  it('leaves a priority alone that the rule set', () => {
    const story = new Story({}, { priority: 'P1' });
    story.at('warning', 85);
    story.at('critical', 95);
    expect(story.alert.priority).toBe('P1');
  });

  it('moves while pending and is told as what it is when it fires', () => {
    const story = new Story({ groupWaitMs: 0 }, { forMs: min });
    story.at('warning', 85);
    story.advance(30 * s);
    story.at('critical', 95);
    expect(story.alert).toMatchObject({
      state: 'pending',
      severity: 'warning',
      effectiveSeverity: 'critical',
    });
    story.advance(30 * s);
    story.at('critical', 97);
    story.advance(0);
    expect(story.said).toEqual(['60 ops first: firing critical 97']);
    expect(story.kinds()).toEqual(['alert.pending', 'alert.severity_changed', 'alert.firing']);
  });

  it('is told although somebody acknowledged the milder one', () => {
    const story = new Story({ groupWaitMs: 0, groupIntervalMs: 0, repeatIntervalMs: 5 * min });
    story.at('warning', 85);
    story.advance(s);
    story.do({ kind: 'acknowledge', alertId: story.alert.id, until: null, note: null, actor: 'key:a' });
    story.at('critical', 95);
    story.advance(60 * min);
    expect(story.said).toEqual(['0 ops first: firing warning 85', '1 ops escalated: firing critical 95']);
  });

  it('recovers at another level than it was held at', () => {
    const story = new Story({ groupWaitMs: 0, groupIntervalMs: 0 }, { keepFiringForMs: min });
    story.at('warning', 85);
    story.advance(s);
    story.at(null, 10);
    story.advance(s);
    story.at('critical', 95);
    story.advance(s);
    expect(story.said).toEqual(['0 ops first: firing warning 85', '2 ops escalated: firing critical 95']);
    expect(story.kinds().slice(-2)).toEqual(['alert.severity_changed', 'alert.recovered']);
  });
});

describe('a level that has another route', () => {
  it('is told to the new people at their group_wait; the old ones hear that it is not theirs any more', () => {
    const story = new Story({ routes: [pager({ groupWaitMs: 5 * s })] });
    story.at('warning', 85);
    story.advance(20 * s);
    story.at('critical', 95);
    expect(story.unwatched()).toEqual([]);
    story.advance(10 * min);
    story.at('warning', 84);
    expect(story.unwatched()).toEqual([]);
    story.advance(10 * min);
    story.at(null, 20);
    story.advance(10 * min);
    expect(story.said).toEqual([
      '10 ops first: firing warning 85',
      '20 ops resolved: resolved critical 95',
      '25 pager first: firing critical 95',
      '620 pager resolved: resolved warning 84',
      '630 ops first: firing warning 84',
      '1280 ops resolved: resolved warning 20',
    ]);
    // The dedupe window of the resolved notice.
    story.advance(5 * min);
    expect(story.state.groups.size).toBe(0);
  });

  it('does not bother the old people with what comes back within their dedupe window', () => {
    const story = new Story({ groupWaitMs: 0, groupIntervalMs: 0, routes: [pager()] });
    story.at('warning', 85);
    story.advance(10 * s);
    for (let i = 0; i < 6; i++) {
      story.at(i % 2 === 0 ? 'critical' : 'warning', 90 + i);
      story.advance(20 * s);
      expect(story.unwatched()).toEqual([]);
    }
    story.advance(10 * min);
    expect(story.said).toEqual([
      '0 ops first: firing warning 85',
      '10 ops resolved: resolved critical 90',
      '10 pager first: firing critical 90',
      '30 pager resolved: resolved warning 91',
      '310 ops refired: firing warning 95',
    ]);
  });

  it('takes back nothing that was never said', () => {
    const story = new Story({ groupWaitMs: min, routes: [pager()] });
    story.at('warning', 85);
    story.advance(10 * s);
    story.at('critical', 95);
    story.advance(10 * min);
    expect(story.said).toEqual(['10 pager first: firing critical 95']);
    expect(story.kinds()).toContain('notify.skipped(routed_elsewhere)');
  });

  it('is told however quickly it moves to and fro', () => {
    const story = new Story({ groupWaitMs: 30 * s, routes: [pager({ groupWaitMs: 30 * s })] });
    story.at('warning', 85);
    for (let i = 0; i < 6; i++) {
      story.advance(25 * s);
      story.at(i % 2 === 0 ? 'critical' : 'warning', 90 + i);
    }
    expect(story.said[0]).toBe('30 pager first: firing critical 90');
  });

  it('says nothing to a receiver that wants no resolved notices', () => {
    const story = new Story({ receiver: 'quiet', groupWaitMs: 0, routes: [pager()] });
    story.at('warning', 85);
    story.advance(s);
    story.at('critical', 95);
    story.advance(s);
    expect(story.said).toEqual(['0 quiet first: firing warning 85', '1 pager first: firing critical 95']);
  });

  it('stays with the others of its old group', () => {
    const story = new Story({ groupWaitMs: 0, groupIntervalMs: 0, routes: [pager()] });
    story.at('warning', 85, 'a');
    story.at('warning', 86, 'b');
    story.advance(s);
    story.at('critical', 95, 'a');
    story.advance(s);
    expect(story.said.slice(-2)).toEqual([
      '1 ops some_resolved: resolved critical 95',
      '1 pager first: firing critical 95',
    ]);
    story.advance(240 * min);
    expect(story.said.slice(-2)).toEqual([
      '14401 ops repeat: nothing new',
      '14401 pager repeat: nothing new',
    ]);
  });

  it('with `continue` is told to both', () => {
    const both = pager({ continue: true });
    const story = new Story({
      groupWaitMs: 0,
      groupIntervalMs: 0,
      routes: [both, aRoute({ path: '{}/{}', groupWaitMs: 0, groupIntervalMs: 0 })],
    });
    story.at('warning', 85);
    story.advance(s);
    story.at('critical', 95);
    story.advance(s);
    expect(story.said.sort()).toEqual([
      '0 ops first: firing warning 85',
      '1 ops escalated: firing critical 95',
      '1 pager first: firing critical 95',
    ]);
  });
});

describe('a level whose other route is the same people', () => {
  const story = (groupWaitMs = 5 * s) =>
    new Story({ groupIntervalMs: 10 * min, routes: [pager({ receiver: 'ops', groupWaitMs })] });

  it('is told as escalated at the group_wait of the new group, without a resolved notice between', () => {
    const one = story();
    one.at('warning', 85);
    one.advance(20 * s);
    one.at('critical', 95);
    one.advance(min);
    one.at('warning', 86);
    expect(one.unwatched()).toEqual([]);
    one.advance(20 * min);
    one.at(null, 10);
    one.advance(2 * min);
    expect(one.said).toEqual([
      '10 ops first: firing warning 85',
      '25 ops escalated: firing critical 95',
      '1340 ops resolved: resolved warning 10',
    ]);
  });

  it('keeps the dedupe window of what was said before it moved', () => {
    const one = story();
    one.at('warning', 85);
    one.advance(20 * s);
    one.at('critical', 95);
    one.advance(min);
    one.at(null, 10);
    one.advance(2 * min);
    one.at('warning', 85);
    one.advance(10 * min);
    expect(one.said).toEqual([
      '10 ops first: firing warning 85',
      '25 ops escalated: firing critical 95',
      '140 ops resolved: resolved critical 10',
      '310 ops refired: firing warning 85',
    ]);
  });

  it('survives that its new route goes and leaves it where it came from', () => {
    const one = story(0);
    one.at('warning', 85);
    one.advance(20 * s);
    one.at('critical', 95);
    one.at('warning', 85);
    one.at('critical', 95);
    const { receivers } = one.state.routing;
    one.do({ kind: 'routing', routing: { receivers, route: aRoute() } });
    one.advance(20 * min);
    expect(one.said).toEqual(['10 ops first: firing warning 85', '20 ops escalated: firing critical 95']);
    expect(one.unwatched()).toEqual([]);
  });

  it('is repeated when the last word is so old', () => {
    const one = story();
    one.at('critical', 95);
    one.advance(200 * min);
    one.at('warning', 86);
    one.advance(60 * min);
    expect(one.said).toEqual(['5 ops first: firing critical 95', '14405 ops repeat: nothing new']);
  });

  it('with severity in group_by is another thread: one ends, the other begins', () => {
    const one = new Story({ groupBy: ['alertname', 'severity'], groupWaitMs: 0 });
    one.at('warning', 85);
    one.advance(s);
    one.at('critical', 95);
    one.advance(s);
    expect(one.said).toEqual([
      '0 ops first: firing warning 85',
      '1 ops resolved: resolved critical 95',
      '1 ops first: firing critical 95',
    ]);
  });
});

describe('after a restart', () => {
  it('the end is told of what moved on to a group that had its deadline already', () => {
    const story = new Story({ routes: [pager({ receiver: 'ops' })] });
    story.at('warning', 85, 'b');
    story.advance(20 * s);
    story.at('critical', 95);
    story.advance(min);
    story.at('warning', 85);
    story.restart();
    story.at(null, 10);
    story.advance(10 * min);
    expect(story.said).toEqual([
      '10 ops first: firing warning 85',
      '20 ops first: firing critical 95',
      '140 ops some_resolved: resolved warning 10',
    ]);
  });

  it('nothing is said twice and what waited is said', () => {
    const story = new Story({ groupIntervalMs: 0, routes: [pager({ receiver: 'ops' })] });
    story.at('warning', 85);
    story.restart();
    story.advance(20 * s);
    story.at('critical', 95);
    story.restart();
    story.advance(20 * s);
    story.restart();
    story.at('warning', 86);
    story.restart();
    story.advance(20 * s);
    expect(story.unwatched()).toEqual([]);
    expect(story.said).toEqual(['10 ops first: firing warning 85', '20 ops escalated: firing critical 95']);
  });

  it('one that became more urgent in its group is still to be told', () => {
    const story = new Story({ groupIntervalMs: min });
    story.at('warning', 85);
    story.advance(20 * s);
    story.at('critical', 95);
    story.restart();
    story.advance(min);
    expect(story.said).toEqual(['10 ops first: firing warning 85', '70 ops escalated: firing critical 95']);
  });

  it('finds its escalation also where the deadline was lost', () => {
    const story = new Story({ groupIntervalMs: min });
    story.at('warning', 85);
    story.advance(20 * s);
    story.at('critical', 95);
    for (const row of story.stored.groups.values()) row.nextAt = null;
    story.restart();
    story.advance(min);
    expect(story.said.at(-1)).toBe('70 ops escalated: firing critical 95');
  });
});
