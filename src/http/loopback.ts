// Whether a request comes from this very machine. A proxy on the same machine would make every request look local, and
// a web page can reach loopback through a name of its own, so both are excluded.
import type { Context } from 'hono';
import type { HttpEnv } from './env.ts';

const localAddress = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;
const localHost = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

export function cameFromLoopback(c: Context<HttpEnv>): boolean {
  const address = c.env?.incoming?.socket.remoteAddress;
  if (address === undefined || !localAddress.test(address)) return false;
  if (!localHost.test(c.req.header('host') ?? '')) return false;
  return proxyHeaders.every((name) => c.req.header(name) === undefined);
}
