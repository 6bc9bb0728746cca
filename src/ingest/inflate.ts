// Takes a body's content encoding away, never giving more than the allowed bytes: a bomb stops at the bound.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ApiError } from '../errors.ts';

const unzip = promisify(gunzip);

// Samples of real machines shrink to a tenth, a body of nothing but repetition to a thousandth.
const greatestRatio = 100;
/** So much is taken at any ratio: it costs a millisecond. */
const harmlessBytes = 1024 * 1024;

/**
 * The decoded body of a request with this Content-Encoding (gzip or identity), at most `maxBytes` and a hundred times
 * as long as it came.
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
  const most = Math.min(maxBytes, Math.max(harmlessBytes, body.byteLength * greatestRatio));
  try {
    return await unzip(body, { maxOutputLength: most });
  } catch (cause) {
    if (codeOf(cause) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(most, cause);
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
