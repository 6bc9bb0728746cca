// The HTTP surface as a Hono application. Every path comes from the table of routes, every failure leaves as one error
// body from the table of errors; what is thrown and unknown is a bug: logged with its request id, answered 500.
import { type Context, Hono } from 'hono';
import type { Registry } from 'prom-client';
import type { Limits } from '../config/config.ts';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Services } from '../services.ts';
import { StoreError } from '../store/store.ts';
import type { HttpEnv } from './env.ts';
import { errorBody } from './error-body.ts';
import { requestIdOf, secureHeaders } from './headers.ts';
import { httpMetrics } from './http-metrics.ts';
import { Keyring } from './keys.ts';
import { answer, type HttpDeps, type Route } from './route.ts';
import { allRoutes } from './routes/index.ts';
import { Tenancy } from './tenancy.ts';

export interface HttpOptions {
  readonly limits: Limits;
  readonly log: Log;
  /** The program's figures; those about requests are added to it. */
  readonly metrics: Registry;
  /** For tests; the program's own otherwise. */
  readonly routes?: readonly Route[];
}

/** Retry-After in seconds for errors that pass, where the error itself says nothing. */
const retryAfter = { overloaded: 1, unavailable: 1, starting: 1 } as const;

export function createHttp(services: Services, options: HttpOptions): Hono<HttpEnv> {
  const routes = options.routes ?? allRoutes();
  const { log } = options;
  const measured = httpMetrics(options.metrics);
  const deps: HttpDeps = {
    services,
    limits: options.limits,
    log,
    metrics: options.metrics,
    keyring: new Keyring({ store: services.store, log }),
    tenancy: new Tenancy(services.store, () => services.now()),
  };
  const app = new Hono<HttpEnv>();

  app.use('*', async (c, next) => {
    const id = requestIdOf(c.req.header('x-request-id'), () => services.newId());
    c.set('requestId', id);
    for (const [name, value] of secureHeaders) c.header(name, value);
    c.header('x-request-id', id);
    await next();
  });

  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    app.on(route.method.toUpperCase(), path, async (c) => {
      const began = performance.now();
      let status = 500;
      try {
        const response = await route.run(c, deps);
        status = response.status;
        return response;
      } catch (thrown) {
        const error = toApiError(thrown);
        if (error === null) throw thrown;
        status = error.status;
        return errorAnswer(c, error);
      } finally {
        measured.observe(c.req.method, route.path, status, (performance.now() - began) / 1000);
      }
    });
  }

  const methods = methodsByPath(routes);
  app.notFound((c) => {
    const allowed = methods(c.req.path);
    if (allowed.length === 0) return errorAnswer(c, new ApiError('not_found'));
    c.header('allow', allowed.join(', '));
    return errorAnswer(c, new ApiError('method_not_allowed'));
  });

  app.onError((thrown, c) => {
    const known = toApiError(thrown);
    if (known !== null) return errorAnswer(c, known);
    log.error('http.bug', { requestId: c.get('requestId'), method: c.req.method, error: thrown });
    return errorAnswer(c, new ApiError('internal', { details: { request_id: c.get('requestId') } }));
  });
  return app;
}

/** What a thrown value says to a client; null for a bug. */
function toApiError(thrown: unknown): ApiError | null {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof StoreError) return new ApiError('unavailable', { cause: thrown });
  return null;
}

function errorAnswer(c: Context<HttpEnv>, error: ApiError): Response {
  const seconds =
    error.retryAfter ??
    (error.code in retryAfter ? retryAfter[error.code as keyof typeof retryAfter] : undefined);
  if (seconds !== undefined) c.header('retry-after', String(Math.max(1, Math.ceil(seconds))));
  return answer(c, error.status, errorBody(error));
}

/** Which methods a path takes, for 405 and its Allow header. */
function methodsByPath(routes: readonly Route[]): (path: string) => string[] {
  const patterns = routes.map((route) => ({
    method: route.method.toUpperCase(),
    pattern: new RegExp(`^${route.path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }));
  return (path) => {
    const found = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    const withHead = found.includes('GET') ? [...found, 'HEAD'] : found;
    return [...new Set(withHead)];
  };
}
