// A test of a channel over time: on a clock that is moved by hand, with a restart in between.
import { afterEach, describe, expect, it } from 'vitest';
import { Stage } from '../testing/stage.ts';

let stage: Stage;
afterEach(() => stage.close());

describe('a test of a channel', () => {
  it('that fails is not tried again, also when the process died under it', async () => {
    let answers = 0;
    stage = new Stage({
      answer: () => {
        answers += 1;
        // The process dies before the first answer is heard.
        return answers === 1 ? new Promise(() => {}) : { kind: 'transient', message: 'not now' };
      },
    });
    const words = { text: 'hello', severity: 'critical', locale: 'en', wait: false } as const;
    const asked = stage.runtime.services.channels.test('default', 'hook', words, { name: 'key:test' });
    await stage.advance(10);
    const { notificationId } = await asked;
    expect(stage.sent).toHaveLength(1);
    stage.kill();
    stage.start();
    await stage.advance(24 * 3_600_000);

    expect(stage.sent).toHaveLength(2);
    expect(stage.sent.every(({ message }) => message.id === notificationId)).toBe(true);
    const [delivery] = stage.store.deliveries('default', { notificationId }, 10, null).items;
    expect(delivery).toMatchObject({ state: 'dead', reason: 'transient', recipient: 'hook~test' });
  });
});
