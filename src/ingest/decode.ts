// Which decoder reads a body: by its content type, or by its first byte where the sender did not say.
import { decodeJson } from './decode-json.ts';
import { decodeNdjson } from './decode-ndjson.ts';
import { decodePrometheus } from './decode-prometheus.ts';
import type { Decoded, DecodeLimits, Decoder } from './decoded.ts';
import { jsonDepthExceeds } from './json-depth.ts';
import { isObject } from './json-sample.ts';

const decoders: ReadonlyMap<string, Decoder> = new Map([
  ['application/json', decodeJson],
  ['application/x-ndjson', decodeNdjson],
  ['application/ndjson', decodeNdjson],
  ['text/plain', decodePrometheus],
]);

/** Answers for headers that came before: clients send few different ones, and whoever sends many gains nothing. */
const remembered = new Map<string, Decoder | null>();
const mostRemembered = 64;

/** The decoder of a Content-Type header; null when there is none for it (415). Without a header the body is sniffed. */
export function decoderFor(contentType: string | null | undefined): Decoder | null {
  if (contentType === null || contentType === undefined || contentType.trim() === '') return decodeSniffed;
  let decoder = remembered.get(contentType);
  if (decoder === undefined) {
    decoder = decoderOf(contentType);
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(contentType, decoder);
  }
  return decoder;
}

function decoderOf(contentType: string): Decoder | null {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const decoder = decoders.get(type);
  if (decoder === undefined) return null;
  for (const parameter of parameters) {
    const [name, value = ''] = parameter.split('=').map((part) => part.trim().replaceAll('"', ''));
    if (name === 'charset' && value !== 'utf-8' && value !== 'utf8' && value !== 'us-ascii') return null;
    if (name === 'version' && type === 'text/plain' && value !== '0.0.4' && value !== '1.0.0') return null;
  }
  return decoder;
}

/** `[` and `{` begin JSON (NDJSON when the first line is a sample of its own), anything else is Prometheus text. */
export function decodeSniffed(body: Uint8Array, limits: DecodeLimits): Decoded {
  const start = body.findIndex((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  const first = body[start];
  if (first === 0x5b) return decodeJson(body, limits);
  if (first !== 0x7b) return decodePrometheus(body, limits);
  // `{"my.metric", …} 1` is Prometheus text with a quoted name: after the first string comes no colon.
  if (startsWithQuotedMetric(body, start)) return decodePrometheus(body, limits);
  return firstLineIsSample(body.subarray(start), limits)
    ? decodeNdjson(body, limits)
    : decodeJson(body, limits);
}

const quotedMetric = /^\{\s*"(?:[^"\\]|\\.)*"\s*[,}]/;
/** Enough for the longest metric name with every byte escaped; more need not be looked at. */
const sniffedBytes = 1_024;

function startsWithQuotedMetric(body: Uint8Array, start: number): boolean {
  return quotedMetric.test(new TextDecoder().decode(body.subarray(start, start + sniffedBytes)));
}

function firstLineIsSample(body: Uint8Array, limits: DecodeLimits): boolean {
  const end = body.indexOf(0x0a);
  const line = end === -1 ? body : body.subarray(0, end);
  if (jsonDepthExceeds(line, limits.jsonDepth)) return false;
  try {
    const item: unknown = JSON.parse(new TextDecoder().decode(line));
    return isObject(item) && 'metric' in item;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
