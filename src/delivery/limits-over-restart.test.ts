// What a provider granted counts on over a restart of the program, and over the death of its process.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../clock.ts';
import { startReceiver } from '../testing/http-receiver.ts';
import { startTestApp } from '../testing/test-app.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const config = (port: number, free: number) => `
collector: { host: false }
channels:
  hook: { type: webhook, url: "http://127.0.0.1:${port}/", limits: [{ calls: 3, per: 10m }] }
  free: { type: webhook, url: "http://127.0.0.1:${free}/" }
receivers: { ops: { channels: [hook, free], dedupe_window: 0s } }
route: { receiver: ops, group_by: [host], group_wait: 0s }
egress: { allow: [127.0.0.0/8] }
`;
const rules = `
group: g
rules:
  - { name: High, metric: high, operator: gt, threshold: 1, for: 0s, severity: critical }
`;

function later(byMs: number): Clock {
  const real = systemClock();
  return {
    now: () => real.now() + byMs,
    wall: () => real.wall() + byMs,
    at: (at, callback) => real.at(at - byMs, callback),
    soon: real.soon,
    breath: real.breath,
  };
}

describe('a limit of 3 calls in 10 minutes', () => {
  it('holds over a restart, and the rest goes out when there are calls again', async () => {
    const hook = await startReceiver({ handler: () => ({ status: 200 }) });
    const free = await startReceiver();
    closing.push(
      () => hook.close(),
      () => free.close(),
    );
    let app = await startTestApp(config(hook.port, free.port), rules);
    const hosts = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        metric: 'high',
        labels: { host: `h${from + i}` },
        value: 9,
      }));
    await app.push(hosts(0, 3));
    await hook.waitFor(3);
    await app.tocsin.close();
    app = await app.restart({ clock: later(60_000) });
    await app.push(hosts(3, 1));
    // The other channel has it, and a call to this one would be under way: the end waits for it.
    await free.waitFor(4);
    await app.tocsin.close();
    expect(hook.count).toBe(3);
    app = await app.restart({ clock: later(11 * 60_000) });
    closing.push(() => app.close());
    await hook.waitFor(4);
    expect(hook.count).toBe(4);
  });

  it('counts a call before it is made: the next process knows of it whatever dies then', async () => {
    const known: number[] = [];
    let folder = '';
    const hook = await startReceiver({
      handler: () => {
        // What a process that started now would find.
        const db = new Database(join(folder, 'data', 'tocsin.db'), { readonly: true });
        known.push(db.prepare('SELECT sum(calls) FROM provider_call').pluck().get() as number);
        db.close();
        return { status: 200 };
      },
    });
    const free = await startReceiver();
    closing.push(
      () => hook.close(),
      () => free.close(),
    );
    const app = await startTestApp(config(hook.port, free.port), rules);
    closing.push(() => app.close());
    folder = app.folder;
    for (const host of ['h1', 'h2']) {
      await app.push([{ metric: 'high', labels: { host }, value: 9 }]);
      await hook.waitFor(known.length === 0 ? 1 : 2);
    }
    expect(known).toEqual([1, 2]);
  });

  it('of a channel that a tenant made holds over a restart, apart from another of the same name', async () => {
    const hook = await startReceiver();
    const free = await startReceiver();
    closing.push(
      () => hook.close(),
      () => free.close(),
    );
    let app = await startTestApp(config(hook.port, free.port), rules);
    closing.push(() => app.close());
    const tenants = { acme: { calls: 1, per: '10m' }, 'acme-2': { calls: 3, per: '1h' } };
    for (const [tenant, limit] of Object.entries(tenants)) {
      const to = { name: 'own', type: 'webhook', url: `http://127.0.0.1:${free.port}/`, limits: [limit] };
      const as = { 'x-tenant-id': tenant };
      expect((await app.call('POST', '/api/v1/alerts/channels', to, as)).status).toBe(201);
      expect((await app.call('POST', '/api/v1/channels/own/test', {}, as)).body).toMatchObject({
        status: 'sent',
      });
    }
    app = await app.restart();
    const left = async (tenant: string) => {
      const { body } = await app.call('GET', '/api/v1/channels/own', undefined, { 'x-tenant-id': tenant });
      return (body as { rate: { left: number }[] }).rate.map((window) => window.left);
    };
    expect([await left('acme'), await left('acme-2')]).toEqual([[0], [2]]);
  });
});
