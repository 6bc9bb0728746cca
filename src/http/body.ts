// Bodies of requests, bounded on the wire. From a Node server the incoming stream is read directly (a web stream costs
// a third of the request); in process the Request's own body is read. What is too long is refused before it is buffered.
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { z } from 'zod';
import { ApiError } from '../errors.ts';
import { jsonDepthExceeds } from '../ingest/json-depth.ts';
import type { HttpEnv } from './env.ts';
import type { Exchange } from './exchange.ts';
import { invalidDetails } from './zod-details.ts';

/** Reads the body as it came over the wire; ApiError `payload_too_large` beyond `maxBytes`. */
export async function readBody(exchange: Exchange, maxBytes: number): Promise<Buffer> {
  return whole(await readChunks(exchange, maxBytes));
}

/** The same in the pieces that it came in. */
export function readChunks(exchange: Exchange, maxBytes: number): Promise<readonly Buffer[]> {
  const announced = Number(exchange.header('content-length'));
  if (announced > maxBytes) {
    // The rest of the body is not read; the connection cannot be used again.
    exchange.set('connection', 'close');
    return Promise.reject(tooLarge(maxBytes));
  }
  const { incoming } = exchange;
  if (incoming !== undefined) return readIncoming(exchange, incoming, maxBytes);
  return readStream(exchange.stream(), maxBytes);
}

/** Pieces as one. */
export function whole(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

// Ten bodies of 150 kB a millisecond are memory that only a full collection gives back: they share one buffer.
const largestShared = 1024 * 1024;
let shared = Buffer.alloc(0);

/** As `whole`, but good only until the next call: for a body that is read at once and not kept. */
export function wholeForNow(chunks: readonly Buffer[]): Buffer {
  if (chunks.length === 1) return chunks[0]!;
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  if (length > largestShared) return Buffer.concat(chunks, length);
  if (length > shared.length) shared = Buffer.allocUnsafeSlow(Math.min(largestShared, length * 2));
  let at = 0;
  for (const chunk of chunks) {
    shared.set(chunk, at);
    at += chunk.length;
  }
  return shared.subarray(0, length);
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError('payload_too_large', { details: { max_bytes: maxBytes } });
}

function readIncoming(exchange: Exchange, incoming: IncomingMessage, maxBytes: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let settled = false;
    // The listeners stay: the message dies with the request.
    incoming.on('data', (chunk: Buffer) => {
      if (settled) return;
      length += chunk.length;
      if (length > maxBytes) {
        settled = true;
        incoming.pause();
        exchange.set('connection', 'close');
        reject(tooLarge(maxBytes));
      } else chunks.push(chunk);
    });
    incoming.on('end', () => {
      if (settled) return;
      settled = true;
      resolve(chunks);
    });
    // Also after an error, which a message without a listener for it keeps to itself.
    incoming.on('close', () => {
      if (settled) return;
      settled = true;
      reject(new ApiError('bad_request', { message: 'The body ended early.' }));
    });
  });
}

async function readStream(stream: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Buffer[]> {
  if (stream === null) return [];
  const reader = stream.getReader();
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    chunks.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  }
}

/**
 * The body as JSON of the expected shape. An empty body counts as `{}` when `emptyIsObject`.
 * ApiErrors: unsupported_media_type, too_deep, invalid_json, invalid_body (details: every problem with path and what was expected).
 */
export function parseJson<T>(
  c: Context<HttpEnv>,
  raw: Buffer,
  schema: z.ZodType<T>,
  bounds: { jsonDepth: number; emptyIsObject: boolean },
): T {
  if (raw.length === 0 && bounds.emptyIsObject) return shaped({}, schema);
  const type = (c.req.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const encoding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (!(type === 'application/json' || type.endsWith('+json')) || encoding !== 'identity') {
    throw new ApiError('unsupported_media_type', { details: { expected: 'application/json, not encoded' } });
  }
  if (jsonDepthExceeds(raw, bounds.jsonDepth)) {
    throw new ApiError('too_deep', { details: { max_depth: bounds.jsonDepth } });
  }
  let value: unknown;
  try {
    value = JSON.parse(raw.toString('utf8'));
  } catch (cause) {
    throw new ApiError('invalid_json', { cause });
  }
  const path = protoPath(value);
  if (path !== null) {
    const problem = { path, message: 'not allowed as a name' };
    throw new ApiError('invalid_body', { details: { problems: [problem] } });
  }
  return shaped(value, schema);
}

/** Where a key `__proto__` stands; null without one. The schemas would leave it out without a word. */
function protoPath(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const key of Object.keys(value)) {
    const below = key === '__proto__' ? '' : protoPath((value as Record<string, unknown>)[key]);
    if (below !== null) return below === '' ? key : `${key}.${below}`;
  }
  return null;
}

function shaped<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new ApiError('invalid_body', { details: invalidDetails(parsed.error) });
  return parsed.data;
}
