// The one way out of the process. Every address is checked in the connector and in the lookup, and the address that was
// checked is the one that is dialled: no second resolution, no redirects, no proxy from the environment.
import { lookup as systemLookup } from 'node:dns/promises';
import { type LookupFunction, type Socket, connect as tcpConnect } from 'node:net';
import type { Agent } from 'undici';
import { type AddressPolicy, addressPolicy, EgressError, type Target, targetOf } from './egress-address.ts';
import { inPlaces, type Resolve, type ResolvedAddress } from './name-places.ts';

export { EgressError } from './egress-address.ts';

export interface EgressOptions {
  /** CIDR ranges, addresses and host names that may be called although they are private, and on any port. */
  readonly allow: readonly string[];
  /** How names are resolved; the system's resolver unless given. */
  readonly lookup?: Resolve;
  /** Name resolution, TCP and TLS handshake together. */
  readonly connectTimeoutMs?: number;
  /** Sockets per origin. */
  readonly socketsPerOrigin?: number;
}

export interface Egress {
  /** Made when first asked for: undici is not loaded before. */
  dispatcher(): Promise<Agent>;
  /** A plain TCP socket. Rejects with EgressError, a system error, or the signal's reason. */
  connect(host: string, port: number, signal: AbortSignal): Promise<Socket>;
  /** Ends idle connections and everything under way. */
  close(): Promise<void>;
}

// HTTP, HTTPS, SMTP, SMTP over TLS, submission and its common alternative.
const ordinaryPorts: ReadonlySet<number> = new Set([80, 443, 25, 465, 587, 2525]);

/** What may be dialled for one request: any public address, or only what the operator listed. */
interface Route {
  readonly target: Target;
  readonly onlyListed: boolean;
}

/** @throws Error when an entry of `allow` cannot be read. */
export function createEgress(options: EgressOptions): Egress {
  const policy = addressPolicy(options.allow);
  const timeout = options.connectTimeoutMs ?? 3_000;
  const resolve = inPlaces(options.lookup ?? resolveBySystem);
  const openLookup = checkedLookup(resolve, policy, false);
  const listedLookup = checkedLookup(resolve, policy, true);
  const sockets = new Set<Socket>();
  let dispatcher: Promise<Agent> | null = null;

  const createDispatcher = async (): Promise<Agent> => {
    const { Agent, buildConnector } = await import('undici');
    const connectors = {
      open: buildConnector({ timeout, lookup: openLookup }),
      listed: buildConnector({ timeout, lookup: listedLookup }),
    };
    return new Agent({
      connections: options.socketsPerOrigin ?? 64,
      pipelining: 1,
      headersTimeout: 30_000,
      bodyTimeout: 10_000,
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 30_000,
      maxHeaderSize: 16 * 1024,
      connect(request, callback) {
        let route: Route;
        try {
          const port = Number(request.port) || (request.protocol === 'https:' ? 443 : 80);
          route = routeTo(request.hostname, port, policy);
        } catch (error) {
          queueMicrotask(() => callback(error as Error, null));
          return;
        }
        const connector = route.onlyListed ? connectors.listed : connectors.open;
        connector({ ...request, hostname: route.target.host }, callback);
      },
    });
  };

  return {
    dispatcher() {
      dispatcher ??= createDispatcher();
      return dispatcher;
    },
    async connect(host, port, signal) {
      const route = routeTo(host, port, policy);
      signal.throwIfAborted();
      const lookup = route.onlyListed ? listedLookup : openLookup;
      const socket = tcpConnect({ host: route.target.host, port, lookup });
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      await connected(socket, timeout, signal);
      return socket;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await (await dispatcher)?.destroy();
    },
  };
}

/**
 * Checks what can be checked before resolving: an address at once, the port of a name for what its addresses must be.
 * @throws EgressError
 */
function routeTo(host: string, port: number, policy: AddressPolicy): Route {
  const target = targetOf(host);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new EgressError('The port is not valid.');
  const onlyListed = !ordinaryPorts.has(port);
  if (target.kind === 'address' && !mayDial(target.host, policy, onlyListed))
    throw refused(target.host, port);
  return { target, onlyListed };
}

function mayDial(address: string, policy: AddressPolicy, onlyListed: boolean): boolean {
  return policy.addressListed(address) || (!onlyListed && policy.addressPublic(address));
}

function refused(host: string, port?: number): EgressError {
  return new EgressError(
    `${host}${port === undefined ? '' : ` port ${port}`} is not public or not on an ordinary port; list it in egress.allow`,
  );
}

/** A `lookup` for net.connect that hands out only addresses that may be dialled. */
function checkedLookup(resolve: Resolve, policy: AddressPolicy, onlyListed: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const usable = policy.nameListed(hostname)
          ? addresses
          : addresses.filter(({ address }) => mayDial(address, policy, onlyListed));
        const first = usable[0];
        if (first === undefined) {
          callback(addresses.length === 0 ? notFound(hostname) : refused(hostname), '', 0);
        } else if (options.all === true) {
          callback(null, [...usable]);
        } else {
          callback(null, first.address, first.family);
        }
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
}

async function resolveBySystem(hostname: string): Promise<readonly ResolvedAddress[]> {
  const addresses = await systemLookup(hostname, { all: true });
  return addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
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
    const timer = setTimeout(
      () => fail(Object.assign(new Error('connect timed out'), { code: 'ETIMEDOUT' })),
      timeoutMs,
    );
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
