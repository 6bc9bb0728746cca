// Calls made in a thread: they come to what they would have come to on the main thread, and nothing is dialled that would not
// have been.
import { createServer } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { exchange, type HttpOutcome, type HttpRequest } from '../../channels/http-exchange.ts';
import { Secret } from '../../channels/secret.ts';
import { startThread } from '../ingest/threads.ts';
import { startConnectProxy } from '../testing/connect-proxy.ts';
import { type Receiver, startReceiver } from '../testing/http-receiver.ts';
import { insideSpellings, loopbackSpellings } from '../testing/inside-addresses.ts';
import { ManualClock, macrotask } from '../testing/manual-clock.ts';
import { createEgress, type EgressOptions } from './egress.ts';
import type { EgressData } from './egress-messages.ts';
import { EgressThread } from './egress-thread.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

class Story {
  readonly clock = new ManualClock();
  readonly workers: Worker[] = [];
  readonly thread: EgressThread;

  constructor(egress: EgressOptions, start?: (data: EgressData) => Worker) {
    this.thread = new EgressThread({
      egress,
      clock: this.clock,
      start: (data) => {
        const worker =
          start?.(data) ??
          startThread('egress-worker', data, { beside: new URL('./egress.ts', import.meta.url).href });
        this.workers.push(worker);
        return worker;
      },
    });
    closing.push(() => this.thread.close());
  }

  /** Asks for so many calls in the same second: too many for the main thread. */
  async ask(times = 200): Promise<void> {
    const call: HttpRequest = { url: 'http://127.0.0.1:1/', method: 'GET', headers: {}, signal: live() };
    const made = Array.from({ length: times }, () => this.thread.exchange(call));
    await Promise.allSettled(made);
  }

  async started(): Promise<this> {
    void this.ask();
    await this.until(() => this.thread.running);
    return this;
  }

  async until(holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 20_000; !holds(); ) {
      if (Date.now() > end) throw new Error('it does not come to that');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async call(url: string, over: Partial<HttpRequest> = {}): Promise<HttpOutcome> {
    const made = this.thread.exchange({
      url,
      method: 'POST',
      headers: {},
      body: 'x',
      signal: live(),
      ...over,
    });
    if (made === null) throw new Error('there is no thread');
    return made;
  }
}

const live = () => new AbortController().signal;

async function receiver(options?: Parameters<typeof startReceiver>[0]): Promise<Receiver> {
  const opened = await startReceiver(options);
  closing.push(() => opened.close());
  return opened;
}

describe('the thread of calls', () => {
  it('is there while there are many calls in a second, and only then', async () => {
    const hook = await receiver();
    const story = new Story({ allow: ['127.0.0.1'] });
    await story.ask(199);
    await story.clock.advance(1_000);
    await story.ask(199);
    expect(story.workers.length).toBe(0);
    await story.ask(1);
    expect(story.workers.length).toBe(1);
    // It is not there at once: until then the main thread makes the calls.
    expect(story.thread.exchange({ url: hook.url, method: 'GET', headers: {}, signal: live() })).toBeNull();
    await story.until(() => story.thread.running);
    expect(await story.call(hook.url)).toMatchObject({ kind: 'reply', status: 200 });
    const ended = new Promise((resolve) => story.workers[0]!.once('exit', resolve));
    // 3,000 calls in a minute: the storm goes on. 2,999: it is over.
    await story.ask(3_000);
    await story.clock.advance(60_000);
    await story.ask(2_999);
    expect(story.thread.running).toBe(true);
    await story.clock.advance(60_000);
    await ended;
    expect(story.thread.running).toBe(false);
    await story.started();
    expect(story.workers.length).toBe(2);
  });

  it('comes to the same as the main thread, answer by answer', async () => {
    const long = 'y'.repeat(70_000);
    const hook = await receiver({
      handler: ({ path, body, headers }) => {
        if (path === '/reset') return 'reset';
        if (path === '/cut') return 'cut';
        if (path === '/long') return { status: 200, body: long };
        if (path === '/later') return { status: 503, headers: { 'retry-after': '7' }, body: 'later' };
        return { status: 200, body: `${headers['x-one']} ${body}` };
      },
    });
    const options = { allow: ['127.0.0.1'] };
    const story = await new Story(options).started();
    const egress = createEgress(options);
    closing.push(() => egress.close());
    const dispatcher = await egress.dispatcher();
    const places = ['/', '/reset', '/cut', '/long', '/later', '/?a=b#c'].map((path) => `${hook.url}${path}`);
    for (const url of [...places, 'http://127.0.0.1:1/', 'ftp://127.0.0.1/', 'not a url', 'http://[::/']) {
      const call: HttpRequest = {
        ...{ url, method: 'POST', headers: { 'x-one': '1' }, body: new Uint8Array([104, 105]) },
        signal: live(),
      };
      const [here, there] = [await exchange(dispatcher, call), await story.call(url, call)];
      const { headers: _, ...rest } = here as { headers?: unknown };
      expect(there, url).toMatchObject(rest);
    }
  });

  it('dials no address of the inside, whatever it is spelled like', async () => {
    let reached = 0;
    const canary = createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => canary.close(resolve)));
    const { port } = canary.address() as { port: number };
    const story = await new Story({ allow: [] }).started();
    for (const host of [...loopbackSpellings, ...insideSpellings])
      for (const at of [port, 80]) {
        const outcome = await story.call(`http://${host}:${at}/`);
        expect(outcome, host).toMatchObject({ kind: 'failure', written: false });
      }
    expect(reached).toBe(0);
  });

  it('goes through the proxy of the operator, with its login', async () => {
    const hook = await receiver();
    const login = { username: 'u', password: 'p' };
    const proxy = await startConnectProxy({ leads: { 'hook.example:80': hook.port }, login });
    closing.push(() => proxy.close());
    const through = { host: '127.0.0.1', port: proxy.port, username: 'u', password: new Secret('p') };
    const story = await new Story({ allow: [], proxy: through }).started();
    expect(await story.call('http://hook.example/')).toMatchObject({ kind: 'reply', status: 200 });
    expect(proxy.asked).toEqual(['hook.example:80']);
  });

  it('tells of an aborted call whether it may have reached the receiver', async () => {
    const hook = await receiver({ handler: () => 'hang' });
    const story = await new Story({ allow: ['127.0.0.1'] }).started();
    const [before, inTheMoment, after] = [0, 1, 2].map(() => new AbortController()) as [
      AbortController,
      AbortController,
      AbortController,
    ];
    before.abort(new Error('too late'));
    expect(await story.call(hook.url, { signal: before.signal })).toEqual({
      ...{ kind: 'failure', written: false, code: 'aborted' },
    });
    const early = story.call(hook.url, { signal: inTheMoment.signal });
    inTheMoment.abort(new Error('too late'));
    expect(await early).toEqual({ kind: 'failure', written: false, code: 'aborted' });
    const late = story.call(hook.url, { signal: after.signal });
    await hook.waitFor(1);
    after.abort(new Error('too late'));
    expect(await late).toEqual({ kind: 'failure', written: true, code: 'aborted' });
    expect(hook.count).toBe(1);
  });

  it('leaves nobody waiting when it dies, nor when the program ends', async () => {
    const hook = await receiver({ handler: () => 'hang' });
    const story = await new Story({ allow: ['127.0.0.1'] }).started();
    const calls = [story.call(hook.url), story.call(hook.url)];
    await hook.waitFor(2);
    await story.workers[0]!.terminate();
    const lost = { kind: 'failure', written: true, code: 'thread_ended' };
    expect(await Promise.all(calls)).toEqual([lost, lost]);
    await story.started();
    const last = story.call(hook.url);
    await hook.waitFor(3);
    story.thread.close();
    expect(await last).toEqual(lost);
    story.ask(400);
    await macrotask();
    expect(story.workers.length).toBe(2);
  });

  it('waits for its last call before it ends', async () => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const hook = await receiver({
      handler: async () => {
        await answered;
        return { status: 204 };
      },
    });
    const story = await new Story({ allow: ['127.0.0.1'] }).started();
    const call = story.call(hook.url);
    await story.until(() => hook.count === 1);
    for (let n = 0; n < 2; n++) await story.clock.advance(60_000);
    expect(story.thread.exchange({ url: hook.url, method: 'GET', headers: {}, signal: live() })).toBeNull();
    answer();
    expect(await call).toMatchObject({ kind: 'reply', status: 204 });
    const ended = new Promise((resolve) => story.workers[0]!.once('exit', resolve));
    await story.clock.advance(60_000);
    await ended;
  });

  it('is none where names are resolved by a function that no thread can have', async () => {
    const story = new Story({ allow: [], lookup: async () => [] });
    await story.ask(1_000);
    expect(story.workers.length).toBe(0);
  });
});
