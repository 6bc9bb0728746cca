// Prints one line for each alert: the channel for a first look and for the demo.
import { z } from 'zod';
import { actionsOf } from './actions.ts';
import { defineChannel } from './channel.ts';
import { lines, plain } from './text.ts';
import { texts } from './texts.ts';

const maxBytes = 64 * 1024;
const longestLine = 4_000;

export const consoleChannel = defineChannel({
  kind: 'console',
  label: { en: 'Console', 'zh-TW': '主控台', 'zh-CN': '控制台' },
  config: z.strictObject({
    max_alerts: z
      .int()
      .min(1)
      .max(1_000)
      .default(100)
      .describe('Lines for one message; the rest is counted.'),
  }),
  limits: { maxBytes, concurrency: 1, deadlineMs: 5_000 },
  docs: {
    text: 'Prints one line for each alert on standard output. It needs nothing, and is what Tocsin uses when no channel is configured.',
    answers: [['printed', 'delivered']],
  },
  render(message, { config, locale, words }): readonly string[] {
    const title = words?.title == null ? [] : [plain(words.title, 200)];
    if (words?.text != null)
      return [...title, ...words.text.split('\n').map((line) => plain(line, longestLine))];
    const own = lines(message, locale, { maxAlerts: config.max_alerts, maxBytes: maxBytes - 4_096 });
    const t = texts[locale];
    const links = actionsOf(message, t).map((one) => `${one.title}${t.colon}${one.url}`);
    return [...title, ...own, ...links];
  },
  open: (_config, host) => ({
    async send(payload) {
      for (const line of payload) host.print(line);
      return { kind: 'delivered' };
    },
    async close() {},
  }),
});
