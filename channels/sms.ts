// Short messages to telephones. Each provider is a module of its own: a new one is its module and a word here.
import { aliyunAnswers } from './aliyun-api.ts';
import { byProvider } from './by-provider.ts';
import { aliyunSms } from './sms-aliyun.ts';
import { awsAnswers, awsSms } from './sms-aws.ts';
import { tencentAnswers, tencentSms } from './sms-tencent.ts';
import { twilioSms } from './sms-twilio.ts';
import { twilioAnswers } from './twilio-api.ts';

export const sms = byProvider(
  {
    kind: 'sms',
    label: { en: 'SMS', 'zh-TW': '簡訊', 'zh-CN': '短信' },
    limits: { maxBytes: 16 * 1024, concurrency: 10, deadlineMs: 15_000 },
    docs: {
      text: `A message is one line, the title first; of several alerts as many as fit are named and the rest is counted. A number that cannot be read is named when the configuration is. Every number has a result of its own: one that does not exist costs no other, and the delivery is \`partial\`.

- \`aliyun\`, \`tencent\`: approved templates only. A variable stands for \`title\`, \`text\`, \`status\`, \`severity\`, \`name\`, \`summary\`, \`value\`, \`count\`, \`group\` or \`time\`. Web and IP addresses are taken out of variables, and of the name of a host the first part stays, because these providers refuse them. Their [receipts](reference/channels.md#receipts) are not signed: enter the address of the channel with \`?token=\` and the \`callback_token\` in the provider's console.
- \`twilio\`: free text. Receipts are signed and come to the address that Twilio is told with each message; with several numbers the first accepted one's counts for the delivery.
- \`aws\` (SNS): free text, no receipts.

An empty balance is \`auth\`: nothing goes out until somebody has paid. That one number had enough messages says nothing against the channel.`,
      answers: [...aliyunAnswers, ...tencentAnswers, ...twilioAnswers, ...awsAnswers],
    },
  },
  [aliyunSms, tencentSms, twilioSms, awsSms],
);
