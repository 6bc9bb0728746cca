// The body of a message to WeCom: Markdown, text or a card, as the robot and as an app take it.
import { actionsOf } from './actions.ts';
import { card } from './card.ts';
import type { Dialect, RenderContext } from './channel.ts';
import { endingIn, escapeMarks, plainDialect, wellFormed } from './chat-text.ts';
import { cut } from './cut.ts';
import type { AlertMessage } from './message.ts';
import { texts } from './texts.ts';
import { type WecomSettings, wecomApp } from './wecom-config.ts';

/** UTF-8 bytes of `content`, by the vendor's documentation. */
export const contentBytes = { markdown: 4_096, text: 2_048, appMarkdown: 2_048 } as const;
const colours = { firing: 'warning', resolved: 'info', event: 'comment' } as const;
/** A title takes a part of a small room. */
const longestTitle = 100;

export const wecomMarkdown: Dialect = {
  escape: escapeMarks,
  bold: (escaped) => `**${escaped}**`,
  link: (label, url) => `[${label}](${url})`,
  toned: (escaped, tone) => `<font color="${colours[tone]}">${escaped}</font>`,
  line: '\n',
  paragraph: '\n\n',
};

/** Pure. */
export function wecomBody(message: AlertMessage, context: RenderContext<WecomSettings>): string {
  const { config: settings } = context;
  const app = wecomApp(settings);
  return JSON.stringify({
    ...(app !== null && recipients(settings, app.agentId)),
    ...content(message, context),
  });
}

function recipients(settings: WecomSettings, agentId: string): object {
  return {
    touser: settings.to_users.join('|'),
    toparty: settings.to_parties.join('|'),
    totag: settings.to_tags.join('|'),
    agentid: Number(agentId),
    // A call that was made again because its answer got lost is shown once.
    enable_duplicate_check: 1,
    duplicate_check_interval: settings.duplicate_check_interval,
  };
}

/** The same message of an app, to one member. Pure. */
export function wecomToMember(body: string, member: string): string {
  const { touser: _, toparty: __, totag: ___, ...rest } = JSON.parse(body) as Record<string, unknown>;
  return JSON.stringify({ touser: member, toparty: '', totag: '', ...rest });
}

function content(message: AlertMessage, context: RenderContext<WecomSettings>): object {
  const { config: settings } = context;
  const { mention } = settings;
  const app = wecomApp(settings);
  switch (settings.format) {
    case 'markdown': {
      const called = [...(mention?.users ?? []), ...(mention?.all === true ? ['all'] : [])];
      const mentions = called.map((who) => `<@${who}>`).join(' ');
      const room = app === null ? contentBytes.markdown : contentBytes.appMarkdown;
      return {
        msgtype: 'markdown',
        markdown: { content: titled(message, context, wecomMarkdown, mentions, room) },
      };
    }
    case 'text': {
      const all = mention?.all === true ? ['@all'] : [];
      return {
        msgtype: 'text',
        text: {
          content: titled(message, context, plainDialect, '', contentBytes.text),
          ...(mention && {
            mentioned_list: [...mention.users, ...all],
            mentioned_mobile_list: mention.mobiles,
          }),
        },
      };
    }
    case 'template_card': {
      const limits = { maxAlerts: settings.max_alerts, maxBytes: 1_000, buttons: true };
      const made = card(message, context, plainDialect, limits);
      const jumps = actionsOf(message, texts[context.locale]).map(({ title, url }) => ({
        type: 1,
        title,
        url,
      }));
      return {
        msgtype: 'template_card',
        template_card: {
          card_type: 'text_notice',
          main_title: { title: short(made.title, 26) },
          sub_title_text: short(made.text, 112),
          ...(jumps.length > 0 && { jump_list: jumps }),
          card_action: { type: 1, url: settings.card_url },
        },
      };
    }
  }
}

function titled(
  message: AlertMessage,
  context: RenderContext<WecomSettings>,
  dialect: Dialect,
  mentions: string,
  maxBytes: number,
): string {
  const body = (room: number) => {
    // At most so long: three bytes for a letter, and the marks.
    const limits = { maxAlerts: context.config.max_alerts, maxBytes: room - 3 * longestTitle - 8 };
    const made = card(message, context, dialect, limits);
    const title = dialect.bold(dialect.escape(cut(made.title, longestTitle)));
    return `${title}${dialect.paragraph}${made.text}`;
  };
  return endingIn(body, { mentions }, maxBytes);
}

/** So many characters of a card, which shows no more. */
function short(text: string, characters: number): string {
  return wellFormed(cut(text, characters));
}

/** Of the largest body: recipients, and a content whose every letter grows in JSON. */
export const wecomBodyBytes = 1_000 * 65 + 200 * 13 + 6 * contentBytes.markdown + 4_096;
