// The one way out of the process. Every address is checked in the connector and in the lookup, and the address that was
// checked is the one that is dialled: no second resolution, no redirects, no proxy from the environment.
import { type Socket, connect as tcpConnect } from 'node:net';
import type { Agent } from 'undici';
import {
  type AddressPolicy,
  addressPolicy,
  EgressError,
  mayDial,
  refused,
  type Target,
  targetOf,
} from './egress-address.ts';
import { checkedLookup, resolveBySystem } from './egress-lookup.ts';
import { type EgressProxy, openTunnel } from './egress-proxy.ts';
import { inPlaces, type Resolve } from './name-places.ts';

export { EgressError } from './egress-address.ts';

/** What one phase of a call may take. The whole of it is the deadline of the channel's attempt. */
export interface EgressDeadlines {
  /** Name resolution, TCP, the proxy's answer and TLS together. */
  readonly connectMs: number;
  /** From the request until the head of the answer is there. */
  readonly headersMs: number;
  /** Between two pieces of the answer's body. */
  readonly bodyMs: number;
}

const defaultDeadlines: EgressDeadlines = { connectMs: 3_000, headersMs: 10_000, bodyMs: 10_000 };

export interface EgressOptions {
  /** CIDR ranges, addresses and host names that may be called although they are private, and on any port. */
  readonly allow: readonly string[];
  /** Everything goes through it, and names are resolved there. The environment is never asked for one. */
  readonly proxy?: EgressProxy | null;
  /** How names are resolved; the system's resolver unless given. */
  readonly lookup?: Resolve;
  readonly deadlines?: Partial<EgressDeadlines>;
  /** Sockets per origin. */
  readonly socketsPerOrigin?: number;
  /** Certificates to trust in HTTPS instead of the system's, PEM. */
  readonly ca?: string;
}

export interface Egress {
  /** Made when first asked for: undici is not loaded before. */
  dispatcher(): Promise<Agent>;
  /** A plain TCP socket, or a tunnel through the proxy. Rejects with EgressError, a system error, or the signal's reason. */
  connect(host: string, port: number, signal: AbortSignal): Promise<Socket>;
  /** Ends idle connections and everything under way. */
  close(): Promise<void>;
}

// HTTP, HTTPS, SMTP, SMTP over TLS, submission and its common alternative.
const ordinaryPorts: ReadonlySet<number> = new Set([80, 443, 25, 465, 587, 2525]);

/** What may be dialled for one request: any public address, or only what the operator listed. */
interface Route {
  readonly target: Target;
  readonly port: number;
  readonly onlyListed: boolean;
}

/** @throws Error when an entry of `allow` cannot be read. */
export function createEgress(options: EgressOptions): Egress {
  const policy = addressPolicy(options.allow);
  const proxy = options.proxy ?? null;
  const { connectMs, headersMs, bodyMs } = { ...defaultDeadlines, ...options.deadlines };
  const resolve = inPlaces(options.lookup ?? resolveBySystem);
  const openLookup = checkedLookup(resolve, policy, false);
  const listedLookup = checkedLookup(resolve, policy, true);
  const sockets = new Set<Socket>();
  const closing = new AbortController();
  let dispatcher: Promise<Agent> | null = null;

  const routeTo = (host: string, port: number) => checkedRoute(host, port, policy, proxy !== null);
  const tunnel = async (through: EgressProxy, route: Route, signal: AbortSignal): Promise<Socket> => {
    const options = { timeoutMs: connectMs, signal };
    const socket = await openTunnel(through, route.target.host, route.port, options);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };

  const createDispatcher = async (): Promise<Agent> => {
    const { Agent, buildConnector } = await import('undici');
    const trust = options.ca === undefined ? {} : { ca: options.ca };
    const connectors = {
      open: buildConnector({ timeout: connectMs, lookup: openLookup, ...trust }),
      listed: buildConnector({ timeout: connectMs, lookup: listedLookup, ...trust }),
    };
    return new Agent({
      connections: options.socketsPerOrigin ?? 64,
      pipelining: 1,
      headersTimeout: headersMs,
      bodyTimeout: bodyMs,
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 30_000,
      maxHeaderSize: 16 * 1024,
      connect(request, callback) {
        let route: Route;
        try {
          const port = Number(request.port) || (request.protocol === 'https:' ? 443 : 80);
          route = routeTo(request.hostname, port);
        } catch (error) {
          queueMicrotask(() => callback(error as Error, null));
          return;
        }
        const connector = route.onlyListed ? connectors.listed : connectors.open;
        const asked = { ...request, hostname: route.target.host };
        if (proxy === null) {
          connector(asked, callback);
          return;
        }
        const began = performance.now();
        tunnel(proxy, route, closing.signal).then(
          (socket) => {
            if (request.protocol !== 'https:') {
              callback(null, socket);
              return;
            }
            // What the proxy took is not to be had once more for the handshake.
            const left = Math.max(1, connectMs - (performance.now() - began));
            const timer = setTimeout(() => socket.destroy(timedOut()), left);
            connector({ ...asked, httpSocket: socket }, (...outcome) => {
              clearTimeout(timer);
              callback(...outcome);
            });
          },
          (error: Error) => callback(error, null),
        );
      },
    });
  };

  return {
    dispatcher() {
      dispatcher ??= createDispatcher();
      return dispatcher;
    },
    async connect(host, port, signal) {
      const route = routeTo(host, port);
      signal.throwIfAborted();
      if (proxy !== null) return tunnel(proxy, route, AbortSignal.any([signal, closing.signal]));
      const lookup = route.onlyListed ? listedLookup : openLookup;
      const socket = tcpConnect({ host: route.target.host, port, lookup });
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      await connected(socket, connectMs, signal);
      return socket;
    },
    async close() {
      closing.abort(new Error('the way out is closed'));
      for (const socket of sockets) socket.destroy();
      await (await dispatcher)?.destroy();
    },
  };
}

/**
 * Checks what can be checked before resolving: an address at once, the port of a name for what its addresses must be.
 * A proxy resolves names itself, so nobody here sees their addresses: on an unusual port, or when the name says of
 * itself that it is the machine's own, the name must be listed.
 * @throws EgressError
 */
function checkedRoute(host: string, port: number, policy: AddressPolicy, resolvedElsewhere: boolean): Route {
  const target = targetOf(host);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new EgressError('The port is not valid.');
  const onlyListed = !ordinaryPorts.has(port);
  if (target.kind === 'address') {
    if (!mayDial(target.host, policy, onlyListed)) throw refused(target.host, port);
  } else if (resolvedElsewhere && !policy.nameListed(target.host)) {
    if (onlyListed || /(^|\.)localhost$/.test(target.host)) throw refused(target.host, port);
  }
  return { target, port, onlyListed };
}

function timedOut(): Error {
  return Object.assign(new Error('connect timed out'), { code: 'ETIMEDOUT' });
}

/** Waits until the socket is connected; otherwise destroys it and rejects. */
function connected(socket: Socket, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      finish();
      // Destroying may report once more; the first reason is the one that counts.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    const onConnect = () => {
      finish();
      resolve();
    };
    const timer = setTimeout(() => fail(timedOut()), timeoutMs);
    const onClose = () =>
      fail(Object.assign(new Error('closed before it was connected'), { code: 'ECONNRESET' }));
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail).off('connect', onConnect).off('close', onClose);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail).once('connect', onConnect).once('close', onClose);
  });
}
