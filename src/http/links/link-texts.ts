// The words of the page behind a link, in every language. A text that a language lacks does not compile.
import type { Locale } from '../../../channels/message.ts';
import type { ConfirmationWay } from '../../pipeline/rows.ts';

export interface Refusal {
  readonly title: string;
  /** What the reader is to do. */
  readonly advice: string;
}

export interface LinkTexts {
  readonly since: string;
  readonly receiver: string;
  readonly sentTo: string;
  readonly alerts: string;
  readonly more: (count: number) => string;
  readonly held: (who: string) => string;
  readonly confirmed: (who: string, at: string, via: string) => string;
  readonly nobodyYet: string;
  readonly via: Readonly<Record<ConfirmationWay, string>>;
  readonly name: string;
  readonly note: string;
  readonly confirm: { readonly title: string; readonly says: string; readonly button: string };
  readonly silence: {
    readonly title: string;
    /** How many firing alerts it would take. */
    readonly says: (count: number) => string;
    readonly matchers: string;
    readonly span: string;
    readonly button: string;
    readonly until: (at: string) => string;
  };
  readonly explain: { readonly title: string; readonly nothing: string };
  readonly done: {
    readonly confirmed: string;
    readonly acknowledged: (alerts: number) => string;
    readonly dropped: (messages: number) => string;
    readonly silenced: string;
  };
  readonly closes: string;
  readonly refused: Readonly<
    Record<
      | 'forged'
      | 'expired'
      | 'recipient'
      | 'gone'
      | 'used'
      | 'only_reads'
      | 'unreadable'
      | 'slow_down'
      | 'not_silenced'
      | 'unavailable',
      Refusal
    >
  >;
}

export const linkTexts: Readonly<Record<Locale, LinkTexts>> = {
  en: {
    since: 'Since',
    receiver: 'Receiver',
    sentTo: 'Sent to',
    alerts: 'Alerts',
    more: (count) => `… and ${count} more`,
    held: (who) => `acknowledged by ${who}`,
    confirmed: (who, at, via) => `${who} confirmed at ${at}, ${via}.`,
    nobodyYet: 'Nobody has confirmed yet.',
    via: {
      link: 'through the link of a message',
      api: 'through the API',
      key_press: 'by a key of the telephone',
      reply: 'by a reply',
    },
    name: 'Your name (may be left out)',
    note: 'Note (may be left out)',
    confirm: {
      title: 'Acknowledge',
      says: 'You take it. Its alerts are acknowledged, and what is still to be sent of this message is not sent.',
      button: 'Acknowledge',
    },
    silence: {
      title: 'Silence',
      says: (count) => `Takes ${count} firing ${count === 1 ? 'alert' : 'alerts'} now.`,
      matchers: 'What it takes',
      span: 'For how long',
      button: 'Silence',
      until: (at) => `Silent until ${at}.`,
    },
    explain: { title: 'Explain', nothing: 'There is no alert behind this message any more.' },
    done: {
      confirmed: 'Confirmed. Thank you.',
      acknowledged: (alerts) => `Alerts acknowledged: ${alerts}.`,
      dropped: (messages) => `Deliveries not sent any more: ${messages}.`,
      silenced: 'Silenced.',
    },
    closes: 'This page may be closed.',
    refused: {
      forged: {
        title: 'This link is not whole',
        advice:
          'It was cut or changed on its way, or its key was taken away. Open it from the message again, in full; else wait for the next message.',
      },
      expired: {
        title: 'This link is too old',
        advice:
          'Open the newest message of this alert and use its link. Whoever has a key of the API can still confirm.',
      },
      recipient: {
        title: 'This link is not for this message',
        advice: 'The message was not sent to whom the link names. Use the link of your own message.',
      },
      gone: {
        title: 'There is nothing here any more',
        advice: 'The message is no longer kept, or was never sent here. Use the link of a newer message.',
      },
      used: {
        title: 'This link was used already',
        advice: 'Nothing was changed. There is nothing left to do here.',
      },
      only_reads: {
        title: 'This link only explains',
        advice: 'To acknowledge or to silence use the other links of your message.',
      },
      unreadable: { title: 'That could not be read', advice: 'Go back, and send the form once more.' },
      slow_down: {
        title: 'Too many links that do not open',
        advice: 'Wait a few minutes, then open the link of your message again.',
      },
      not_silenced: {
        title: 'It cannot be silenced here',
        advice:
          'There are too many silences, or nothing that such a silence could go by. Ask whoever runs this program.',
      },
      unavailable: {
        title: 'It could not be stored',
        advice: 'Nothing was changed. Go back, and send the form once more in a moment.',
      },
    },
  },
  'zh-TW': {
    since: '開始時間',
    receiver: '接收者',
    sentTo: '發送對象',
    alerts: '告警',
    more: (count) => `……還有 ${count} 則`,
    held: (who) => `已由 ${who} 確認`,
    confirmed: (who, at, via) => `${who} 已於 ${at} ${via}確認。`,
    nobodyYet: '尚無人確認。',
    via: { link: '透過訊息連結', api: '透過 API', key_press: '按電話鍵', reply: '回覆簡訊' },
    name: '您的姓名（可不填）',
    note: '備註（可不填）',
    confirm: {
      title: '確認',
      says: '由您處理。相關告警將標為已確認，此訊息尚未送出的部分不再發送。',
      button: '確認',
    },
    silence: {
      title: '靜音',
      says: (count) => `目前會涵蓋 ${count} 則觸發中的告警。`,
      matchers: '涵蓋範圍',
      span: '持續多久',
      button: '靜音',
      until: (at) => `靜音至 ${at}。`,
    },
    explain: { title: '為何通知', nothing: '此訊息已無對應的告警。' },
    done: {
      confirmed: '已確認，謝謝。',
      acknowledged: (alerts) => `已確認的告警：${alerts} 則。`,
      dropped: (messages) => `不再發送的訊息：${messages} 則。`,
      silenced: '已靜音。',
    },
    closes: '可以關閉此頁面。',
    refused: {
      forged: {
        title: '連結不完整',
        advice:
          '連結在傳送途中被截斷或更動，或其金鑰已撤除。請從訊息中完整開啟一次；若仍無法開啟，請等下一則訊息。',
      },
      expired: {
        title: '連結已過期',
        advice: '請開啟此告警最新的訊息並使用其中的連結。持有 API 金鑰者仍可確認。',
      },
      recipient: {
        title: '連結不屬於此訊息',
        advice: '此訊息並未發送給連結所指的對象。請使用您自己訊息中的連結。',
      },
      gone: { title: '這裡已沒有內容', advice: '訊息已不再保存，或從未由此發送。請使用較新訊息中的連結。' },
      used: { title: '連結已使用過', advice: '未作任何變更，您無須再做任何事。' },
      only_reads: { title: '此連結僅供說明', advice: '若要確認或靜音，請使用訊息中的其他連結。' },
      unreadable: { title: '無法讀取內容', advice: '請返回上一頁，再送出一次。' },
      slow_down: { title: '無效連結過多', advice: '請等候幾分鐘，再開啟訊息中的連結。' },
      not_silenced: {
        title: '無法在此靜音',
        advice: '靜音數量已達上限，或沒有可依據的標籤。請洽此程式的管理者。',
      },
      unavailable: { title: '無法儲存', advice: '未作任何變更。請返回上一頁，稍後再送出一次。' },
    },
  },
  'zh-CN': {
    since: '开始时间',
    receiver: '接收者',
    sentTo: '发送对象',
    alerts: '告警',
    more: (count) => `……还有 ${count} 条`,
    held: (who) => `已由 ${who} 确认`,
    confirmed: (who, at, via) => `${who} 已于 ${at} ${via}确认。`,
    nobodyYet: '尚无人确认。',
    via: { link: '通过消息链接', api: '通过 API', key_press: '按电话键', reply: '回复短信' },
    name: '您的姓名（可不填）',
    note: '备注（可不填）',
    confirm: {
      title: '确认',
      says: '由您处理。相关告警将标为已确认，此消息尚未发出的部分不再发送。',
      button: '确认',
    },
    silence: {
      title: '静默',
      says: (count) => `目前会覆盖 ${count} 条触发中的告警。`,
      matchers: '覆盖范围',
      span: '持续多久',
      button: '静默',
      until: (at) => `静默至 ${at}。`,
    },
    explain: { title: '为何通知', nothing: '此消息已无对应的告警。' },
    done: {
      confirmed: '已确认，谢谢。',
      acknowledged: (alerts) => `已确认的告警：${alerts} 条。`,
      dropped: (messages) => `不再发送的消息：${messages} 条。`,
      silenced: '已静默。',
    },
    closes: '可以关闭此页面。',
    refused: {
      forged: {
        title: '链接不完整',
        advice:
          '链接在传输途中被截断或改动，或其密钥已吊销。请从消息中完整打开一次；若仍无法打开，请等下一条消息。',
      },
      expired: {
        title: '链接已过期',
        advice: '请打开此告警最新的消息并使用其中的链接。持有 API 密钥者仍可确认。',
      },
      recipient: {
        title: '链接不属于此消息',
        advice: '此消息并未发送给链接所指的对象。请使用您自己消息中的链接。',
      },
      gone: { title: '这里已没有内容', advice: '消息已不再保存，或从未由此发送。请使用较新消息中的链接。' },
      used: { title: '链接已使用过', advice: '未作任何更改，您无须再做任何事。' },
      only_reads: { title: '此链接仅供说明', advice: '若要确认或静默，请使用消息中的其他链接。' },
      unreadable: { title: '无法读取内容', advice: '请返回上一页，再提交一次。' },
      slow_down: { title: '无效链接过多', advice: '请等候几分钟，再打开消息中的链接。' },
      not_silenced: {
        title: '无法在此静默',
        advice: '静默数量已达上限，或没有可依据的标签。请联系此程序的管理者。',
      },
      unavailable: { title: '无法保存', advice: '未作任何更改。请返回上一页，稍后再提交一次。' },
    },
  },
};
