import { type AddressInfo, createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultMode, type FaultProxy, startFaultProxy } from './fault-proxy.ts';

/** What the receiver got, and what it answers to each line. */
let got = '';
let reply: (line: string) => string;
let receiver: Server;
let proxy: FaultProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  got = '';
  reply = (line) => `you said ${line}`;
  receiver = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
      socket.write(reply(chunk.toString('latin1')));
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  await new Promise((resolve) => receiver.close(resolve));
});

async function start(mode?: FaultMode): Promise<void> {
  proxy = await startFaultProxy(receiver.address() as AddressInfo, mode);
}

/** A client that keeps what it hears, and how it ended. */
function client() {
  const socket = tcpConnect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  clients.push(socket);
  const heard = { text: '', end: '' };
  const waiting: (() => void)[] = [];
  const changed = () => {
    for (const look of [...waiting]) look();
  };
  socket.on('data', (chunk) => {
    heard.text += chunk.toString('latin1');
    changed();
  });
  socket.on('end', () => {
    heard.end ||= 'fin';
    changed();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    heard.end ||= error.code ?? 'error';
    changed();
  });
  return {
    socket,
    heard,
    say: (text: string) => void socket.write(text),
    until: (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => condition() && resolve();
        waiting.push(look);
        look();
      }),
  };
}

describe('the fault proxy', () => {
  it('hands on both ways, and counts', async () => {
    await start();
    const one = client();
    one.say('hello');
    await one.until(() => one.heard.text === 'you said hello');
    expect([proxy.connections, proxy.open, proxy.bytesUp, proxy.bytesDown]).toEqual([1, 1, 5, 14]);
    one.socket.end();
    await one.until(() => one.heard.end === 'fin');
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('hands on later, nothing lost and in order, the end last', async () => {
    await start({ latencyMs: 5 });
    const one = client();
    for (const word of ['a', 'b', 'c']) one.say(word);
    one.socket.end();
    await one.until(() => one.heard.text.endsWith('c'));
    expect(got).toBe('abc');
    expect(one.heard.text.replaceAll('you said ', '')).toBe('abc');
  });

  it.each<[FaultMode, string]>([
    ['reset', ''],
    ['reset_request', ''],
    [{ from: /secret/, mode: 'reset' }, ''],
  ])('resets: %o', async (mode) => {
    await start(mode);
    const one = client();
    one.say('secret');
    await one.until(() => one.heard.end !== '');
    expect(one.heard).toEqual({ text: '', end: 'ECONNRESET' });
    expect(got).toBe('');
    await proxy.waitFor(({ open }) => open === 0);
  });

  it('is a black hole for a connection for good, also when it was told to pass again', async () => {
    await start('black_hole');
    const lost = client();
    lost.say('one');
    await proxy.waitFor(({ bytesUp }) => bytesUp === 3);
    proxy.set('pass');
    lost.say('two');
    await proxy.waitFor(({ bytesUp }) => bytesUp === 6);
    const other = client();
    other.say('three');
    await other.until(() => other.heard.text !== '');
    expect(got).toBe('three');
    // Not even its FIN is answered.
    lost.socket.end();
    await proxy.waitFor(({ open }) => open === 1);
    expect(lost.heard).toEqual({ text: '', end: '' });
  });

  it('lets the peer of an open connection vanish without a word', async () => {
    await start();
    const one = client();
    one.say('one');
    await one.until(() => one.heard.text !== '');
    proxy.vanish();
    one.say('two');
    await proxy.waitFor(({ bytesUp }) => bytesUp === 6);
    expect([got, one.heard]).toEqual(['one', { text: 'you said one', end: '' }]);
  });

  it('breaks every open connection off, and takes new ones', async () => {
    await start();
    const one = client();
    one.say('one');
    await one.until(() => one.heard.text !== '');
    proxy.breakOff();
    await one.until(() => one.heard.end === 'ECONNRESET');
    const other = client();
    other.say('two');
    await other.until(() => other.heard.text === 'you said two');
  });

  it('loses the reply, and not the request', async () => {
    await start('lost_reply');
    let answered = () => {};
    const answering = new Promise<void>((resolve) => {
      answered = resolve;
    });
    reply = (line) => {
      answered();
      return line;
    };
    const one = client();
    one.say('one');
    await answering;
    expect([got, proxy.bytesDown, one.heard]).toEqual(['one', 0, { text: '', end: '' }]);
  });

  it('answers with bytes of no protocol instead', async () => {
    await start('garbage');
    const one = client();
    one.say('one');
    await one.until(() => one.heard.text !== '');
    expect(got).toBe('one');
    expect(one.heard.text).toContain('no protocol');
  });

  it('cuts a reply off after so many bytes', async () => {
    await start({ cutAfterBytes: 4 });
    const one = client();
    one.say('one');
    await one.until(() => one.heard.end !== '');
    expect(one.heard).toEqual({ text: 'you ', end: 'fin' });
  });

  it('drips a reply, whole in the end', async () => {
    await start({ dripBytesPerSecond: 500 });
    const one = client();
    one.say('12345');
    await one.until(() => one.heard.text.length >= 2);
    expect(one.heard.text.length).toBeLessThan(14);
    await one.until(() => one.heard.text === 'you said 12345');
  });

  it('gives a connection a mode of its own, and breaks from given bytes on', async () => {
    await start();
    proxy.next({ from: /b/, mode: 'lost_reply' }, 'reset');
    const first = client();
    first.say('a');
    await first.until(() => first.heard.text === 'you said a');
    const second = client();
    await second.until(() => second.heard.end === 'ECONNRESET');
    first.say('b');
    const third = client();
    third.say('c');
    await third.until(() => third.heard.text === 'you said c');
    expect([got, first.heard.text]).toEqual(['abc', 'you said a']);
  });

  it('holds back an endless reply that nobody reads', async () => {
    await start();
    const mib = 'x'.repeat(1024 * 1024);
    let written = 0;
    receiver.removeAllListeners('connection');
    receiver.on('connection', (socket) => {
      socket.on('error', () => {});
      const more = () => {
        while (written < 1024) {
          written += 1;
          if (!socket.write(mib)) break;
        }
      };
      socket.on('drain', more);
      more();
    });
    client().socket.pause();
    await proxy.waitFor(({ bytesDown }) => bytesDown > 0);
    for (let before = -1; before !== written; ) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(written).toBeLessThan(100);
  });
});
