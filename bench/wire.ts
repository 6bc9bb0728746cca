// A load generator's HTTP client: requests are bytes, answers a status, connections are kept. It costs a fraction of what
// a real client does, so that the generator does not take the core that the server needs.
import { connect, type Socket } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

const hello = Buffer.from('GET /health/live HTTP/1.1\r\nhost: bench\r\n\r\n');

/** Servers close connections that were idle for five seconds; one that might be closed is not used again. */
const oldestIdleMs = 2_500;

class Connection {
  readonly socket: Socket;
  usedAt = 0;
  current: Waiting | null = null;
  received = '';

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
  }
}

export class Wire {
  readonly #port: number;
  readonly #most: number;
  #idle: Connection[] = [];
  readonly #all = new Set<Connection>();
  #queue: Waiting[] = [];
  #head = 0;

  constructor(port: number, connections: number) {
    this.#port = port;
    this.#most = connections;
  }

  /** Waits for a free connection, sends, and resolves with the answer. */
  send(bytes: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const waiting = { bytes, resolve, reject };
      const connection = this.#free();
      if (connection) this.#use(connection, waiting);
      else this.#queue.push(waiting);
    });
  }

  /**
   * Sees to it that every connection is open and was accepted. To be called before a measurement: Node accepts one
   * connection a turn of its loop, so those that a burst opens would be overtaken by hundreds of later requests.
   */
  async ready(): Promise<void> {
    for (const connection of this.#idle) {
      this.#all.delete(connection);
      connection.socket.destroy();
    }
    this.#idle = [];
    const free = this.#most - this.#all.size;
    await Promise.all(Array.from({ length: free }, () => this.send(hello)));
  }

  close(): void {
    for (const { socket } of this.#all) socket.destroy();
  }

  #free(): Connection | null {
    // The one that rested longest first, so that none rests long enough to be closed.
    for (let first = this.#idle.shift(); first; first = this.#idle.shift()) {
      if (!first.socket.destroyed && performance.now() - first.usedAt < oldestIdleMs) return first;
      this.#all.delete(first);
      first.socket.destroy();
    }
    return this.#all.size < this.#most ? this.#open() : null;
  }

  #open(): Connection {
    const connection = new Connection(this.#port);
    this.#all.add(connection);
    connection.socket.on('data', (text: string) => this.#read(connection, text));
    connection.socket.on('error', () => undefined); // `close` follows and says it
    connection.socket.on('close', () => {
      this.#all.delete(connection);
      connection.current?.reject(new Error('the server closed the connection without an answer'));
      connection.current = null;
    });
    return connection;
  }

  #use(connection: Connection, waiting: Waiting): void {
    connection.current = waiting;
    connection.socket.write(waiting.bytes);
  }

  #read(connection: Connection, text: string): void {
    connection.received = connection.received === '' ? text : connection.received + text;
    const reply = parse(connection.received);
    if (reply === null) return;
    connection.received = '';
    const { current } = connection;
    connection.current = null;
    const next = this.#queue[this.#head];
    if (next) {
      this.#head += 1;
      if (this.#head > 1_024) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      this.#use(connection, next);
    } else {
      connection.usedAt = performance.now();
      this.#idle.push(connection);
    }
    current?.resolve(reply);
  }
}

/** One whole answer, else null. */
function parse(text: string): Reply | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const status = Number(text.slice(9, 12));
  const head = text.slice(0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (length) {
    const bytes = Number(length[1]);
    return text.length - end - 4 >= bytes ? { status, body: text.slice(end + 4, end + 4 + bytes) } : null;
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head))
    return text.endsWith('0\r\n\r\n') ? { status, body: text.slice(end + 4) } : null;
  return { status, body: '' };
}

/** The bytes of a POST. */
export function post(path: string, headers: Readonly<Record<string, string>>, body: string | Buffer): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\n${lines.join('')}content-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}
