// The limit beside which ingest is measured: a bare node:http server that does nothing with what it gets.
// `parse`: JSON.parse of the body; `discard`: the body is read and thrown away.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { host } from './server-host.ts';

const parses = process.argv[2] === 'parse';
const server = createServer((request, response) => {
  const chunks: Uint8Array[] = [];
  request.on('data', (chunk: Uint8Array) => {
    if (parses) chunks.push(chunk);
  });
  request.on('end', () => {
    // A GET only opens its connection.
    const body: unknown =
      parses && request.method === 'POST' ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : null;
    const accepted = body !== null && typeof body === 'object' && 'samples' in body ? 1 : 0;
    const answer = `{"accepted":${accepted}}`;
    response.writeHead(202, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  host(
    (server.address() as AddressInfo).port,
    () => null,
    async () => {
      server.closeAllConnections();
      server.close();
    },
  );
});
