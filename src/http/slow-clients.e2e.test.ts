// Three hundred connections that send a byte now and then, against the limits as they are shipped: the bound is the feature.
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { httpStage } from '../testing/http-stage.ts';
import { serve } from './server.ts';

const each = 100;
const dripMs = 500;
const patienceMs = 15_000;

it('has none of 300 dripping connections left after 15 s, and serves others all the while', async () => {
  const stage = httpStage();
  const listening = await serve(stage.app, { host: '127.0.0.1', port: 0 });
  const headersOf = (path: string) =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${stage.keys.ingest}\r\ncontent-type: application/json\r\n`;
  const beginnings = [
    // Headers without an end.
    'GET /health HTTP/1.1\r\nhost: x\r\nx-drip: ',
    // A body that was announced: read from Node's own request.
    `${headersOf('/api/v1/metrics')}content-length: 1000\r\n\r\n[`,
    // A body in pieces: through Hono.
    `${headersOf('/api/v1/events')}transfer-encoding: chunked\r\n\r\n`,
  ];
  const drops = ['x', ' ', '1\r\n \r\n'];
  const open = new Set<Socket>();
  const drips: NodeJS.Timeout[] = [];
  try {
    const allClosed = new Promise<void>((resolve) => {
      for (let i = 0; i < each * beginnings.length; i++) {
        const kind = i % beginnings.length;
        const socket = connect(listening.port, '127.0.0.1', () => socket.write(beginnings[kind]!));
        open.add(socket);
        const drip = setInterval(() => socket.write(drops[kind]!), dripMs);
        drips.push(drip);
        socket.resume();
        // A reset is an end like any other.
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          clearInterval(drip);
          open.delete(socket);
          if (open.size === 0) resolve();
        });
      }
    });
    const patience = new Promise<void>((resolve) => drips.push(setTimeout(resolve, patienceMs)));
    const served = await fetch(`http://127.0.0.1:${listening.port}/health`);
    expect(served.status).toBe(200);
    await Promise.race([allClosed, patience]);
    expect(open.size).toBe(0);
  } finally {
    for (const drip of drips) clearInterval(drip);
    for (const socket of open) socket.destroy();
    await listening.close();
    stage.close();
  }
});
