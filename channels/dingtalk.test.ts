import { describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { startDingtalk } from '../src/testing/providers/dingtalk.ts';
import { providerPeer } from '../src/testing/providers/peer.ts';
import { tameMessage } from '../src/testing/providers/tame-message.ts';
import type { SendResult } from './channel.ts';
import { checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import { dingtalk, dingtalkSign } from './dingtalk.ts';
import type { AlertMessage } from './message.ts';

const at = 1_700_000_000_000;
const now = () => at;
const token = 'f0e1d2c3b4a5f0e1d2c3b4a5';
const robot = { accessToken: token, secret: token };
const config = { access_token: token, secret: token };
const button = { title: 'Open', url: 'https://tocsin.example' };
const says = (errcode: number, errmsg: string) => ({ status: 200, body: { errcode, errmsg } });

checkChannel(
  dingtalk,
  {
    validConfig: config,
    secretText: token,
    badConfigs: {
      'no token': {},
      'the whole address as a token': {
        access_token: `https://oapi.dingtalk.com/robot/send?access_token=${token}`,
      },
      'an action card without a button': { ...config, format: 'action_card' },
      'a button without an action card': { ...config, button },
      'a mention in an action card': { ...config, format: 'action_card', button, mention: { all: true } },
      'a name for a mobile number': { ...config, mention: { mobiles: ['ops'] } },
      'an unknown key': { ...config, at: [] },
    },
    peer: async (conduct) =>
      providerPeer(conduct, await startDingtalk(robot, { now }), {
        config: (url) => ({ ...config, base_url: url }),
        faults: {
          rate_limited: says(130101, 'send too fast, exceed 20 times per minute'),
          ok_with_error: says(310000, `sign not match for ${token}`),
          oversize: says(460101, 'message too long, exceed 20000 bytes'),
        },
      }),
    host: async () => startTestHost(),
    mention: {
      config: { ...config, mention: { mobiles: ['13800001111'], users: ['zhangsan'] } },
      shows: ['@13800001111', '@zhangsan', '"atMobiles":["13800001111"]'],
    },
    except: { partial: 'one group' },
  },
  { describe, it, expect },
);

/** Sends messages one after the other, a second apart by the clock given. */
async function story(
  given: {
    readonly robot?: Partial<Parameters<typeof startDingtalk>[0]>;
    readonly config?: object;
    readonly message?: AlertMessage;
  },
  body: (
    send: (message?: AlertMessage, now?: number) => Promise<SendResult>,
    provider: Awaited<ReturnType<typeof startDingtalk>>,
    clock: { now: number },
  ) => Promise<void>,
) {
  const clock = { now: at };
  const provider = await startDingtalk({ accessToken: token, ...given.robot }, { now: () => clock.now });
  const lent = startTestHost();
  const settings = dingtalk.config.parse({ access_token: token, base_url: provider.url, ...given.config });
  const instance = dingtalk.open(settings, lent.host);
  try {
    await body(
      (message = tameMessage(), when = clock.now) =>
        instance.send(dingtalk.render(message, { config: settings, locale: 'zh-CN' }), {
          ...{ deliveryId: 'd', attempt: 1, now: when, signal: AbortSignal.timeout(30_000) },
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

describe('dingtalk', () => {
  it('signs as the vendor asks', () => {
    expect(encodeURIComponent(dingtalkSign('SECthis_is_a_test_secret', 1_700_000_000_000))).toBe(
      'Po%2FOzJxYXoiuZjsC0c9yOZ%2B9XTedGRiGe6E2j8k1mNw%3D',
    );
  });

  it('says the keyword when it fires and when it is over, or nobody would hear of the end', () =>
    story(
      { robot: { secret: token, keywords: ['值班'] }, config: { secret: token, keyword: '值班' } },
      async (send, { accepted }) => {
        for (const status of ['firing', 'resolved'] as const)
          expect(await send(tameMessage({ status }))).toEqual({ kind: 'sent' });
        expect(accepted.map(({ text }) => text.split('值班').length - 1)).toEqual([1, 1]);
        expect(accepted[1]?.text).toContain('已恢复');
      },
    ));

  it.each([
    [{ secret: 'SECanother-secret' }, { secret: token }, 'sign not match'],
    [{ keywords: ['值班'] }, {}, 'keywords not in content'],
  ])('reads a refusal by the robot’s security settings as one of the login: %j', (given, more, words) =>
    story({ robot: given, config: more }, async (send) => {
      const result = await send();
      expect(result).toMatchObject({ kind: 'auth', code: '310000' });
      expect('message' in result && result.message).toContain(words);
    }),
  );

  it('waits for ten minutes where the provider blocks for so long', () =>
    story({}, async (send, { accepted }, clock) => {
      for (let n = 0; n < 20; n++) await send();
      const limited = await send();
      expect(limited).toMatchObject({ kind: 'rate_limited', code: '130101', retryAfterMs: 600_000 });
      clock.now += 599_000;
      expect((await send()).kind).toBe('rate_limited');
      clock.now += 1_000;
      expect((await send()).kind).toBe('sent');
      expect(accepted).toHaveLength(21);
      expect(dingtalk.limits.rates).toEqual([{ scope: 'account', calls: 20, perMs: 60_000 }]);
    }));

  it('calls members by number and by id, in `at` and in the text, and nobody that a label names', () =>
    story(
      { config: { mention: { mobiles: ['13800001111'], users: ['zhangsan'], all: true } } },
      async (send, { accepted }) => {
        await send(hostileMessage());
        expect(accepted[0]?.mentioned).toEqual(['13800001111', 'zhangsan']);
        expect(accepted[0]?.all).toBe(true);
      },
    ));

  it.each(['text', 'action_card'])('sends a %s as well, within its bytes', (format) =>
    story(
      { config: { format, max_alerts: 100, ...(format === 'action_card' && { button }) } },
      async (send, { accepted, requests }) => {
        expect(await send(hostileMessage())).toEqual({ kind: 'sent' });
        expect(accepted[0]?.msgtype).toBe(format === 'text' ? 'text' : 'actionCard');
        expect(Buffer.byteLength(requests[0]!.body)).toBeGreaterThan(10_000);
      },
    ),
  );

  it.each([
    [300005, 'token is not exist', 'auth'],
    [400102, 'bot is stopped', 'auth'],
    [-1, '系统繁忙', 'transient'],
    [410100, '发送速度太快而限流', 'rate_limited'],
    [101002, 'message is too long', 'payload_too_large'],
    [400105, 'unsupported msgtype', 'permanent'],
    [999999, 'send too fast', 'rate_limited'],
  ])('takes %i (%s) for %s', (errcode, errmsg, kind) =>
    story({}, async (send, provider) => {
      provider.misbehave(says(errcode, errmsg));
      expect(await send()).toMatchObject({ kind, code: String(errcode) });
    }),
  );

  it('knows the words of the gate in front of the robot', () =>
    story({}, async (send, provider) => {
      provider.misbehave({
        status: 200,
        body: { status: 1111, wait: 5, source: 'x5', punish: 'deny', uuid: 'x' },
      });
      expect(await send()).toMatchObject({ kind: 'rate_limited', code: 'punish' });
    }));
});
