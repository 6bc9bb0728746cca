// Whether a request comes from this very machine. A proxy on the same machine would make every request look local, and
// a web page can reach loopback through a name of its own, so both are excluded.
import type { Exchange } from './exchange.ts';

const localAddress = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;
const localHost = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

export function cameFromLoopback(exchange: Exchange): boolean {
  const address = exchange.incoming?.socket.remoteAddress;
  if (address === undefined || !localAddress.test(address)) return false;
  if (!localHost.test(exchange.header('host') ?? '')) return false;
  return proxyHeaders.every((name) => exchange.header(name) === undefined);
}
