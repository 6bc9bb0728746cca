// Samples as one JSON document: {"samples": [...]} or a bare array.
import { ApiError } from '../errors.ts';
import type { Decoded, DecodeLimits } from './decoded.ts';
import { jsonDepthExceeds } from './json-depth.ts';
import { isObject, readSample } from './json-sample.ts';
import { Rejections } from './rejections.ts';

/** Decodes a JSON body. Throws ApiError `too_deep`, `invalid_json` (also for bytes that are not UTF-8), `invalid_body`. */
export function decodeJson(body: Uint8Array, limits: DecodeLimits): Decoded {
  const items = samplesOf(parse(body, limits.jsonDepth));
  const rejections = new Rejections();
  const decoded: Decoded = { samples: [], rejected: rejections.list };
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

function samplesOf(document: unknown): readonly unknown[] {
  if (Array.isArray(document)) return document;
  if (isObject(document) && Array.isArray(document.samples)) return document.samples;
  throw new ApiError('invalid_body', {
    message: 'The body must be {"samples": [...]} or an array of samples.',
  });
}
