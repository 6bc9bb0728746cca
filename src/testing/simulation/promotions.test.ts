import { describe, expect, it } from 'vitest';
import type { Labels, Severity } from '../../../rules/types.ts';
import type { DigestRule } from '../../pipeline/digest-rule.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { EscalationPolicy } from '../../pipeline/escalation.ts';
import type { Receiver, Route } from '../../pipeline/routing.ts';
import type { AlertRow, GroupRow, NotificationRow } from '../../pipeline/rows.ts';
import { aReceiver, aRoute } from '../builders.ts';
import { matchersIn } from '../pipeline-story.ts';
import { Counters } from './counters.ts';
import type { OpenAlerts } from './open-alerts.ts';
import { Promotions } from './promotions.ts';
import type { Telling } from './telling.ts';
import type { World } from './world.ts';

const min = 60_000;
const page: EscalationPolicy = {
  ...{ name: 'page', steps: [], repeat: 0, confirm: 'any' },
  promote: [{ from: 'high', afterMs: 2 * min, to: 'critical', while: 'unresolved' }],
};
const notRaised = 'a has been high since';

/** One alert that fires as high from 0 and is silenced, which puts off no promotion here. */
class Story {
  readonly #notificationsOf = new Map<string, NotificationRow[]>();
  readonly #groups = new Map<string, GroupRow>();
  readonly #oracle: Promotions;
  readonly #routing;
  #now = 0;
  #look = () => {};

  constructor(route: Route, ops: Partial<Receiver>) {
    const receivers = [aReceiver({ escalation: 'page', ...ops }), aReceiver({ name: 'team' })];
    this.#routing = {
      route,
      receivers: new Map(receivers.map((one) => [one.name, one])),
      escalations: new Map([['page', page]]),
    };
    const row: Partial<AlertRow> = {
      ...{ id: 'a', tenant: 'default', key: 'a', kind: 'alert', labels: { host: 'h0', severity: 'high' } },
      ...{ effectiveSeverity: 'high', firedAt: 0, ackedAt: null },
    };
    const world = {
      journal: {
        alerts: new Map([['a', { row }]]),
        groups: this.#groups,
        notificationsOf: this.#notificationsOf,
      },
      routing: this.#routing,
      counters: new Counters(),
      clock: { now: () => this.#now, at: (_at: number, look: () => void) => (this.#look = look) },
      downtime: () => 0,
      runtime: { engine: { running: true } },
    };
    const alerts = { heldBy: () => 'silenced' } as unknown as OpenAlerts;
    this.#oracle = new Promotions(world as unknown as World, alerts, { routedAt: -20 * min } as Telling);
    this.#oracle.start();
    this.#event('alert.firing', {});
  }

  becomes(to: Severity, from: Severity): void {
    this.#now += 1;
    this.#event('alert.severity_changed', { from, to });
  }

  reroutes(route: Route): void {
    this.#now += 1;
    this.#routing.route = route;
    this.#look();
  }

  /** A group says that the alert fires. */
  says(receiver: string, labels: Labels = {}, route = '{}'): void {
    this.#now += 1;
    const id = `${receiver} ${route} ${JSON.stringify(labels)}`;
    const group: Partial<GroupRow> = { id, tenant: 'default', receiver, route, labels, notified: {} };
    this.#groups.set(id, group as GroupRow);
    const said = { groupId: id, receiver, alerts: { a: 'firing' }, createdAt: this.#now };
    const row = said as unknown as NotificationRow;
    this.#notificationsOf.set('a', [...(this.#notificationsOf.get('a') ?? []), row]);
    this.#oracle.onEffect({ put: 'notification', row } as Effect);
  }

  /** It goes on like that for longer than the policy waits. */
  waits(): void {
    for (let i = 0; i < 4; i += 1) {
      this.#now += min;
      this.#look();
    }
  }

  #event(kind: string, body: object): void {
    const row = { kind, subjectKind: 'alert', subjectId: 'a', reason: null, at: this.#now, body };
    this.#oracle.onEffect({ put: 'event', row } as unknown as Effect);
  }
}

const critical = aRoute({
  path: '{critical}',
  receiver: 'team',
  matchers: matchersIn('severity="critical"'),
});
const noEnds: Partial<Receiver> = { sendResolved: false };

describe('what other people took for a while', () => {
  const wasTaken = (ops: Partial<Receiver>) => {
    const story = new Story(aRoute({ groupBy: [], routes: [critical] }), ops);
    story.says('ops');
    story.becomes('critical', 'high');
    story.says('team', {}, '{critical}');
    story.becomes('high', 'critical');
    return story;
  };

  it('is to be told anew before it is raised, where nobody wants its end', () => {
    expect(() => wasTaken(noEnds).waits()).not.toThrow();
  });

  it('is raised when it is told anew', () => {
    const story = wasTaken(noEnds);
    story.says('ops');
    expect(() => story.waits()).toThrow(notRaised);
  });

  it('is raised where its end was owed and it came back before that', () => {
    expect(() => wasTaken({}).waits()).toThrow(notRaised);
  });
});

describe('what a receiver without ends was told', () => {
  const told = (route: Route, labels: Labels = {}) => {
    const story = new Story(route, noEnds);
    story.says('ops', labels);
    return story;
  };
  const movesAndReturns = (story: Story) => {
    story.becomes('critical', 'high');
    story.becomes('high', 'critical');
    return story;
  };

  it('is raised', () => {
    expect(() => told(aRoute({ groupBy: [] })).waits()).toThrow(notRaised);
  });

  it('is not yet raised where it went to a group of other labels and back', () => {
    const story = told(aRoute({ groupBy: ['severity'] }), { severity: 'high' });
    expect(() => movesAndReturns(story).waits()).not.toThrow();
  });

  it('is not yet raised where it is in a group of other labels than the one that told of it', () => {
    const story = told(aRoute({ groupBy: ['severity'] }), { severity: 'high' });
    story.reroutes(aRoute({ groupBy: 'all' }));
    expect(() => story.waits()).not.toThrow();
  });

  it('is raised where it stays in its group, however urgent it was meanwhile', () => {
    const story = told(aRoute({ groupBy: ['host'] }), { host: 'h0' });
    expect(() => movesAndReturns(story).waits()).toThrow(notRaised);
  });

  it('is raised where another route of the same people takes it with the same labels', () => {
    const own = aRoute({ path: '{high}', groupBy: ['host'], matchers: matchersIn('severity="high"') });
    const story = told(aRoute({ groupBy: ['host'] }), { host: 'h0' });
    story.reroutes(aRoute({ groupBy: ['host'], routes: [own] }));
    expect(() => story.waits()).toThrow(notRaised);
  });

  it('is raised where a digest told of it, which groups go on with', () => {
    const digest: Partial<DigestRule> = { everyMs: 15 * min, severities: ['warning'], to: 'ops' };
    const ops = { ...noEnds, digest: digest as DigestRule };
    const story = new Story(aRoute({ groupBy: ['host'] }), ops);
    story.becomes('warning', 'high');
    story.says('ops', {}, '{} digest 15m');
    story.becomes('high', 'warning');
    expect(() => story.waits()).toThrow(notRaised);
  });
});
