// What `tocsin send-test --method` takes.
export const sendTestMethods = [
  'email-send',
  'sms-send',
  'email-enqueue',
  'sms-enqueue',
  'admin-dlq',
] as const;
export type SendTestMethod = (typeof sendTestMethods)[number];
