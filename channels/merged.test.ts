import { describe, expect, it } from 'vitest';
import { hostileMessage } from './contract-message.ts';
import { mergedMessage } from './merged.ts';
import type { AlertMessage, MessageAlert } from './message.ts';

const template = hostileMessage();

function alert(id: string, over: Partial<MessageAlert> = {}): MessageAlert {
  return { ...template.alerts[0]!, id, severity: 'warning', priority: 'P4', status: 'firing', ...over };
}

function message(
  id: string,
  alerts: readonly MessageAlert[],
  over: Partial<AlertMessage> = {},
): AlertMessage {
  return {
    ...{ ...template, id, alerts, changed: alerts.map((each) => each.id), truncated: 0, at: 1_000 },
    ...{ severity: 'warning', priority: 'P4', status: 'firing', groupKey: id, receiver: 'ops' },
    groupLabels: { env: 'prod', host: id },
    ...over,
  };
}

describe('a merged message', () => {
  it('is the message itself when there is one', () => {
    const one = message('one', [alert('a')]);
    expect(mergedMessage([one])).toBe(one);
  });

  it('says what all of them say, the most urgent first, under the id of the first', () => {
    const merged = mergedMessage([
      message('one', [alert('a'), alert('b', { status: 'resolved' })]),
      message('two', [alert('c', { severity: 'critical' })], {
        ...{ severity: 'critical', priority: 'P2', at: 3_000, receiver: 'team', truncated: 7 },
      }),
    ]);
    expect(merged).toMatchObject({
      ...{ id: 'one', reason: 'digest', status: 'firing', severity: 'critical', priority: 'P2' },
      ...{ at: 3_000, receiver: 'ops, team', truncated: 7, changed: ['a', 'b', 'c'] },
    });
    expect(merged.alerts.map(({ id }) => id)).toEqual(['c', 'a', 'b']);
    expect(merged.groupLabels).toEqual({ env: 'prod' });
    expect(merged.groupKey).toBe('digest/one');
  });

  it('has the newest state of an alert, in whatever order the messages wait', () => {
    const fires = message('one', [alert('a')], { at: 1_000 });
    const ended = message('two', [alert('a', { status: 'resolved' })], { at: 2_000, status: 'resolved' });
    for (const messages of [
      [fires, ended],
      [ended, fires],
    ]) {
      const merged = mergedMessage(messages);
      expect(merged.alerts.map(({ status }) => status)).toEqual(['resolved']);
      expect(merged.status).toBe('resolved');
    }
  });

  it('counts what is too much for one message', () => {
    const hundred = (no: number) => Array.from({ length: 100 }, (_, i) => alert(`${no}-${i}`));
    const merged = mergedMessage(Array.from({ length: 8 }, (_, no) => message(`m${no}`, hundred(no))));
    expect(merged.alerts).toHaveLength(500);
    expect(merged.truncated).toBe(300);
    expect(merged.changed).toHaveLength(500);
  });
});
