// Where providers call back. No key: the provider's signature is one. A right signature opens from an address that has to
// wait, so that whoever forges behind the same proxy keeps no receipt out.
import type { Context } from 'hono';
import { ApiError } from '../../errors.ts';
import { readBody } from '../body.ts';
import type { HttpEnv } from '../env.ts';
import { exchangeOf } from '../exchange.ts';
import { callerOf } from '../remote-address.ts';
import { type Call, route } from '../route.ts';

const bodyBytes = 64 * 1024;

const shared = {
  path: '/webhook/callback/{channel}',
  requires: 'anonymous',
  tag: 'deliveries',
  summary:
    "A provider's receipt for a message of this channel, or what somebody answered to it. The provider's signature is the key.",
  answers: {
    200: { description: 'Taken and durable; the body is what the provider wants to read' },
    403: { description: 'Not signed by the provider of this channel, or unreadable' },
  },
  errors: ['not_found', 'payload_too_large', 'too_many_attempts', 'overloaded', 'unavailable'],
} as const;

export const callbacksRoutes = [
  route({
    ...shared,
    method: 'post',
    bodyBytes,
    rawBody: { 'application/x-www-form-urlencoded': 'MessageSid=SM1&MessageStatus=delivered' },
    handler: take,
  }),
  route({ ...shared, method: 'get', handler: take }),
];

async function take({ c, deps, param }: Call<undefined, undefined>): Promise<Response> {
  const { callers, services } = deps;
  const exchange = exchangeOf(c);
  const body = await readBody(exchange, bodyBytes);
  const [, origin = '', path = ''] = /^(https?:\/\/[^/]*)(.*)$/.exec(c.req.url) ?? [];
  const outcome = await services.callback(param('channel'), {
    method: c.req.method,
    origin,
    path,
    headers: c.req.header(),
    body: body.toString('utf8'),
  });
  if (outcome !== null && outcome !== 'refused')
    return plain(c, outcome.status, outcome.contentType, outcome.body);
  const now = services.now();
  const caller = callerOf(exchange.incoming?.socket.remoteAddress);
  const waitMs = callers.waitMs(caller, now);
  // In process there is no address, and whoever calls is one of us.
  if (caller !== '') callers.failed(caller, now);
  if (waitMs > 0)
    throw new ApiError('too_many_attempts', {
      message: 'Too many requests that are no provider’s; wait.',
      retryAfter: waitMs / 1_000,
    });
  if (outcome === null) throw new ApiError('not_found');
  return plain(
    c,
    403,
    'text/plain; charset=utf-8',
    'The signature is missing or wrong, or the request cannot be read.\n',
  );
}

function plain(c: Context<HttpEnv>, status: number, contentType: string, body: string): Response {
  c.header('content-type', contentType);
  return c.body(body, status as 200);
}
