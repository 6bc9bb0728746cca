// What every wire format is decoded into. A bad item is a rejection of its own and never costs the others; only a body
// that cannot be taken apart at all throws (ApiError).
import type { Limits } from '../config/config.ts';
import type { RawSample, Rejected } from '../services.ts';

export type DecodeLimits = Pick<Limits, 'samplesPerRequest' | 'jsonDepth'>;

export interface Decoded {
  readonly samples: RawSample[];
  readonly rejected: Rejected[];
}

/** Takes a whole body apart. Throws ApiError `invalid_json`, `invalid_body` or `too_deep` for the body as a whole. */
export type Decoder = (body: Uint8Array, limits: DecodeLimits) => Decoded;
