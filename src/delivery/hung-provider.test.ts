// Stories on the whole program, real sockets and a manual clock: a provider that hangs beside one that is well.
import { afterEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../testing/fault-proxy.ts';
import { type ReceivedRequest, type Receiver, startReceiver } from '../testing/http-receiver.ts';
import { startMailCatcher } from '../testing/mail-catcher.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const rules = `
group: host
rules:
  - { name: HighCpu, metric: cpu, operator: gt, threshold: 80, severity: warning }
`;

interface Scene {
  readonly app: TestApp;
  /** Lets happen what may happen now, a millisecond a turn, until it holds. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Time passes. */
  advance(ms: number): Promise<void>;
  push(value: number, ...hosts: string[]): Promise<void>;
  deliveries(channel: string): Promise<readonly Delivery[]>;
}
interface Delivery {
  readonly id: string;
  readonly channel: string;
  readonly state: string;
  readonly reason: string | null;
  readonly attempts: number;
}

async function scene(channels: Readonly<Record<string, string>>): Promise<Scene> {
  const clock = new ManualClock();
  const app = await startTestApp(
    `collector: { host: false }
channels:
${Object.entries(channels)
  .map(([name, settings]) => `  ${name}: ${settings}`)
  .join('\n')}
receivers: { ops: { channels: [${Object.keys(channels).join(', ')}], dedupe_window: 0s } }
route: { receiver: ops, group_by: [host], group_wait: 0s, group_interval: 0s, resolve_wait: 0s }
egress: { allow: [127.0.0.0/8] }
`,
    rules,
    { clock, durability: 'normal' },
  );
  closing.push(async () => {
    const closed = app.close();
    let open = true;
    void closed.finally(() => {
      open = false;
    });
    // What still hangs is given its time to drain.
    while (open) await turn(clock, 1_000);
  });
  /** Lets what is due happen, while `work` waits for it. */
  const drive = async <T>(work: Promise<T>): Promise<T> => {
    let going = true;
    void work.finally(() => {
      going = false;
    });
    while (going) await turn(clock, 1);
    return work;
  };
  return {
    app,
    async until(condition) {
      while (!(await condition())) await turn(clock, 1);
    },
    advance: (ms) => turn(clock, ms),
    async push(value, ...hosts) {
      const samples = hosts.map((host) => ({
        metric: 'cpu',
        labels: { host },
        value,
        timestamp: clock.now(),
      }));
      expect(await drive(app.push(samples))).toBe(202);
    },
    async deliveries(channel) {
      const { body } = await drive(app.call('GET', `/api/v1/deliveries?limit=500&channel=${channel}`));
      return (body as { items: Delivery[] }).items;
    },
  };
}

/** Lets `ms` pass, and the sockets of this process do what they have to do. */
async function turn(clock: ManualClock, ms: number): Promise<void> {
  await clock.advance(ms);
  await new Promise((resolve) => setTimeout(resolve, 1));
}

async function receiverBehind(mode: 'pass' | 'black_hole'): Promise<{ hook: Receiver; proxy: FaultProxy }> {
  const hook = await startReceiver();
  const proxy = await startFaultProxy(hook, mode);
  closing.push(hook.close, proxy.close);
  return { hook, proxy };
}
const idOf = ({ headers }: ReceivedRequest) => headers['webhook-id']!;
const to = (port: number) => `{ type: webhook, url: "http://127.0.0.1:${port}/" }`;
/** host and status, in the order of receipt. */
const told = (hook: Receiver) =>
  hook.received.map(({ body }) => {
    const { data } = JSON.parse(body) as {
      data: { status: string; groupLabels: { host: string } };
    };
    return `${data.groupLabels.host} ${data.status}`;
  });

describe('a provider that accepts and never answers', () => {
  it('holds its own channel only, up to its bound; is left alone, and then gets everything in order', async () => {
    const healthy = await receiverBehind('pass');
    const hung = await receiverBehind('black_hole');
    const here = await scene({ hung: to(hung.proxy.port), healthy: to(healthy.hook.port) });
    const paused = () => here.app.tocsin.services.health().checks['channel:hung']?.ok === false;
    const all = async (state: string) =>
      (await here.deliveries('hung')).every((delivery) => delivery.state === state);
    const hosts = Array.from({ length: 60 }, (_, i) => `web-${i}`);

    await here.push(97, ...hosts);
    await here.until(() => healthy.hook.count === 60 && hung.proxy.open === 44);
    await here.push(12, ...hosts);
    await here.until(() => healthy.hook.count === 120);
    // The 45th waits here, not at the provider: six of the fifty places are kept for other tenants.
    expect(hung.proxy.connections).toBe(44);

    // At their deadline the 44 end and the channel is paused; those that took their places end 15 s later.
    await here.advance(15_000);
    await here.until(paused);
    expect(hung.proxy.open).toBeLessThanOrEqual(88);
    await here.advance(15_000);
    await here.until(() => all('queued'));
    const waiting = await here.deliveries('hung');
    expect(waiting).toHaveLength(120);
    await here.push(97, 'late');
    await here.until(() => healthy.hook.count === 121);
    const swallowed = hung.proxy.bytesUp;
    await here.advance(10_000);
    expect(hung.proxy.bytesUp).toBe(swallowed);

    // It is started anew: undici keeps idle connections to it, which are gone with it.
    hung.proxy.set('pass');
    hung.proxy.breakOff();
    await here.advance(6_000);
    await here.until(() => hung.hook.count === 121);
    await here.until(() => all('sent'));
    expect(paused()).toBe(false);
    const ids = new Set(hung.hook.received.map(idOf));
    expect(ids.size).toBe(121);
    for (const { id } of waiting) expect(ids).toContain(id);
    const order = told(hung.hook);
    for (const host of hosts)
      expect(order.indexOf(`${host} firing`)).toBeLessThan(order.indexOf(`${host} resolved`));
  });
});

describe('a reply that is lost', () => {
  it('gives a second message under the same id, and no third', async () => {
    const { hook, proxy } = await receiverBehind('pass');
    const here = await scene({ hook: to(proxy.port) });
    const state = async () => (await here.deliveries('hook'))[0]!.state;
    proxy.next('lost_reply');
    await here.push(97, 'web-1');
    await here.until(() => hook.count === 1);
    await here.advance(15_000);
    await here.until(async () => (await state()) === 'queued');
    await here.advance(12_000);
    await here.until(async () => (await state()) === 'sent');
    await here.advance(60_000);
    const [delivery] = await here.deliveries('hook');
    expect(delivery).toMatchObject({ state: 'sent', attempts: 2 });
    expect(hook.received.map(idOf)).toEqual([delivery!.id, delivery!.id]);
  });
});

describe('a kept connection whose peer vanished without a word', () => {
  it('loses no webhook and no mail', async () => {
    const { hook, proxy } = await receiverBehind('pass');
    const catcher = await startMailCatcher();
    const mailProxy = await startFaultProxy(catcher);
    closing.push(() => void catcher.close(), mailProxy.close);
    const mail = `{ type: email, host: 127.0.0.1, port: ${mailProxy.port}, from_email: a@example.com, to: [b@example.com] }`;
    const here = await scene({ hook: to(proxy.port), mail });
    const both = async () => [...(await here.deliveries('hook')), ...(await here.deliveries('mail'))];
    const all = async (state: string) => (await both()).every((delivery) => delivery.state === state);
    await here.push(97, 'web-1');
    await here.until(() => all('sent'));
    const [hookBytes, mailBytes] = [proxy.bytesUp, mailProxy.bytesUp];
    proxy.vanish();
    mailProxy.vanish();
    await here.push(97, 'web-2');
    await here.until(() => proxy.bytesUp > hookBytes && mailProxy.bytesUp > mailBytes);
    expect([hook.count, catcher.received.length]).toEqual([1, 1]);
    await here.advance(30_000);
    await here.until(async () => (await both()).every(({ state }) => state !== 'sending'));
    await here.advance(12_000);
    await here.until(() => all('sent'));
    const ids = [
      ...hook.received.map(idOf),
      ...catcher.received.map(({ headers }) => headers['x-tocsin-delivery']),
    ];
    expect(ids.sort()).toEqual((await both()).map(({ id }) => id).sort());
  });
});
