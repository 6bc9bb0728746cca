import { describe, expect, it } from 'vitest';
import type { EventRow } from '../pipeline/rows.ts';
import type { CommittedEvent } from '../store/store.ts';
import { createNarrator } from './demo-narrator.ts';

function stage() {
  const clock = { at: 1_700_000_000_000 };
  const lines: string[] = [];
  const narrator = createNarrator({
    print: (line) => lines.push(line),
    now: () => clock.at,
    rule: 'ProcessBurnsCpu',
    lookup: {
      ruleOf: (id) => ({ a1: 'ProcessBurnsCpu', b1: 'DiskAlmostFull', b2: 'DiskAlmostFull' })[id] ?? null,
      alertsOf: (id) => ({ n1: ['a1'], n2: ['b1'] })[id] ?? [],
    },
  });
  let seen = false;
  void narrator.seen.then(() => {
    seen = true;
  });
  return {
    narrator,
    lines,
    pass(ms: number) {
      clock.at += ms;
    },
    /** Whether the end was seen, once everything that was told has settled. */
    async seen() {
      await Promise.resolve();
      return seen;
    },
  };
}

function event(
  kind: string,
  subjectId: string,
  body: Record<string, unknown> = {},
  subjectKind: EventRow['subjectKind'] = 'alert',
): CommittedEvent {
  const row: EventRow = {
    id: '018f',
    tenant: 'default',
    at: 0,
    subjectKind,
    subjectId,
    kind,
    reason: null,
    actor: null,
    topic: null,
    priority: null,
    correlationId: null,
    keep: 1,
    body,
  };
  return { shard: 0, seq: 1, row };
}

const webhook = (status: string, alertname: string) => ({
  body: JSON.stringify({
    data: {
      status,
      reason: status === 'firing' ? 'first' : 'resolved',
      alerts: [{ labels: { alertname }, annotations: { summary: 'demo-burner uses 100 % of a core' } }],
    },
  }),
});

describe('the narrator of the demo', () => {
  it('tells the story of its alert, each stage as one line with its time', () => {
    const { narrator, lines, pass } = stage();
    pass(10_100);
    narrator.events([event('alert.pending', 'a1')]);
    pass(3_000);
    narrator.events([event('alert.firing', 'a1')]);
    pass(1_000);
    narrator.webhook(webhook('firing', 'ProcessBurnsCpu'));
    narrator.mail({ subject: 'FIRING [warning] ProcessBurnsCpu: demo-burner uses 100 % of a core' });
    narrator.events([event('alert.resolved', 'a1')]);
    expect(lines).toEqual([
      '   10.1 s  pending   the condition holds; the rule waits to see whether it lasts (for)',
      '   13.1 s  firing    it lasted: the alert is stored, people are told',
      '   14.1 s  webhook   firing: demo-burner uses 100 % of a core (first)',
      '   14.1 s  mail      FIRING [warning] ProcessBurnsCpu: demo-burner uses 100 % of a core',
      '   14.1 s  resolved  the condition is over; people are told that, too',
    ]);
  });

  it('names another alert of the machine once, however often it fires and whoever is told of it', () => {
    const { narrator, lines } = stage();
    narrator.events([
      event('alert.pending', 'b1'),
      event('alert.firing', 'b1'),
      event('alert.firing', 'b2'),
      event('delivery.retry', 'd2', { notificationId: 'n2', channel: 'demo-hook' }, 'delivery'),
      event('alert.resolved', 'b1'),
    ]);
    narrator.webhook(webhook('resolved', 'DiskAlmostFull'));
    narrator.mail({ subject: 'FIRING [high] DiskAlmostFull: / of ProcessBurnsCpu is full' });
    expect(lines).toEqual([
      '    0.0 s  also      DiskAlmostFull fires on this machine; it is told the same way, but is not part of this story',
    ]);
  });

  it('has seen the end when webhook AND mail have told of the resolve of its alert', async () => {
    const { narrator, seen } = stage();
    narrator.webhook(webhook('firing', 'ProcessBurnsCpu'));
    narrator.mail({ subject: 'FIRING [warning] ProcessBurnsCpu: busy' });
    narrator.webhook(webhook('resolved', 'DiskAlmostFull'));
    narrator.mail({ subject: 'RESOLVED [high] DiskAlmostFull: / is full' });
    narrator.events([event('alert.resolved', 'a1')]);
    expect(await seen()).toBe(false);
    narrator.webhook(webhook('resolved', 'ProcessBurnsCpu'));
    expect(await seen()).toBe(false);
    narrator.mail({ subject: 'RESOLVED [warning] ProcessBurnsCpu: idle' });
    expect(await seen()).toBe(true);
  });

  it('says when a delivery of its alert fails, and why', () => {
    const { narrator, lines } = stage();
    const body = { notificationId: 'n1', channel: 'demo-hook', message: 'The receiver answered HTTP 500.' };
    narrator.events([
      event('delivery.retry', 'd1', body, 'delivery'),
      event('delivery.dead', 'd1', body, 'delivery'),
      event('delivery.sent', 'd1', body, 'delivery'),
    ]);
    expect(lines).toEqual([
      '    0.0 s  retry     a delivery by demo-hook failed and is tried again: The receiver answered HTTP 500.',
      '    0.0 s  dead      a delivery by demo-hook failed for good: The receiver answered HTTP 500.',
    ]);
  });

  it('says who carries on, and what providers reported', () => {
    const { narrator, lines } = stage();
    const body = { notificationId: 'n1', channel: 'demo-chat' };
    const receipt = event('delivery.delivered', 'd2', { ...body, channel: 'demo-sms' }, 'delivery');
    narrator.events([
      event('delivery.retry', 'd1', { ...body, message: '93000', next: 'demo-sms' }, 'delivery'),
      event('delivery.delivered', 'd1', body, 'delivery'),
      { ...receipt, row: { ...receipt.row, reason: 'receipt' } },
      event('delivery.answered', 'd1', { ...body, channel: 'demo-call', answer: '1' }, 'delivery'),
    ]);
    narrator.show('wecom', 'the robot writes:', ['FIRING', 'busy']);
    expect(lines).toEqual([
      '    0.0 s  fallback  demo-chat did not take it, demo-sms carries it now: 93000',
      '    0.0 s  delivered demo-sms: its provider reports that it arrived',
      '    0.0 s  answered  demo-call: somebody answered 1',
      '    0.0 s  wecom     the robot writes:',
      '                     │ FIRING',
      '                     │ busy',
    ]);
  });
});
