// A real HTTP server that keeps what it receives and answers, hangs or breaks off as it is told.
import { createServer } from 'node:http';
export async function startReceiver(options = {}) {
  const keep = options.keep ?? 100_000;
  const received = [];
  const waiting = [];
  const sockets = new Set();
  let count = 0;
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      // The peer went away in the middle of its request; nothing was received.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  async function handle(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const entry = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: Buffer.concat(chunks).toString('utf8'),
      at: Date.now(),
    };
    count += 1;
    received.push(entry);
    if (received.length > keep) received.shift();
    const answer = (await options.handler?.(entry, count)) ?? { status: 200 };
    for (let i = waiting.length - 1; i >= 0; i--) {
      if (waiting[i].n <= count) waiting.splice(i, 1)[0].resolve();
    }
    answerWith(answer, request, response);
  }
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    get count() {
      return count;
    },
    async waitFor(n) {
      if (count < n) await new Promise((resolve) => waiting.push({ n, resolve }));
      return received;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        for (const socket of sockets) socket.destroy();
      }),
  };
}
function answerWith(answer, request, response) {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  if (answer === 'cut') {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => request.socket.destroy());
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body ?? '');
}
//# sourceMappingURL=http-receiver.js.map
