import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflate } from './inflate.ts';

const text = new TextEncoder().encode('{"samples":[]}');
const refusal = (code: string) => expect.objectContaining({ code });

describe('inflate', () => {
  it('gives back what was compressed, and what was not', async () => {
    expect(new Uint8Array(await inflate(gzipSync(text), 'gzip', 100))).toEqual(text);
    expect(new Uint8Array(await inflate(gzipSync(text), ' X-GZIP ', 100))).toEqual(text);
    expect(await inflate(text, undefined, 100)).toBe(text);
    expect(await inflate(text, 'identity', 100)).toBe(text);
  });

  it('stops a bomb at the bound', async () => {
    const bomb = gzipSync(new Uint8Array(50_000_000));
    await expect(inflate(bomb, 'gzip', 100_000)).rejects.toEqual(refusal('payload_too_large'));
    await expect(inflate(text, null, text.length - 1)).rejects.toEqual(refusal('payload_too_large'));
    expect(await inflate(gzipSync(text), 'gzip', text.length)).toHaveLength(text.length);
  });

  it('stops what grows more than a hundredfold, once that is more than a mebibyte', async () => {
    const bound = 1_000_000_000;
    // A length or a code: no difference of fifty megabytes is to be printed.
    const sizeOf = (body: Uint8Array) =>
      inflate(body, 'gzip', bound).then(
        ({ length }) => length,
        ({ code }) => code as unknown,
      );
    expect(await sizeOf(gzipSync(new Uint8Array(50_000_000)))).toBe('payload_too_large');
    expect(await sizeOf(gzipSync(new Uint8Array(1024 * 1024)))).toBe(1024 * 1024);
    const ordinary = Buffer.from(
      Array.from({ length: 300_000 }, (_, i) => `cpu{host="h${i % 500}"} ${i}\n`).join(''),
    );
    expect(await sizeOf(gzipSync(ordinary))).toBe(ordinary.length);
  });

  it('refuses what is not gzip, is cut off, or came in another encoding', async () => {
    await expect(inflate(text, 'gzip', 100)).rejects.toEqual(refusal('bad_request'));
    await expect(inflate(gzipSync(text).subarray(0, 20), 'gzip', 100)).rejects.toEqual(
      refusal('bad_request'),
    );
    await expect(inflate(new Uint8Array(0), 'gzip', 100)).rejects.toEqual(refusal('bad_request'));
    await expect(inflate(deflateSync(text), 'deflate', 100)).rejects.toEqual(
      refusal('unsupported_media_type'),
    );
    await expect(inflate(text, 'gzip, gzip', 100)).rejects.toEqual(refusal('unsupported_media_type'));
  });
});
