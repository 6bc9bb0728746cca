// The soak's chaos: the whole program with every channel against strict simulators that misbehave, and two deaths.
import { type ChannelFigures, type ChaosReport, runChaos } from '../src/testing/chaos/campaign.ts';
import type { KillsPlan } from './soak-kills.ts';
import type { PartResult } from './soak-table.ts';

const minuteMs = 60_000;
/** Of the span that is pushed in; each channel is out that long, in half an hour of chaos for two minutes and a half. */
const outageShare = 1 / 12;
/** The last round of what had waited for a paused channel, or for a slow round of five minutes. */
const settleMs = 7 * minuteMs;
/** A client gives a hanging provider up after ten seconds. */
const holdMs = 12_000;

/** Messages a second: robots grant twenty calls a minute, Slack one a second. */
const paces = {
  webhook: 8,
  mail: 3,
  sms: 3,
  feishu: 0.6,
  slack: 0.35,
  wecom: 0.12,
  dingtalk: 0.12,
  gone: 0.1,
};

function explain(report: ChaosReport, say: KillsPlan['say']): void {
  const columns = [
    'channel',
    'pushed',
    'calls',
    'faults',
    'arrived',
    'accepted',
    'dead',
    'dropped',
    'exceeded',
  ];
  const line = (cells: readonly string[]) => say(`chaos: ${cells.map((cell) => cell.padStart(9)).join('')}`);
  line(columns);
  for (const row of report.perChannel) line(columns.map((name) => String(row[name as keyof ChannelFigures])));
  const reasons = Object.entries(report.reasons).map(([reason, n]) => `${reason}: ${n}`);
  say(`chaos: ${reasons.join(', ')}`);
  for (const { kind, text } of report.violations.slice(0, 20)) say(`chaos: ${kind}: ${text}`);
  if (report.kept !== null) say(`chaos: its folder is kept: ${report.kept}`);
}

/** @param spanMs How long is pushed; the end takes up to seven minutes more. */
export async function chaos({ seed, say }: KillsPlan, spanMs: number): Promise<PartResult> {
  const report = await runChaos({
    seed,
    loadMs: spanMs,
    outageMs: spanMs * outageShare,
    misconduct: { refused: 0.04, lost: 0.03, hung: 0.03, holdMs, mostInARow: Number.POSITIVE_INFINITY },
    paces,
    kills: 2,
    retryDelay: '2s',
    settleMs,
  });
  explain(report, say);
  const { violations } = report;
  const often = report.perChannel.reduce((n, { exceeded }) => n + exceeded, 0);
  return {
    part: 'chaos',
    ran: [
      `${report.pushed} accepted by HTTP in ${Math.round(spanMs / 1_000)} s`,
      `${report.accepted} delivered (${(report.acceptedShare * 100).toFixed(2)} %)`,
      `${report.dead} dead letters`,
      `${report.dropped} dropped`,
      `${report.twiceAfterLost} twice after a lost answer, ${report.twiceAfterKill} after a kill`,
      `${often} calls over a limit`,
      `${report.kills} kills`,
      `settled in ${Math.round(report.settledMs / 1_000)} s`,
    ].join(', '),
    seeds: String(seed),
    result: violations.length === 0 ? 'ok' : `failed: ${violations[0]!.kind}`,
    slowestReadyMs: report.slowestReadyMs,
    violations: violations.length,
  };
}
