import { describe, expect, it } from 'vitest';
import type { Labels, Severity } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { AlertRow, GroupRow, NotificationRow, Notified } from '../../pipeline/rows.ts';
import { aReceiver, aRoute } from '../builders.ts';
import { matchersIn } from '../pipeline-story.ts';
import { Besides } from './besides.ts';
import type { World } from './world.ts';

const key = 'disk is full';

/** Ops is told in one group, but for infos, which its digest collects, and for what is critical, which is the team's. */
const routing = {
  route: aRoute({
    ...{ receiver: 'ops', groupBy: [] },
    routes: [aRoute({ path: 'critical', matchers: matchersIn('severity="critical"'), receiver: 'team' })],
  }),
  receivers: new Map([
    ['ops', aReceiver({ digest: { everyMs: 900_000, severities: ['info'], max: 10, to: null } })],
    ['team', aReceiver({ name: 'team' })],
  ]),
};

/** Two episodes of one alert, in groups of one receiver. */
class Story {
  readonly #firing: { readonly row: Partial<AlertRow> }[] = [];
  readonly #besides = new Besides({
    routing,
    journal: {
      alerts: new Map(['first', 'second'].map((id) => [id, { row: { id, key } }])),
      ofKey: () => this.#firing,
    },
  } as unknown as World);

  /** The second episode fires and is as urgent as this. */
  firesAgain(effectiveSeverity: Severity): void {
    this.#firing.push({ row: { id: 'second', key, state: 'firing', labels: {}, effectiveSeverity } });
  }

  becomesMoreUrgent(at: number, from: Severity): void {
    const row = { kind: 'alert.severity_changed', subjectId: 'second', at, body: { from } };
    this.#put({ put: 'event', row });
  }

  says(groupId: string, createdAt: number, alerts: NotificationRow['alerts'], reason = 'refired'): string {
    const id = `${groupId} at ${createdAt}`;
    this.#put({ put: 'notification', row: { id, groupId, createdAt, alerts, reason } });
    return id;
  }

  /** Whether that is told to others than the receiver. */
  endsBeside(groupId: string, createdAt: number): boolean {
    return this.#besides.has({ id: this.says(groupId, createdAt, { first: 'resolved' }, 'resolved') });
  }

  stores(id: string, firingSince: Readonly<Record<string, number>>, labels: Labels = {}, route = '{}'): void {
    const notified: Record<string, Notified> = {};
    for (const [alert, at] of Object.entries(firingSince)) notified[alert] = { key, status: 'firing', at };
    const row: Partial<GroupRow> = { tenant: 'acme', id, receiver: 'ops', route, labels, notified };
    this.#put({ put: 'group', row, insert: false });
  }

  closes(id: string): void {
    this.#put({ put: 'group.closed', tenant: 'acme', id });
  }

  #put(effect: object): void {
    this.#besides.onEffect(effect as Effect);
  }
}

/** The receiver has heard of the second episode while the end of the first was held back. */
function overtaken(): Story {
  const story = new Story();
  story.says('old', 10, { first: 'firing' });
  story.says('old', 20, { second: 'firing' });
  story.stores('old', { first: 10, second: 20 });
  return story;
}

describe('the end of an episode that a newer one overtook is told besides', () => {
  it('by the group that told of both', () => {
    expect(overtaken().endsBeside('old', 30)).toBe(true);
  });

  it('by the group that goes on with the notify log of that one', () => {
    const story = overtaken();
    story.stores('heir', { second: 20 });
    story.closes('old');
    expect(story.endsBeside('heir', 30)).toBe(true);
  });

  it('by the heir of the heir, whoever of them told of the newer one', () => {
    const story = new Story();
    story.says('old', 10, { first: 'firing' });
    story.stores('old', { first: 10 });
    story.closes('old');
    story.says('heir', 20, { second: 'firing' });
    story.stores('heir', { first: 10, second: 20 });
    story.closes('heir');
    story.stores('last', { second: 20 });
    expect(story.endsBeside('last', 30)).toBe(true);
  });
});

/** The end of the first episode is let out while the second one fires, in a commit that tells the receiver of another alert. */
function againAs(severity: Severity, route = '{}'): Story {
  const story = new Story();
  story.says('old', 10, { first: 'firing' });
  story.stores('old', { first: 10 }, {}, route);
  story.firesAgain(severity);
  story.says('old', 30, { other: 'resolved' }, 'resolved');
  return story;
}

describe('the end of an episode that fires again is told besides', () => {
  it('by the group in which it does, as its receiver hears of that instead', () => {
    expect(againAs('warning').endsBeside('old', 30)).toBe(true);
    expect(againAs('info', '{} digest 15m').endsBeside('old', 30)).toBe(true);
  });

  it('also where that one goes to others in the same commit', () => {
    const story = againAs('critical');
    story.becomesMoreUrgent(30, 'warning');
    story.becomesMoreUrgent(30, 'high');
    expect(story.endsBeside('old', 30)).toBe(true);
  });
});

describe('it is the receiver’s own', () => {
  it('where it fires again for others, whatever else the receiver hears at that moment', () => {
    expect(againAs('critical').endsBeside('old', 30)).toBe(false);
    expect(againAs('warning', '{} digest 15m').endsBeside('old', 30)).toBe(false);
  });

  it('where it has gone to others before', () => {
    const story = againAs('critical');
    story.becomesMoreUrgent(20, 'warning');
    expect(story.endsBeside('old', 30)).toBe(false);
  });

  it('from a group that said it fires and never told of the newer one', () => {
    const story = overtaken();
    story.says('other', 10, { first: 'firing' });
    story.stores('other', { first: 10 });
    expect(story.endsBeside('other', 30)).toBe(false);
  });

  it('also when the other one leaves its log here: the later word counts', () => {
    const story = overtaken();
    story.says('other', 15, { first: 'firing' });
    story.stores('other', {});
    story.closes('old');
    expect(story.endsBeside('other', 30)).toBe(false);
  });

  it('where the labels are others, or the summary of a storm closed', () => {
    const story = overtaken();
    story.stores('other', {}, { host: 'h1' });
    story.stores('summary', {}, {}, '{} storm');
    story.closes('old');
    expect(story.endsBeside('other', 30)).toBe(false);
    expect(story.endsBeside('summary', 30)).toBe(false);
  });
});
