// Samples in. The body is bounded on the wire and again after gzip; a bad sample never costs the good ones.
import { z } from 'zod';
import { ApiError } from '../../errors.ts';
import { decoderFor } from '../../ingest/decode.ts';
import { inflate } from '../../ingest/inflate.ts';
import { rejectCodes } from '../../services.ts';
import { readChunks, whole, wholeForNow } from '../body.ts';
import { directRoute } from '../route.ts';

const pushBody = z.object({
  accepted: z.number().int(),
  rejected: z
    .array(z.object({ index: z.number().int(), code: z.enum(rejectCodes), message: z.string() }))
    .meta({ description: 'At most 1,000 of `rejected_count`.' }),
  rejected_count: z.number().int(),
});

export const metricsRoutes = [
  directRoute({
    method: 'post',
    path: '/api/v1/metrics',
    requires: 'push',
    tag: 'ingest',
    summary: 'Push samples: JSON (by sample or by column), NDJSON or Prometheus text, also gzipped.',
    rawBody: {
      'application/json':
        '{"samples":[{"metric":"system.cpu.usage","labels":{"host":"a"},"value":91,"timestamp":1700000000000}]}',
      'application/x-ndjson': '{"metric":"system.cpu.usage","labels":{"host":"a"},"value":91}',
      'text/plain': 'http_requests_total{code="500"} 3 1700000000000',
    },
    answers: { 202: { description: 'Evaluated', schema: pushBody } },
    errors: [
      'bad_request',
      'invalid_json',
      'invalid_body',
      'too_deep',
      'payload_too_large',
      'unsupported_media_type',
      'overloaded',
    ],
    async handler({ exchange, deps, tenant }) {
      const contentType = exchange.header('content-type');
      if (decoderFor(contentType) === null) {
        throw new ApiError('unsupported_media_type', {
          details: { expected: ['application/json', 'application/x-ndjson', 'text/plain'] },
        });
      }
      const { ingestBytes } = deps.limits;
      const chunks = await readChunks(exchange, ingestBytes);
      const encoding = exchange.header('content-encoding');
      const body =
        encoding === undefined ? wholeForNow(chunks) : await inflate(whole(chunks), encoding, ingestBytes);
      const pushed = await deps.services.pushBody(tenant, body, contentType);
      return {
        status: 202,
        body: {
          accepted: pushed.accepted,
          rejected: pushed.rejected,
          rejected_count: pushed.rejectedCount,
        },
      };
    },
  }),
];
