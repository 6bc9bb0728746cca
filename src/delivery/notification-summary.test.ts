// What a notification came to, over all its channels: through the whole pipeline, on a clock that is moved by hand.
import { afterEach, describe, expect, it } from 'vitest';
import { toNotificationBody } from '../http/bodies/delivery-body.ts';
import { aReceiver } from '../testing/builders.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

let stage: Stage;
afterEach(() => stage.close());

function open(options: StageOptions): Stage {
  stage = new Stage({ ...options, route: { groupWaitMs: 0 } });
  return stage;
}

/** The first notification, as the API shows it. */
function shown(): ReturnType<typeof toNotificationBody> {
  const { id } = stage.sent[0]!.message;
  const row = stage.store.notification('default', id)!;
  return toNotificationBody(
    row,
    stage.store.deliveries('default', { notificationId: id }, 200, null).items,
    [],
  );
}

describe('a notification to several channels', () => {
  it('is whole when all three took it, one of them at the second attempt', async () => {
    open({
      channels: ['chat', 'mail', 'text'],
      receiver: { channels: ['chat', 'mail', 'text'] },
      rules: [{ severity: 'critical' }],
      answer: ({ channel, attempt }) =>
        channel === 'mail' && attempt === 1
          ? { kind: 'transient', code: '451', message: 'try again' }
          : { kind: 'sent' },
    });
    await stage.push(97);
    await stage.advance(1_000);
    expect(shown()).toMatchObject({
      status: 'retrying',
      summary: { channels: { total: 3, accepted: 2, failed: 0 }, total_ms: null },
    });
    await stage.advance(40_000);

    expect(stage.sent.map(({ channel, at }) => [channel, Math.round(at)])).toEqual([
      ['chat', 0],
      ['mail', 0],
      ['text', 0],
      ['mail', 30],
    ]);
    const { summary } = shown();
    expect(summary).toMatchObject({
      status: 'sent',
      strategy: 'critical',
      require_all: true,
      channels: { total: 3, accepted: 3, failed: 0 },
      success_rate: 1,
      retries: 1,
    });
    expect(summary.total_ms).toBeGreaterThanOrEqual(30_000);
    expect(summary.total_ms).toBeLessThan(31_000);
  });

  it('is partial when mail failed four times 15 s apart, and the administrator hears of it', async () => {
    open({
      channels: ['chat', 'mail', 'pager'],
      receiver: { channels: ['chat', 'mail'] },
      receivers: [aReceiver({ name: 'admin', channels: ['pager'] })],
      administrator: 'admin',
      rules: [{ severity: 'high' }],
      answer: ({ channel }) =>
        channel === 'mail' ? { kind: 'transient', code: '451', message: 'try again' } : { kind: 'sent' },
    });
    await stage.push(97);
    await stage.advance(120_000);

    const { id } = stage.sent[0]!.message;
    const mails = stage.sent.filter(({ channel, message }) => channel === 'mail' && message.id === id);
    expect(mails.map(({ at }) => Math.round(at))).toEqual([0, 15, 30, 45]);
    expect(shown().summary).toMatchObject({
      status: 'partial',
      strategy: 'high',
      require_all: false,
      channels: { total: 2, accepted: 1, failed: 1 },
      success_rate: 0.5,
      retries: 3,
    });
    const told = stage.sent.filter(({ channel }) => channel === 'pager');
    expect(told.map(({ message }) => message.alerts[0]?.labels.alertname)).toEqual(['tocsin.partial']);
  });
});
