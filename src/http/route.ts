// The only way to declare a route. `route()` takes what a route requires of its caller, so none can exist without;
// everything that is the same for all (who, which tenant, query, body, idempotency) happens here, in that order.
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { AnalysisServices } from '../analyses/services.ts';
import type { Limits } from '../config/config.ts';
import { ApiError, type ErrorCode } from '../errors.ts';
import type { MessageLinker } from '../links/message-linker.ts';
import type { Log } from '../log.ts';
import type { Actor, Answer, Idempotency, Services } from '../services.ts';
import type { ApiKeyRow } from '../store/rows.ts';
import { parseJson, readBody } from './body.ts';
import type { Brake } from './brake.ts';
import type { Door } from './door.ts';
import type { HttpEnv } from './env.ts';
import { type Exchange, exchangeOf } from './exchange.ts';
import type { Keyring } from './keys.ts';
import { cameFromLoopback } from './loopback.ts';
import type { Offers } from './offers.ts';
import { meets, type Requirement } from './rights.ts';
import type { Tenancy } from './tenancy.ts';
import { invalidDetails } from './zod-details.ts';

/** What routes work with. */
export interface HttpDeps {
  readonly services: Services;
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics: Registry;
  readonly keyring: Keyring;
  readonly door: Door;
  /** Slows down whoever calls back without being a provider. */
  readonly callers: Brake;
  readonly tenancy: Tenancy;
  /** Links of messages and the zone in which their pages show times; null: there are none. */
  readonly links: { readonly linker: MessageLinker; readonly timeZone: string } | null;
  /** Incidents and the topology; null: nobody analyses alerts here. */
  readonly analyses: AnalysisServices | null;
  /** Slows down whoever guesses links. */
  readonly linkGuesses: Brake;
  /** Suggestions that were shown and may be applied. */
  readonly offers: Offers;
}

/** One request that was let in. */
export interface Call<Body, Query> {
  readonly c: Context<HttpEnv>;
  readonly deps: HttpDeps;
  /** Null for routes that require nothing, and for loopback. */
  readonly key: ApiKeyRow | null;
  readonly actor: Actor;
  /** Empty where `scope` is `installation`. */
  readonly tenant: string;
  readonly query: Query;
  readonly body: Body;
  readonly idempotency: Idempotency | null;
  param(name: string): string;
}

export interface RouteDescription {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters in braces: `/api/v1/alerts/{id}`. */
  readonly path: `/${string}`;
  readonly requires: Requirement;
  /** `tenant` unless told otherwise; `installation`: no tenant has to be named. */
  readonly scope?: 'tenant' | 'installation';
  readonly tag: string;
  readonly summary: string;
  readonly query?: z.ZodType;
  /** Query parameters that may be given several times: a list. Those whose names end in [] always may. */
  readonly repeated?: readonly string[];
  readonly body?: z.ZodType;
  /** What the description says of the body, where the handler reads it more closely than `body` does. */
  readonly describedBody?: z.ZodType;
  /** Of the body; the limit of all bodies where that is less. */
  readonly bodyBytes?: number;
  /** The body may be as long as those of metrics. */
  readonly ingestBytes?: boolean;
  /** Takes an If-Match. */
  readonly conditional?: boolean;
  /** For bodies that the route reads itself: content type → example. */
  readonly rawBody?: Readonly<Record<string, string>>;
  /** Takes an Idempotency-Key. */
  readonly idempotent?: boolean;
  /** An empty body is taken as `{}`. */
  readonly bodyOptional?: boolean;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema?: z.ZodType }>>;
  readonly errors?: readonly ErrorCode[];
}

interface RouteSpec<Body, Query> extends RouteDescription {
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly handler: (call: Call<Body, Query>) => Response | Promise<Response>;
}

/** A declared route. Made by `route()` and `directRoute()` alone. */
export interface Route extends RouteDescription {
  run(c: Context<HttpEnv>, deps: HttpDeps): Promise<Response>;
  /** The same without a web Request and Response; null for a route that needs them. */
  readonly direct: ((exchange: Exchange, deps: HttpDeps) => Promise<Answer>) | null;
}

/** Declares a route. */
export function route<Body = undefined, Query = undefined>(spec: RouteSpec<Body, Query>): Route {
  const { handler, ...description } = spec;
  return {
    ...description,
    direct: null,
    async run(c, deps) {
      const { key, tenant } = admit(exchangeOf(c), deps, spec);
      const query =
        spec.query === undefined ? (undefined as Query) : parseQuery(c, spec.query, spec.repeated);
      let body = undefined as Body;
      let idempotency: Idempotency | null = null;
      if (spec.body !== undefined) {
        const raw = await readBody(
          exchangeOf(c),
          Math.min(
            spec.ingestBytes ? deps.limits.ingestBytes : deps.limits.bodyBytes,
            spec.bodyBytes ?? Infinity,
          ),
        );
        idempotency = spec.idempotent ? idempotencyOf(c, raw) : null;
        const bounds = {
          jsonDepth: deps.limits.jsonDepth,
          emptyIsObject: spec.bodyOptional ?? false,
        };
        body = parseJson(c, raw, spec.body, bounds);
      } else if (spec.idempotent) idempotency = idempotencyOf(c, nothing);
      const actor = { name: key === null ? 'anonymous' : `key:${key.name}` };
      return handler({
        c,
        deps,
        key,
        actor,
        tenant,
        query,
        body,
        idempotency,
        param: (name) => c.req.param(name) ?? '',
      });
    },
  };
}

/** One request to a direct route that was let in. */
export interface DirectCall {
  readonly exchange: Exchange;
  readonly deps: HttpDeps;
  readonly tenant: string;
}

interface DirectSpec extends Omit<RouteDescription, 'query' | 'body' | 'idempotent' | 'bodyOptional'> {
  /** Without parameters. */
  readonly path: `/${string}`;
  readonly handler: (call: DirectCall) => Promise<Answer>;
}

/** Declares a route that reads its own body and answers with JSON, so that nothing of Hono is needed to serve it. */
export function directRoute(spec: DirectSpec): Route {
  const { handler, ...description } = spec;
  const direct = async (exchange: Exchange, deps: HttpDeps): Promise<Answer> => {
    const { tenant } = admit(exchange, deps, spec);
    return handler({ exchange, deps, tenant });
  };
  return {
    ...description,
    direct,
    run: async (c, deps) => passOn(c, await direct(exchangeOf(c), deps)),
  };
}

interface Admitted {
  /** The key that lets the request in, null when none is needed. */
  readonly key: ApiKeyRow | null;
  /** Empty where no tenant is needed. */
  readonly tenant: string;
}

/** Who asks, and for which tenant. Throws `unauthenticated`, `too_many_attempts`, `forbidden` and what a tenant's name can be refused for. */
function admit(exchange: Exchange, deps: HttpDeps, { requires, scope }: RouteDescription): Admitted {
  if (requires === 'anonymous') return { key: null, tenant: '' };
  const credentials = {
    apiKey: exchange.header('x-api-key'),
    authorization: exchange.header('authorization'),
  };
  const now = deps.services.now();
  if (requires === 'read_or_loopback' && cameFromLoopback(exchange)) {
    if (deps.keyring.authenticate(credentials, now) === null) return { key: null, tenant: '' };
  }
  const key = deps.door.enter(credentials, exchange.incoming?.socket.remoteAddress, now);
  if (key === null) {
    exchange.set('www-authenticate', 'Bearer realm="tocsin"');
    throw new ApiError('unauthenticated');
  }
  if (!meets(key, requires)) {
    throw new ApiError('forbidden', { details: { requires, role: key.role } });
  }
  const tenant = scope === 'installation' ? '' : deps.tenancy.of(key, exchange.header('x-tenant-id'));
  return { key, tenant };
}

function parseQuery<Query>(
  c: Context<HttpEnv>,
  schema: z.ZodType<Query>,
  repeated: readonly string[] = [],
): Query {
  // A name that ends in [] may be repeated, as in Prometheus' API; of any other the first value counts.
  const values = Object.entries(c.req.queries()).map(([name, all]) => [
    name,
    name.endsWith('[]') || repeated.includes(name) ? all : all[0],
  ]);
  const parsed = schema.safeParse(Object.fromEntries(values));
  if (!parsed.success) throw new ApiError('invalid_query', { details: invalidDetails(parsed.error) });
  return parsed.data;
}

/** What an Idempotency-Key may be. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/);

/** The body of a request that takes none. */
const nothing = Buffer.alloc(0);

function idempotencyOf(c: Context<HttpEnv>, raw: Buffer): Idempotency | null {
  const header = c.req.header('idempotency-key');
  if (header === undefined) return null;
  const key = idempotencyKey.safeParse(header);
  if (!key.success) {
    throw new ApiError('bad_request', {
      message: 'Idempotency-Key takes 1 to 255 visible ASCII characters.',
    });
  }
  return {
    scope: `${c.req.method} ${c.req.path}`,
    key: key.data,
    bodyHash: createHash('sha256').update(raw).digest('hex'),
  };
}

/** A JSON answer with any status. */
export function answer(c: Context<HttpEnv>, status: number, body: unknown): Response {
  return answerJson(c, status, JSON.stringify(body));
}

/** The same of what is JSON already: text, or its bytes in UTF-8. */
export function answerJson(
  c: Context<HttpEnv>,
  status: number,
  json: string | Uint8Array<ArrayBuffer>,
): Response {
  c.header('content-type', 'application/json');
  return c.body(json, status as 200);
}

/** What a service answered, as a response. */
export function passOn(c: Context<HttpEnv>, result: Answer): Response {
  return answer(c, result.status, result.body);
}
