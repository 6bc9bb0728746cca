import { describe, expect, it } from 'vitest';
import type { Severity } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { EscalationPolicy, EscalationStep } from '../../pipeline/escalation.ts';
import type { AlertRow, EventRow, GroupRow, NotificationRow, Notified, Saying } from '../../pipeline/rows.ts';
import { aReceiver, aRoute } from '../builders.ts';
import type { Acks } from './acks.ts';
import type { Besides } from './besides.ts';
import { Counters } from './counters.ts';
import { Escalations } from './escalations.ts';
import type { Member, OpenAlerts } from './open-alerts.ts';
import type { Telling } from './telling.ts';
import type { World } from './world.ts';

const step: EscalationStep = { afterMs: 600_000, to: [], strategy: null, severities: null, during: [] };

/** One group that fires from 0, is escalated from 0, and of which more is committed at 100. */
class Story {
  readonly notified: Record<string, Notified> = {};
  /** What fires in the group. */
  readonly open: Member[] = [];
  readonly #notificationsOf = new Map<string, NotificationRow[]>();
  readonly #groups = new Map<string, GroupRow>();
  readonly #oracle: Escalations;

  constructor(steps: readonly EscalationStep[] = [step]) {
    const policy: EscalationPolicy = { name: 'page', repeat: 0, confirm: 'any', promote: [], steps };
    const group = { id: 'g', tenant: 'default', receiver: 'ops', route: '{}', labels: {} };
    this.#groups.set('g', { ...group, notified: this.notified } as unknown as GroupRow);
    const journal = {
      groups: this.#groups,
      alerts: new Map([['a', { row: { id: 'a', tenant: 'default', key: 'a', kind: 'alert', labels: {} } }]]),
      notificationsOf: this.#notificationsOf,
    };
    const routing = {
      route: aRoute({ escalation: 'page' }),
      receivers: new Map([['ops', aReceiver()]]),
      escalations: new Map([['page', policy]]),
    };
    const world = { journal, routing, counters: new Counters(), clock: { now: () => 100 } };
    this.#oracle = new Escalations(
      world as unknown as World,
      {} as Acks,
      { has: () => false } as unknown as Besides,
      { of: () => this.open } as unknown as OpenAlerts,
      { routedAt: 0, lastMovedAt: 100 } as Telling,
    );
    this.event(0, 'escalation.armed', null, { policy: 'page' });
    this.says(0, 'first');
  }

  event(at: number, kind: string, reason: string | null, body: EventRow['body'] = {}): void {
    const row = { subjectKind: 'group', subjectId: 'g', kind, reason, at, body };
    this.#oracle.onEffect({ put: 'event', row } as unknown as Effect, at);
  }

  /** A group of the same people is stored, with or without the escalation that began at 0. */
  stores(id: string, escalated: boolean): void {
    const escalation = escalated ? { policy: 'page', startedAt: 0, told: [] } : null;
    const row = { ...this.#groups.get('g')!, id, escalation } as GroupRow;
    this.#groups.set(id, row);
    this.#oracle.onEffect({ put: 'group', row, insert: false }, 100);
  }

  /** The group's first step is left out, for it is not for what is as urgent as this. */
  leavesOut(at: number): void {
    const body = { policy: 'page', step: 1, of: 2, round: 1, since: 0, dueAt: step.afterMs };
    this.event(at, 'escalation.skipped', 'severity', body);
  }

  /** An alert fires, and nobody holds it. */
  fires(id: string, effectiveSeverity: Severity): void {
    const row: Partial<AlertRow> = { id, labels: {}, effectiveSeverity };
    this.open.push({ row: row as AlertRow, by: null });
  }

  sweep(): void {
    this.#oracle.sweep();
  }

  /** What fires was told. */
  says(createdAt: number, reason: string, ids: readonly string[] = ['a'], groupId = 'g'): void {
    const alerts: Record<string, Saying> = Object.fromEntries(ids.map((id) => [id, 'firing']));
    const row = {
      id: 'n',
      groupId,
      kind: 'alert.notification',
      receiver: 'ops',
      reason,
      alerts,
      createdAt,
    };
    for (const id of ids) {
      const said = this.#notificationsOf.get(id) ?? [];
      this.#notificationsOf.set(id, [...said, row as unknown as NotificationRow]);
    }
    this.#oracle.onEffect({ put: 'notification', row } as unknown as Effect, createdAt);
  }
}

const told: Notified = { key: 'a', status: 'firing', at: 100 };

describe('what was told is escalated', () => {
  it('elsewhere, where it was raised at the same moment and is another group’s since', () => {
    const story = new Story();
    story.event(100, 'escalation.ended', 'routed_elsewhere');
    story.notified.a = { ...told, status: 'resolved' };
    expect(() => story.says(100, 'refired')).not.toThrow();
  });

  it('here, while it is the group’s', () => {
    const story = new Story();
    story.event(100, 'escalation.ended', 'routed_elsewhere');
    story.notified.a = told;
    expect(() => story.says(100, 'refired')).toThrow('was told (refired) and is not escalated');
  });

  it('here, where the escalation ended before that was told', () => {
    const story = new Story();
    story.event(90, 'escalation.ended', 'routed_elsewhere');
    expect(() => story.says(100, 'refired')).toThrow('was told (refired) and is not escalated');
  });
});

describe('an escalation goes on elsewhere', () => {
  const heirSays = (story: Story) => story.says(100, 'escalated', ['a'], 'heir');

  it('where the first group lets it go after the other took it', () => {
    const story = new Story();
    story.stores('heir', true);
    story.stores('g', false);
    expect(() => heirSays(story)).not.toThrow();
  });

  it('and where it let it go before', () => {
    const story = new Story();
    story.stores('g', false);
    story.stores('heir', true);
    expect(() => heirSays(story)).not.toThrow();
  });

  it('and the first one told of the alert at the same moment', () => {
    const story = new Story();
    story.notified.a = { ...told, status: 'resolved' };
    story.stores('g', false);
    story.stores('heir', true);
    expect(() => story.says(100, 'escalated')).not.toThrow();
    expect(() => story.says(101, 'escalated')).toThrow('g was told (escalated) and is not escalated');
  });

  it('not while the first group has it', () => {
    const story = new Story();
    story.stores('g', true);
    story.stores('heir', true);
    expect(() => heirSays(story)).toThrow('heir was told (escalated) and is not escalated');
  });
});

describe('a step for warnings is left out', () => {
  const at = 700_000;
  const aWarning = () => {
    const story = new Story([{ ...step, severities: ['warning'] }, step]);
    story.fires('a', 'warning');
    return story;
  };

  it('where the group tells of something more urgent at the same moment', () => {
    const story = aWarning();
    story.fires('b', 'high');
    story.leavesOut(at);
    story.says(at, 'new_alerts', ['b']);
    expect(() => story.sweep()).not.toThrow();
  });

  it('not where that is told later', () => {
    const story = aWarning();
    story.fires('b', 'high');
    story.leavesOut(at);
    story.says(at + 1, 'new_alerts', ['b']);
    expect(() => story.sweep()).toThrow('step 1 of g was left out by severity, which is warning');
  });

  it('not where what is told at that moment is less urgent', () => {
    const story = aWarning();
    story.fires('b', 'info');
    story.leavesOut(at);
    story.says(at, 'new_alerts', ['b']);
    expect(() => story.sweep()).toThrow('step 1 of g was left out by severity, which is warning');
  });

  it('not where nothing is told', () => {
    const story = aWarning();
    story.leavesOut(at);
    expect(() => story.sweep()).toThrow('step 1 of g was left out by severity, which is warning');
  });
});
