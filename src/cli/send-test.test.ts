// `tocsin send-test`: by a channel of a running Tocsin, and by nobody.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Receiver, type ReceiverAnswer, startReceiver } from '../testing/http-receiver.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { runCli } from './program.ts';

let app: TestApp;
let hook: Receiver;
let answers: ReceiverAnswer = { status: 200 };
let url: string;
beforeAll(async () => {
  hook = await startReceiver({ handler: () => answers });
  const config =
    'listen: 127.0.0.1:0\ncollector: { host: false }\negress: { allow: [127.0.0.1] }\n' +
    `channels: { hook: { type: webhook, url: "${hook.url}" } }\n`;
  app = await startTestApp(config, 'rules: []', { durability: 'normal' });
  url = `http://127.0.0.1:${(await app.tocsin.listen()).port}`;
});
afterAll(async () => {
  await app.close();
  await hook.close();
});

async function sendTest(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv: ['send-test', ...argv],
    env: { TOCSIN_KEY: app.key, TOCSIN_URL: url },
    cwd: app.folder,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop() {},
    exit(code) {
      throw new Error(`exit ${code}`);
    },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('tocsin send-test', () => {
  it('sends by a channel and says what came of it', async () => {
    expect(await sendTest('--channel', 'hook', '--message', 'do you read me')).toEqual({
      code: 0,
      out: 'channel=hook provider=webhook status=sent\nOK',
      err: '',
    });
    expect(hook.received.at(-1)?.body).toContain('do you read me');

    answers = { status: 400, body: 'no such thing' };
    const failed = await sendTest('--channel', 'hook');
    expect(failed).toMatchObject({ code: 1, out: 'channel=hook provider=webhook status=failed' });
    expect(failed.err).not.toBe('');
  });

  it('ends with 1 when nothing comes of it in time', async () => {
    answers = 'hang';
    expect(await sendTest('--channel', 'hook', '--poll', '300ms')).toMatchObject({ code: 1 });
    answers = { status: 200 };
  });

  it.each([
    ['email-send', 'ann@example.com'],
    ['email-enqueue', 'ann@example.com'],
    ['sms-send', '+886912345678'],
    ['sms-enqueue', '+886912345678'],
    ['admin-dlq', 'ann@example.com'],
  ])('goes the whole way of %s without a provider', async (method, to) => {
    const before = hook.count;
    expect(await sendTest('--method', method, '--to', to, '--mock', '--poll', '45s')).toEqual({
      code: 0,
      out: `method=${method} provider=mock status=sent\nOK`,
      err: 'mock: nothing leaves this process',
    });
    expect(hook.count).toBe(before);
  });

  it('says what it cannot do', async () => {
    expect(await sendTest('--method', 'email-send', '--to', 'nobody', '--mock')).toMatchObject({ code: 2 });
    expect(await sendTest('--method', 'pigeon')).toMatchObject({ code: 2 });
    expect(await sendTest()).toMatchObject({ code: 2, err: 'one of --channel and --method is needed' });
    expect(await sendTest('--method', 'sms-send')).toMatchObject({
      code: 1,
      err: 'there is no channel of the kind sms',
    });
    expect((await sendTest('--channel', 'nothing')).err).toContain('No channel with this name');
  });
});
