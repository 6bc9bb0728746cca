// The simulators of WeCom, DingTalk and Feishu refuse what the vendors refuse, or the channels' tests prove nothing.
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { startDingtalk } from './dingtalk.ts';
import { startFeishu } from './feishu.ts';
import { startWecom } from './wecom.ts';

const at = 1_700_000_000_000;
const now = () => at;
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});
function kept<One extends { close(): Promise<void> }>(one: One): One {
  closing.push(one);
  return one;
}

async function answer(url: string, body: unknown, type = 'application/json') {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const said = (await response.json()) as { errcode?: number; code?: number; errmsg?: string; msg?: string };
  return [said.errcode ?? said.code, said.errmsg ?? said.msg];
}

describe('the strict DingTalk', () => {
  const accessToken = 'token-of-the-robot';
  const secret = 'SECthis_is_a_test_secret';
  const text = (content: string) => ({ msgtype: 'text', text: { content } });
  const signed = (timestamp: number, key = secret) => {
    const sign = createHmac('sha256', key).update(`${timestamp}\n${key}`).digest('base64');
    return `access_token=${accessToken}&timestamp=${timestamp}&sign=${encodeURIComponent(sign)}`;
  };

  it('refuses what is not as the guide says, and takes what is', async () => {
    const robot = kept(await startDingtalk({ accessToken, secret }, { now }));
    const call = (query: string, body: unknown = text('a'), type?: string) =>
      answer(`${robot.url}/robot/send?${query}`, body, type);
    expect(await call('access_token=other')).toEqual([300005, 'token is not exist']);
    expect(await call(`access_token=${accessToken}`)).toEqual([310000, 'invalid timestamp']);
    expect(await call(signed(at, 'SECanother'))).toEqual([310000, 'sign not match']);
    expect(await call(signed(at - 3_600_001))).toEqual([310000, 'invalid timestamp']);
    expect(await call(signed(at / 1000))).toEqual([310000, 'invalid timestamp']);
    expect((await call(signed(at), text('a'), 'text/plain'))[0]).toBe(43004);
    expect((await call(signed(at), { ...text('a'), extra: 1 }))[0]).toBe(40035);
    expect((await call(signed(at), '{"msgtype":"text","text":{"content":"\\ud83d"}}'))[0]).toBe(40035);
    expect((await call(signed(at), text('a'.repeat(20_000))))[0]).toBe(460101);
    expect(robot.accepted).toEqual([]);
    for (let n = 0; n < 20; n++) expect(await call(signed(at))).toEqual([0, 'ok']);
    expect((await call(signed(at)))[0]).toBe(130101);
    expect(robot.accepted).toHaveLength(20);
  });

  it('shows a mention only where `at` and the text both have it', async () => {
    const robot = kept(await startDingtalk({ accessToken }, { now }));
    const url = `${robot.url}/robot/send?access_token=${accessToken}`;
    const mention = { atMobiles: ['13800001111'], atUserIds: [], isAtAll: false };
    await answer(url, { ...text('hello'), at: mention });
    await answer(url, { ...text('hello @13800001111'), at: mention });
    expect(robot.accepted.map(({ mentioned }) => mentioned)).toEqual([[], ['13800001111']]);
  });
});

describe('the strict Feishu', () => {
  it('refuses what is not as the guide says, and takes what is', async () => {
    const clock = { now: at };
    const robot = kept(
      await startFeishu({ hookId: 'hook-1', secret: 's', keywords: ['on call'] }, { now: () => clock.now }),
    );
    const call = (body: unknown, path = 'hook-1', type?: string) =>
      answer(`${robot.url}/open-apis/bot/v2/hook/${path}`, body, type);
    const text = (words: string, seconds = clock.now / 1000, key = 's') => ({
      timestamp: String(seconds),
      sign: createHmac('sha256', `${seconds}\n${key}`).update('').digest('base64'),
      msg_type: 'text',
      content: { text: words },
    });
    expect((await call(text('on call'), 'hook-2'))[0]).toBe(19001);
    expect((await call(text('on call', at / 1000, 'other')))[0]).toBe(19021);
    expect((await call(text('on call', at / 1000 - 3_601)))[0]).toBe(19021);
    expect((await call(text('on call', at)))[0]).toBe(19021);
    expect((await call({ ...text('on call'), extra: 1 }))[0]).toBe(9499);
    expect((await call(text('on call'), 'hook-1', 'text/plain'))[0]).toBe(9499);
    expect((await call(text('on call'.repeat(3_000))))[0]).toBe(19036);
    expect(await call(text('nothing'))).toEqual([19024, 'Key Words Not Found']);
    for (let n = 0; n < 5; n++) expect((await call(text('on call')))[0]).toBe(0);
    expect(await call(text('on call'))).toEqual([9499, 'too many request']);
    for (let n = 5; n < 100; n++) {
      if (n % 5 === 0) clock.now += 1_000;
      expect((await call(text('on call')))[0]).toBe(0);
    }
    clock.now += 1_000;
    expect((await call(text('on call')))[0]).toBe(11232);
  });
});

describe('the strict WeCom', () => {
  const app = { corpId: 'ww1', corpSecret: 's', agentId: 7, users: ['LiSi'], expiresIn: 100 };
  const markdown = (content: string) => ({ msgtype: 'markdown', markdown: { content } });

  it('refuses a robot’s call that is not as documented', async () => {
    const world = kept(await startWecom({ robotKey: 'key-1' }, { now }));
    const call = (body: unknown, key = 'key-1') =>
      answer(`${world.url}/cgi-bin/webhook/send?key=${key}`, body);
    expect((await call(markdown('a'), 'key-2'))[1]).toMatch(/^invalid webhook url/);
    expect((await call(markdown('あ'.repeat(1_366))))[1]).toContain('exceed max length');
    expect((await call({ msgtype: 'text', text: { content: 'a'.repeat(2_049) } }))[1]).toContain(
      'max length',
    );
    expect((await call({ ...markdown('a'), extra: 1 }))[0]).toBe(40058);
    for (let n = 0; n < 20; n++) expect((await call(markdown('あ'.repeat(1_365))))[0]).toBe(0);
    expect((await call(markdown('a')))[0]).toBe(45009);
  });

  it('ends tokens, names whom it does not know, and drops what is said twice', async () => {
    const clock = { now: at };
    const world = kept(await startWecom({ app }, { now: () => clock.now }));
    const token = async (secret: string) => {
      const response = await fetch(`${world.url}/cgi-bin/gettoken?corpid=ww1&corpsecret=${secret}`);
      return (await response.json()) as { errcode: number; access_token: string };
    };
    expect((await token('other')).errcode).toBe(40001);
    const { access_token } = await token('s');
    const call = (touser: string, more: object = {}, using = access_token) =>
      answer(`${world.url}/cgi-bin/message/send?access_token=${using}`, {
        ...{ touser, toparty: '', totag: '', agentid: 7, enable_duplicate_check: 1 },
        ...{ duplicate_check_interval: 60, ...markdown('a'), ...more },
      });
    expect((await call('LiSi', {}, 'other'))[0]).toBe(40014);
    expect((await call('LiSi', { agentid: 8 }))[0]).toBe(40056);
    expect((await call('LiSi', markdown('a'.repeat(2_049))))[0]).toBe(45002);
    expect((await call('Gone'))[0]).toBe(81013);
    for (let n = 0; n < 2; n++) expect((await call('LiSi|Gone'))[0]).toBe(0);
    expect(world.accepted).toHaveLength(1);
    clock.now += 60_000;
    await call('LiSi|Gone');
    expect(world.accepted).toHaveLength(2);
    clock.now += 40_000;
    expect((await call('LiSi'))[0]).toBe(42001);
  });
});
