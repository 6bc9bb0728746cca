// A real browser for tests: the Chromium of this machine without a window, spoken to over a pipe (the DevTools Protocol,
// https://chromedevtools.github.io/devtools-protocol/), so that no package brings a browser of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of the Chromium or Chrome of `CHROME_PATH`, else of the usual places; null: this machine has none. */
export function browserPath(): string | null {
  const named = process.env.CHROME_PATH;
  return (named ? [named] : places).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface BrowserPage {
  /** Sends one command of the protocol to the page; rejects with the browser's own words. */
  send<Answer = object>(method: string, params?: object): Promise<Answer>;
  /** Resolves when the page has loaded what `act` leads to. */
  loaded(act: () => Promise<unknown>): Promise<void>;
  /** What an expression comes to in the page. The tester's own: it runs also where the page's scripts do not. */
  read<Value>(expression: string): Promise<Value>;
}

export interface Browser {
  readonly page: BrowserPage;
  close(): Promise<void>;
}

/** A page of so many CSS pixels as of a telephone, without JavaScript. */
export async function startBrowser(
  path: string,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'tocsin-browser-'));
  const child = spawn(
    path,
    [
      ...['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${profile}`, '--no-sandbox'],
      ...['--disable-gpu', '--disable-dev-shm-usage', '--disable-extensions', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const close = async () => {
    child.kill('SIGKILL');
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    return { page: await openPage(speakTo(child), width, height), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Ask = <Answer>(method: string, params: object, sessionId?: string) => Promise<Answer>;
interface Wire {
  readonly ask: Ask;
  /** Resolves with the next event of that name. */
  next(method: string): Promise<void>;
}

/** Messages are JSON, each with a zero byte behind it. */
function speakTo(child: ChildProcess): Wire {
  const [, , , into, from] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const asked = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  const events = new Map<string, (() => void)[]>();
  let count = 0;
  let rest = '';
  const fail = () => {
    for (const { reject } of asked.values()) reject(new Error('the browser ended'));
    asked.clear();
  };
  child.once('error', fail).once('close', fail);
  into.on('error', fail);
  from.setEncoding('utf8').on('data', (text: string) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const { id, result, error, method } = JSON.parse(message) as {
        id?: number;
        result?: unknown;
        error?: { message: string };
        method?: string;
      };
      if (method !== undefined) for (const heard of events.get(method)?.splice(0) ?? []) heard();
      const waiter = id === undefined ? undefined : asked.get(id);
      if (id === undefined || waiter === undefined) continue;
      asked.delete(id);
      if (error) waiter.reject(new Error(error.message));
      else waiter.resolve(result as never);
    }
  });
  return {
    ask: (method, params, sessionId) =>
      new Promise((resolve, reject) => {
        const id = ++count;
        asked.set(id, { resolve, reject });
        into.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
      }),
    next: (method) => new Promise((resolve) => events.set(method, [...(events.get(method) ?? []), resolve])),
  };
}

async function openPage({ ask, next }: Wire, width: number, height: number): Promise<BrowserPage> {
  const { targetId } = await ask<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await ask<{ sessionId: string }>('Target.attachToTarget', {
    ...{ targetId, flatten: true },
  });
  const send = <Answer>(method: string, params: object = {}) => ask<Answer>(method, params, sessionId);
  await send('Page.enable');
  await send('Network.enable');
  const phone = { width, height, deviceScaleFactor: 2, mobile: true };
  await send('Emulation.setDeviceMetricsOverride', phone);
  await send('Emulation.setScriptExecutionDisabled', { value: true });
  return {
    send,
    async loaded(act) {
      const event = next('Page.loadEventFired');
      await act();
      await event;
    },
    async read<Value>(expression: string) {
      const { result } = await send<{ result: { value: Value } }>('Runtime.evaluate', {
        ...{ expression, returnByValue: true },
      });
      return result.value;
    },
  };
}
