// Stories on the real runtime and store: the messages of one group where calls are few. They go in their order, and what
// waits for a turn behind the one that goes is told with it.
import { afterEach, describe, expect, it } from 'vitest';
import type { SendResult } from '../../channels/channel.ts';
import { labelSet } from '../../rules/labels.ts';
import { type Sent, Stage, type StageOptions } from '../testing/stage.ts';

const s = 1_000;
const minute = 60 * s;
let stage: Stage;
afterEach(() => stage.close());

function open(options: StageOptions = {}): void {
  stage = new Stage({
    rules: [],
    route: { groupBy: [], groupWaitMs: 0, groupIntervalMs: 0 },
    limits: { messagesPerMinute: 1 },
    ...options,
  });
}

/** Posts one event for each host, a second apart: each is a message of the same group. */
async function post(...hosts: string[]): Promise<void> {
  for (const host of hosts) {
    const posted = stage.runtime.services.postEvent(
      'default',
      {
        ...{ type: 'deploy', severity: 'warning', category: 'business', message: host, recipients: [] },
        labels: labelSet({ host }),
      },
      { name: 'key:test' },
      null,
    );
    posted.catch(() => {});
    await stage.advance(s);
    await posted;
  }
}

/** `<seconds> <hosts>` of every call. */
const calls = () =>
  stage.sent.map(({ at, message }) => {
    const hosts = message.alerts.map(({ labels }) => labels.host).sort();
    return `${Math.floor(at / 60)}m ${hosts.join(' ')}`;
  });
const states = () =>
  stage.store
    .deliveries('default', {}, 100, null)
    .items.map(({ state, attempts }) => `${state} ${attempts}`)
    .reverse();

describe('messages of one group behind one call a minute', () => {
  it('go together, each with its own result', async () => {
    open();
    await post('a', 'b', 'c', 'd', 'e');
    await stage.advance(3 * minute);
    expect(calls()).toEqual(['0m a', '1m b c d e']);
    expect(states()).toEqual(['sent 1', 'sent 1', 'sent 1', 'sent 1', 'sent 1']);
  });

  it('go alone in their order where the provider takes no merged one', async () => {
    const answer = ({ message }: Sent): SendResult =>
      message.alerts.length > 1 ? { kind: 'permanent', code: '400', message: 'no' } : { kind: 'sent' };
    open({ answer });
    await post('a', 'b', 'c', 'd');
    await stage.advance(10 * minute);
    expect(calls()).toEqual(['0m a', '1m b c d', '2m b', '3m c', '4m d']);
    expect(states()).toEqual(['sent 1', 'sent 1', 'sent 1', 'sent 1']);
  });

  it('keep their order where the merged one fails and is tried again', async () => {
    let failed = false;
    const answer = ({ message }: Sent): SendResult => {
      if (message.alerts.length === 1 || failed) return { kind: 'sent' };
      failed = true;
      return { kind: 'transient', code: '503', message: 'later' };
    };
    open({ answer });
    await post('a', 'b', 'c', 'd');
    await stage.advance(10 * minute);
    expect(calls()).toEqual(['0m a', '1m b c d', '2m b c d']);
    expect(states()).toEqual(['sent 1', 'sent 2', 'sent 2', 'sent 2']);
  });

  it('are one probe where their channel is paused', async () => {
    open({ answer: () => ({ kind: 'auth', code: '401', message: 'no' }) });
    await post('a', 'b', 'c', 'd');
    await stage.advance(5 * minute);
    expect(calls()).toEqual(['0m a', '5m a']);
  });

  it('are not overtaken by what the process that died under them left', async () => {
    let hangs = true;
    open({
      answer: ({ message }) =>
        hangs && message.alerts.length > 1 ? new Promise(() => {}) : { kind: 'sent' },
    });
    await post('a', 'b', 'c', 'd');
    await stage.advance(minute);
    hangs = false;
    stage.kill();
    stage.start();
    await stage.advance(5 * minute);
    expect(calls()).toEqual(['0m a', '1m b c d', '2m b c d']);
    expect(states()).toEqual(['sent 1', 'sent 1', 'sent 1', 'sent 1']);
  });
});
