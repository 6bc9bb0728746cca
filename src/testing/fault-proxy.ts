// A TCP proxy between a channel and a real receiver that breaks what passes through it, as told, at any moment.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { FaultLink, type FaultMode } from './fault-link.ts';

export type { FaultMode } from './fault-link.ts';

export interface FaultProxy {
  readonly port: number;
  /** Connections that came so far. */
  readonly connections: number;
  /** Connections that the client has not ended. */
  readonly open: number;
  /** Bytes that clients sent, handed on or not. */
  readonly bytesUp: number;
  /** Bytes of the receiver's that were handed on to clients. */
  readonly bytesDown: number;
  /** How every connection behaves from now on, those that are open too. */
  set(mode: FaultMode): void;
  /** How the next connections behave for all their life, one mode each, whatever `set` says. */
  next(...modes: FaultMode[]): void;
  /** The peer of every open connection is gone without a FIN: nothing passes any more, nothing is answered. */
  vanish(): void;
  /** RST on every open connection, as when the peer is started anew. */
  breakOff(): void;
  /** Resolves once the condition holds; looked at whenever something happens here. */
  waitFor(condition: (proxy: FaultProxy) => boolean): Promise<void>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and connects to `target` there, with the client's first connection. */
export async function startFaultProxy(target: { readonly port: number }, mode: FaultMode = 'pass') {
  let common: FaultMode = mode;
  const queued: FaultMode[] = [];
  const links = new Set<FaultLink>();
  const sockets = new Set<Socket>();
  const counts = { connections: 0, bytesUp: 0, bytesDown: 0 };
  const waiting: { readonly condition: (proxy: FaultProxy) => boolean; readonly resolve: () => void }[] = [];
  const changed = () => {
    for (let i = waiting.length - 1; i >= 0; i--)
      if (waiting[i]!.condition(proxy)) waiting.splice(i, 1)[0]!.resolve();
  };
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // Broken connections are what this is for.
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  };

  // Half open, so that a client's FIN is answered by what the mode says and not by the system.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    counts.connections += 1;
    keep(client);
    const own = queued.shift();
    const link = new FaultLink(client, () => own ?? common, {
      target: target.port,
      dialled: keep,
      up: (bytes) => {
        counts.bytesUp += bytes;
        changed();
      },
      down: (bytes) => {
        counts.bytesDown += bytes;
        changed();
      },
      ended: () => {
        links.delete(link);
        changed();
      },
    });
    links.add(link);
    link.begin();
    changed();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  const proxy: FaultProxy = {
    port,
    get connections() {
      return counts.connections;
    },
    get open() {
      return links.size;
    },
    get bytesUp() {
      return counts.bytesUp;
    },
    get bytesDown() {
      return counts.bytesDown;
    },
    set(next) {
      common = next;
    },
    next(...modes) {
      queued.push(...modes);
    },
    vanish() {
      for (const link of links) link.lose();
    },
    breakOff() {
      for (const link of links) link.breakOff();
    },
    waitFor: (condition) =>
      new Promise((resolve) => {
        waiting.push({ condition, resolve });
        changed();
      }),
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        for (const socket of sockets) socket.destroy();
      }),
  };
  return proxy;
}
