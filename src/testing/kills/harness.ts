// A campaign: one data folder, one provider, clients at work, and the program killed again and again. At the end
// everything that was promised is looked for.

import { exitCodes } from '../../cli/host.ts';
import { Random } from '../simulation/random.ts';
import { KillClient } from './client.ts';
import { compileChild } from './compile.ts';
import type { Death } from './deaths.ts';
import { campaignFolder } from './folder.ts';
import { Holds } from './holds.ts';
import { Ledger, type Violation } from './ledger.ts';
import { Load } from './load.ts';
import { type KillPoint, needsOf, type PlantedFault } from './points.ts';
import { type Life, startLife } from './process.ts';
import { startProvider } from './provider.ts';
import { verify } from './verify.ts';

export interface CampaignOptions {
  readonly deaths: Iterable<Death>;
  readonly seed: number;
  /** No further death after that time, epoch milliseconds. */
  readonly until?: number;
  /** Share of webhooks that are refused in passing; the end then waits for their retries. */
  readonly flaky?: number;
  readonly fault?: PlantedFault;
  /** Also what holds messages back; a campaign then ends some seconds later. */
  readonly holds?: boolean;
  /** The machine dies instead of the process: the data lies on a volume whose power is cut. */
  readonly power?: Power;
  /** Environment of every life but the last. */
  readonly env?: (no: number) => Readonly<Record<string, string>>;
  /** A life may also end by itself, with the exit code that says that the store broke. */
  readonly mayBreak?: boolean;
}

/** A volume that can lose its power. */
export interface Power {
  readonly folder: string;
  /** What was not written to its end is gone; every write fails from here on. */
  cut(): Promise<void>;
  /** After the process is gone: the volume as it is found after the power came back. */
  restore(): Promise<void>;
}

export interface CampaignReport {
  readonly kills: number;
  /** Lives that ended by themselves, because their store broke. */
  readonly broke: number;
  /** By named point. */
  readonly killsAt: Readonly<Record<string, number>>;
  readonly slowestReadyMs: number;
  /** Answers that were held against the store: events, acknowledgements, resolves, firings. */
  readonly promises: number;
  readonly samples: number;
  readonly webhooks: number;
  /** Requests whose answer was lost. */
  readonly lostAnswers: number;
  readonly violations: readonly Violation[];
  /** The campaign's folder, left for whoever looks into its violations. */
  readonly kept: string | null;
}

const readyWithinMs = 5_000;
const hopelessAfterMs = 30_000;
const reachedWithinMs = 40_000;
const ruleChangeEveryMs = 350;
const quietAfterMs = 700;

export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const random = new Random(options.seed);
  const rng = () => random.next();
  const child = await compileChild();
  const provider = await startProvider(options.flaky ?? 0, rng);
  const { power, mayBreak = false } = options;
  const folder = campaignFolder(provider.url, power && `${power.folder}/data`);
  const client = new KillClient();
  const ledger = new Ledger();
  const load = new Load(client, ledger, rng);
  const holds = new Holds(client, ledger, provider, rng);
  const lives: Life[] = [];
  const killsAt: Record<string, number> = {};
  let slowestReadyMs = 0;
  let broke = 0;
  let ruleVersion = 1;

  const start = (killAt?: { point: KillPoint; hit: number }, last = false): Life => {
    const no = lives.length + 1;
    folder.configure(no);
    const { fault } = options;
    const env = last ? undefined : options.env?.(no);
    const life = startLife({
      child,
      configFile: folder.configFile,
      no,
      ...(killAt && { killAt }),
      ...(fault && { fault }),
      ...(env && { env }),
    });
    lives.push(life);
    return life;
  };
  const attach = async (life: Life): Promise<boolean> => {
    let waited = false;
    const giveUp = setTimeout(() => {
      waited = true;
      life.kill();
    }, hopelessAfterMs);
    const url = await life.ready;
    clearTimeout(giveUp);
    if (waited) ledger.violate('not_ready', `life ${life.no}: not within ${hopelessAfterMs} ms`);
    if (url === null) return false;
    slowestReadyMs = Math.max(slowestReadyMs, life.readyMs!);
    if (life.readyMs! > readyWithinMs)
      ledger.violate('not_ready', `life ${life.no}: after ${life.readyMs} ms`);
    client.attach(life, url);
    return true;
  };
  const over = async (life: Life): Promise<void> => {
    const { code, signal } = await life.exited;
    await client.detach();
    await power?.restore();
    if (code === exitCodes.broken) broke += 1;
    if (signal !== 'SIGKILL' && !(mayBreak && code === exitCodes.broken)) {
      const log = life.tail.slice(-3).join('\n');
      ledger.violate('unexpected_exit', `life ${life.no}: code ${code}, signal ${signal}\n${log}`);
    }
  };

  const die = async (life: Life): Promise<void> => {
    if (power !== undefined) {
      // A machine without power says nothing more. A process does: an fsync under way when the journal is aborted may
      // come back as a success.
      life.freeze();
      await power.cut();
    }
    life.kill();
  };

  /** One life from spawn to death. */
  const live = async (death: Death): Promise<void> => {
    if ('afterSpawnMs' in death) {
      const life = start();
      const timer = setTimeout(() => life.kill(), death.afterSpawnMs);
      await Promise.race([attach(life), life.exited]);
      await over(life);
      clearTimeout(timer);
      return;
    }
    if ('afterReadyMs' in death) {
      const life = start();
      await attach(life);
      const timer = setTimeout(() => void die(life), death.afterReadyMs);
      await over(life);
      clearTimeout(timer);
      return;
    }
    const life = start(death);
    const needs = needsOf(death.point);
    const giveUp = setTimeout(() => life.kill(), reachedWithinMs);
    await attach(life);
    const quiet = needs === 'quiet' ? setTimeout(() => load.pause(), quietAfterMs) : undefined;
    const changes =
      needs === 'rule changes'
        ? setInterval(() => folder.changeRules(++ruleVersion), ruleChangeEveryMs)
        : undefined;
    await over(life);
    clearTimeout(giveUp);
    clearTimeout(quiet);
    clearInterval(changes);
    load.resume();
    if (life.killedBy === null) {
      ledger.violate('point_not_reached', `${death.point}, hit ${death.hit}, in ${reachedWithinMs} ms`);
      return;
    }
    const name = `${death.point}:${death.hit}`;
    killsAt[name] = (killsAt[name] ?? 0) + 1;
  };

  let kills = 0;
  let kept: string | null = null;
  try {
    load.start(options.holds ? holds.acts : []);
    for (const death of options.deaths) {
      if (options.until !== undefined && Date.now() > options.until) break;
      await live(death);
      kills += 1;
      // A program that does not live at all is not worth a hundred tries.
      if (ledger.violations.some(({ kind }) => kind === 'unexpected_exit')) break;
    }
    provider.heal();
    const last = start(undefined, true);
    if (await attach(last)) {
      holds.stop();
      await load.stop();
      await verify({
        client,
        ledger,
        provider,
        last,
        folder,
        samples: power === undefined,
        slowMs: (options.flaky ?? 0) > 0 ? 150_000 : 20_000,
      });
    } else {
      ledger.violate('unexpected_exit', `the last life: ${last.tail.slice(-3).join('\n')}`);
    }
  } finally {
    client.end();
    for (const life of lives) life.kill();
    await client.detach();
    await provider.close();
    kept = ledger.violations.length > 0 && !options.fault ? folder.folder : null;
    if (kept === null) folder.remove();
  }
  return {
    kills,
    broke,
    killsAt,
    slowestReadyMs,
    promises: ledger.promises,
    samples: [...ledger.samples.values()].reduce((n, list) => n + list.length, 0),
    webhooks: provider.told.length,
    lostAnswers: client.lost,
    violations: ledger.violations,
    kept,
  };
}
