// Takes a body's content encoding away, never giving more than the allowed bytes: a bomb stops at the bound.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ApiError } from '../errors.ts';

const unzip = promisify(gunzip);

/**
 * The decoded body of a request with this Content-Encoding (gzip or identity), at most `maxBytes` long.
 * Rejects with ApiError `payload_too_large`, `unsupported_media_type` or `bad_request` (not gzip, or cut off).
 */
export async function inflate(
  body: Uint8Array,
  encoding: string | null | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  const coding = (encoding ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') {
    if (body.byteLength > maxBytes) throw tooLarge(maxBytes);
    return body;
  }
  if (coding !== 'gzip' && coding !== 'x-gzip') {
    throw new ApiError('unsupported_media_type', {
      message: 'Content-Encoding must be gzip, identity or absent.',
    });
  }
  try {
    return await unzip(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes, cause);
    throw new ApiError('bad_request', { message: 'The body is not complete, valid gzip.', cause });
  }
}

function tooLarge(maxBytes: number, cause?: unknown): ApiError {
  const message = `The decoded body may be ${maxBytes} bytes long.`;
  return new ApiError('payload_too_large', { message, cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
