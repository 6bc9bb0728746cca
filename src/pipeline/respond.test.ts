import { beforeEach, describe, expect, it } from 'vitest';
import { aRoute } from '../testing/builders.ts';
import { matchersIn, PipelineStory } from '../testing/pipeline-story.ts';
import type { RespondInput, StepResult } from './input.ts';
import type { AlertRow } from './rows.ts';

const min = 60_000;

/** Alerts that are told after 10 s and again every 4 h, and the people who answer. */
class Story extends PipelineStory {
  readonly t0 = this.now;

  /** The open alert of a host, which begins to fire. */
  fire(host: string): AlertRow {
    this.verdict(host, true);
    return [...this.state.openByKey.values()].find(({ labels }) => labels.host === host)!;
  }

  respond(alert: AlertRow, input: Record<string, unknown>): StepResult {
    return this.do({ alertId: alert.id, actor: 'key:ann', note: null, ...input } as RespondInput);
  }

  until(minute: number): this {
    return this.advance(this.t0 + minute * min - this.now);
  }

  /** In which minute was what said, and by the reason alone. */
  get told(): string[] {
    return this.said.map((line) => {
      const [second, , reason] = line.split(' ');
      return `${Math.floor(Number(second) / 60)} ${reason!.replace(':', '')}`;
    });
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
      story.respond(alert, { kind: 'acknowledge', until: story.t0 + 30 * min });
      story.until(20);
      if (restart) story.restart();
      story.until(400);
      expect(story.told).toEqual(['0 first', '30 repeat', '270 repeat']);
      expect(story.kinds('alert')).toEqual([
        'alert.firing',
        'alert.acknowledged',
        'alert.ack_expired(expired)',
      ]);
      expect(story.events('alert').at(-1)).toMatchObject({
        kind: 'alert.ack_expired',
        reason: 'expired',
        body: { owner: 'key:ann', until: story.t0 + 30 * min },
      });
    },
  );

  it('that ends longer after the last message than repeat_interval is told at its end, too', () => {
    story.respond(alert, { kind: 'acknowledge', until: story.t0 + 300 * min });
    story.until(400);
    expect(story.told).toEqual(['0 first', '300 repeat']);
  });

  it('of one alert ends although another of its group holds nothing back', () => {
    story.fire('b');
    story.until(3);
    story.respond(alert, { kind: 'acknowledge', until: story.t0 + 30 * min });
    story.until(100);
    expect(story.told).toEqual(['0 first', '1 new_alerts', '30 repeat']);
  });

  it('ends in every group that the alert is in', () => {
    const matchers = matchersIn('host="a"');
    const both = ['{}/x', '{}/y'].map((path) => aRoute({ path, matchers, continue: true }));
    story = new Story({ route: { routes: both } });
    alert = story.fire('a');
    story.until(1);
    story.respond(alert, { kind: 'acknowledge', until: story.t0 + 30 * min });
    story.until(100);
    expect(story.told).toEqual(['0 first', '0 first', '30 repeat', '30 repeat']);
    expect(story.kinds('alert.ack_expired')).toHaveLength(1);
  });

  it('of many alerts that end one after the other are not a message each', () => {
    const others = ['b', 'c', 'd'].map((host) => story.fire(host));
    story.until(3);
    for (const [i, one] of [alert, ...others].entries())
      story.respond(one, { kind: 'acknowledge', until: story.t0 + 30 * min + i * 10_000 });
    story.until(100);
    expect(story.told.slice(2)).toEqual(['30 repeat', '31 repeat']);
  });

  it('goes to whoever is named, and is taken back: repeats come in their time again', () => {
    story.respond(alert, { kind: 'acknowledge', until: null, owner: 'bea' });
    expect(alert).toMatchObject({ ackedBy: 'bea', ackUntil: null });
    story.until(250);
    expect(story.said).toHaveLength(1);
    story.respond(alert, { kind: 'unacknowledge' });
    expect(story.events('alert').at(-1)).toMatchObject({
      kind: 'alert.unacknowledged',
      actor: 'key:ann',
      keep: 2,
      body: { before: { owner: 'bea', until: null } },
    });
    expect(story.respond(alert, { kind: 'unacknowledge' }).answer).toMatchObject({ event: null });
    story.until(251);
    expect(story.told.at(-1)).toEqual('250 repeat');
  });
});

describe('an assignment', () => {
  it('says who had the alert before, also when it is over; the same again is nothing', () => {
    story.respond(alert, { kind: 'assign', to: 'bea' });
    expect(story.respond(alert, { kind: 'assign', to: 'bea' }).effects).toEqual([]);
    const ended = alert;
    story.respond(alert, { kind: 'acknowledge', until: story.t0 + 900 * min });
    story.verdict('a', false);
    story.until(30);
    expect(story.state.alerts.has(ended.id)).toBe(false);
    story.respond(ended, { kind: 'assign', to: null, ended });
    expect(story.events('alert.assigned').map(({ body }) => body)).toEqual([
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
    story.verdict('a', false);
    const asks = ['acknowledge', 'unacknowledge', 'snooze', 'unsnooze'].map((kind) => ({
      kind,
      until: story.t0 * 2,
    }));
    for (const ask of asks)
      expect(story.respond(ended, ask).answer).toEqual({ kind: 'refused', reason: 'alert_resolved' });
    story.until(30);
    for (const ask of [...asks, { kind: 'comment', text: 'x' }, { kind: 'assign', to: 'bea' }])
      expect(story.respond(ended, ask).answer).toEqual({ kind: 'refused', reason: 'alert_not_found' });
  });
});

describe('a snooze', () => {
  const snooze = (minutes: number) => ({ kind: 'snooze', until: story.t0 + minutes * min });

  it.each([false, true])('says nothing of the alert, and tells it at its end (restart: %s)', (restart) => {
    story.respond(alert, snooze(300));
    story.until(250);
    if (restart) story.restart();
    story.until(301);
    expect(story.told).toEqual(['0 first', '300 repeat']);
    expect(story.kinds().slice(1)).toEqual([
      'alert.snoozed',
      'notify.suppressed(snoozed)',
      'alert.snooze_ended(expired)',
    ]);
  });

  it('of one that nobody was told of is told as the first at its end', () => {
    const other = story.fire('b');
    story.respond(other, snooze(30));
    story.until(29);
    expect(story.told).toEqual(['0 first']);
    story.until(100);
    expect(story.told).toEqual(['0 first', '30 new_alerts']);
  });

  it('lets its resolved notice go', () => {
    story.respond(alert, snooze(300));
    story.until(10).verdict('a', false);
    story.until(20);
    expect(story.told).toEqual(['0 first', '11 resolved']);
  });

  it('is the reason why what ends under it is never said', () => {
    const other = story.fire('b');
    story.respond(other, snooze(30));
    story.until(5).verdict('b', false);
    story.until(60);
    expect(story.told).toEqual(['0 first']);
    expect(story.kinds('notify.skipped')).toEqual(['notify.skipped(snoozed)']);
  });

  it('comes after a silence, and is seen again when that ends', () => {
    story.respond(alert, snooze(300));
    story.silence(250 * min, 'host="a"');
    story.until(400);
    expect(story.kinds('notify')).toEqual(['notify.suppressed(silenced)', 'notify.suppressed(snoozed)']);
    expect(story.told).toEqual(['0 first', '300 repeat']);
  });

  it('that is taken back lets repeats come in their time, and news at once', () => {
    const other = story.fire('b');
    story.respond(alert, snooze(600));
    story.respond(other, snooze(600));
    story.until(10);
    for (const one of [alert, other]) story.respond(one, { kind: 'unsnooze' });
    expect(story.respond(alert, { kind: 'unsnooze' }).effects).toEqual([]);
    story.until(20);
    expect(story.said.slice(1)).toEqual(['600 ops new_alerts: b firing']);
  });
});
