// Faults of the machine in the soak: losses of power on a volume of its own, and calls of the disk that fail once.
import { stateFaults, sweepIoFaults } from '../src/testing/io-faults/sweep.ts';
import type { CampaignReport } from '../src/testing/kills/harness.ts';
import { lacks } from '../src/testing/machine/lacks.ts';
import { powerNeeds } from '../src/testing/powerloss/loop-volume.ts';
import { losePower } from '../src/testing/powerloss/power-loss.ts';
import type { KillsPlan } from './soak-kills.ts';
import type { PartResult } from './soak-table.ts';

/** What was being sent at three deaths is put aside as poison, rightly, although its receiver may have taken it. */
const deathsPerCampaign = 2;
/** Twenty rounds in half an hour. */
const roundsPerMinute = 2 / 3;
/** A store that does not wait for the disk must be seen to lose something within so many rounds. */
const roundsToSee = 5;

function row(part: string, seed: number, ran: string, reports: readonly CampaignReport[]): PartResult {
  const violations = reports.reduce((n, report) => n + report.violations.length, 0);
  const promises = reports.reduce((n, report) => n + report.promises, 0);
  return {
    part,
    ran: `${ran}, ${promises} promises`,
    seeds: `${seed}-${seed + reports.length - 1}`,
    result: violations > 0 ? 'failed' : 'ok',
    slowestReadyMs: Math.max(0, ...reports.map(({ slowestReadyMs }) => slowestReadyMs)),
    violations,
  };
}

function skipped(part: string, why: string): PartResult {
  return { part, ran: '', seeds: '', result: `skipped: ${why}`, slowestReadyMs: null, violations: 0 };
}

function explain({ violations, kept }: CampaignReport, say: KillsPlan['say']): void {
  for (const { kind, text } of violations.slice(0, 20)) say(`machine: ${kind}: ${text}`);
  if (kept !== null) say(`machine: its folder is kept: ${kept}`);
}

export async function powerLosses({ seed, until, say }: KillsPlan, minutes: number): Promise<PartResult> {
  const part = 'losses of power';
  const lacking = lacks(...powerNeeds);
  if (lacking !== null) return skipped(part, lacking);
  let lost = 0;
  let proof = 0;
  while (lost === 0 && proof < roundsToSee) {
    const { violations } = await losePower({ rounds: 1, seed: seed + 300 + proof++, durability: 'normal' });
    lost = violations.length;
  }
  say(`machine: without waiting for the disk, ${lost} promises were broken in round ${proof}`);
  const rounds = Math.max(1, Math.round(minutes * roundsPerMinute));
  const reports: CampaignReport[] = [];
  for (let left = rounds; left > 0; left -= deathsPerCampaign) {
    const report = await losePower({
      rounds: Math.min(left, deathsPerCampaign),
      seed: seed + 320 + reports.length,
      until,
    });
    explain(report, say);
    reports.push(report);
  }
  const done = reports.reduce((n, { kills }) => n + kills, 0);
  const result = row(part, seed + 320, `${done} of ${rounds} rounds`, reports);
  if (lost > 0) return result;
  return { ...result, result: 'failed: nothing was lost without fsync', violations: result.violations + 1 };
}

/** Later and later calls fail once, a life each. */
export async function ioFaults({ seed, until, say }: KillsPlan, minutes: number): Promise<PartResult> {
  const part = 'calls of the disk that fail';
  const lacking = process.platform === 'linux' ? lacks('gcc') : 'needs Linux';
  if (lacking !== null) return skipped(part, lacking);
  const nths = Array.from({ length: Math.max(2, Math.round(minutes)) }, (_, i) => 1 + i * 3);
  const reports: CampaignReport[] = [];
  for (const nth of nths) {
    const report = await sweepIoFaults({
      faults: stateFaults([nth]),
      seed: seed + 400 + reports.length,
      until,
    });
    explain(report, say);
    reports.push(report);
  }
  const sum = (of: (report: CampaignReport) => number) => reports.reduce((n, report) => n + of(report), 0);
  const ran = `${sum(({ broke }) => broke)} of ${sum(({ kills }) => kills)} lives ended by it`;
  return row(part, seed + 400, ran, reports);
}
