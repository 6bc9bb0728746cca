// The listening server and its hard limits: Node's defaults let three hundred slow connections sit for a minute.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import { ApiError, type ErrorCode } from '../errors.ts';
import { errorBody } from './error-body.ts';
import { secureHeaderLines, secureHeaders } from './headers.ts';

export const serverLimits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16 * 1024,
  maxConnections: 2_000,
};
export type ServerLimits = Readonly<typeof serverLimits>;

/** How long open requests may finish after `close`. */
const drainMs = 10_000;
/** A kept-alive connection falls idle when its last request is answered; until it is closed the server is not. */
const closeIdleEveryMs = 50;

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly server: Server;
  /** Takes no new connections, lets open requests finish for at most 10 s, then cuts them. */
  close(): Promise<void>;
}

/** An application; `direct` answers a request itself and says true, or leaves it to `fetch`. */
export interface Served {
  readonly fetch: Parameters<typeof getRequestListener>[0];
  readonly direct?: (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;
}

/** Listens; rejects when the address cannot be had. Port 0 takes any free one. */
export async function serve(
  app: Served,
  address: { host: string; port: number },
  limits: ServerLimits = serverLimits,
): Promise<Listening> {
  const { maxConnections, ...serverOptions } = limits;
  const throughHono = getRequestListener(app.fetch, { hostname: address.host, errorHandler: unusable });
  const server = createServer(serverOptions, (incoming, outgoing) => {
    if (app.direct?.(incoming, outgoing) !== true) void throughHono(incoming, outgoing);
  });
  server.maxConnections = maxConnections;
  server.on('clientError', refuse);
  server.on('checkExpectation', (incoming: IncomingMessage) => writeRefusal(incoming.socket, 'bad_request'));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  return { host: address.host, port: bound.port, server, close: () => drain(server) };
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    const idle = setInterval(() => server.closeIdleConnections(), closeIdleEveryMs);
    server.close((error) => {
      clearTimeout(cut);
      clearInterval(idle);
      if (error === undefined || ('code' in error && error.code === 'ERR_SERVER_NOT_RUNNING')) resolve();
      else reject(error);
    });
    server.closeIdleConnections();
  });
}

/** A request that the adapter to Hono could not make one of: a host that is none, a path with a backslash. */
function unusable(error: unknown): Response {
  const answer = new ApiError(error instanceof RequestError ? 'bad_request' : 'internal');
  return new Response(JSON.stringify(errorBody(answer)), {
    status: answer.status,
    headers: [...secureHeaders.map(([name, value]): [string, string] => [name, value]), jsonType],
  });
}
const jsonType: [string, string] = ['content-type', 'application/json'];

/** What never became a request still gets the one error body. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  writeRefusal(
    socket,
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'headers_too_large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request_timeout'
        : 'bad_request',
  );
}

function writeRefusal(socket: Socket, code: ErrorCode): void {
  const answer = new ApiError(code);
  const body = JSON.stringify(errorBody(answer));
  socket.end(
    `HTTP/1.1 ${answer.status} ${code}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `${secureHeaderLines}connection: close\r\n\r\n${body}`,
  );
}
