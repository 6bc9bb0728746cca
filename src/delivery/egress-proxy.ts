// A tunnel through the operator's proxy, asked for with CONNECT (RFC 9110, section 9.3.6). HTTP, HTTPS and SMTP all go
// this one way. Whatever goes wrong before the tunnel stands means that nothing has reached the receiver.
import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Secret } from '../../channels/secret.ts';

/** The proxy is the operator's own: it is dialled wherever it is. */
export interface EgressProxy {
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: Secret | null;
}

/** `code`: `proxy_407` and the like for an answer, `proxy_ECONNREFUSED` and the like when there was none. */
class ProxyError extends Error {
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ProxyError';
    this.code = code;
  }
}

/**
 * A socket on which the target speaks. Rejects with the signal's reason, or with an error whose code begins with
 * `proxy_`; the proxy's own words are not repeated.
 * @param host A name or an address, as it is to be asked for.
 * @param timeoutMs From the resolution of the proxy's name until its answer.
 */
export function openTunnel(
  proxy: EgressProxy,
  host: string,
  port: number,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const asking = request({
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...authorization(proxy) },
      // A connection of its own: the tunnel takes it. An agent might also ask the environment for another proxy.
      agent: false,
      maxHeaderSize: 16 * 1024,
    });
    const timer = setTimeout(
      () => fail(new ProxyError('proxy_ETIMEDOUT', 'the proxy did not answer in time')),
      timeoutMs,
    );
    const onAbort = () => fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown) => {
      finish();
      // Destroying may report once more; the first reason is the one that counts.
      asking.on('error', () => {});
      asking.destroy();
      reject(error);
    };
    asking.once('error', (error: NodeJS.ErrnoException) =>
      fail(new ProxyError(`proxy_${error.code ?? 'failed'}`, 'the proxy could not be reached', error)),
    );
    asking.once('connect', (answer, socket: Socket, first) => {
      const status = answer.statusCode ?? 0;
      if (status < 200 || status > 299) {
        socket.destroy();
        fail(new ProxyError(`proxy_${status}`, `the proxy answered HTTP ${status}`));
        return;
      }
      finish();
      socket.setKeepAlive(true, 60_000).setNoDelay(true);
      // A mail server speaks first, and may have done so in the same packet.
      if (first.length > 0) socket.unshift(first);
      resolve(socket);
    });
    asking.end();
  });
}

function authorization({ username, password }: EgressProxy): Record<string, string> {
  if (username === null) return {};
  const credentials = Buffer.from(`${username}:${password?.reveal() ?? ''}`, 'utf8').toString('base64');
  return { 'proxy-authorization': `Basic ${credentials}` };
}
