import { describe, expect, it } from 'vitest';
import { labelSet } from '../../../rules/labels.ts';
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
  readonly #first: GroupRow;
  readonly #oracle: Escalations;

  /** @param told Whether its receiver was told. */
  constructor(steps: readonly EscalationStep[] = [step], told = true) {
    const policy: EscalationPolicy = { name: 'page', repeat: 0, confirm: 'any', promote: [], steps };
    const group = { id: 'g', tenant: 'default', receiver: 'ops', route: '{}', labels: {} };
    this.#first = { ...group, notified: this.notified } as unknown as GroupRow;
    this.#groups.set('g', this.#first);
    const journal = {
      groups: this.#groups,
      alerts: new Map(
        ['a', 'b'].map((id) => [id, { row: { id, tenant: 'default', key: id, kind: 'alert', labels: {} } }]),
      ),
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
    if (told) this.says(0, 'first');
  }

  event(at: number, kind: string, reason: string | null, body: EventRow['body'] = {}, subjectId = 'g'): void {
    const row = { subjectKind: 'group', subjectId, kind, reason, at, body };
    this.#oracle.onEffect({ put: 'event', row } as unknown as Effect, at);
  }

  /** A group of the same people is stored, with or without the escalation that began at 0. */
  stores(id: string, escalated: boolean): void {
    const escalation = escalated ? { policy: 'page', startedAt: 0, told: [] } : null;
    this.puts(id, { escalation } as unknown as Partial<GroupRow>);
  }

  /** The group is stored, and is like the first one in all else. */
  puts(id: string, over: Partial<GroupRow>): void {
    const row = { ...this.#first, id, ...over };
    this.#groups.set(id, row);
    this.#oracle.onEffect({ put: 'group', row, insert: false }, 100);
  }

  closes(id: string): void {
    this.#groups.delete(id);
    this.#oracle.onEffect({ put: 'group.closed', tenant: 'default', id }, 100);
  }

  /** Another group of the same people has been escalated since 0 and has taken its last step; it says that these fire. */
  hasOver(id: string, firing: readonly string[]): void {
    this.puts(id, { notified: Object.fromEntries(firing.map((key) => [key, { ...told, key }])) });
    this.event(0, 'escalation.armed', null, { policy: 'page' }, id);
    this.says(0, 'first', ['a'], id);
    this.takesStep(id);
    this.event(600_000, 'escalation.ended', 'exhausted', {}, id);
    this.keepsOver(id);
  }

  /** It is stored as it is: what began at 0 is over. */
  keepsOver(id: string): void {
    const escalation = { policy: 'page', startedAt: 0, told: [], state: 'exhausted' };
    this.puts(id, { notified: this.#groups.get(id)!.notified, escalation } as unknown as Partial<GroupRow>);
  }

  takesStep(id: string): void {
    const body = { policy: 'page', step: 1, of: 1, round: 1, since: 0, to: '', notificationId: 's' };
    this.event(600_000, 'escalation.step', null, body, id);
  }

  /** The group's first step is left out, for it is not for what is as urgent as this. */
  leavesOut(at: number): void {
    const body = { policy: 'page', step: 1, of: 2, round: 1, since: 0, dueAt: step.afterMs };
    this.event(at, 'escalation.skipped', 'severity', body);
  }

  becomesMoreUrgent(alertId: string): void {
    this.event(100, 'alert.severity_changed', null, { to: 'warning' }, alertId);
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

describe('an escalation goes on where that of the group itself is over and began at the same moment', () => {
  const resumes = (story: Story) => story.event(100, 'escalation.resumed', null, {}, 'heir');

  it('which is seen by what goes on there, where it is over before it is stored', () => {
    const story = new Story();
    story.hasOver('heir', []);
    story.stores('g', false);
    story.keepsOver('heir');
    expect(() => resumes(story)).not.toThrow();
    expect(() => story.takesStep('heir')).not.toThrow();
    expect(() => story.event(600_000, 'escalation.ended', 'exhausted', {}, 'heir')).not.toThrow();
  });

  it('and where the first one is closed', () => {
    const story = new Story();
    story.hasOver('heir', []);
    story.closes('g');
    expect(() => resumes(story)).not.toThrow();
    expect(() => story.sweep()).not.toThrow();
  });

  it('once', () => {
    const story = new Story();
    story.hasOver('heir', []);
    story.stores('g', false);
    resumes(story);
    story.takesStep('heir');
    story.event(600_000, 'escalation.ended', 'exhausted', {}, 'heir');
    expect(() => resumes(story)).toThrow('heir goes on and is not escalated');
  });

  it('not while the first group has it', () => {
    const story = new Story();
    story.hasOver('heir', []);
    story.stores('g', true);
    story.keepsOver('heir');
    expect(() => resumes(story)).toThrow('heir goes on and is not escalated');
  });

  it('nor where the first one tells others', () => {
    const story = new Story();
    story.hasOver('heir', []);
    story.stores('g', false);
    story.puts('heir', { receiver: 'team' });
    expect(() => resumes(story)).toThrow('heir goes on and is not escalated');
  });
});

describe('a step is taken of what its receiver was told of', () => {
  const handedOver = () => {
    const story = new Story([step], false);
    story.stores('g', false);
    story.stores('heir', true);
    return story;
  };

  it('by the group that had it before, at the moment at which another one went on with it', () => {
    const story = handedOver();
    story.says(100, 'first');
    expect(() => story.takesStep('heir')).not.toThrow();
  });

  it('not by what that one said later', () => {
    const story = handedOver();
    story.says(101, 'new_alerts', [], 'g');
    expect(() => story.takesStep('heir')).toThrow('is taken of what nobody was told of');
  });
});

describe('a group is closed, and its escalation goes on elsewhere', () => {
  const endsBeside = (story: Story) => {
    story.puts('beside', { escalation: null });
    story.event(0, 'escalation.armed', null, { policy: 'page' }, 'beside');
    story.closes('g');
    story.event(100, 'escalation.ended', 'routed_elsewhere', {}, 'beside');
    story.puts('heir', { escalation: null });
  };

  it('also where that of a third one of the same people ends at the same moment', () => {
    const story = new Story();
    endsBeside(story);
    expect(() => story.event(100, 'escalation.ended', 'resolved', {}, 'heir')).not.toThrow();
    expect(() => story.sweep()).not.toThrow();
  });

  it('and is to end there', () => {
    const story = new Story();
    endsBeside(story);
    expect(() => story.sweep()).toThrow('g is closed, and its escalation is not over');
  });

  it('once', () => {
    const story = new Story();
    endsBeside(story);
    story.event(100, 'escalation.ended', 'resolved', {}, 'heir');
    expect(() => story.event(100, 'escalation.ended', 'resolved', {}, 'heir')).toThrow('never was');
  });
});

describe('what is told goes on with the escalation of a group that is closed, which is over by the end of the commit', () => {
  const says = (story: Story) => story.says(100, 'new_alerts', ['a'], 'heir');
  const ends = (story: Story) => story.event(100, 'escalation.ended', 'resolved', {}, 'heir');
  const closed = (over: Partial<GroupRow> = {}) => {
    const story = new Story();
    story.puts('heir', { escalation: null, ...over });
    story.closes('g');
    return story;
  };

  it('and ends after that', () => {
    const story = closed();
    expect(() => says(story)).not.toThrow();
    expect(() => ends(story)).not.toThrow();
    expect(() => story.sweep()).not.toThrow();
  });

  it('and is to end', () => {
    const story = closed();
    says(story);
    expect(() => story.sweep()).toThrow('g is closed, and its escalation is not over');
  });

  it('once', () => {
    const story = closed();
    says(story);
    ends(story);
    expect(() => says(story)).toThrow('heir was told (new_alerts) and is not escalated');
  });

  it('not while the first group has it', () => {
    const story = new Story();
    story.stores('g', true);
    story.puts('heir', { escalation: null });
    expect(() => says(story)).toThrow('heir was told (new_alerts) and is not escalated');
  });

  it('nor where the first one tells of others', () => {
    expect(() => says(closed({ labels: labelSet({ host: 'b' }) }))).toThrow(
      'heir was told (new_alerts) and is not escalated',
    );
  });
});

describe('an escalation with steps to take does not end', () => {
  /** Beside a group that is over, which the alert is told in, and which became more urgent at 100, unless it did not. */
  const ends = (story: Story, moves = true) => {
    story.hasOver('heir', ['a']);
    story.fires('a', 'warning');
    story.becomesMoreUrgent(moves ? 'a' : 'b');
    story.event(100, 'escalation.ended', 'routed_elsewhere');
  };

  it('where the group that its alert is in has taken its last one', () => {
    expect(() => ends(new Story())).toThrow('heir, which tells the same people, had taken its last one');
  });

  it('but where another alert has moved', () => {
    expect(() => ends(new Story(), false)).not.toThrow();
  });

  it('but where a group of the same people takes steps', () => {
    const story = new Story();
    story.puts('third', { escalation: null });
    story.event(0, 'escalation.armed', null, { policy: 'page' }, 'third');
    expect(() => ends(story)).not.toThrow();
  });

  it('but where one of them is not escalated that way', () => {
    const story = new Story();
    story.puts('third', { route: '{} digest 5m', escalation: null });
    expect(() => ends(story)).not.toThrow();
  });

  it('also where they have a digest that this alert does not wait for', () => {
    const story = new Story();
    story.puts('digest', { route: '{} digest 5m', labels: labelSet({ of: 'digests' }), escalation: null });
    expect(() => ends(story)).toThrow('had taken its last one');
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
