// The suite that every channel passes, built in or a plugin's. It needs a peer that behaves well and badly on request;
// what a channel cannot show is excepted by name with a reason, and is reported as skipped.
import type { z } from 'zod';
import { type ChannelDefinition, type ChannelHost, type ResultKind, resultKinds } from './channel.ts';
import { hostileAnalysed } from './contract-message.ts';
import { locales } from './message.ts';
import { shorterMessage } from './shorter.ts';

/** How a peer behaves. */
export const conducts = [
  'ok',
  'failing',
  'rate_limited',
  'rate_limited_bare',
  'ok_with_error',
  'garbage',
  'oversize',
  'partial',
  'refused',
  'black_hole',
  'reset',
] as const;
export type Conduct = (typeof conducts)[number];

/** A provider under test, running. */
export interface ChannelPeer {
  /** Configuration, as written in a file, of a channel that sends to this peer. */
  readonly config: unknown;
  /** Delivery ids in the order in which the peer received them. */
  deliveryIds(): readonly string[];
  /** Everybody whom the peer was asked to tell; of a channel that reaches people. */
  told?(): readonly string[];
  /** Resolves when the peer holds a request that it will not answer (`black_hole`). */
  readonly holding: Promise<void>;
  close(): Promise<void>;
}

export interface ChannelCheck {
  /** As written in a file; every secret in it is `secretText`. */
  readonly validConfig: unknown;
  /** A text that stands in `validConfig` wherever a secret is asked for; absent when there is none. */
  readonly secretText?: string;
  readonly badConfigs: Readonly<Record<string, unknown>>;
  /**
   * - `failing`: HTTP 500 or its like;
   * - `rate_limited`: with a time to wait; `rate_limited_bare`: without one;
   * - `ok_with_error`: HTTP 200, and the body says that it failed;
   * - `garbage`: HTTP 200 with what is no answer of this provider;
   * - `oversize`: too long for it; `partial`: one of several recipients was not accepted;
   * - `refused`: nobody listens. `black_hole` and `reset`: after the request was read.
   */
  peer(conduct: Conduct): Promise<ChannelPeer>;
  /** A host whose way out may reach the peers. */
  host(): Promise<{ readonly host: ChannelHost; close(): Promise<void> }>;
  /** Calling somebody by name; needed unless `except.mention` says why there is no such thing. */
  readonly mention?: {
    /** As written in a file, with mentions. */
    readonly config: unknown;
    /** What the payload of a firing message holds then, and none does without mentions. */
    readonly shows: readonly string[];
  };
  /** An address of somebody whom `validConfig` does not name, as written, and one that is none; of a channel that reaches people. */
  readonly person?: { readonly address: string; readonly wrong: string };
  /** Behaviours that this channel cannot show, with the reason. */
  readonly except?: Partial<Record<Conduct | 'mention', string>>;
}

interface Expectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toContain(expected: unknown): void;
  not: { toContain(expected: unknown): void };
  toBeLessThanOrEqual(expected: number): void;
  toBeGreaterThan(expected: number): void;
}
type Body = () => void | Promise<void>;
/** The part of vitest (or of what looks like it) that the suite uses. */
export interface TestTools {
  describe(name: string, body: () => void): unknown;
  it: { (name: string, body: Body): unknown; skip(name: string, body: Body): unknown };
  expect(actual: unknown, message?: string): Expectation;
}

const expected: Readonly<Record<Conduct, readonly ResultKind[]>> = {
  ok: ['sent', 'delivered'],
  failing: ['transient'],
  rate_limited: ['rate_limited'],
  rate_limited_bare: ['rate_limited'],
  ok_with_error: ['rate_limited', 'transient', 'auth', 'invalid_recipient', 'payload_too_large', 'permanent'],
  garbage: ['unknown'],
  oversize: ['payload_too_large'],
  partial: ['partial'],
  refused: ['network'],
  black_hole: ['unknown'],
  reset: ['unknown', 'network'],
};

const deliveryId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ab';
const at = 1_700_000_000_000;

/** Declares the tests of one channel. Call it at the top of a test file: `checkChannel(webhook, {…}, { describe, it, expect })`. */
export function checkChannel<Schema extends z.ZodType, Payload>(
  definition: ChannelDefinition<Schema, Payload>,
  check: ChannelCheck,
  { describe, it, expect }: TestTools,
): void {
  const message = hostileAnalysed();
  const parse = (raw: unknown) => definition.config.parse(raw);

  /** Opens the channel towards a peer, lets `body` send, and closes everything. */
  async function withPeer(
    conduct: Conduct,
    body: (
      send: (attempt: number, signal: AbortSignal, to?: string) => Promise<unknown>,
      peer: ChannelPeer,
    ) => Promise<void>,
  ): Promise<void> {
    const peer = await check.peer(conduct);
    const lent = await check.host();
    const config = parse(peer.config);
    const instance = definition.open(config, lent.host);
    const payload = definition.render(message, { config, locale: 'en' });
    try {
      await body((attempt, signal, to) => {
        const context = { deliveryId, attempt, now: at + attempt * 1_000, signal };
        return instance.send(payload, to === undefined ? context : { ...context, to });
      }, peer);
    } finally {
      await instance.close();
      await lent.close();
      await peer.close();
    }
  }

  describe(`channel ${definition.kind}`, () => {
    it('declares its limits and a label in every language', () => {
      const { maxBytes, concurrency, deadlineMs } = definition.limits;
      for (const limit of [maxBytes, concurrency, deadlineMs]) expect(limit).toBeGreaterThan(0);
      for (const locale of locales) expect(definition.label[locale].length).toBeGreaterThan(0);
      expect(/^[a-z][a-z0-9-]*$/.test(definition.kind), definition.kind).toBe(true);
    });

    it('takes a valid configuration and shows none of its secrets', () => {
      const config = parse(check.validConfig);
      if (check.secretText === undefined) return;
      expect(JSON.stringify(check.validConfig)).toContain(check.secretText);
      expect(JSON.stringify(config)).not.toContain(check.secretText);
      expect(JSON.stringify(config)).toContain('***');
    });

    for (const [name, bad] of Object.entries(check.badConfigs)) {
      it(`refuses a configuration: ${name}`, () => {
        const result = definition.config.safeParse(bad);
        expect(result.success).toBe(false);
        if (check.secretText !== undefined)
          expect(result.error?.message ?? '').not.toContain(check.secretText);
      });
    }

    for (const locale of locales) {
      it(`renders a hostile message of 1,000 alerts within its limit, the same each time (${locale})`, () => {
        const config = parse(check.validConfig);
        const before = JSON.stringify(message);
        const payload = definition.render(message, { config, locale });
        expect(bytesOf(payload)).toBeLessThanOrEqual(definition.limits.maxBytes);
        expect(definition.render(message, { config, locale })).toEqual(payload);
        expect(JSON.stringify(message)).toBe(before);
      });
    }

    it('renders the short form of a message in fewer bytes', () => {
      const config = parse(check.validConfig);
      const [whole, short] = [message, shorterMessage(message)].map((each) =>
        bytesOf(definition.render(each, { config, locale: 'en' })),
      );
      expect(short! < whole!, `${short} < ${whole}`).toBe(true);
    });

    const noMention = check.except?.mention;
    if (noMention !== undefined) it.skip(`mentions whom the configuration names (${noMention})`, () => {});
    else
      it('mentions whom the configuration names, and nobody unasked', () => {
        const { mention } = check;
        if (mention === undefined) throw new Error('neither `mention` nor `except.mention` was given');
        const said = (raw: unknown, status: 'firing' | 'resolved') =>
          textOf(definition.render({ ...message, status }, { config: parse(raw), locale: 'en' }));
        expect(mention.shows.length).toBeGreaterThan(0);
        for (const shown of mention.shows) {
          expect(said(mention.config, 'firing')).toContain(shown);
          for (const status of ['firing', 'resolved'] as const)
            expect(said(check.validConfig, status)).not.toContain(shown);
        }
      });

    for (const conduct of conducts) {
      const name = `answers ${expected[conduct].join(' or ')} when the peer is: ${conduct}`;
      const reason = check.except?.[conduct];
      if (reason !== undefined) {
        it.skip(`${name} (${reason})`, () => {});
        continue;
      }
      it(name, () =>
        withPeer(conduct, async (send, peer) => {
          const deadline = new AbortController();
          const sending = send(1, deadline.signal);
          if (conduct === 'black_hole') {
            await peer.holding;
            deadline.abort(new Error('deadline'));
          }
          const result = (await sending) as { kind: ResultKind; retryAfterMs?: number };
          expect(resultKinds).toContain(result.kind);
          expect(expected[conduct], JSON.stringify(result)).toContain(result.kind);
          if (conduct === 'rate_limited') expect(result.retryAfterMs ?? 0).toBeGreaterThan(0);
          if (check.secretText !== undefined) expect(JSON.stringify(result)).not.toContain(check.secretText);
        }),
      );
    }

    if (check.except?.refused === undefined) {
      it('answers at once, without throwing, when the deadline has passed already', () =>
        withPeer('refused', async (send) => {
          const result = (await send(1, AbortSignal.abort(new Error('deadline')))) as { kind: ResultKind };
          expect(['network', 'unknown']).toContain(result.kind);
        }));
    }

    const { address } = definition;
    const reaches = address !== undefined && (definition.reachesPeople?.(parse(check.validConfig)) ?? true);
    if (address !== undefined && reaches)
      it('tells one person alone at her address, and the configured ones again after that', () =>
        withPeer('ok', async (send, peer) => {
          const { person } = check;
          if (person === undefined || peer.told === undefined)
            throw new Error('it reaches people: `person` and `told` of the peer are needed');
          expect(address.safeParse(person.wrong).success).toBe(false);
          const to = address.parse(person.address);
          expect(address.parse(to)).toBe(to);
          const { signal } = new AbortController();
          const result = (await send(1, signal, to)) as { kind: ResultKind };
          expect(expected.ok).toContain(result.kind);
          expect(peer.told()).toEqual([to]);
          await send(2, signal);
          expect(peer.told().length).toBeGreaterThan(1);
          expect(peer.told().slice(1)).not.toContain(to);
        }));
    else if (address !== undefined)
      it('writes to no person where its configuration cannot', () =>
        withPeer('ok', async (send, peer) => {
          const result = (await send(1, new AbortController().signal, 'U012AB3CD')) as { kind: ResultKind };
          expect(result.kind).toBe('invalid_recipient');
          expect(peer.deliveryIds()).toEqual([]);
        }));

    it('gives the peer the same delivery id on every attempt', () =>
      withPeer('ok', async (send, peer) => {
        await send(1, new AbortController().signal);
        await send(2, new AbortController().signal);
        for (const id of peer.deliveryIds()) expect(id).toBe(deliveryId);
      }));
  });
}

function textOf(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

/** UTF-8 bytes of all texts in a payload. */
function bytesOf(payload: unknown): number {
  if (typeof payload === 'string') return Buffer.byteLength(payload, 'utf8');
  if (payload instanceof Uint8Array) return payload.byteLength;
  if (typeof payload !== 'object' || payload === null) return 0;
  return Object.values(payload).reduce((sum: number, part) => sum + bytesOf(part), 0);
}
