import { describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import { providerPeer } from '../src/testing/providers/peer.ts';
import { tameMessage } from '../src/testing/providers/tame-message.ts';
import { startWecom } from '../src/testing/providers/wecom.ts';
import type { SendResult } from './channel.ts';
import { checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import type { AlertMessage } from './message.ts';
import { wecom } from './wecom.ts';

const at = 1_700_000_000_000;
const now = () => at;
const key = '693a91f6-7aaa-4bc4-97a0-0ec2cafe5aaa';
const app = { corpId: 'ww0123456789', corpSecret: key, agentId: 1_000_002, users: ['ZhangSan', 'LiSi'] };
const appConfig = { corp_id: app.corpId, corp_secret: key, agent_id: '1000002' };
const card_url = 'https://tocsin.example';
const says = (errcode: number, errmsg: string) => ({ status: 200, body: { errcode, errmsg } });
const secretEcho = says(45009, `api freq out of limit for ${key}`);

checkChannel(
  wecom,
  {
    validConfig: { webhook_key: key, ...appConfig },
    secretText: key,
    badConfigs: {
      'neither robot nor app': {},
      'the whole address as a key': {
        webhook_key: `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${key}`,
      },
      'half of an app': { webhook_key: key, corp_id: app.corpId },
      'an app that writes to nobody': appConfig,
      'a robot that writes to members': { webhook_key: key, to_users: ['LiSi'] },
      'a list in one user': { ...appConfig, to_users: ['a|b'] },
      'a card that leads nowhere': { webhook_key: key, format: 'template_card' },
      'a mobile number in Markdown': { webhook_key: key, mention: { mobiles: ['13800001111'] } },
      'a mention by an app': { ...appConfig, to_users: ['LiSi'], mention: { all: true } },
      'an unknown key': { webhook_key: key, at: [] },
    },
    peer: async (conduct) =>
      providerPeer(conduct, await startWecom({ robotKey: key }, { now }), {
        config: (url) => ({ webhook_key: key, base_url: url }),
        faults: {
          rate_limited: secretEcho,
          ok_with_error: says(93000, `invalid webhook url ${key}`),
          oversize: says(93000, 'Invalid input : content exceed max length'),
        },
      }),
    host: async () => startTestHost(),
    mention: {
      config: { webhook_key: key, mention: { users: ['zhangsan'], all: true } },
      shows: ['<@zhangsan>', '<@all>'],
    },
    except: { partial: 'a robot has one group' },
  },
  { describe: (name, body) => describe(`${name}, robot`, body), it, expect },
);

checkChannel(
  wecom,
  {
    validConfig: { ...appConfig, to_users: ['LiSi'] },
    secretText: key,
    badConfigs: {},
    peer: async (conduct) => {
      const provider = await startWecom({ app }, { now });
      return providerPeer(conduct, provider, {
        told: () => provider.accepted.map(({ to }) => to),
        config: (url) => ({
          ...appConfig,
          to_users: conduct === 'partial' ? ['LiSi', 'gone'] : ['LiSi'],
          base_url: url,
        }),
        path: '/cgi-bin/message/send',
        before: 1,
        faults: {
          rate_limited: secretEcho,
          ok_with_error: says(81013, `user & party & tag all invalid ${key}`),
          oversize: says(45002, 'content size out of limit'),
        },
      });
    },
    host: async () => startTestHost(),
    person: { address: 'ZhangSan', wrong: '@all' },
    except: { mention: 'an app writes to members' },
  },
  { describe: (name, body) => describe(`${name}, app`, body), it, expect },
);

async function story(
  given: { readonly world?: Partial<Parameters<typeof startWecom>[0]>; readonly config: object },
  body: (
    send: (message?: AlertMessage) => Promise<SendResult>,
    provider: Awaited<ReturnType<typeof startWecom>>,
    clock: { now: number },
    verify: () => Promise<SendResult> | undefined,
  ) => Promise<void>,
) {
  const clock = { now: at };
  const provider = await startWecom({ robotKey: key, app, ...given.world }, { now: () => clock.now });
  const lent = startTestHost();
  const settings = wecom.config.parse({ base_url: provider.url, ...given.config });
  const instance = wecom.open(settings, lent.host);
  try {
    await body(
      (message = tameMessage()) =>
        instance.send(wecom.render(message, { config: settings, locale: 'zh-TW' }), {
          ...{ deliveryId: 'd', attempt: 1, now: clock.now, signal: AbortSignal.timeout(30_000) },
        }),
      provider,
      clock,
      () => instance.verify?.({ now: clock.now, signal: AbortSignal.timeout(30_000) }),
    );
  } finally {
    await instance.close();
    await lent.close();
    await provider.close();
  }
}
const robotConfig = { webhook_key: key };

describe('wecom, robot', () => {
  it.each([
    ['markdown', 4_096],
    ['text', 2_048],
  ])('writes %s within %i bytes, says what it is about and how many are left out', (format, bytes) =>
    story({ config: { ...robotConfig, format } }, async (send, { accepted }) => {
      expect(await send(hostileMessage())).toEqual({ kind: 'sent' });
      const { text, mentioned } = accepted[0]!;
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytes);
      expect(text).toMatch(/觸發中 ×\d+ \[嚴重\]/);
      expect(text).toMatch(/還有 1?\d+ 則$/);
      expect(mentioned).toEqual([]);
    }),
  );

  it('calls members by id and by number in a text', () =>
    story(
      {
        config: {
          ...robotConfig,
          format: 'text',
          mention: { users: ['li'], mobiles: ['13800001111'], all: true },
        },
      },
      async (send, { accepted }) => {
        await send();
        expect(accepted[0]?.mentioned).toEqual(['li', '@all', '13800001111']);
      },
    ));

  it('keeps the mentions of a message that had to be cut', () =>
    story(
      { config: { ...robotConfig, mention: { users: ['li'], all: true } } },
      async (send, { accepted }) => {
        expect((await send(hostileMessage())).kind).toBe('sent');
        expect(accepted[0]?.mentioned).toEqual(['li', 'all']);
      },
    ));

  it('sends a card that leads somewhere', () =>
    story({ config: { ...robotConfig, format: 'template_card', card_url } }, async (send, { accepted }) => {
      expect(await send()).toEqual({ kind: 'sent' });
      expect(accepted[0]?.text).toContain('觸發中');
    }));

  it('is told that 20 a minute are enough, and keeps to it', () =>
    story({ config: robotConfig }, async (send, { accepted }, clock) => {
      for (let n = 0; n < 20; n++) await send();
      expect(await send()).toMatchObject({ kind: 'rate_limited', code: '45009', retryAfterMs: 60_000 });
      clock.now += 60_000;
      expect((await send()).kind).toBe('sent');
      expect(accepted).toHaveLength(21);
      const settings = wecom.config.parse(robotConfig);
      expect(wecom.rates?.(settings)).toEqual([{ scope: 'account', calls: 20, perMs: 60_000 }]);
      expect(wecom.account?.(settings)).not.toContain(key);
    }));

  it.each([
    [says(93000, 'invalid webhook url, hint: [1], from ip: 1.2.3.4'), 'auth'],
    [says(-1, 'system error'), 'transient'],
    [says(40008, 'invalid message type'), 'permanent'],
  ])('takes %j for %s', (reply, kind) =>
    story({ config: robotConfig }, async (send, provider) => {
      provider.misbehave(reply);
      expect((await send()).kind).toBe(kind);
    }),
  );
});

describe('wecom, app', () => {
  const config = { ...appConfig, to_users: ['ZhangSan', 'LiSi'] };

  it('asks for one token, however many wait for it, and again when it has ended', () =>
    story({ config }, async (send, provider, clock) => {
      const results = await Promise.all(Array.from({ length: 8 }, () => send()));
      expect(results.map(({ kind }) => kind)).toEqual(Array(8).fill('sent'));
      expect(provider.tokens()).toBe(1);
      clock.now += 7_199_000; // too little is left of it
      expect((await send()).kind).toBe('sent');
      expect(provider.tokens()).toBe(2);
    }));

  it('drops a token that is refused before its time, asks once for all, and makes the call once more', () =>
    story({ config }, async (send, provider) => {
      await send();
      provider.revoke();
      const results = await Promise.all([send(), send(), send()]);
      expect(results.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'sent']);
      expect(provider.tokens()).toBe(2);
      const before = provider.requests.length;
      provider.chaos = ({ pathname }) =>
        pathname.endsWith('send') ? says(42001, 'access_token expired') : null;
      expect(await send()).toMatchObject({ kind: 'auth', code: '42001' });
      expect(provider.requests.length - before).toBe(3);
    }));

  it('shows a call that was made again after a lost answer once', () =>
    story({ config }, async (send, provider) => {
      await send(tameMessage({ reason: 'repeat' }));
      const { length } = provider.accepted;
      provider.misbehave('lost');
      expect((await send()).kind).toBe('unknown');
      expect((await send()).kind).toBe('sent');
      expect(provider.accepted.length - length).toBe(2); // one for each member
    }));

  it('names who was not reached, in the letters of the configuration', () =>
    story({ config: { ...config, to_users: ['ZhangSan', 'Gone'], to_parties: [7] } }, async (send) => {
      expect(await send()).toMatchObject({
        kind: 'partial',
        providerId: `msg-${at}`,
        per: {
          ZhangSan: { kind: 'sent' },
          Gone: { kind: 'invalid_recipient' },
          'party:7': { kind: 'invalid_recipient' },
        },
      });
    }));

  it('says so when nobody was reached', () =>
    story({ config: { ...config, to_users: ['Gone'] } }, async (send, provider) => {
      expect(await send()).toMatchObject({ kind: 'invalid_recipient', code: '81013' });
      provider.chaos = ({ pathname }) =>
        pathname.endsWith('send')
          ? { status: 200, body: { errcode: 0, errmsg: 'ok', invaliduser: 'gone' } }
          : null;
      expect((await send()).kind).toBe('invalid_recipient');
    }));

  it('has certainly said nothing while it has no token', () =>
    story({ config }, async (send, provider) => {
      provider.misbehave('reset');
      expect((await send()).kind).toBe('network');
      provider.misbehave('garbage');
      expect((await send()).kind).toBe('transient');
      provider.misbehave(says(60020, 'not allow to access from your ip'));
      expect(await send()).toMatchObject({ kind: 'auth', code: '60020' });
      expect((await send()).kind).toBe('sent');
    }));

  it('declares the share of each member, beyond which WeCom would swallow messages', () =>
    story({ config }, async (send, provider) => {
      expect(wecom.rates?.(wecom.config.parse(config))[0]).toEqual({
        scope: 'recipient',
        calls: 30,
        perMs: 60_000,
      });
      for (let n = 0; n < 31; n++) await send(tameMessage({ receiver: `ops-${n}` }));
      expect(provider.accepted).toHaveLength(60);
    }));

  it('tries its secret without telling anybody', () =>
    story({ config }, async (_send, provider, _clock, verify) => {
      expect(await verify()).toMatchObject({ kind: 'sent' });
      expect(provider.accepted).toEqual([]);
    }));
});
