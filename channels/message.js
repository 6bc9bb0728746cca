export const locales = ['en', 'zh-TW', 'zh-CN'];
/** Why a notification goes out: metric label, line in explain, field of the webhook. */
export const notifyReasons = [
  'first',
  'new_alerts',
  'refired',
  'resolved',
  'some_resolved',
  'repeat',
  'event',
];
//# sourceMappingURL=message.js.map
