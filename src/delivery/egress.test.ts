import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insideSpellings, loopbackSpellings } from '../testing/inside-addresses.ts';
import { createEgress, type Egress, EgressError } from './egress.ts';
import { addressPolicy, targetOf } from './egress-address.ts';
import type { ResolvedAddress } from './name-places.ts';

let canary: Server;
let reached = 0;
let port = 0;

beforeAll(async () => {
  canary = createServer((incoming, response) => {
    if (incoming.url === '/redirect') response.writeHead(302, { location: '/secret' });
    response.end('ok');
  });
  canary.on('connection', () => {
    reached += 1;
  });
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  port = (canary.address() as AddressInfo).port;
});
afterAll(() => {
  canary.closeAllConnections();
  canary.close();
});

const get = async (egress: Egress, url: string) => request(url, { dispatcher: await egress.dispatcher() });
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error) => error,
  );
const live = () => new AbortController().signal;

describe('egress without an allow list', () => {
  it.each([...loopbackSpellings, ...insideSpellings])(
    'refuses %s on ordinary and other ports, by HTTP and by socket',
    async (host) => {
      const egress = createEgress({ allow: [] });
      const before = reached;
      for (const at of [port, 80, 25]) {
        expect(await errorOf(get(egress, `http://${host}:${at}/`))).toBeInstanceOf(EgressError);
        expect(await errorOf(egress.connect(host, at, live()))).toBeInstanceOf(EgressError);
      }
      expect(reached).toBe(before);
      await egress.close();
    },
  );

  it('refuses a public address on a port that is not ordinary', async () => {
    const egress = createEgress({ allow: [] });
    expect(await errorOf(get(egress, 'http://8.8.8.8:22/'))).toBeInstanceOf(EgressError);
    expect(await errorOf(egress.connect('8.8.8.8', 6379, live()))).toBeInstanceOf(EgressError);
    await egress.close();
  });

  it('refuses hosts that are not names', async () => {
    const egress = createEgress({ allow: [] });
    for (const host of ['', 'a b', 'user@host', 'host/path', 'host:80', '%00', '[', '.'])
      expect(await errorOf(egress.connect(host, 25, live())), host).toBeInstanceOf(EgressError);
    await egress.close();
  });

  it('leaves private addresses out of an answer that mixes them with public ones', async () => {
    const egress = createEgress({
      allow: ['192.0.2.7'],
      lookup: async () => [
        { address: '127.0.0.1', family: 4 },
        { address: '::ffff:127.0.0.1', family: 6 },
        { address: '10.0.0.1', family: 4 },
      ],
    });
    const before = reached;
    expect(await errorOf(get(egress, `http://mixed.example:${port}/`))).toBeInstanceOf(EgressError);
    expect(reached).toBe(before);
    await egress.close();
  });
});

describe('egress with an allow list', () => {
  it.each(['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::ffff:127.0.0.1]'])(
    'reaches %s when 127.0.0.0/8 is listed',
    async (host) => {
      const egress = createEgress({ allow: ['127.0.0.0/8'] });
      const reply = await get(egress, `http://${host}:${port}/`);
      expect([reply.statusCode, await reply.body.text()]).toEqual([200, 'ok']);
      const socket = await egress.connect(host, port, live());
      expect(socket.remotePort).toBe(port);
      await egress.close();
    },
  );

  it('reaches a listed name whatever it resolves to, and no other name', async () => {
    const lookup = async () => [{ address: '127.0.0.1', family: 4 as const }];
    const egress = createEgress({ allow: ['hooks.internal'], lookup });
    const reply = await get(egress, `http://HOOKS.internal:${port}/`);
    expect(reply.statusCode).toBe(200);
    await reply.body.dump();
    expect(await errorOf(get(egress, `http://other.internal:${port}/`))).toBeInstanceOf(EgressError);
    await egress.close();
  });

  // The permitted answer is another loopback address: no test leaves the machine.
  it('dials only the address that it checked when the name resolves to another one the next time', async () => {
    const answers: ResolvedAddress[][] = [
      [{ address: '127.0.0.2', family: 4 }],
      [{ address: '127.0.0.1', family: 4 }],
    ];
    let asked = 0;
    const egress = createEgress({ allow: ['127.0.0.2'], lookup: async () => answers[Math.min(asked++, 1)]! });
    const before = reached;
    // Nobody listens there: it was dialled, and refused by the system.
    expect(await errorOf(get(egress, `http://rebind.example:${port}/`))).toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(asked).toBe(1);
    expect(await errorOf(get(egress, `http://rebind.example:${port}/`))).toBeInstanceOf(EgressError);
    expect(await errorOf(egress.connect('rebind.example', port, live()))).toBeInstanceOf(EgressError);
    expect(reached).toBe(before);
    await egress.close();
  });

  it('does not follow redirects', async () => {
    const egress = createEgress({ allow: ['127.0.0.1'] });
    const reply = await get(egress, `http://127.0.0.1:${port}/redirect`);
    expect(reply.statusCode).toBe(302);
    await reply.body.dump();
    await egress.close();
  });

  it('refuses to start with an entry that is nothing it knows', () => {
    for (const entry of ['10.0.0.0/99', 'http://host', 'a b', '', 'host/8'])
      expect(() => createEgress({ allow: [entry] }), entry).toThrow(/egress\.allow|host is not/);
  });

  it('gives up connecting when the signal aborts, and names a refused port by its code', async () => {
    const egress = createEgress({ allow: ['127.0.0.0/8'] });
    const reason = new Error('stop');
    expect(await errorOf(egress.connect('127.0.0.1', port, AbortSignal.abort(reason)))).toBe(reason);
    const hanging = createEgress({ allow: ['slow.example'], lookup: () => new Promise(() => {}) });
    const stop = new AbortController();
    const connecting = errorOf(hanging.connect('slow.example', 25, stop.signal));
    stop.abort(reason);
    expect(await connecting).toBe(reason);
    expect(await errorOf(egress.connect('127.0.0.1', 1, live()))).toMatchObject({ code: 'ECONNREFUSED' });
    await egress.close();
    await hanging.close();
  });

  it('resolves a name once for connections that are opened at the same time', async () => {
    let asked = 0;
    const egress = createEgress({
      allow: ['127.0.0.0/8'],
      lookup: async () => {
        asked += 1;
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    await Promise.all([1, 2, 3].map(() => egress.connect('name.example', port, live())));
    expect(asked).toBe(1);
    await egress.close();
  });
});

describe('a listed name', () => {
  it('stands for itself, with a dot in front for what lies under it, on any port', () => {
    const policy = addressPolicy(['hooks.internal', '.Example.COM', '.bücher.example']);
    const listed = [
      'hooks.internal',
      'HOOKS.internal.',
      'a.example.com',
      'a.b.example.com',
      'x.xn--bcher-kva.example',
    ];
    const unlisted = [
      'a.hooks.internal',
      'example.com',
      'badexample.com',
      'a.example.com.evil.example',
      'internal',
    ];
    expect(listed.filter((name) => !policy.nameListed(name))).toEqual([]);
    expect(unlisted.filter((name) => policy.nameListed(name))).toEqual([]);
    for (const entry of ['.', '..example.com', '.10.0.0.1', '.example.com/8', '*.example.com'])
      expect(() => addressPolicy([entry]), entry).toThrow(/egress\.allow|host is not/);
  });
});

describe('address policy', () => {
  it('calls ordinary addresses of the internet public', () => {
    const policy = addressPolicy([]);
    for (const address of ['1.1.1.1', '8.8.8.8', '93.184.216.34', '2606:4700:4700::1111'])
      expect(policy.addressPublic(address), address).toBe(true);
  });

  it('reads the host of a target once, lower case and without the final dot', () => {
    expect(targetOf('Example.COM.')).toEqual({ kind: 'name', host: 'example.com' });
    expect(targetOf('bücher.example')).toEqual({ kind: 'name', host: 'xn--bcher-kva.example' });
    expect(targetOf('[::1]')).toEqual({ kind: 'address', host: '::1' });
  });
});
