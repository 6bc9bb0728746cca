import { describe, expect, it } from 'vitest';
import { hostileMessage } from './contract-message.ts';
import { shorterMessage } from './shorter.ts';

describe('a message in short', () => {
  const whole = hostileMessage();
  const short = shorterMessage(whole);

  it('keeps the first five alerts, and counts the others', () => {
    expect(short.alerts.map(({ id }) => id)).toEqual(whole.alerts.slice(0, 5).map(({ id }) => id));
    expect(short.truncated).toBe(whole.truncated + whole.alerts.length - 5);
    expect(short.changed.every((id) => short.alerts.some((alert) => alert.id === id))).toBe(true);
    expect([short.id, short.groupKey, short.status]).toEqual([whole.id, whole.groupKey, whole.status]);
  });

  it('cuts texts to 200 characters, never through a character of two halves', () => {
    const [alert] = whole.alerts;
    const text = `${'x'.repeat(198)}🔥 and more`;
    const { alerts } = shorterMessage({ ...whole, alerts: [{ ...alert!, annotations: { summary: text } }] });
    expect(alerts[0]!.annotations.summary).toBe(`${'x'.repeat(198)}…`);
    for (const { annotations } of short.alerts)
      for (const each of Object.values(annotations)) expect(each.length).toBeLessThanOrEqual(200);
  });

  it('is as it was when it was short already', () => {
    const small = { ...whole, alerts: [], changed: [] };
    expect(shorterMessage(small)).toEqual(small);
  });
});
