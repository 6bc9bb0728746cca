// One connection through the fault proxy, and what a mode does to its bytes. What is not handed on is gone: a connection
// that lost bytes never works again, whatever it is told later.
import { type Socket, connect as tcpConnect } from 'node:net';

/**
 * - `pass`: hands on everything, both ways.
 * - `black_hole`: accepts and never answers; reads and throws away.
 * - `reset`: RST on accept; on a connection that is open, at the next bytes of either side.
 * - `reset_request`: RST at the first bytes of the client; the receiver gets none of them.
 * - `garbage`: what the receiver answers comes back as bytes of no protocol.
 * - `lost_reply`: the receiver gets the request and answers; the answer never comes.
 * - `latencyMs`: hands on everything, later.
 * - `cutAfterBytes`: so many bytes of what the receiver says from then on, then FIN.
 * - `dripBytesPerSecond`: the reply, so slowly.
 * - `from`: `pass` until bytes of either side match, and from these bytes on (they included) as `mode` says.
 */
export type FaultMode =
  | 'pass'
  | 'black_hole'
  | 'reset'
  | 'reset_request'
  | 'garbage'
  | 'lost_reply'
  | { readonly latencyMs: number }
  | { readonly cutAfterBytes: number }
  | { readonly dripBytesPerSecond: number }
  | { readonly from: RegExp; readonly mode: Exclude<FaultMode, { readonly from: RegExp }> };

const noProtocol = Buffer.from('\x01\x02 this is no protocol \xff\xfe\r\n', 'latin1');

interface LinkPorts {
  readonly target: number;
  readonly dialled: (socket: Socket) => void;
  readonly up: (bytes: number) => void;
  readonly down: (bytes: number) => void;
  /** The client ended it, or it was ended here. */
  readonly ended: () => void;
}

/** One connection of a client, with the one to the receiver behind it. */
export class FaultLink {
  readonly #client: Socket;
  readonly #mode: () => FaultMode;
  readonly #ports: LinkPorts;
  #upstream: Socket | null = null;
  /** The mode behind `from`, once its bytes have come. */
  #from: FaultMode | null = null;
  #lost = false;
  /** Bytes handed on to the client in the present mode. */
  #replied = 0;

  constructor(client: Socket, mode: () => FaultMode, ports: LinkPorts) {
    this.#client = client;
    this.#mode = mode;
    this.#ports = ports;
  }

  begin(): void {
    const client = this.#client;
    client.on('data', (chunk: Buffer) => this.#fromClient(chunk));
    client.once('end', () => {
      if (!this.#lost) this.#later(() => this.#upstream?.end());
      this.#ports.ended();
    });
    client.once('close', () => {
      this.#upstream?.destroy();
      this.#ports.ended();
    });
    const mode = this.#mode();
    if (mode === 'reset') client.resetAndDestroy();
    else if (mode === 'black_hole') this.lose();
    else this.#dial();
  }

  /** Nothing passes any more. */
  lose(): void {
    this.#lost = true;
    this.#upstream?.destroy();
    this.#client.resume();
  }

  breakOff(): void {
    this.#client.resetAndDestroy();
  }

  #dial(): void {
    const upstream = tcpConnect({ port: this.#ports.target, host: '127.0.0.1', allowHalfOpen: true });
    this.#upstream = upstream;
    this.#ports.dialled(upstream);
    upstream.on('data', (chunk: Buffer) => this.#fromReceiver(upstream, chunk));
    upstream.once('end', () => {
      if (this.#current() !== 'lost_reply') this.#later(() => this.#lost || this.#client.end());
    });
    upstream.once('close', (broken) => {
      if (broken && !this.#lost) this.#client.resetAndDestroy();
    });
  }

  #current(chunk?: Buffer): FaultMode {
    const mode = this.#from ?? this.#mode();
    if (typeof mode === 'string' || !('from' in mode)) return mode;
    if (chunk === undefined || !mode.from.test(chunk.toString('latin1'))) return 'pass';
    this.#from = mode.mode;
    this.#replied = 0;
    return mode.mode;
  }

  #fromClient(chunk: Buffer): void {
    const mode = this.#current(chunk);
    if (mode === 'black_hole') this.lose();
    else if (mode === 'reset' || mode === 'reset_request') this.#client.resetAndDestroy();
    else if (!this.#lost) this.#hand(this.#client, this.#upstream!, chunk);
    this.#ports.up(chunk.byteLength);
  }

  #fromReceiver(upstream: Socket, chunk: Buffer): void {
    if (this.#lost || this.#client.destroyed) return;
    const mode = this.#current(chunk);
    const client = this.#client;
    if (mode === 'black_hole' || mode === 'lost_reply') return;
    if (mode === 'reset') client.resetAndDestroy();
    else if (mode === 'garbage') this.#down(upstream, noProtocol);
    else if (typeof mode === 'string' || 'latencyMs' in mode) this.#down(upstream, chunk);
    else if ('cutAfterBytes' in mode) {
      const part = chunk.subarray(0, Math.max(0, mode.cutAfterBytes - this.#replied));
      this.#down(upstream, part);
      if (this.#replied >= mode.cutAfterBytes) {
        client.end();
        upstream.destroy();
      }
    } else if ('dripBytesPerSecond' in mode) this.#drip(upstream, chunk, mode.dripBytesPerSecond);
  }

  #down(upstream: Socket, bytes: Buffer): void {
    this.#replied += bytes.byteLength;
    this.#hand(upstream, this.#client, bytes);
    this.#ports.down(bytes.byteLength);
  }

  #drip(upstream: Socket, chunk: Buffer, bytesPerSecond: number): void {
    upstream.pause();
    let at = 0;
    const timer = setInterval(() => {
      if (!this.#client.writable || this.#lost) {
        clearInterval(timer);
        return;
      }
      this.#down(upstream, chunk.subarray(at, at + 1));
      at += 1;
      if (at < chunk.byteLength) return;
      clearInterval(timer);
      upstream.resume();
    }, 1_000 / bytesPerSecond);
    this.#client.once('close', () => clearInterval(timer));
  }

  /** Writes, and reads on only when it was taken: an endless reply must not pile up here. */
  #hand(from: Socket, to: Socket, bytes: Buffer): void {
    this.#later(() => {
      if (this.#lost || !to.writable || to.write(bytes)) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
  }

  /** In order: equal delays end in the order in which they began. */
  #later(act: () => void): void {
    const mode = this.#current();
    if (typeof mode === 'object' && 'latencyMs' in mode) setTimeout(act, mode.latencyMs);
    else act();
  }
}
