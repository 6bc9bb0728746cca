// Calls: the loudest channel. Each provider is a module of its own: a new one is its module and a word here.
import { byProvider } from './by-provider.ts';
import { aliyunPhone } from './phone-aliyun.ts';
import { twilioPhone } from './phone-twilio.ts';

export const phone = byProvider(
  {
    kind: 'phone',
    label: { en: 'Phone call', 'zh-TW': '電話', 'zh-CN': '电话' },
    limits: { maxBytes: 16 * 1024, concurrency: 5, deadlineMs: 15_000 },
  },
  [twilioPhone, aliyunPhone],
);
