// One server with its own sink, ledger and load: what most scenarios stand on.
import { AlertLoad } from './alert-load.ts';
import { Ledger } from './ledger.ts';
import type { Bench } from './scenario.ts';
import { type Server, startTocsin } from './server.ts';
import type { ServerMode } from './server-protocol.ts';
import { alertRules, loadConfigText } from './settings.ts';
import { startSink } from './sink.ts';
import { Wire } from './wire.ts';

export const patienceMs = 20_000;

export interface Stage {
  readonly server: Server;
  readonly ledger: Ledger;
  readonly load: AlertLoad;
  close(): Promise<void>;
}

/** Starts everything and lets each host fire and resolve once. */
export async function openStage(
  bench: Bench,
  mode: ServerMode,
  options: { hosts: number; rules?: Readonly<Record<string, string>> },
): Promise<Stage> {
  const ledger = new Ledger();
  const sink = await startSink((arrival) => ledger.receive(arrival));
  const rules = options.rules ?? { 'bench.yaml': alertRules() };
  const server = await startTocsin(bench, mode, loadConfigText(sink.port), rules);
  const wire = new Wire(server.port, 64);
  const load = new AlertLoad({ wire, ledger, hosts: options.hosts, prefix: 'host' });
  await load.warmUp(patienceMs);
  return {
    server,
    ledger,
    load,
    async close() {
      wire.close();
      await server.stop();
      await sink.close();
    },
  };
}

/** The last completions are committed a few milliseconds after the last receipt. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
