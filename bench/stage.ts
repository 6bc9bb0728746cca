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

/** Hosts that fire and resolve in turn; each is hot for as long as it takes `lag` others to follow. */
export const hosts = 10_000;
/**
 * A server may fall behind by two pushes for each of these before a host cools down unheard. In the short run they are as
 * few as a round of so many `pushes` needs: each of them is a message of the warm-up.
 */
export const lagOf = ({ short }: Bench, pushes: number): number =>
  short ? Math.min(Math.ceil(pushes / 2) + 100, 3_000) : 3_000;

/** Starts everything, with 10,000 hosts unless told otherwise. `pushes`: most that are under way or follow one another without a pause. With `known` every host fires and resolves once before anything is measured, after `pointsBefore` points that are calm. */
export async function openStage(
  bench: Bench,
  mode: ServerMode,
  options: { known?: boolean; hosts?: number; pushes: number; pointsBefore?: number },
): Promise<Stage> {
  const ledger = new Ledger();
  const sink = await startSink((arrival) => ledger.receive(arrival));
  const server = await startTocsin(bench, mode, loadConfigText(sink.port), {
    'bench.yaml': alertRules(),
  });
  const wire = new Wire(server.port, 64);
  const load = new AlertLoad({
    wire,
    ledger,
    hosts: options.hosts ?? hosts,
    prefix: 'host',
    lag: lagOf(bench, options.pushes),
  });
  await load.fill(options.pointsBefore ?? 0);
  await load.warmUp(patienceMs, options.known ?? false);
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
