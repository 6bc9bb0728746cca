// The page behind a link, over a real connection: what it shows, what its form does, and every link that is refused.

import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../../channels/secret.ts';
import { defaultLimits } from '../../config/config.ts';
import { type Link, linkToken } from '../../links/link-token.ts';
import { MessageLinker } from '../../links/message-linker.ts';
import { silentLog } from '../../log.ts';
import { macrotask } from '../../testing/manual-clock.ts';
import { Stage } from '../../testing/stage.ts';
import { createHttp } from '../app.ts';
import { type Listening, serve } from '../server.ts';

const key = { id: 'k1', secret: new Secret('a secret of thirty-two characters') };
const hour = 3_600_000;

let stage: Stage;
let listening: Listening;
let url: string;

async function begin(): Promise<void> {
  const linker = new MessageLinker({
    publicUrl: 'https://alerts.example.com/tocsin',
    keys: [key],
    expiresAfterMs: 2 * hour,
  });
  stage = new Stage({
    links: linker,
    channels: ['hook', 'mail'],
    receiver: { channels: ['hook', 'mail'] },
    route: { groupWaitMs: 0, groupBy: ['alertname', 'host'] },
    rules: [{ annotations: {} }],
    answer: ({ channel }) => (channel === 'mail' ? { kind: 'transient', message: 'busy' } : { kind: 'sent' }),
  });
  const app = createHttp(stage.runtime.services, {
    ...{ limits: defaultLimits, log: silentLog, metrics: new Registry() },
    links: { linker, timeZone: 'Asia/Taipei' },
  });
  listening = await serve(app, { host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${listening.port}`;
  await stage.push(91, { host: 'web-<1>' });
  await stage.push(95, { host: 'web-2' });
  await stage.advance(100);
}
async function end(): Promise<void> {
  await listening.close();
  await stage.close();
}

interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The clock of the program moves while somebody waits for the answer. */
async function ask(path: string, options: RequestInit = {}): Promise<Page> {
  let done = false;
  const asked = fetch(`${url}${path}`, options)
    .then(async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }))
    .finally(() => {
      done = true;
    });
  asked.catch(() => {});
  while (!done) {
    await stage.advance(0);
    await macrotask();
  }
  return asked;
}

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });

/** The first message to the channel, and where its links lead. */
function message(channel = 'hook') {
  const { links, id } = stage.sent.find((one) => one.channel === channel)!.message;
  const path = (link: string | undefined) => new URL(link ?? '').pathname.replace(/^\/tocsin/, '');
  return { id, acknowledge: path(links?.acknowledge), explain: path(links?.explain), links };
}
const linkOf = (): Link => ({
  ...{ action: 'respond', tenant: 'default', notificationId: message().id, recipient: 'hook' },
  expiresAt: stage.clock.now() + hour,
});
const pathOf = (over: Partial<Link> = {}, signer = key) =>
  `/l/${linkToken({ ...linkOf(), ...over }, signer)}`;

/** Everything that an answer could have changed. */
const state = () => ({
  events: stage.store.events('default', null, 1_000, null).items.length,
  acknowledged: stage.store.alerts('default', {}, 10, null).items.map(({ ackedBy }) => ackedBy),
  silences: stage.store.silences('default', {}, 10, null).items.length,
  confirmed: stage.store.confirmations('default', message().id),
});

describe('the links of a message', () => {
  beforeAll(begin);
  afterAll(end);

  it('are made for the recipient of each delivery, the same at every attempt, and are not stored', async () => {
    expect(message().links).toEqual({
      acknowledge: expect.stringMatching(/^https:\/\/alerts\.example\.com\/tocsin\/l\/[\w-]{70,120}$/),
      silence: expect.stringMatching(/#silence$/),
      explain: expect.not.stringContaining('#'),
    });
    expect(message('mail').links).not.toEqual(message().links);
    await stage.advance(60_000);
    const mails = stage.sent.filter(
      ({ channel, message: said }) => channel === 'mail' && said.id === message().id,
    );
    expect(mails.length).toBeGreaterThan(1);
    expect(new Set(mails.map(({ message: said }) => said.links?.acknowledge)).size).toBe(1);
    const { items } = stage.store.deliveries('default', {}, 100, null);
    const stored = items.map(
      ({ notificationId }) => stage.store.notification('default', notificationId)?.body,
    );
    expect(JSON.stringify(stored)).not.toContain('/l/');
  });

  it('of an end ask for nothing', async () => {
    await stage.advance(1_000);
    await stage.push(1, { host: 'web-<1>' });
    await stage.advance(120_000);
    const end = stage.sent.find(({ message: said }) => said.status === 'resolved')!;
    expect(Object.keys(end.message.links ?? {})).toEqual(['explain']);
  });
});

describe('looking', () => {
  beforeAll(begin);
  afterAll(end);

  it('shows what it is about, with a form for each action, and lets nothing out', async () => {
    const { status, text, headers } = await ask(message().acknowledge);
    expect(status).toBe(200);
    expect(text).toContain('HighCpu');
    expect(text).toContain('web-&lt;1&gt;');
    expect(text).not.toContain('web-<1>');
    expect(text).toContain('Nobody has confirmed yet.');
    expect(text).toContain('Takes 1 firing alert now.');
    expect(text).toContain('+08:00');
    expect(text.match(/<form method="post">/g)).toHaveLength(2);
    expect(text).not.toMatch(/<script|javascript:| on\w+=|https?:\/\/(?!alerts\.example\.com)/);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow, noarchive',
      'x-frame-options': 'DENY',
    });
    const policy = headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+=*'; form-action 'self'; /);
    expect(policy).not.toMatch(/script|unsafe/);
  });

  it('speaks the language of whoever looks, else that of the message', async () => {
    const { acknowledge } = message();
    const seen = async (language: string) =>
      (await ask(acknowledge, { headers: { 'accept-language': language } })).text;
    expect(await seen('zh-TW,zh;q=0.9')).toContain('<button>靜音</button>');
    expect(await seen('zh-CN')).toContain('<button>静默</button>');
    expect(await seen('de-AT')).toContain('<button>Silence</button>');
  });

  it('changes nothing, however it is asked', async () => {
    // Nobody has looked yet.
    await end();
    await begin();
    const { acknowledge, explain } = message();
    const before = state();
    const prefetch = { purpose: 'prefetch', 'sec-purpose': 'prefetch;prerender', 'x-moz': 'prefetch' };
    const disguised = {
      'x-http-method-override': 'POST',
      'x-method-override': 'POST',
      'x-http-method': 'POST',
    };
    for (const path of [acknowledge, explain, `${acknowledge}?action=confirm&_method=POST&name=x`])
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'])
        for (const headers of [{ ...prefetch, ...disguised }]) {
          const { status } = await ask(path, { method, headers });
          expect([method, status]).toEqual([method, method === 'GET' || method === 'HEAD' ? 200 : 405]);
        }
    expect(state()).toEqual(before);
  });

  it('explains in words under the link that only explains, which does nothing else', async () => {
    const { explain } = message();
    const { status, text } = await ask(explain, { headers: { 'accept-language': 'en' } });
    expect(status).toBe(200);
    expect(text).toContain('HighCpu');
    expect(text).toMatch(/cpu &gt; 80/);
    expect(text).not.toContain('<form');
    const before = state();
    expect(await post(explain, { action: 'confirm' })).toMatchObject({
      status: 403,
      text: expect.stringContaining('This link only explains'),
    });
    expect(state()).toEqual(before);
  });
});

describe('the form', () => {
  beforeEach(begin);
  afterEach(end);

  it('confirms: its alerts are held, what waits is dropped, and who did it is shown to whoever comes after', async () => {
    const done = await post(message().acknowledge, {
      action: 'confirm',
      name: 'Ann <b>',
      note: 'on\u0000it',
    });
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('Confirmed. Thank you.')]);
    expect(done.text).toContain('Ann &lt;b&gt; confirmed at');
    expect(state().confirmed).toMatchObject([
      { recipient: 'hook', actor: 'link:hook', name: 'Ann <b>', via: 'link', note: 'on it' },
    ]);
    expect(state().acknowledged).toEqual([null, 'Ann <b>']);
    const { items } = stage.store.deliveries('default', { notificationId: message().id }, 10, null);
    expect(items.map(({ channel, reason }) => [channel, reason])).toContainEqual(['mail', 'confirmed']);
    // The colleague opens the link of the mail.
    const theirs = await ask(message('mail').acknowledge);
    expect(theirs.text).toContain('Ann &lt;b&gt; confirmed at');
    expect(theirs.text).toContain('through the link of a message');
    expect(theirs.text.match(/<form/g)).toHaveLength(2);
    expect((await ask(message().acknowledge)).text.match(/<form/g)).toHaveLength(1);
  });

  it('confirms once: the second time it says by whom and when, and changes nothing', async () => {
    await post(message().acknowledge, { action: 'confirm', name: 'ann' });
    const before = state();
    await stage.advance(60_000);
    const events = state().events;
    const again = await post(message().acknowledge, { action: 'confirm', name: 'mallory' });
    expect(again.status).toBe(410);
    expect(again.text).toContain('This link was used already');
    expect(again.text).toContain('ann confirmed at');
    expect(state()).toEqual({ ...before, events });
  });

  it('silences the group for a while that is offered, once', async () => {
    const { acknowledge } = message();
    const done = await post(acknowledge, { action: 'silence', minutes: '120', name: 'ann' });
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('Silenced.')]);
    const [silence] = stage.store.silences('default', {}, 10, null).items;
    expect(silence).toMatchObject({
      createdBy: 'ann',
      updatedBy: 'link:hook',
      endsAt: silence!.startsAt + 2 * hour,
      matchers: [
        { name: 'alertname', op: '=', value: 'HighCpu' },
        { name: 'host', op: '=', value: 'web-<1>' },
      ],
    });
    expect((await post(acknowledge, { action: 'silence', minutes: '1440' })).status).toBe(410);
    expect(state().silences).toBe(1);
  });

  it('is refused where it is not the one of the page', async () => {
    const { acknowledge } = message();
    const before = state();
    const statusOf = async (form: Record<string, string>, headers = {}) =>
      (await post(acknowledge, form, headers)).status;
    expect(await statusOf({ action: 'silence', minutes: '5' })).toBe(400);
    expect(await statusOf({ action: 'silence', minutes: '1e9' })).toBe(400);
    expect(await statusOf({ action: 'silence' })).toBe(400);
    expect(await statusOf({ action: 'resolve' })).toBe(400);
    expect(await statusOf({})).toBe(400);
    expect(await statusOf({ action: 'confirm' }, { 'content-type': 'text/plain' })).toBe(400);
    expect(await statusOf({ action: 'confirm', note: 'x'.repeat(5_000) })).toBe(413);
    expect(state()).toEqual(before);
  });
});

describe('a link is refused, with a page that says what to do,', () => {
  beforeAll(begin);
  afterAll(end);

  const refusals: readonly [string, () => string, number, string][] = [
    [
      'that is forged',
      () => pathOf({}, { id: 'k1', secret: new Secret('a key that is none of ours, really') }),
      403,
      'not whole',
    ],
    ['whose key was taken away', () => pathOf({}, { ...key, id: 'k0' }), 403, 'not whole'],
    ['that was cut', () => pathOf().slice(0, -3), 403, 'not whole'],
    ['that is too old', () => pathOf({ expiresAt: stage.clock.now() - 1_000 }), 410, 'too old'],
    ["of another recipient's", () => pathOf({ recipient: 'chat@mallory' }), 403, 'not for this message'],
    ["of another tenant's", () => pathOf({ tenant: 'globex' }), 404, 'nothing here any more'],
    [
      'of a message that is gone',
      () => pathOf({ notificationId: '0190a000-0000-7000-8000-00001234abcd' }),
      404,
      'nothing here any more',
    ],
  ];

  it.each(refusals)('%s', async (_, path, status, says) => {
    const before = state();
    for (const page of [await ask(path()), await post(path(), { action: 'confirm' })]) {
      expect([page.status, page.text]).toEqual([status, expect.stringContaining(says)]);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.text).not.toContain('HighCpu');
    }
    const chinese = await ask(path(), { headers: { 'accept-language': 'zh-TW' } });
    expect(chinese.text).toMatch(/<html lang="zh-TW">.*<h1>\p{Script=Han}+<\/h1><p>\p{Script=Han}/u);
    expect(state()).toEqual(before);
  });

  it('whatever is made of the bytes of real ones, by a look as by the form', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(255), fc.boolean(), async (at, byte, ofAnother) => {
        const real = pathOf().slice('/l/'.length);
        const [ours, theirs] = [real, linkToken({ ...linkOf(), tenant: 'globex' }, key)].map((token) =>
          Buffer.from(token, 'base64url'),
        ) as [Buffer, Buffer];
        const place = at % ours.length;
        const made = ofAnother
          ? Buffer.concat([theirs.subarray(0, place), ours.subarray(place)])
          : Buffer.from(ours.map((old, i) => (i === place ? byte : old)));
        fc.pre(!made.equals(ours) && !made.equals(theirs));
        // Whoever guesses has to wait; here that is over.
        await stage.advance(hour / 4);
        const before = state();
        const path = `/l/${made.toString('base64url')}`;
        for (const page of [await ask(path), await post(path, { action: 'confirm' })]) {
          expect([page.status, page.text]).toEqual([403, expect.stringContaining('not whole')]);
          expect(page.text).toContain('Open it from the message again');
        }
        expect(state()).toEqual(before);
      }),
      { numRuns: 25 },
    ));

  it('and whoever guesses has to wait, while what is right opens from the same address', async () => {
    await end();
    await begin();
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++) statuses.push((await ask(`/l/${'x'.repeat(80 + i)}`)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(403), 429]);
    expect((await ask('/l/once-more')).headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await ask(message().acknowledge)).status).toBe(200);
  });
});
