// A person presses a key on the telephone: the strict provider calls back, and the notification is confirmed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../testing/http-receiver.ts';
import { startTwilio, type TwilioProvider } from '../testing/providers/twilio.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';

const token = 'a-secret-that-nobody-shall-see';
let provider: TwilioProvider;
let outside: Receiver;
let app: TestApp;

beforeAll(async () => {
  const accountSid = `AC${'0'.repeat(32)}`;
  provider = await startTwilio({ now: Date.now, accountSid, authToken: token });
  // What stands in front of the program, as a proxy does.
  outside = await startReceiver({
    async handler({ method, path, headers, body }) {
      const request = new Request(`http://tocsin.test${path}`, {
        ...{ method, headers: { ...headers } },
        ...(method === 'POST' && { body }),
      });
      const response = await app.tocsin.fetch(request);
      return { status: response.status, body: await response.text() };
    },
  });
  app = await startTestApp(
    `collector: { host: false }
route: { group_wait: 0s }
public_url: ${outside.url}
egress: { allow: [127.0.0.0/8] }
channels:
  call: { type: phone, provider: twilio, to: ['+14155550100'], account_sid: ${accountSid}, auth_token: ${token}, from: '+14155550199', base_url: '${provider.url}' }
  text: { type: sms, provider: twilio, to: ['+14155550100'], account_sid: ${accountSid}, auth_token: ${token}, from: '+14155550199', base_url: '${provider.url}' }
receivers: { ops: { channels: [call, text] } }
`,
    'rules:\n  - { name: hot, type: threshold, metric: temp, operator: gt, threshold: 30 }\n',
  );
  await app.push([{ metric: 'temp', value: 40 }]);
  await provider.waitFor(2);
});
afterAll(async () => {
  await app.close();
  await outside.close();
  await provider.close();
});

const call = () => provider.accepted.find(({ kind }) => kind === 'call')!;
const confirmations = async () => {
  const { body } = await app.call('GET', '/api/v1/deliveries');
  const [{ notification_id: id }] = (body as { items: [{ notification_id: string }] }).items;
  const shown = await app.call('GET', `/api/v1/notifications/${id}`);
  return (shown.body as { confirmations: Record<string, unknown>[] }).confirmations;
};
const alert = async () => {
  const { body } = await app.call('GET', '/api/v1/alerts');
  return (body as { items: { acknowledged: { by: string } | null }[] }).items[0]!;
};

it('asks for a key in the call, and has a link in the text message', () => {
  expect(call().form.Twiml).not.toContain('/l/');
  const text = provider.accepted.find(({ kind }) => kind === 'message')!;
  expect(text.form.Body).toMatch(new RegExp(`^FIRING .* ${outside.url}/l/[\\w-]+$`));
});

it('takes no other key for a yes', async () => {
  expect(await provider.press(call(), '7')).toContain('Not confirmed.');
  expect(await confirmations()).toEqual([]);
  expect((await alert()).acknowledged).toBeNull();
});

it('is confirmed by a 1 before the provider is thanked, once, by whom and through what', async () => {
  expect(await provider.press(call(), '1')).toContain('Thank you, confirmed.');
  const given = { recipient: 'call', actor: 'answer:call', name: null, via: 'key_press', note: null };
  expect(await confirmations()).toEqual([{ ...given, at: expect.any(String) }]);
  expect((await alert()).acknowledged).toMatchObject({ by: 'answer:call' });
  await provider.press(call(), '1');
  expect(await confirmations()).toHaveLength(1);
});

it('opens the page of the link of the text message', async () => {
  const text = provider.accepted.find(({ kind }) => kind === 'message')!;
  const [link] = /http\S+/.exec(text.form.Body!)!;
  const response = await fetch(link);
  expect([response.status, await response.text()]).toEqual([
    200,
    expect.stringContaining('call confirmed at'),
  ]);
});

describe('a word that is sent back to a text message', () => {
  const from = '+14155550100';
  const inbound = () => `${outside.url}/webhook/callback/text`;
  const send = (word: string, number = from) => provider.text(inbound(), number, '+14155550199', word);
  const answered = () =>
    app.tocsin.services.store
      .events('default', null, 500, null)
      .items.filter(({ kind, body }) => kind === 'delivery.answered' && body.channel === 'text')
      .map(({ body }) => body.answer);
  const byText = async () => (await confirmations()).filter(({ via }) => via === 'reply');

  it('confirms nothing where it comes from a stranger, is not signed, or means something else', async () => {
    expect(await send('ack', '+14155550123')).toContain('<Response></Response>');
    const body = new URLSearchParams({ From: from, Body: 'ack', AccountSid: `AC${'0'.repeat(32)}` });
    expect((await fetch(inbound(), { method: 'POST', body })).status).toBe(403);
    expect(answered()).toEqual([]);
    await send('what is this about?');
    expect(answered()).toEqual(['what is this about?']);
    expect(await byText()).toEqual([]);
  });

  it('confirms the newest message to that number, once, and is thanked without a message that costs', async () => {
    expect(await send(' Ack! ')).toContain('<Response></Response>');
    await send('确认');
    expect(await byText()).toMatchObject([{ recipient: 'text', actor: 'answer:text', via: 'reply' }]);
    expect(answered()).toContain(' Ack! ');
  });

  it('answers nothing once the alert is over', async () => {
    await app.push([{ metric: 'temp', value: 4 }]);
    const { length } = answered();
    await send('ok');
    expect(answered()).toHaveLength(length);
  });
});
