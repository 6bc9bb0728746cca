// A chaos campaign: the whole program as a process, every channel against a strict simulator that misbehaves, pushes at a
// steady pace, two deaths. At the end the simulators are well, everything settles, and the judge reads what the API says.
import { createServer } from 'node:net';
import type { AlertBody } from '../../http/bodies/alert-body.ts';
import { type ApiDelivery, pages } from '../kills/api-state.ts';
import { KillClient } from '../kills/client.ts';
import { compileChild } from '../kills/compile.ts';
import type { PlantedFault } from '../kills/points.ts';
import { type Life, startLife } from '../kills/process.ts';
import { Random } from '../simulation/random.ts';
import { chaosFolder } from './folder.ts';
import { type ChaosViolation, type JudgedDelivery, type Judgement, judge } from './judge.ts';
import { ChaosLoad } from './load.ts';
import type { MisconductPlan } from './misconduct.ts';
import { type ChaosChannel, chaosChannels, goneChannel, startChaosProviders } from './providers.ts';
import type { Saying } from './push.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** How long is pushed, milliseconds; kills and outages lie within. */
  readonly loadMs: number;
  /** How long each channel is out, once. */
  readonly outageMs: number;
  readonly misconduct: Omit<MisconductPlan, 'seed'>;
  /** Messages a second. */
  readonly paces: Readonly<Record<ChaosChannel | typeof goneChannel, number>>;
  readonly kills: number;
  /** Before each retry, as in a configuration. */
  readonly retryDelay: string;
  /** How long the end may take until everything has settled. */
  readonly settleMs: number;
  readonly fault?: PlantedFault;
}

export interface ChannelFigures {
  readonly channel: string;
  readonly pushed: number;
  readonly calls: number;
  readonly arrived: number;
  readonly accepted: number;
  readonly dead: number;
  readonly dropped: number;
  readonly faults: number;
  readonly exceeded: number;
}

export interface ChaosReport extends Judgement {
  readonly pushed: number;
  readonly kills: number;
  readonly slowestReadyMs: number;
  readonly settledMs: number;
  readonly perChannel: readonly ChannelFigures[];
  /** How often something was dropped or is dead, by its reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The campaign's folder, left for whoever looks into its violations. */
  readonly kept: string | null;
}

const lookEveryMs = 200;
/** A message that is decided while the last settles is seen by a later look. */
const settledLooks = 3;
const readers = 8;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, loadMs, outageMs } = options;
  const random = new Random(seed, 1_000);
  const child = await compileChild();
  const providers = await startChaosProviders({ ...options.misconduct, seed });
  const folder = chaosFolder(providers.config, await freePort(), options.retryDelay);
  const client = new KillClient();
  const load = new ChaosLoad(client, new Random(seed, 1_001));
  const exits: ChaosViolation[] = [];
  const lives: Life[] = [];
  const kills: number[] = [];
  let slowestReadyMs = 0;

  const start = async (): Promise<Life> => {
    const { fault } = options;
    const life = startLife({
      child,
      configFile: folder.configFile,
      no: lives.length + 1,
      ...(fault && { fault }),
    });
    lives.push(life);
    const url = await life.ready;
    if (url === null) throw new Error(`life ${life.no} was never ready:\n${life.tail.join('\n')}`);
    slowestReadyMs = Math.max(slowestReadyMs, life.readyMs!);
    client.attach(life, url);
    return life;
  };

  let kept: string | null = null;
  try {
    let life = await start();
    const began = Date.now();
    const until = began + loadMs;
    for (const channel of chaosChannels) {
      const from = began + random.next() * Math.max(0, loadMs - outageMs);
      providers.misbehaving[channel].outages = [[from, from + outageMs]];
    }
    const paces = Object.entries(options.paces).map(([channel, perSecond]) => ({ channel, perSecond }));
    const loading = load.run(paces, until);
    // One death in each part of the load, not at its edges.
    for (let no = 0; no < options.kills; no++) {
      const at = began + ((no + 0.3 + 0.4 * random.next()) / options.kills) * loadMs;
      await Promise.race([
        new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now()))),
        life.exited,
      ]);
      life.kill();
      const { code, signal } = await life.exited;
      if (signal !== 'SIGKILL')
        exits.push({ kind: 'unexpected_exit', text: `code ${code}: ${life.tail.slice(-3).join('\n')}` });
      kills.push(life.killedAt);
      await client.detach();
      life = await start();
    }
    await loading;
    const settling = Date.now();
    providers.heal();
    await settled(client, options.settleMs);
    const settledMs = Date.now() - settling;
    // What is reported while the lists are read may be in them or not.
    const reported = new Set(providers.reported);
    const { deliveries, skipped } = await read(client, load);
    life.end();
    const { code } = await life.exited;
    if (code !== 0) exits.push({ kind: 'unexpected_exit', text: `a clean end gave ${code}` });

    const pushes = [...load.pushes.values()];
    const judgement = judge({
      pushes,
      arrivals: providers.arrivals,
      deliveries,
      skipped,
      kills,
      gone: [goneChannel],
      reported: { channel: 'sms', tokens: reported },
      exceeded: providers.exceeded,
      unnamed: providers.unnamed,
    });
    const violations = [...exits, ...judgement.violations];
    kept = violations.length > 0 && !options.fault ? folder.folder : null;
    const perChannel = Object.keys(options.paces).map((channel): ChannelFigures => {
      const mine = deliveries.filter((one) => one.channel === channel);
      const known = channel as ChaosChannel;
      const faults = Object.values(providers.misbehaving[known]?.counts ?? {});
      const inState = (...states: string[]) => mine.filter(({ state }) => states.includes(state)).length;
      return {
        channel,
        pushed: pushes.filter((push) => push.channel === channel).reduce((n, { said }) => n + said.length, 0),
        calls: providers.calls[known] ?? 0,
        arrived: providers.arrivals.filter((one) => one.channel === channel).length,
        accepted: inState('sent', 'delivered'),
        dead: inState('dead'),
        dropped: inState('dropped'),
        faults: faults.reduce((n, count) => n + count, 0),
        exceeded: providers.exceeded[known] ?? 0,
      };
    });
    const reasons: Record<string, number> = {};
    for (const { state, reason } of deliveries)
      if (state === 'dead' || state === 'dropped')
        reasons[`${state} ${reason}`] = (reasons[`${state} ${reason}`] ?? 0) + 1;
    return {
      ...judgement,
      violations,
      reasons,
      pushed: pushes.reduce((n, { said }) => n + said.length, 0),
      kills: kills.length,
      slowestReadyMs,
      settledMs,
      perChannel,
      kept,
    };
  } finally {
    client.end();
    for (const life of lives) life.kill();
    await Promise.all(lives.map(({ exited }) => exited));
    await client.detach();
    await providers.close();
    if (kept === null) folder.remove();
  }
}

/** Waits until no delivery is open, or `mostMs` are over. */
async function settled(client: KillClient, mostMs: number): Promise<void> {
  const giveUpAt = Date.now() + mostMs;
  for (let looks = 0; looks < settledLooks && Date.now() < giveUpAt; ) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    const { body } = await client.sure('GET', '/api/v1/deliveries?state=queued,sending&limit=1');
    looks = (body as { items: unknown[] }).items.length === 0 ? looks + 1 : 0;
  }
}

/** What the API says of every delivery, and of what was not told. */
async function read(
  client: KillClient,
  load: ChaosLoad,
): Promise<{ deliveries: JudgedDelivery[]; skipped: Set<string> }> {
  const alerts = await pages<AlertBody>(client, '/api/v1/alerts');
  const tokenOf = new Map(alerts.map(({ id, labels }) => [id, labels.token]));
  const dead = new Set(
    (await pages<ApiDelivery>(client, '/api/v1/deliveries?state=dead')).map(({ id }) => id),
  );
  const rows = await pages<ApiDelivery & { recipient: string }>(client, '/api/v1/deliveries');
  const deliveries: JudgedDelivery[] = [];
  await inParallel(rows, async ({ id, notification_id, recipient, state, reason, finished_at }) => {
    const { body } = await client.sure('GET', `/api/v1/notifications/${notification_id}`);
    for (const [alert, saying] of Object.entries((body as { alerts: Record<string, Saying> }).alerts)) {
      const token = tokenOf.get(alert);
      if (token === undefined) continue; // the program's own news
      deliveries.push({
        id,
        token,
        saying,
        channel: recipient,
        state,
        reason,
        listedDead: dead.has(id),
        finishedAt: finished_at,
      });
    }
  });
  const skipped = new Set<string>();
  const told = new Set(deliveries.map(({ token, saying }) => `${token} ${saying}`));
  const untold = alerts.filter(({ labels: { token } }) =>
    load.pushes.get(token ?? '')?.said.some((saying) => !told.has(`${token} ${saying}`)),
  );
  await inParallel(untold, async ({ id, labels: { token } }) => {
    const { body } = await client.sure('GET', `/api/v1/alerts/${id}/history?limit=500`);
    const { events } = body as { events: { kind: string; reason: string | null }[] };
    if (!events.some(({ kind, reason }) => kind === 'notify.skipped' && reason !== null)) return;
    for (const saying of ['firing', 'resolved']) skipped.add(`${token} ${saying}`);
  });
  return { deliveries, skipped };
}

async function inParallel<One>(list: readonly One[], each: (one: One) => Promise<void>): Promise<void> {
  let next = 0;
  const reader = async () => {
    while (next < list.length) await each(list[next++]!);
  };
  await Promise.all(Array.from({ length: readers }, reader));
}

/** A port of loopback that is the same over all lives. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
