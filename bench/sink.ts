// A provider as fast as Node can be one: takes every message, answers 200, keeps connections. Messages are handed to
// whoever watches the host's name.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Arrival, Status } from './ledger.ts';

interface Batch {
  readonly type: 'alert.batch';
  readonly data: { readonly deliveries: readonly { readonly id: string; readonly body: Body }[] };
}

interface Body {
  readonly type: 'alert.notification';
  readonly data: {
    /** Those of `alerts` that this message is about. */
    readonly changed: readonly string[];
    readonly alerts: readonly {
      readonly id: string;
      readonly status: Status;
      readonly labels: Readonly<Record<string, string>>;
    }[];
  };
}

export interface Sink {
  readonly port: number;
  /** Requests received. */
  readonly requests: () => number;
  /** Alerts told as changed, over all messages. */
  readonly told: () => number;
  close(): Promise<void>;
}

/** `receive` is called for each changed alert of each message. */
export async function startSink(receive: (arrival: Arrival) => void): Promise<Sink> {
  let requests = 0;
  let told = 0;
  const server = createServer((request, response) => {
    const chunks: Uint8Array[] = [];
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    request.on('end', () => {
      const at = performance.now();
      response.writeHead(200, { 'content-length': 0 });
      response.end();
      requests += 1;
      const said = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Body | Batch;
      const deliveries =
        said.type === 'alert.batch'
          ? said.data.deliveries
          : [{ id: String(request.headers['webhook-id']), body: said }];
      for (const { id: deliveryId, body } of deliveries) {
        told += body.data.changed.length;
        for (const { id, status, labels } of body.data.alerts) {
          if (body.data.changed.includes(id))
            receive({ deliveryId, alertId: id, host: labels.host ?? '', status, at });
        }
      }
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    told: () => told,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
