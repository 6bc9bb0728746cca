// `tocsin silence`: silences of a running Tocsin, over its API.
import { systemClock } from '../clock.ts';
import type { SilenceAddFlags, SilenceFlags, SilenceListFlags, SilenceTryFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { counted } from './problems.ts';
import { ask, remoteOf } from './remote.ts';
import { timeOf } from './time-flag.ts';

const path = '/api/v1/silences';

interface Silence {
  readonly id: string;
  readonly state: string;
  readonly matchers: readonly string[];
  readonly starts_at: string;
  readonly ends_at: string;
  readonly comment: string;
  readonly created_by: string;
  readonly held: number;
  readonly holding?: number;
}

interface Preview {
  readonly firing: number;
  readonly pending: number;
  readonly suppressed: number;
  readonly receivers: readonly {
    readonly receiver: string;
    readonly groups: number;
    readonly alerts: number;
  }[];
  readonly alerts: readonly {
    readonly state: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly suppressed: string | null;
  }[];
  readonly groups: { readonly total: number; readonly silent: number; readonly shorter: number };
}

interface Trial {
  readonly messages: number;
  readonly held: {
    readonly messages: number;
    readonly whole: number;
    readonly in_part: number;
    readonly alerts: number;
  };
  readonly items: readonly {
    readonly id: string;
    readonly at: string;
    readonly receiver: string | null;
    readonly reason: string;
    readonly taken: number;
    readonly alerts: number;
  }[];
}

/** Asks, and prints the answer's lines or its JSON; the exit code. */
async function show<Body>(
  host: CliHost,
  flags: SilenceFlags,
  [method, where, body]: readonly [method: string, path: string, body?: unknown],
  lines: (body: Body) => readonly string[],
): Promise<number> {
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const answer = await ask<Body>(host, remote, method, where, body);
  if (typeof answer === 'number') return answer;
  for (const line of flags.json ? [JSON.stringify(answer, null, 2)] : lines(answer)) host.out(line);
  return exitCodes.ok;
}

const lineOf = (silence: Silence): string =>
  `${silence.id}  ${silence.state}  ${silence.starts_at} to ${silence.ends_at}  {${silence.matchers.join(', ')}}  ${silence.created_by}: ${silence.comment}`;

export function addCommand(
  host: CliHost,
  matchers: readonly string[],
  flags: SilenceAddFlags,
): Promise<number> {
  const body = {
    matchers,
    comment: flags.comment,
    duration: flags.for,
    starts_at: flags.start,
    ends_at: flags.end,
    created_by: flags.by,
    recurs: flags.recurs,
  };
  return show<Silence>(host, flags, ['POST', path, body], (silence) => [lineOf(silence)]);
}

export function listCommand(host: CliHost, flags: SilenceListFlags): Promise<number> {
  const query = new URLSearchParams({ state: flags.state, limit: '500' });
  for (const matcher of flags.matcher) query.append('matcher', matcher);
  return show<{ items: readonly Silence[]; next: string | null }>(
    host,
    flags,
    ['GET', `${path}?${query}`],
    ({ items, next }) => [
      ...items.map(lineOf),
      ...(items.length === 0 ? ['no silences'] : []),
      ...(next === null ? [] : ['there are more; the API has them']),
    ],
  );
}

export function showCommand(host: CliHost, id: string, flags: SilenceFlags): Promise<number> {
  return show<Silence>(host, flags, ['GET', `${path}/${encodeURIComponent(id)}`], (silence) => [
    lineOf(silence),
    `holds back ${counted(silence.holding ?? 0, 'firing alert')} now; began to ${counted(silence.held, 'time')}`,
  ]);
}

export async function expireCommand(
  host: CliHost,
  ids: readonly string[],
  flags: SilenceFlags,
): Promise<number> {
  let worst: number = exitCodes.ok;
  for (const id of ids) {
    const lines = (silence: Silence) => [lineOf(silence)];
    const code = await show(host, flags, ['DELETE', `${path}/${encodeURIComponent(id)}`], lines);
    worst = Math.max(worst, code);
  }
  return worst;
}

export function previewCommand(
  host: CliHost,
  matchers: readonly string[],
  flags: SilenceFlags,
): Promise<number> {
  return show<Preview>(host, flags, ['POST', `${path}/preview`, { matchers }], (body) => {
    const { firing, pending, suppressed, receivers, alerts, groups } = body;
    const left = firing + pending - alerts.length;
    return [
      `would hold back ${counted(firing, 'firing alert')} (${suppressed} held back already) and ${pending} pending`,
      `of ${counted(groups.total, 'group')} ${groups.silent} would not say what comes next, ${groups.shorter} would say less`,
      ...receivers.map(
        (one) => `  ${one.receiver}: ${counted(one.alerts, 'alert')} in ${counted(one.groups, 'group')}`,
      ),
      ...alerts.map(({ state, labels, suppressed: by }) => {
        const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
        return `  ${state} {${pairs.join(', ')}}${by === null ? '' : ` (${by})`}`;
      }),
      ...(left > 0 ? [`  and ${left} more`] : []),
    ];
  });
}

export async function tryCommand(
  host: CliHost,
  matchers: readonly string[],
  flags: SilenceTryFlags,
): Promise<number> {
  const now = systemClock().now();
  const from = timeOf(flags.from, now);
  const to = flags.to === undefined ? now : timeOf(flags.to, now);
  if (Number.isNaN(from) || Number.isNaN(to)) {
    host.err('--from, --to: expected times such as 2026-01-31T08:00:00Z or spans before now such as 7d');
    return exitCodes.usage;
  }
  const body = { matchers, from, to: flags.to === undefined ? undefined : to };
  return show<Trial>(host, flags, ['POST', `${path}/try`, body], ({ messages, held, items }) => [
    `would have held back ${counted(held.messages, 'message')} (${held.whole} whole, ${held.in_part} in part) about ${counted(held.alerts, 'alert')}, of ${counted(messages, 'message')}`,
    ...items.map(
      (one) =>
        `  ${one.at}  ${one.id}  ${one.receiver ?? ''} ${one.reason}: ${one.taken} of ${counted(one.alerts, 'alert')}`,
    ),
    ...(held.messages > items.length ? [`  and ${held.messages - items.length} more`] : []),
  ]);
}
