import { describe, expect, it } from 'vitest';
import type { Effect } from '../../pipeline/effect.ts';
import type { EscalationPolicy } from '../../pipeline/escalation.ts';
import type { EventRow, Notified, Saying } from '../../pipeline/rows.ts';
import { aReceiver, aRoute } from '../builders.ts';
import type { Acks } from './acks.ts';
import type { Besides } from './besides.ts';
import { Counters } from './counters.ts';
import { Escalations } from './escalations.ts';
import type { OpenAlerts } from './open-alerts.ts';
import type { Telling } from './telling.ts';
import type { World } from './world.ts';

const policy: EscalationPolicy = {
  ...{ name: 'page', repeat: 0, confirm: 'any', promote: [] },
  steps: [{ afterMs: 600_000, to: [], strategy: null, severities: null, during: [] }],
};

/** One group that fires from 0, is escalated from 0, and of which more is committed at 100. */
class Story {
  readonly notified: Record<string, Notified> = {};
  readonly #oracle: Escalations;

  constructor() {
    const group = { id: 'g', tenant: 'default', receiver: 'ops', route: '{}', labels: {} };
    const journal = {
      groups: new Map([['g', { ...group, notified: this.notified }]]),
      alerts: new Map([['a', { row: { id: 'a', tenant: 'default', key: 'a', kind: 'alert', labels: {} } }]]),
      notificationsOf: new Map(),
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
      { of: () => [] } as unknown as OpenAlerts,
      { routedAt: 0, lastMovedAt: 100 } as Telling,
    );
    this.event(0, 'escalation.armed', null, { policy: 'page' });
    this.says(0, 'first');
  }

  event(at: number, kind: string, reason: string | null, body: EventRow['body'] = {}): void {
    const row = { subjectKind: 'group', subjectId: 'g', kind, reason, at, body };
    this.#oracle.onEffect({ put: 'event', row } as unknown as Effect, at);
  }

  /** What fires was told. */
  says(createdAt: number, reason: string): void {
    const alerts: Record<string, Saying> = { a: 'firing' };
    const row = {
      id: 'n',
      groupId: 'g',
      kind: 'alert.notification',
      receiver: 'ops',
      reason,
      alerts,
      createdAt,
    };
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
