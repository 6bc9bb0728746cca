// The HTTP surface as a Hono application. Every path comes from the table of routes, every failure leaves as one error
// body from the table of errors; what is thrown and unknown is a bug: logged with its request id, answered 500.
import { type Context, Hono } from 'hono';
import type { Registry } from 'prom-client';
import type { AnalysisServices } from '../analyses/services.ts';
import type { Limits } from '../config/config.ts';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Services } from '../services.ts';
import { AccessLog } from './access-log.ts';
import { Brake } from './brake.ts';
import { type Direct, directly } from './direct.ts';
import { Door } from './door.ts';
import type { HttpEnv } from './env.ts';
import { failureOf } from './failure.ts';
import { requestIdOf, secureHeaders } from './headers.ts';
import { httpMetrics } from './http-metrics.ts';
import { Keyring } from './keys.ts';
import { Offers } from './offers.ts';
import { type HttpDeps, passOn, type Route } from './route.ts';
import { allRoutes } from './routes/index.ts';
import { Tenancy } from './tenancy.ts';

export interface HttpOptions {
  readonly limits: Limits;
  readonly log: Log;
  /** The program's figures; those about requests are added to it. */
  readonly metrics: Registry;
  /** Links of messages and the zone in which their pages show times; absent: there are none. */
  readonly links?: HttpDeps['links'];
  /** For tests; the program's own otherwise. */
  /** Incidents and the topology; absent: nobody analyses alerts here. */
  readonly analyses?: AnalysisServices;
  readonly routes?: readonly Route[];
  /** Calls back once after so many milliseconds, and answers what cancels it; a timer that keeps no process alive unless told otherwise. */
  readonly later?: (ms: number, callback: () => void) => () => void;
}

/** The application, and what it serves past Hono where a Node server has the choice. */
export type HttpApp = Hono<HttpEnv> & {
  readonly direct: Direct;
  /** Writes what is to be audited and not written yet. To be called before the store is closed. */
  readonly flushAudit: () => void;
};

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms).unref();
  return () => clearTimeout(timer);
}

export function createHttp(services: Services, options: HttpOptions): HttpApp {
  const routes = options.routes ?? allRoutes();
  const { log } = options;
  const measured = httpMetrics(options.metrics);
  const keyring = new Keyring({ store: services.store, log });
  const access = new AccessLog({
    store: services.store,
    log,
    now: () => services.now(),
    later: options.later ?? after,
  });
  const deps: HttpDeps = {
    services,
    limits: options.limits,
    log,
    metrics: options.metrics,
    keyring,
    door: new Door(keyring, access),
    callers: new Brake(),
    links: options.links ?? null,
    analyses: options.analyses ?? null,
    linkGuesses: new Brake(),
    offers: new Offers(),
    tenancy: new Tenancy(services.store, () => services.now()),
  };
  const app = new Hono<HttpEnv>();
  const refuse = (c: Context<HttpEnv>, thrown: unknown) => {
    const request = { id: c.get('requestId'), method: c.req.method };
    return passOn(
      c,
      failureOf(thrown, request, log, (name, value) => c.header(name, value)),
    );
  };

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
      let response: Response;
      try {
        response = await route.run(c, deps);
      } catch (thrown) {
        response = refuse(c, thrown);
      }
      measured.observe(c.req.method, route.path, response.status, (performance.now() - began) / 1000);
      return response;
    });
  }

  const methods = methodsByPath(routes);
  app.notFound((c) => {
    const allowed = methods(c.req.path);
    if (allowed.length === 0) return refuse(c, new ApiError('not_found'));
    c.header('allow', allowed.join(', '));
    return refuse(c, new ApiError('method_not_allowed'));
  });

  app.onError((thrown, c) => refuse(c, thrown));
  return Object.assign(app, {
    direct: directly(routes, deps, measured),
    flushAudit: () => access.flush(),
  });
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
