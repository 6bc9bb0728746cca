// The kills of the soak: every named point, first and tenth hit, then random moments under load, campaign by campaign
// (a data folder of its own each), every second one with a provider that fails in passing.
import { type Death, first, namedDeaths, randomDeaths } from '../src/testing/kills/deaths.ts';
import { type CampaignReport, runCampaign } from '../src/testing/kills/harness.ts';
import { killPointNames } from '../src/testing/kills/points.ts';
import { Random } from '../src/testing/simulation/random.ts';
import type { PartResult } from './soak-table.ts';

const killsPerCampaign = 25;
const flakyShare = 0.02;
/** Verifying a campaign takes about that long; with a flaky provider its last retries come 120 s after their first. */
const endMs = 12_000;
const flakyEndMs = 130_000;

export interface KillsPlan {
  readonly seed: number;
  /** Epoch milliseconds. */
  readonly until: number;
  readonly say: (line: string) => void;
}

function row(part: string, seeds: string, reports: readonly CampaignReport[], wanted: number): PartResult {
  const sum = (of: (report: CampaignReport) => number) => reports.reduce((n, report) => n + of(report), 0);
  const kills = sum((report) => report.kills);
  const violations = sum((report) => report.violations.length);
  return {
    part,
    seeds,
    ran: [
      `${kills} kills`,
      `${sum((report) => report.promises)} promises`,
      `${sum((report) => report.samples)} samples`,
      `${sum((report) => report.webhooks)} webhooks`,
      `${sum((report) => report.lostAnswers)} answers lost`,
    ].join(', '),
    slowestReadyMs: Math.max(0, ...reports.map((report) => report.slowestReadyMs)),
    result:
      violations > 0 ? 'failed' : kills < wanted ? `only ${kills} of ${wanted} kills in the time` : 'ok',
    violations: violations + (kills < wanted ? 1 : 0),
  };
}

function explain(report: CampaignReport, { say }: KillsPlan): void {
  for (const { kind, text } of report.violations.slice(0, 20)) say(`kills: ${kind}: ${text}`);
  if (report.kept !== null) say(`kills: its folder is kept: ${report.kept}`);
}

/** First and tenth hit of every point; `tenth` false leaves the tenth out where there is no time. */
export async function namedKills(plan: KillsPlan, tenth: boolean): Promise<PartResult> {
  const reports: CampaignReport[] = [];
  const hits = tenth ? [1, 10] : [1];
  for (const hit of hits) {
    const deaths = namedDeaths.filter((death: Death) => 'hit' in death && death.hit === hit);
    const report = await runCampaign({ seed: plan.seed + hit, deaths, until: plan.until, holds: true });
    explain(report, plan);
    reports.push(report);
  }
  const hitText = hits.map((hit) => (hit === 1 ? '1st' : `${hit}th`)).join(' and ');
  const seeds = hits.map((hit) => plan.seed + hit).join(', ');
  const part = `kills at ${killPointNames.length} points, ${hitText} hit`;
  return row(part, seeds, reports, hits.length * killPointNames.length);
}

/**
 * Random kills, `atLeast` of them and, where nothing else waits for the processor, until the time is used.
 */
export async function randomKills(plan: KillsPlan, atLeast: number, alone: boolean): Promise<PartResult> {
  const reports: CampaignReport[] = [];
  let kills = 0;
  for (let no = 0; kills < atLeast || (alone && plan.until - Date.now() > 2 * endMs); no++) {
    const flaky = no % 2 === 1 && plan.until - Date.now() > 2 * flakyEndMs;
    const seed = plan.seed + 100 + no;
    const report = await runCampaign({
      seed,
      deaths: first(killsPerCampaign, randomDeaths(new Random(seed))),
      until: plan.until - (flaky ? flakyEndMs : endMs),
      flaky: flaky ? flakyShare : 0,
      holds: true,
    });
    explain(report, plan);
    reports.push(report);
    kills += report.kills;
    if (report.kills === 0 || report.violations.length > 0) break;
  }
  const from = plan.seed + 100;
  return row('kills at random under load', `${from}-${from + reports.length - 1}`, reports, atLeast);
}
