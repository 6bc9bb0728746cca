// A real proxy that does nothing but CONNECT: it keeps what it was asked for, and leads, refuses or hangs as it is told.
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxyOptions {
  /** Where a target such as `hook.example:80` really is; unknown ones are answered 502. */
  readonly leads: Readonly<Record<string, number>>;
  /** Asks for this login with 407. */
  readonly login?: { readonly username: string; readonly password: string };
  /** Refuses everything with this status, or never answers. */
  readonly answers?: number | 'hang';
}

export interface ConnectProxy {
  readonly port: number;
  /** Targets of CONNECT, in order; anything else that was asked as `GET http://…`. */
  readonly asked: readonly string[];
  readonly headers: readonly IncomingHttpHeaders[];
  close(): Promise<void>;
}

export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const asked: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(405).end();
  });
  server.on('connection', keep);
  server.on('connect', (request, socket: Socket, first: Buffer) => {
    const target = request.url ?? '';
    asked.push(target);
    headers.push(request.headers);
    const refuse = (status: number) => socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    if (options.answers === 'hang') return;
    if (options.answers !== undefined) return refuse(options.answers);
    const { login } = options;
    const expected = login && Buffer.from(`${login.username}:${login.password}`).toString('base64');
    if (expected !== undefined && request.headers['proxy-authorization'] !== `Basic ${expected}`)
      return refuse(407);
    const port = options.leads[target];
    if (port === undefined) return refuse(502);
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(first);
      socket.pipe(onward).pipe(socket);
    });
    keep(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    headers,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        for (const socket of sockets) socket.destroy();
      }),
  };
}
