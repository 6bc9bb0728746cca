// The links under which a message is answered, as every channel shows them.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.ts';
import { startTestHost } from '../src/testing/channel-host.ts';
import { exampleEnvironment } from '../src/testing/example-environment.ts';
import { startDingtalk } from '../src/testing/providers/dingtalk.ts';
import { startFeishu } from '../src/testing/providers/feishu.ts';
import { startSlack } from '../src/testing/providers/slack.ts';
import { startWecom } from '../src/testing/providers/wecom.ts';
import type { ChannelDefinition, SendResult } from './channel.ts';
import { channels } from './index.ts';
import { locales } from './message.ts';
import { sampleMessage } from './sample-message.ts';
import { segmentsOf, smsTextWithLink } from './sms-text.ts';
import { texts } from './texts.ts';

const firing = sampleMessage('firing');
const links = firing.links!;

function rendered(
  kind: string,
  change: (settings: object) => object = (same) => same,
  message = firing,
): string {
  const cwd = join(dirname(fileURLToPath(import.meta.url)), '../examples/channels');
  const loaded = loadConfig({ file: join(cwd, `${kind}.yaml`), cwd, env: exampleEnvironment, flags: {} });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const settings = [...loaded.config.channels.values()].find(({ type }) => type === kind)?.settings as object;
  const definition: ChannelDefinition = channels[kind as keyof typeof channels];
  const payload = definition.render(message, { config: change(settings), locale: 'en' });
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

/** A call is answered by a key, an Alertmanager by nobody, and a template of a text message has no room for an address. */
const without = ['phone', 'sms', 'alertmanager-webhook'];
const kinds = Object.keys(channels).filter((kind) => !without.includes(kind));

describe('a message', () => {
  it.each(kinds)('of %s can be acknowledged', (kind) => {
    expect(rendered(kind)).toContain(links.acknowledge);
  });

  it.each(kinds)('of %s has no link where there is none', (kind) => {
    const { links: _, ...bare } = firing;
    expect(rendered(kind, undefined, bare)).not.toContain('/l/');
  });

  it.each(without)('of %s has none', (kind) => {
    expect(rendered(kind)).not.toContain('/l/');
  });
});

describe('buttons', () => {
  const titles = [texts.en.action.acknowledge, texts.en.action.silence, texts.en.action.explain];

  it('of Slack open a page', () => {
    const { buttons } = JSON.parse(rendered('slack')) as { buttons: { elements: { url: string }[] } };
    expect(buttons.elements.map(({ url }) => url)).toEqual([links.acknowledge, links.silence, links.explain]);
  });

  it('of Feishu stand before the one that is configured', () => {
    const button = { title: 'Dashboard', url: 'https://grafana.example.com/' };
    const { card } = JSON.parse(rendered('feishu', (settings) => ({ ...settings, format: 'card', button })));
    const { actions } = card.elements.at(-1);
    expect(actions.map((one: { text: { content: string } }) => one.text.content)).toEqual([
      ...titles,
      'Dashboard',
    ]);
  });

  it('of DingTalk are those of an action card', () => {
    const button = { title: 'Dashboard', url: 'https://grafana.example.com/' };
    const change = (settings: object) => ({ ...settings, format: 'action_card', button, mention: undefined });
    const { actionCard } = JSON.parse(rendered('dingtalk', change));
    expect(actionCard.btns.map((one: { title: string }) => one.title)).toEqual([...titles, 'Dashboard']);
    expect(actionCard.text).not.toContain('/l/');
  });

  it('of WeCom are the jumps of a template card', () => {
    const change = (settings: object) => ({
      ...settings,
      format: 'template_card',
      card_url: 'https://example.com/',
    });
    const { template_card: card } = JSON.parse(rendered('wecom', change));
    expect(card.jump_list.map((one: { title: string }) => one.title)).toEqual(titles);
  });

  it('have at most thirteen letters, in every language', () => {
    for (const locale of locales)
      for (const title of Object.values(texts[locale].action)) expect(title.length).toBeLessThanOrEqual(13);
  });
});

describe('the strict provider takes it with its buttons', () => {
  const now = () => firing.at;
  const word = 'a-word-of-twenty-letters';
  const button = { title: 'Dashboard', url: 'https://grafana.example.com/' };

  /** What became of the sample on a channel whose provider stands at `url`. */
  async function sent(kind: 'slack' | 'feishu' | 'dingtalk' | 'wecom', raw: object): Promise<SendResult> {
    const definition: ChannelDefinition = channels[kind];
    const lent = startTestHost();
    const config = definition.config.parse(raw);
    const instance = definition.open(config, lent.host);
    const payload = definition.render(firing, { config, locale: 'zh-TW' });
    const context = {
      deliveryId: firing.id,
      attempt: 1,
      now: firing.at,
      signal: AbortSignal.timeout(20_000),
    };
    try {
      return await instance.send(payload, context);
    } finally {
      await instance.close();
      await lent.close();
    }
  }

  it('of Slack', async () => {
    const provider = await startSlack({
      ...{ now, webhookPath: `/services/${word}`, token: word, scopes: ['chat:write'], channels: ['C0OPS'] },
    });
    expect(await sent('slack', { webhook_url: `${provider.url}/services/${word}` })).toMatchObject({
      kind: 'sent',
    });
    await provider.close();
  });

  it('of Feishu', async () => {
    const provider = await startFeishu({ hookId: word }, { now });
    expect(await sent('feishu', { hook_id: word, button, base_url: provider.url })).toMatchObject({
      kind: 'sent',
    });
    await provider.close();
  });

  it('of DingTalk', async () => {
    const provider = await startDingtalk({ accessToken: word }, { now });
    const config = { access_token: word, format: 'action_card', button, base_url: provider.url };
    expect(await sent('dingtalk', config)).toMatchObject({ kind: 'sent' });
    await provider.close();
  });

  it('of WeCom', async () => {
    const provider = await startWecom({ robotKey: word }, { now });
    const config = {
      webhook_key: word,
      format: 'template_card',
      card_url: button.url,
      base_url: provider.url,
    };
    expect(await sent('wecom', config)).toMatchObject({ kind: 'sent' });
    await provider.close();
  });
});

describe('a text message', () => {
  const context = (locale: (typeof locales)[number]) => ({ config: null, locale });

  it.each(locales)('keeps its link whole and within its parts (%s)', (locale) => {
    for (const most of [1, 2, 3, 5, 10]) {
      const text = smsTextWithLink(firing, context(locale), most);
      expect(segmentsOf(text)).toBeLessThanOrEqual(most);
      if (text.includes('/l/')) expect(text.endsWith(` ${links.acknowledge}`)).toBe(true);
    }
    expect(smsTextWithLink(firing, context(locale), 5)).toContain(links.acknowledge);
  });

  it('leaves the link out where hardly a word would fit beside it', () => {
    expect(smsTextWithLink(firing, context('zh-TW'), 1)).not.toContain('/l/');
  });
});
