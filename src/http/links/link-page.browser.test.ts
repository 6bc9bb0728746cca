// The page behind a link as a person has it in the hand at night: a small telephone, a real browser, no JavaScript.
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../../channels/secret.ts';
import { defaultLimits } from '../../config/config.ts';
import { MessageLinker } from '../../links/message-linker.ts';
import { silentLog } from '../../log.ts';
import { type Browser, browserPath, startBrowser } from '../../testing/browser.ts';
import { macrotask } from '../../testing/manual-clock.ts';
import { Stage } from '../../testing/stage.ts';
import { createHttp } from '../app.ts';
import { type Listening, serve } from '../server.ts';

const phone = { width: 360, height: 640 };
/** What a thumb hits, CSS pixels: the Human Interface Guidelines of Apple, and WCAG 2.1 in 2.5.5. */
const thumb = 44;
const path = browserPath();
const languages = [
  { locale: 'en', asks: 'en-US', button: 'Acknowledge', done: 'Confirmed. Thank you.' },
  { locale: 'zh-TW', asks: 'zh-TW,zh;q=0.9', button: '確認', done: '已確認，謝謝。' },
  { locale: 'zh-CN', asks: 'zh-CN,zh;q=0.9', button: '确认', done: '已确认，谢谢。' },
];

interface Box {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly height: number;
}
const boxes = `[...document.querySelectorAll('button, a, select, input:not([type=hidden])')].map((one) => {
  const { left, right, top, height } = one.getBoundingClientRect();
  return { text: one.textContent || one.name, left, right, top, height };
})`;

describe.skipIf(path === null)(
  'the page of a link in a real browser (skipped where there is no Chromium, or CHROME_PATH does not lead to one)',
  () => {
    let stage: Stage;
    let listening: Listening;
    let browser: Browser;

    beforeAll(async () => {
      const key = { id: 'k1', secret: new Secret('a secret of thirty-two characters') };
      const linker = new MessageLinker({
        ...{ publicUrl: 'https://alerts.example.com', keys: [key], expiresAfterMs: 3_600_000 },
      });
      stage = new Stage({
        ...{ links: linker, rules: [{ annotations: {} }] },
        route: { groupWaitMs: 0, groupBy: ['alertname', 'host'] },
      });
      const app = createHttp(stage.runtime.services, {
        ...{ limits: defaultLimits, log: silentLog, metrics: new Registry() },
        links: { linker, timeZone: 'Asia/Taipei' },
      });
      listening = await serve(app, { host: '127.0.0.1', port: 0 });
      browser = await startBrowser(path!, phone);
      // A name that no line of a telephone holds.
      for (const { locale } of languages)
        await stage.push(91, { host: `${locale}-${'long'.repeat(30)}.example.com` });
      await stage.advance(100);
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      await listening?.close();
      await stage?.close();
    });

    /** The clock of the program moves while the browser waits for it. */
    async function during<T>(work: Promise<T>): Promise<T> {
      let done = false;
      const over = work.finally(() => {
        done = true;
      });
      over.catch(() => {});
      while (!done) {
        await stage.advance(0);
        await macrotask();
      }
      return over;
    }
    const messageOf = (locale: string) =>
      stage.sent.find(({ message }) => message.alerts[0]!.labels.host!.startsWith(`${locale}-long`))!.message;
    const confirmed = (locale: string) => stage.store.confirmations('default', messageOf(locale).id);

    it.each(languages)('$locale: is read, and confirms with one press of the thumb', async (language) => {
      const { locale, asks, button, done } = language;
      const { page } = browser;
      const link = new URL(messageOf(locale).links!.acknowledge!).pathname;
      await page.send('Network.setExtraHTTPHeaders', { headers: { 'accept-language': asks } });
      const url = `http://127.0.0.1:${listening.port}${link}`;
      await during(page.loaded(() => page.send('Page.navigate', { url })));

      // Looking confirms nothing.
      expect(confirmed(locale)).toEqual([]);
      expect(await page.read('document.documentElement.lang')).toBe(locale);
      expect(await page.read('document.scripts.length')).toBe(0);
      expect(await page.read('innerWidth')).toBe(phone.width);
      expect(await page.read('document.documentElement.scrollWidth')).toBeLessThanOrEqual(phone.width);
      const targets = await page.read<Box[]>(boxes);
      expect(targets.length).toBeGreaterThan(5);
      for (const { text, left, right, height } of targets)
        expect({ text, fits: left >= 0 && right <= phone.width, high: height >= thumb }).toEqual({
          ...{ text, fits: true, high: true },
        });
      expect(targets.map(({ text }) => text)).toContain(button);

      const find = `[...document.querySelectorAll('button')].find((one) => one.textContent === '${button}')`;
      const at = await page.read<{ x: number; y: number; seen: boolean }>(`(() => {
        const button = ${find};
        button.scrollIntoView({ block: 'center', behavior: 'instant' });
        const { left, top, width, height } = button.getBoundingClientRect();
        const [x, y] = [left + width / 2, top + height / 2];
        return { x, y, seen: document.elementFromPoint(x, y) === button };
      })()`);
      expect(at.seen).toBe(true);
      const press = { x: at.x, y: at.y, button: 'left', clickCount: 1 };
      await during(
        page.loaded(async () => {
          await page.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...press });
          await page.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...press });
        }),
      );
      expect(await page.read(`document.querySelector('h1').textContent`)).toContain(done);
      expect(await page.read('document.documentElement.scrollWidth')).toBeLessThanOrEqual(phone.width);
      expect(confirmed(locale)).toMatchObject([{ via: 'link' }]);
    });
  },
);
