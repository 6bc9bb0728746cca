import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHost } from '../src/testing/channel-host.ts';
import type { ProviderFault } from '../src/testing/providers/provider.ts';
import { type Slack, type SlackOptions, startSlack } from '../src/testing/providers/slack.ts';
import { type Conduct, checkChannel } from './contract.ts';
import { hostileMessage } from './contract-message.ts';
import type { AlertMessage, NotifyReason } from './message.ts';
import { slack } from './slack.ts';

const token = 'xoxb-1111-2222-abcdefghijklmnop';
const hookSecret = 'T012AB3CD/B045EF6GH/abcdefghijklmnop';
const channel = 'C012AB3CD';
const start = 1_700_000_000_000;

const faults: Partial<Record<Conduct, ProviderFault>> = {
  rate_limited_bare: { status: 429, body: { ok: false, error: 'ratelimited' } },
  ok_with_error: { status: 200, body: { ok: false, error: 'channel_not_found' } },
  garbage: 'garbage',
  oversize: { status: 200, body: { ok: false, error: 'msg_too_long' } },
  failing: { status: 500, body: 'Internal Server Error' },
  rate_limited: { status: 429, headers: { 'retry-after': '30' }, body: { ok: false, error: 'ratelimited' } },
  black_hole: 'hang',
  reset: 'reset',
};

let now = start;
const simulated = (more: Partial<SlackOptions> = {}) =>
  startSlack({
    now: () => now,
    webhookPath: `/services/${hookSecret}`,
    token,
    scopes: ['chat:write', 'channels:history'],
    channels: [channel],
    ...more,
  });

const bad = {
  'neither webhook nor token': {},
  'webhook and token': { webhook_url: 'https://hooks.slack.com/x', token, channel },
  'a token without a channel': { token },
  'a channel without a token': { webhook_url: 'https://hooks.slack.com/x', channel },
  'a webhook that is no address': { webhook_url: hookSecret },
  'a mention that is none': { token, channel, mentions: ['@here'] },
  'a mention with marks': { token, channel, mentions: ['<!here>'] },
  'an unknown key': { token, channel, retries: 3 },
};

for (const [how, secretText] of [
  ['bot', token],
  ['webhook', hookSecret],
] as const) {
  const configOf = (url: string) =>
    how === 'bot'
      ? { token, channel, base_url: `${url}/api` }
      : { webhook_url: `${url}/services/${hookSecret}` };
  describe(how, () => {
    checkChannel(
      slack,
      {
        validConfig: configOf('http://127.0.0.1:9000'),
        secretText,
        badConfigs: bad,
        async peer(conduct) {
          const provider = await simulated({ channels: [channel, 'U012AB3CD'] });
          // The suite's attempts come one after the other; the clock of the provider goes on between them.
          provider.chaos = () => {
            now += 1_000;
            return faults[conduct] ?? null;
          };
          if (conduct === 'refused') await provider.close();
          return {
            config: configOf(provider.url),
            deliveryIds: () =>
              provider.accepted.flatMap(
                ({ metadata }) => metadata?.event_payload.delivery_id ?? [],
              ) as string[],
            told: () => provider.accepted.map(({ channel: place }) => place),
            holding: conduct === 'black_hole' ? provider.waitFor(1).then(() => {}) : Promise.resolve(),
            close: () => (conduct === 'refused' ? Promise.resolve() : provider.close()),
          };
        },
        host: async () => startTestHost(),
        person: { address: 'U012AB3CD', wrong: '@ann' },
        mention: {
          config: { ...configOf('http://127.0.0.1:9000'), mentions: ['here', 'U012AB3CD'] },
          shows: ['<!here>', '<@U012AB3CD>'],
        },
        except: {
          partial: 'a message goes to one channel',
          ...(how === 'webhook' && {
            ok_with_error: 'a webhook says it in its status',
            oversize: 'a webhook has no word for it',
          }),
        },
      },
      { describe, it, expect },
    );
  });
}

const base = hostileMessage();

function message(reason: NotifyReason, more: Partial<AlertMessage> = {}): AlertMessage {
  const labels = { alertname: 'HighCpu', host: 'web-1' };
  const resolved = reason === 'resolved';
  const alert = {
    ...base.alerts[0]!,
    labels,
    annotations: { summary: 'CPU of web-1 at 91 %', runbook_url: 'https://runbooks.example/cpu?a=1&b=2' },
    status: resolved ? ('resolved' as const) : ('firing' as const),
    endsAt: resolved ? start : null,
  };
  return {
    ...base,
    reason,
    status: alert.status,
    groupKey: 'ops:{alertname="HighCpu"}',
    groupLabels: { alertname: 'HighCpu' },
    alerts: [alert],
    truncated: 0,
    ...more,
  };
}

describe('slack', () => {
  const host = startTestHost();
  let provider: Slack;
  beforeAll(async () => {
    provider = await simulated();
  });
  afterAll(async () => {
    await provider.close();
    await host.close();
  });

  /** The channel as a process has it; a second one is the process after a restart. */
  function opened(more: object = {}, to = provider) {
    const settings = slack.config.parse({
      token,
      channel,
      base_url: to.apiUrl,
      ...more,
    });
    const instance = slack.open(settings, host.host);
    return {
      async say(said: AlertMessage, to?: string) {
        now += 1_000;
        return instance.send(slack.render(said, { config: settings, locale: 'en' }), {
          deliveryId: said.id,
          attempt: 1,
          now,
          ...(to !== undefined && { to }),
          signal: AbortSignal.timeout(30_000),
        });
      },
      verify: () => instance.verify?.({ now, signal: AbortSignal.timeout(30_000) }),
    };
  }
  const hook = (more: object = {}, to = provider) =>
    opened({ token: undefined, channel: undefined, webhook_url: to.webhookUrl, ...more }, to);
  const last = (to = provider) => to.accepted.at(-1)!;

  it('writes what fires, escaped, with a link and without anybody being called', async () => {
    const result = await hook().say(message('first'));
    expect(result).toEqual({ kind: 'sent', detail: 'HTTP 200' });
    const [first] = last().sections;
    expect(first).toMatch(/^:red_circle: \*/);
    expect(first).toContain('HighCpu: CPU of web-1 at 91 %');
    expect(first).toContain('<https://runbooks.example/cpu?a=1&amp;b=2|');
    expect(last().text).toContain('HighCpu: CPU of web-1 at 91 %');
    expect(last().mentions).toEqual([]);
  });

  it('calls those who are configured when it fires, and nobody when all is well', async () => {
    const mentions = ['here', 'U012AB', 'S0345CD'];
    await hook({ mentions }).say(message('first'));
    expect(last().mentions).toEqual(mentions);
    expect(last().sections[0]).toMatch(/^<!here> <@U012AB> <!subteam\^S0345CD>\n/);
    expect(last().text).toMatch(/^<!here> <@U012AB> <!subteam\^S0345CD> \S/);
    await hook({ mentions }).say(message('resolved'));
    expect(last().mentions).toEqual([]);
  });

  it('lets no label and no annotation call anybody or leave its section', async () => {
    const hostile = fc.constantFrom(
      '<!channel>',
      '<@U1>',
      '<!here|x>',
      '&lt;',
      '*',
      '\n\n',
      '<http://a|b>',
      'a',
    );
    const text = fc.array(hostile, { maxLength: 40 }).map((parts) => parts.join(''));
    const config = slack.config.parse({ token, channel });
    fc.assert(
      fc.property(text, text, (label, summary) => {
        const [alert] = message('first').alerts;
        const labels = { alertname: label, host: label };
        const said = message('first', {
          receiver: label,
          groupLabels: labels,
          alerts: [{ ...alert!, labels, annotations: { summary, description: label } }],
        });
        const payload = slack.render(said, { config, locale: 'zh-TW' });
        const all = payload.blocks.map((block) => block.text.text);
        for (const each of all) expect(each.length).toBeLessThanOrEqual(3_000);
        expect([payload.text, ...all].join('\n')).not.toMatch(/<[!@#]|<(?!https?:\/\/)/);
        for (const block of payload.blocks) expect(block.text.verbatim).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('is taken by Slack whatever the message holds, in words of a template too', async () => {
    expect((await hook().say(hostileMessage())).kind).toBe('sent');
    expect((await opened().say({ ...hostileMessage(), reason: 'first' })).kind).toBe('sent');
    const config = slack.config.parse({ token, channel });
    const words = { title: 'A title', text: `${'主機'.repeat(4_000)}\n\n${'x'.repeat(9_000)}` };
    const { text, blocks } = slack.render(message('first'), { config, locale: 'en', words });
    expect(text).toBe('A title');
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) expect(block.text.text.length).toBeLessThanOrEqual(3_000);
  });

  it('keeps a group in one thread until all is well, and shows in the channel what matters', async () => {
    const channelOf = opened();
    const from = provider.accepted.length;
    for (const reason of ['first', 'new_alerts', 'some_resolved', 'resolved', 'first', 'event'] as const)
      expect((await channelOf.say(message(reason))).kind).toBe('sent');
    const [begin, ...more] = provider.accepted.slice(from);
    expect(begin?.thread).toBeNull();
    expect(more.map(({ thread, broadcast }) => [thread, broadcast])).toEqual([
      [begin?.ts, true],
      [begin?.ts, false],
      [begin?.ts, true],
      [null, false],
      [null, false],
    ]);
  });

  it('finds the thread again after a restart, unless it is over', async () => {
    const group = { groupKey: 'restart' };
    await opened().say(message('first', group));
    const parent = last().ts;
    await opened().say(message('repeat', group));
    expect(last().thread).toBe(parent);
    await opened().say(message('resolved', group));
    expect(last().thread).toBe(parent);
    await opened().say(message('refired', group));
    expect(last().thread).toBeNull();
    // Of another tenant is another group.
    await opened().say(message('repeat', { ...group, tenant: 'other' }));
    expect(last().thread).toBeNull();
  });

  it('posts all the same where it may not read the channel, and does not ask again and again', async () => {
    const deaf = await simulated({ scopes: ['chat:write'] });
    const bot = opened({}, deaf);
    await bot.say(message('repeat', { groupKey: 'a' }));
    await bot.say(message('repeat', { groupKey: 'b' }));
    expect(deaf.accepted).toHaveLength(2);
    expect(deaf.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
    await deaf.close();
  });

  it('keeps a thread with each person beside the one of the channel', async () => {
    const people = await simulated({ channels: [channel, 'U012AB3CD'] });
    const bot = opened({}, people);
    await bot.say(message('first'));
    await bot.say(message('first'), 'U012AB3CD');
    await bot.say(message('repeat'), 'U012AB3CD');
    const [ofChannel, ofPerson, again] = people.accepted;
    expect([ofChannel!.channel, ofPerson!.channel, again!.channel]).toEqual([
      channel,
      'U012AB3CD',
      'U012AB3CD',
    ]);
    expect([ofPerson!.thread, again!.thread]).toEqual([null, ofPerson!.ts]);
    await bot.say(message('repeat'));
    expect(last(people).thread).toBe(ofChannel!.ts);
    await people.close();
  });

  it('begins a new thread when a person deleted the old one', async () => {
    const bot = opened();
    await bot.say(message('first', { groupKey: 'deleted' }));
    provider.remove(last().ts);
    expect(await bot.say(message('repeat', { groupKey: 'deleted' }))).toMatchObject({
      kind: 'transient',
      code: 'thread_not_found',
    });
    expect((await bot.say(message('repeat', { groupKey: 'deleted' }))).kind).toBe('sent');
    expect(last().thread).toBeNull();
  });

  it('stands in the channel with every message when threads are off', async () => {
    const bot = opened({ threads: false });
    await bot.say(message('first', { groupKey: 'flat' }));
    await bot.say(message('repeat', { groupKey: 'flat' }));
    expect(last().thread).toBeNull();
  });

  it('is told to slow down by a second message within the second', async () => {
    const bot = opened();
    await bot.say(message('first'));
    now -= 1_000;
    expect(await bot.say(message('first'))).toMatchObject({ kind: 'rate_limited', retryAfterMs: 1_000 });
    expect(slack.limits.rates).toEqual([{ scope: 'account', calls: 1, perMs: 1_000 }]);
  });

  it('shares the rate with whoever posts to the same channel, and tells nothing of its secrets', () => {
    const account = (raw: object) => slack.account?.(slack.config.parse(raw));
    expect(account({ token, channel })).toBe(account({ token, channel, mentions: ['here'] }));
    expect(account({ token, channel })).not.toBe(account({ token, channel: 'C2' }));
    expect(account({ token, channel })).toMatch(/^slack:[0-9a-f]{16}$/);
  });

  it.each([
    ['invalid_auth', 'auth'],
    ['token_revoked', 'auth'],
    ['account_inactive', 'auth'],
    ['missing_scope', 'auth'],
    ['channel_not_found', 'invalid_recipient'],
    ['is_archived', 'invalid_recipient'],
    ['not_in_channel', 'invalid_recipient'],
    ['msg_too_long', 'payload_too_large'],
    ['msg_blocks_too_long', 'payload_too_large'],
    ['ratelimited', 'rate_limited'],
    ['service_unavailable', 'transient'],
    ['internal_error', 'unknown'],
    ['fatal_error', 'unknown'],
    ['invalid_blocks', 'permanent'],
    ['a_word_of_tomorrow', 'permanent'],
  ])('answers 200 with %s: %s', async (error, kind) => {
    provider.misbehave({ status: 200, body: { ok: false, error } });
    expect(await opened().say(message('first'))).toMatchObject({ kind, code: error });
  });

  it.each([
    [400, 'invalid_payload', 'permanent'],
    [400, 'no_text', 'permanent'],
    [400, 'too_many_attachments', 'payload_too_large'],
    [403, 'action_prohibited', 'auth'],
    [403, 'invalid_token', 'auth'],
    [404, 'no_service', 'auth'],
    [404, 'channel_not_found', 'invalid_recipient'],
    [410, 'channel_is_archived', 'invalid_recipient'],
    [500, 'rollup_error', 'transient'],
    [503, 'anything at all', 'transient'],
    [404, 'Not Found <html>', 'permanent'],
    [200, '{"ok":false,"error":"invalid_auth"}', 'auth'],
    [200, 'ok, or not', 'unknown'],
    [204, '', 'unknown'],
  ])('a webhook that answers %i %s: %s', async (status, body, kind) => {
    provider.misbehave({ status, body });
    expect((await hook().say(message('first'))).kind).toBe(kind);
  });

  it.each(['garbage', 'lost', 'reset'] as const)('does not know what became of it: %s', async (fault) => {
    for (const open of [hook, opened]) {
      provider.misbehave(fault);
      expect((await open().say(message('first'))).kind).toBe('unknown');
    }
  });

  it('says nothing of its secrets when Slack sends them back', async () => {
    for (const body of [`bad ${token} ${hookSecret}`, { ok: false, error: token }]) {
      provider.misbehave({ status: 400, body }, 2);
      const results = [await opened().say(message('first')), await hook().say(message('first'))];
      expect(JSON.stringify(results)).not.toMatch(/xoxb|abcdefghijklmnop/);
    }
  });

  it('asks whether the token is good without telling anybody', async () => {
    const other = await simulated();
    const bot = opened({}, other);
    expect((await bot.verify())?.kind).toBe('sent');
    other.revoke('token_revoked');
    expect(await bot.verify()).toMatchObject({ kind: 'auth', code: 'token_revoked' });
    expect(other.accepted).toEqual([]);
    await other.close();
  });

  it('knows an archived channel', async () => {
    const other = await simulated();
    other.archive(channel);
    other.archive('C0HOOK');
    expect((await opened({}, other).say(message('first'))).kind).toBe('invalid_recipient');
    expect((await hook({}, other).say(message('first'))).kind).toBe('invalid_recipient');
    await other.close();
  });
});

describe('the simulated Slack refuses', () => {
  let provider: Slack;
  beforeAll(async () => {
    provider = await simulated();
  });
  afterAll(() => provider.close());

  async function post(body: unknown, path = '/api/chat.postMessage', headers: Record<string, string> = {}) {
    now += 1_000;
    const response = await fetch(`${provider.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json; charset=utf-8',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return text.startsWith('{') ? (JSON.parse(text) as { error?: string }).error : text;
  }
  const block = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

  it('a wrong token, a wrong type, an unknown key, too many and too long blocks, and a stranger’s channel', async () => {
    const good = { channel, text: 'x' };
    expect(await post(good)).toBeUndefined();
    expect(await post(good, undefined, { authorization: 'Bearer other' })).toBe('invalid_auth');
    expect(await post(good, undefined, { 'content-type': 'text/plain' })).toBe('invalid_post_type');
    expect(await post({ ...good, parse: 'full' })).toBe('invalid_arguments');
    expect(await post({ ...good, channel: 'C9' })).toBe('channel_not_found');
    expect(await post({ channel, text: '' })).toBe('no_text');
    expect(await post({ ...good, blocks: [block('x'.repeat(3_001))] })).toBe('invalid_blocks');
    expect(await post({ ...good, blocks: Array.from({ length: 51 }, () => block('x')) })).toBe(
      'invalid_blocks',
    );
    expect(await post({ ...good, blocks: Array.from({ length: 4 }, () => block('x'.repeat(3_000))) })).toBe(
      'msg_blocks_too_long',
    );
    expect(await post({ ...good, thread_ts: '1.000001' })).toBe('thread_not_found');
    expect(provider.accepted).toHaveLength(1);
  });

  it('the same of a webhook', async () => {
    const path = `/services/${hookSecret}`;
    expect(await post({ text: 'x' }, path)).toBe('ok');
    expect(await post({ text: 'x' }, '/services/other')).toBe('no_service');
    expect(await post({ text: 'x', channel }, path)).toBe('invalid_payload');
    expect(await post({ text: '' }, path)).toBe('no_text');
    expect(await post({ text: 'x' }, path, { 'content-type': 'text/plain' })).toBe('invalid_payload');
  });
});
