// Samples as NDJSON: one JSON object a line. A line that is not JSON is one rejected item with its line number.
import { ApiError } from '../errors.ts';
import type { RawSample } from '../services.ts';
import type { Decoded, DecodeLimits } from './decoded.ts';
import { jsonDepthExceeds } from './json-depth.ts';
import { readSample } from './json-sample.ts';
import { Rejections } from './rejections.ts';
import { eachLine } from './text-lines.ts';

/** Decodes NDJSON; blank lines are skipped and not counted as samples. Throws ApiError `too_deep` alone. */
export function decodeNdjson(body: Uint8Array, limits: DecodeLimits): Decoded {
  if (jsonDepthExceeds(body, limits.jsonDepth, true)) throw new ApiError('too_deep');
  const rejections = new Rejections();
  const samples: RawSample[] = [];
  let index = -1;
  eachLine(body, (text, number) => {
    if (text !== null && text.trim() === '') return;
    index++;
    if (index >= limits.samplesPerRequest) {
      rejections.tooMany(index, limits.samplesPerRequest);
      return;
    }
    const where = `line ${number}: `;
    const item = text === null ? notUtf8 : parsed(text);
    if (item instanceof Unreadable) rejections.add(index, 'invalid_sample', `${where}${item.reason}`);
    else readSample(item, index, where, samples, rejections);
  });
  return { samples, rejected: rejections.list };
}

class Unreadable {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

const notUtf8 = new Unreadable('not valid UTF-8');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return new Unreadable(`not valid JSON: ${error.message}`);
    throw error;
  }
}
