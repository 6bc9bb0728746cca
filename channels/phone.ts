// Calls: the loudest channel. Each provider is a module of its own: a new one is its module and a word here.
import { aliyunAnswers } from './aliyun-api.ts';
import { byProvider } from './by-provider.ts';
import { aliyunPhone } from './phone-aliyun.ts';
import { twilioPhone } from './phone-twilio.ts';
import { twilioAnswers } from './twilio-api.ts';

export const phone = byProvider(
  {
    kind: 'phone',
    label: { en: 'Phone call', 'zh-TW': '電話', 'zh-CN': '电话' },
    limits: { maxBytes: 16 * 1024, concurrency: 5, deadlineMs: 15_000 },
    ends: false,
    docs: {
      text: `Calls every number and says the alert. What is accepted is \`sent\`; a call that was picked up is \`delivered\`, also by a mailbox, and one that was busy, rejected or not answered has failed: that is told by [receipts](reference/channels.md#receipts).

- \`twilio\`: the alert is said twice in the language of the message (\`en-US\`, \`zh-TW\`, \`zh-CN\`), and pressing 1 confirms: only that says that a person heard it. What is said is part of the request, so Twilio fetches nothing. Where Tocsin cannot be called back (no \`public_url\`), and when the call says that all of it is over, no key is asked for. It rings for no end, unless \`send_resolved: true\` [says so](reference/channels.md#ends). Its receipts are signed.
- \`aliyun\`: an approved text with variables, which stand for the same as of [sms](#sms). Its receipts are not signed: enter the address of the channel with \`?token=\` and the \`callback_token\` in Aliyun's console.`,
      answers: [...aliyunAnswers, ...twilioAnswers],
    },
  },
  [twilioPhone, aliyunPhone],
);
