// Short messages to telephones. Each provider is a module of its own: a new one is its module and a word here.
import { byProvider } from './by-provider.ts';
import { aliyunSms } from './sms-aliyun.ts';
import { awsSms } from './sms-aws.ts';
import { tencentSms } from './sms-tencent.ts';
import { twilioSms } from './sms-twilio.ts';

export const sms = byProvider(
  {
    kind: 'sms',
    label: { en: 'SMS', 'zh-TW': '簡訊', 'zh-CN': '短信' },
    limits: { maxBytes: 16 * 1024, concurrency: 10, deadlineMs: 15_000 },
  },
  [aliyunSms, tencentSms, twilioSms, awsSms],
);
