import { describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { consoleChannel } from './console.ts';
import { checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';

const nothing = 'prints in this process: there is no peer';

checkChannel(
  consoleChannel,
  {
    validConfig: {},
    badConfigs: { 'no lines': { max_alerts: 0 }, 'an unknown key': { colour: true } },
    peer: async () => ({
      config: {},
      deliveryIds: () => [],
      holding: Promise.resolve(),
      close: async () => {},
    }),
    host: async () => startTestHost(),
    except: {
      failing: nothing,
      rate_limited: nothing,
      rate_limited_bare: nothing,
      ok_with_error: nothing,
      garbage: nothing,
      oversize: nothing,
      partial: nothing,
      mention: 'everybody at the terminal reads it',
      refused: nothing,
      black_hole: nothing,
      reset: nothing,
    },
  },
  { describe, it, expect },
);

describe('console', () => {
  it('prints one line for each alert, in the language of the message, without control characters', async () => {
    const message = { ...hostileMessage(), truncated: 0 };
    const host = startTestHost();
    const config = consoleChannel.config.parse({ max_alerts: 3 });
    const instance = consoleChannel.open(config, host.host);
    const payload = consoleChannel.render(message, { config, locale: 'zh-TW' });
    await instance.send(payload, {
      deliveryId: 'd',
      attempt: 1,
      now: 0,
      signal: new AbortController().signal,
    });
    expect(host.printed).toHaveLength(4);
    expect(host.printed[0]).toMatch(
      /^觸發中 \[嚴重\] HighCpu .*主機 CPU 使用率過高.*\(數值 0\).*\{.*host=web-0/,
    );
    expect(host.printed[2]).toMatch(/^已恢復/);
    expect(host.printed[3]).toBe('……還有 997 則');
    for (const line of host.printed) expect(line).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    await host.close();
  });
});
