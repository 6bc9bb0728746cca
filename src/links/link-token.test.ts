import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../channels/secret.ts';
import { ownLinkKey } from './link-keys.ts';
import { type Link, linkToken, readLink } from './link-token.ts';

const now = 1_700_000_000_000;
const key = { id: 'k1', secret: new Secret('a secret of thirty-two characters') };
const link: Link = {
  action: 'respond',
  tenant: 'default',
  notificationId: '018bcfe5-6800-7000-8000-000000000001',
  recipient: 'chat@alice',
  expiresAt: now + 3_600_000,
};

describe('the token of a link', () => {
  it('says what was signed', () => {
    expect(readLink(linkToken(link, key), [key], now)).toEqual({ link });
  });

  it('is short enough for a text message', () => {
    expect(linkToken(link, key).length).toBeLessThanOrEqual(90);
  });

  it('holds until its end and not from there on', () => {
    const token = linkToken(link, key);
    expect(readLink(token, [key], link.expiresAt - 1)).toEqual({ link });
    expect(readLink(token, [key], link.expiresAt)).toEqual({ refused: 'expired', link });
  });

  it('opens under any of the keys there are, and under none that was taken away', () => {
    const next = { id: 'k2', secret: new Secret('another secret of thirty-two letters') };
    const token = linkToken(link, key);
    expect(readLink(token, [next, key], now)).toEqual({ link });
    expect(readLink(token, [next], now)).toEqual({ refused: 'forged' });
    expect(readLink(token, [{ ...next, id: 'k1' }], now)).toEqual({ refused: 'forged' });
  });

  it('is refused with any bit changed, any letter more or less, and in any other spelling', () => {
    // Of a length at which the last letter has bits that stand for nothing.
    const token = linkToken({ ...link, recipient: 'chat@alic' }, key);
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(readLink(changed.toString('base64url'), [key], now)).toEqual({ refused: 'forged' });
    }
    for (const other of [
      token.slice(1),
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      '',
      'x'.repeat(10_000),
    ])
      expect(readLink(other, [key], now)).toEqual({ refused: 'forged' });
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].filter(
      (letter) => 'link' in readLink(token.slice(0, -1) + letter, [key], now),
    );
    expect(spellings).toHaveLength(1);
  });
});

/** Bytes of one token with pieces of another, or with bytes changed, put in and taken out. */
const change = fc.oneof(
  fc.record({ do: fc.constant('set' as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ do: fc.constant('insert' as const), at: fc.nat(), byte: fc.nat(255) }),
  fc.record({ do: fc.constant('remove' as const), at: fc.nat(), count: fc.nat(20) }),
  fc.record({ do: fc.constant('splice' as const), at: fc.nat(), from: fc.nat(7), count: fc.nat(60) }),
);

it('opens as nothing but what was signed, whatever is made of the bytes of real tokens', () => {
  const keys = [key, { id: 'k2', secret: new Secret('another secret of thirty-two letters') }];
  const real = keys.flatMap((signer) =>
    ['default', 'globex'].flatMap((tenant) =>
      ['chat@alice', 'chat@bob'].map((recipient) => linkToken({ ...link, tenant, recipient }, signer)),
    ),
  );
  const signed = new Set(real);
  const bytesOf = (token: string) => [...Buffer.from(token, 'base64url')];
  fc.assert(
    fc.property(fc.nat(7), fc.array(change, { minLength: 1, maxLength: 4 }), (which, changes) => {
      const bytes = bytesOf(real[which]!);
      for (const one of changes) {
        const at = one.at % (bytes.length + 1);
        if (one.do === 'set') bytes[Math.min(at, bytes.length - 1)] = one.byte;
        else if (one.do === 'insert') bytes.splice(at, 0, one.byte);
        else if (one.do === 'remove') bytes.splice(at, one.count);
        else bytes.splice(at, one.count, ...bytesOf(real[one.from]!).slice(at, at + one.count));
      }
      const token = Buffer.from(bytes).toString('base64url');
      const read = readLink(token, keys, now);
      if (signed.has(token)) expect(read).toHaveProperty('link');
      else expect(read).toEqual({ refused: 'forged' });
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(readLink(text, keys, now)).toEqual({ refused: 'forged' });
    }),
  );
});

describe('the key of the data folder', () => {
  it('is made once, for its owner alone, and one that is damaged is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-links-'));
    const file = join(folder, 'link-key');
    try {
      const made = ownLinkKey(file);
      expect(ownLinkKey(file).secret.reveal()).toBe(made.secret.reveal());
      expect(statSync(file).mode & 0o777).toBe(0o600);
      writeFileSync(file, readFileSync(file).subarray(0, 10));
      expect(() => ownLinkKey(file)).toThrow(/link-key is damaged/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
