import { connect } from 'node:net';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Listening, serve, serverLimits } from './server.ts';

let listening: Listening;
let release: () => void = () => {};
let entered: Promise<void>;

beforeEach(async () => {
  let enter: () => void = () => {};
  entered = new Promise((resolve) => {
    enter = resolve;
  });
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const app = new Hono();
  app.get('/quick', (c) => c.text('quick'));
  app.get('/slow', async (c) => {
    enter();
    await gate;
    return c.text('slow');
  });
  listening = await serve(app, { host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  release();
  await listening.close();
});

/** Sends bytes and collects everything until the other side closes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(listening.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => {
      text += String(data);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

it('has hard limits on slow and greedy clients', () => {
  const { server } = listening;
  expect({
    headersTimeout: server.headersTimeout,
    requestTimeout: server.requestTimeout,
    keepAliveTimeout: server.keepAliveTimeout,
    maxConnections: server.maxConnections,
  }).toEqual({
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    keepAliveTimeout: 5_000,
    maxConnections: 2_000,
  });
});

it('closes a connection that sends its headers drop by drop', async () => {
  await listening.close();
  const impatient = { ...serverLimits, headersTimeout: 100, connectionsCheckingInterval: 50 };
  listening = await serve(new Hono(), { host: '127.0.0.1', port: 0 }, impatient);
  const reply = await raw('GET /quick HTTP/1.1\r\nhost: x\r\nx-slow: ');
  expect(reply).toMatch(/^HTTP\/1\.1 408 /);
  expect(reply).toContain('"code":"request_timeout"');
});

it('answers headers that are too large with the one error body', async () => {
  const reply = await raw(`GET /quick HTTP/1.1\r\nhost: x\r\nx-big: ${'x'.repeat(20_000)}\r\n\r\n`);
  expect(reply).toMatch(/^HTTP\/1\.1 431 /);
  expect(reply).toContain('"code":"headers_too_large"');
});

it('answers what is not HTTP with the one error body', async () => {
  const reply = await raw('hello\r\n\r\n');
  expect(reply).toMatch(/^HTTP\/1\.1 400 /);
  expect(reply).toContain('"code":"bad_request"');
});

it('lets open requests finish when it closes, and takes no new ones', async () => {
  const url = `http://127.0.0.1:${listening.port}`;
  const open = fetch(`${url}/slow`);
  await entered;
  const closed = listening.close();
  await expect(fetch(`${url}/quick`)).rejects.toThrow();
  release();
  expect(await (await open).text()).toBe('slow');
  await closed;
});

it('says when an address is taken', async () => {
  const second = serve(new Hono(), { host: '127.0.0.1', port: listening.port });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
