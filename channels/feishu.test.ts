import { describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { startFeishu } from '../src/testing/providers/feishu.ts';
import { providerPeer } from '../src/testing/providers/peer.ts';
import { tameMessage } from '../src/testing/providers/tame-message.ts';
import type { SendResult } from './channel.ts';
import { checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import { feishu, feishuSign } from './feishu.ts';
import type { AlertMessage } from './message.ts';

const at = 1_700_000_000_000;
const now = () => at;
const hook = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
const config = { hook_id: hook, secret: hook };
const button = { title: 'Open', url: 'https://tocsin.example' };
const says = (code: number, msg: string, status = 200) => ({ status, body: { code, data: {}, msg } });

checkChannel(
  feishu,
  {
    validConfig: config,
    secretText: hook,
    badConfigs: {
      'no hook': {},
      'the whole address as a hook': { hook_id: `https://open.feishu.cn/open-apis/bot/v2/hook/${hook}` },
      'a button under a text': { ...config, format: 'text', button },
      'a mark in a mention': { ...config, mention: { users: ['all></at>'] } },
      'a base with a password': { ...config, base_url: 'https://a:b@open.feishu.cn' },
      'an unknown key': { ...config, at: [] },
    },
    peer: async (conduct) =>
      providerPeer(conduct, await startFeishu({ hookId: hook, secret: hook }, { now }), {
        config: (url) => ({ ...config, base_url: url }),
        faults: {
          rate_limited: says(11232, 'frequency limited'),
          ok_with_error: says(19021, `sign match fail for ${hook}`),
          oversize: says(19036, 'msg content size exceed limit'),
        },
      }),
    host: async () => startTestHost(),
    mention: {
      config: { ...config, mention: { users: ['ou_123'], all: true } },
      shows: ['<at id=ou_123></at>', '<at id=all></at>'],
    },
    except: { partial: 'one group' },
  },
  { describe, it, expect },
);

async function story(
  given: { readonly robot?: Partial<Parameters<typeof startFeishu>[0]>; readonly config?: object },
  body: (
    send: (message?: AlertMessage) => Promise<SendResult>,
    provider: Awaited<ReturnType<typeof startFeishu>>,
    clock: { now: number },
  ) => Promise<void>,
) {
  const clock = { now: at };
  const provider = await startFeishu({ hookId: hook, ...given.robot }, { now: () => clock.now });
  const lent = startTestHost();
  const settings = feishu.config.parse({ hook_id: hook, base_url: provider.url, ...given.config });
  const instance = feishu.open(settings, lent.host);
  try {
    await body(
      (message = tameMessage()) =>
        instance.send(feishu.render(message, { config: settings, locale: 'zh-TW' }), {
          ...{ deliveryId: 'd', attempt: 1, now: clock.now, signal: AbortSignal.timeout(30_000) },
        }),
      provider,
      clock,
    );
  } finally {
    await instance.close();
    await lent.close();
    await provider.close();
  }
}

describe('feishu', () => {
  it('signs as the vendor asks', () => {
    expect(feishuSign('feishu_test_secret', 1_700_000_000)).toBe(
      'taGE/ihlr19o9EOAGJbI4fjJSZ0Uf4n/bc8fWjnpkHM=',
    );
  });

  it('says the keyword in card and text, firing and resolved, in the colour of what it says', () =>
    story(
      { robot: { secret: hook, keywords: ['[告警]'] }, config: { secret: hook, keyword: '[告警]', button } },
      async (send, { accepted }) => {
        for (const status of ['firing', 'resolved'] as const)
          expect(await send(tameMessage({ status }))).toEqual({ kind: 'sent' });
        expect(accepted.map(({ template }) => template)).toEqual(['red', 'green']);
        expect(accepted[1]?.title).toContain('已恢復');
      },
    ));

  it('takes a lost keyword and a wrong signature for what they are', async () => {
    await story({ robot: { keywords: ['告警中心'] } }, async (send) => {
      expect(await send()).toMatchObject({ kind: 'auth', code: '19024' });
    });
    await story({ robot: { secret: hook }, config: { secret: 'another-secret' } }, async (send) => {
      expect(await send()).toMatchObject({ kind: 'auth', code: '19021' });
    });
  });

  it('calls members in a text by its own marks, and nobody that a label names', () =>
    story(
      { config: { format: 'text', max_alerts: 100, mention: { users: ['ou_1'] } } },
      async (send, { accepted }) => {
        const [alert] = tameMessage().alerts;
        const labels = { alertname: '<at user_id="all">', x: '<at id=all></at>' };
        await send(tameMessage({ groupLabels: labels, alerts: [{ ...alert!, labels }] }));
        await send(hostileMessage());
        expect(accepted.map(({ mentioned }) => mentioned)).toEqual([['ou_1'], ['ou_1']]);
      },
    ));

  it('hears of too many calls in both ways of the vendor', () =>
    story({}, async (send, provider, clock) => {
      for (let n = 0; n < 5; n++) expect((await send()).kind).toBe('sent');
      expect(await send()).toMatchObject({ kind: 'rate_limited', code: '9499', retryAfterMs: 60_000 });
      clock.now += 1_000;
      expect((await send()).kind).toBe('sent');
      provider.misbehave(says(9499, 'Bad Request', 400));
      expect((await send()).kind).toBe('permanent');
      provider.misbehave({
        status: 429,
        headers: { 'retry-after': '7' },
        body: { code: 99991400, msg: 'frequency limit' },
      });
      expect(await send()).toMatchObject({ kind: 'rate_limited', retryAfterMs: 7_000 });
    }));

  it.each([
    [19022, 'Ip Not Allowed', 'auth'],
    [19001, 'incoming webhook access token invalid', 'auth'],
    [19036, 'too large', 'payload_too_large'],
    [12345, 'something new', 'permanent'],
  ])('takes %i (%s) for %s', (code, msg, kind) =>
    story({}, async (send, provider) => {
      provider.misbehave(says(code, msg));
      expect(await send()).toMatchObject({ kind, code: String(code) });
    }),
  );
});
