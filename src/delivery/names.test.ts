// Name resolution that fails, stalls or changes its mind, on the real way out.
import { afterEach, describe, expect, it } from 'vitest';
import { email } from '../../channels/email.ts';
import { webhook } from '../../channels/webhook.ts';
import { attemptsOf } from '../testing/attempts-of.ts';
import { type Receiver, startReceiver } from '../testing/http-receiver.ts';
import type { Resolve, ResolvedAddress } from './name-places.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const here: readonly ResolvedAddress[] = [{ address: '127.0.0.1', family: 4 }];
const failing = (code: string): Resolve => {
  const error = Object.assign(new Error(`queryA ${code} hook.example`), { code });
  return () => Promise.reject(error);
};
const never: Resolve = () => new Promise(() => {});

async function receiver(): Promise<Receiver> {
  const one = await startReceiver();
  closing.push(one.close);
  return one;
}
function hook(port: number, lookup: Resolve, connectMs = 3_000) {
  const channel = attemptsOf(
    webhook,
    { url: `http://hook.example:${port}/` },
    { lookup, deadlines: { connectMs } },
  );
  closing.push(channel.close);
  return channel;
}

describe('a name', () => {
  it.each([
    ['that does not exist', failing('ENOTFOUND'), 'ENOTFOUND'],
    ['whose server fails', failing('ESERVFAIL'), 'ESERVFAIL'],
    ['that cannot be asked for at present', failing('EAI_AGAIN'), 'EAI_AGAIN'],
    ['without an address', async () => [], 'ENOTFOUND'],
  ])('%s is not accepted and tried again, by webhook and by mail', async (_name, lookup, code) => {
    expect(await hook(80, lookup).attempt()).toMatchObject({ kind: 'network', code });
    const settings = { host: 'mail.example', from_email: 'a@example.com', to: ['b@example.com'] };
    const mail = attemptsOf(email, settings, { lookup });
    closing.push(mail.close);
    expect((await mail.attempt()).kind).toBe('network');
  });

  it('that is not answered for ends with the time of connecting, by webhook and by mail', async () => {
    const stuck = hook(80, never, 30);
    expect(await stuck.attempt()).toMatchObject({ kind: 'network', code: 'UND_ERR_CONNECT_TIMEOUT' });
    const settings = { host: 'mail.example', from_email: 'a@example.com', to: ['b@example.com'] };
    const mail = attemptsOf(email, settings, { lookup: never, deadlines: { connectMs: 30 } });
    closing.push(mail.close);
    expect((await mail.attempt()).kind).toBe('network');
  });

  it('that moves is found where it is at the next connection: nothing is remembered', async () => {
    const { port, received } = await receiver();
    let answer: readonly ResolvedAddress[] = [{ address: '127.0.0.2', family: 4 }];
    const channel = hook(port, async () => answer);
    expect(await channel.attempt()).toMatchObject({ kind: 'network', code: 'ECONNREFUSED' });
    answer = here;
    expect((await channel.attempt()).kind).toBe('sent');
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([channel.deliveryId]);
  });
});
