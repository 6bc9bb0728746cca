import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const config = `
collector: { host: false }
route: { group_wait: 0s }
templates:
  short: { title: '{{ status_text }}', text: { en: '{{ alert.name }}', zh-TW: '{{ alert.name }}，{{ count }} 則' } }
channels:
  screen: { type: console, template: short, locale: zh-TW }
`;
const rules = 'rules:\n  - { name: HighCpu, type: threshold, metric: cpu, operator: gt, threshold: 80 }\n';
const printed: string[] = [];
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp(config, rules, { print: (line) => void printed.push(line) });
});
afterAll(() => app.close());

const preview = (body: object) => app.call('POST', '/api/v1/templates/preview', body);

describe('templates over HTTP', () => {
  it('are listed by name', async () => {
    expect((await app.call('GET', '/api/v1/templates')).body).toEqual({ items: ['short'] });
  });

  it('show what a channel would send, by name or as written, by channel or kind', async () => {
    expect((await preview({ template: 'short', channel: 'screen', sample: 'resolved' })).body).toEqual({
      title: '已恢復',
      text: 'HighCpu，2 則',
      problems: [],
      payload: ['已恢復', 'HighCpu，2 則'],
    });
    const written = { text: '{{ reason_text }}' };
    expect((await preview({ template: written, channel: 'console', locale: 'en' })).body).toMatchObject({
      title: null,
      payload: ['new'],
    });
  });

  it('refuse with the place what cannot be previewed', async () => {
    for (const [body, problem] of [
      [
        { template: 'long', channel: 'screen' },
        { path: 'template', message: 'there is no template of this name' },
      ],
      [{ template: 'short', channel: 'pager' }, { path: 'channel' }],
      [
        { template: { text: { en: 'a\n{{ nmae }}' } }, channel: 'screen' },
        { path: 'template.text.en', message: expect.stringContaining('(line 2, column 4 of the template)') },
      ],
    ] as const) {
      const { status, body: got } = await preview(body);
      expect(status).toBe(400);
      expect(got).toMatchObject({ error: { details: { problems: [problem] } } });
    }
    const id = '0190a000-0000-7000-8000-00001234abcd';
    expect((await preview({ template: 'short', channel: 'screen', notification_id: id })).status).toBe(404);
  });

  it('say what is sent, and a stored notification again', async () => {
    await app.push([{ metric: 'cpu', value: 97 }]);
    await expect.poll(() => printed).toEqual(['觸發中', 'HighCpu，1 則']);
    const sent = (await app.call('GET', '/api/v1/deliveries')).body as {
      items: { notification_id: string }[];
    };
    const id = sent.items[0]!.notification_id;
    const again = await preview({ template: 'short', channel: 'screen', notification_id: id });
    expect(again.body).toMatchObject({ payload: printed });
  });
});
