// Samples as one JSON document: {"samples": [...]}, a bare array, or by columns: {"series": [...]}.
import { ApiError } from '../errors.ts';
import { readColumns } from './decode-columnar.ts';
import type { Decoded, DecodeLimits } from './decoded.ts';
import { jsonDepthExceeds } from './json-depth.ts';
import { isObject, readSample } from './json-sample.ts';
import { Rejections } from './rejections.ts';

/** Decodes a JSON body. Throws ApiError `too_deep`, `invalid_json` (also for bytes that are not UTF-8), `invalid_body`. */
export function decodeJson(body: Uint8Array, limits: DecodeLimits): Decoded {
  const { items, columnar } = itemsOf(parse(body, limits.jsonDepth));
  const rejections = new Rejections();
  const decoded: Decoded = { samples: [], rejected: rejections.list };
  if (columnar) {
    readColumns(items, decoded.samples, rejections, limits.samplesPerRequest);
    return decoded;
  }
  for (let index = 0; index < items.length; index++) {
    if (index >= limits.samplesPerRequest) rejections.tooMany(index, limits.samplesPerRequest);
    else readSample(items[index], index, '', decoded.samples, rejections);
  }
  return decoded;
}

function parse(body: Uint8Array, maxDepth: number): unknown {
  if (jsonDepthExceeds(body, maxDepth)) throw new ApiError('too_deep');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : 'it is not valid UTF-8';
    throw new ApiError('invalid_json', { message: `The body is not valid JSON: ${reason}`, cause });
  }
}

function itemsOf(document: unknown): { readonly items: readonly unknown[]; readonly columnar: boolean } {
  if (Array.isArray(document)) return { items: document, columnar: false };
  if (isObject(document)) {
    if (Array.isArray(document.samples)) return { items: document.samples, columnar: false };
    if (Array.isArray(document.series)) return { items: document.series, columnar: true };
  }
  throw new ApiError('invalid_body', {
    message: 'The body must be {"samples": [...]}, an array of samples, or {"series": [...]}.',
  });
}
