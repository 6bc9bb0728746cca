// What a call says besides the alert, and the languages in which Twilio speaks it.
import type { Locale } from './message.ts';

export const phoneTexts: Readonly<
  Record<
    Locale,
    {
      /** Of `<Say>`: https://www.twilio.com/docs/voice/twiml/say */
      readonly language: string;
      readonly greeting: string;
      readonly press: string;
      readonly confirmed: string;
      readonly notConfirmed: string;
    }
  >
> = {
  en: {
    language: 'en-US',
    greeting: 'This is an alert.',
    press: 'Press 1 to confirm.',
    confirmed: 'Thank you, confirmed.',
    notConfirmed: 'Not confirmed.',
  },
  'zh-TW': {
    language: 'zh-TW',
    greeting: '這是告警通知。',
    press: '確認請按 1。',
    confirmed: '已確認，謝謝。',
    notConfirmed: '未確認。',
  },
  'zh-CN': {
    language: 'zh-CN',
    greeting: '这是告警通知。',
    press: '确认请按 1。',
    confirmed: '已确认，谢谢。',
    notConfirmed: '未确认。',
  },
};
