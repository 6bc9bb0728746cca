// `tocsin route test`: who would be told of an alert with these labels, and why, by the configuration. 0, or 1 when
// `--expect` names other receivers; 2 for a configuration that is none.
import { formatDuration } from '../../rules/duration.ts';
import { quoteGo } from '../../rules/go-string.ts';
import { labelSet } from '../../rules/labels.ts';
import { formatMatcher } from '../../rules/matchers.ts';
import type { Labels } from '../../rules/types.ts';
import { loadConfig } from '../config/load.ts';
import { toRouteTrialBody } from '../http/bodies/route-trial-body.ts';
import { type MatchedRoute, type MissedRoute, tryRoutes } from '../pipeline/route-trial.ts';
import type { RouteTestFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { problemLine } from './problems.ts';

export function routeTestCommand(
  host: CliHost,
  labels: Readonly<Record<string, string>>,
  flags: RouteTestFlags,
): number {
  const { env, cwd } = host;
  const { config: file, at, expect, json, tenant = 'default' } = flags;
  const loaded = loadConfig({ ...(file !== undefined && { file }), cwd, env, flags: {} });
  if ('problems' in loaded) {
    for (const problem of loaded.problems) host.err(problemLine(problem, cwd));
    return exitCodes.usage;
  }
  const { tenants, routing } = loaded.config;
  const trial = tryRoutes(tenants.get(tenant) ?? routing, labelSet(labels), at ?? Date.now());
  if (json) host.out(JSON.stringify(toRouteTrialBody(trial), null, 2));
  else {
    for (const one of trial.matched) for (const line of matchedLines(one)) host.out(line);
    for (const one of trial.missed) host.out(missedLine(one));
  }
  if (expect === undefined) return exitCodes.ok;
  const told = [...new Set(trial.matched.map(({ route }) => route.receiver))].sort();
  const wanted = [...new Set(expect)].sort();
  if (JSON.stringify(told) === JSON.stringify(wanted)) return exitCodes.ok;
  host.err(`expected ${wanted.join(', ')}, got ${told.join(', ')}`);
  return exitCodes.failed;
}

function matchedLines({ route, receiver, groupLabels, muting }: MatchedRoute): string[] {
  const by = route.groupBy === 'all' ? 'all labels' : route.groupBy.join(', ');
  const grouped = by === '' ? 'one group of all' : `${shown(groupLabels)} (by ${by})`;
  const channels = receiver === undefined ? '' : `, by ${receiver.channels.join(', ')}`;
  const timing = [
    ...[`group_wait ${formatDuration(route.groupWaitMs)}`],
    ...[`group_interval ${formatDuration(route.groupIntervalMs)}`],
    ...[`repeat_interval ${formatDuration(route.repeatIntervalMs)}`],
    ...[`resolve_wait ${formatDuration(route.resolveWaitMs)}`],
  ];
  const lines = [route.path, `  receiver  ${route.receiver}${channels}`, `  group     ${grouped}`];
  lines.push(`  timing    ${timing.join(', ')}`);
  if (muting !== null) {
    const until = muting.until === null ? ' for years' : ` until ${new Date(muting.until).toISOString()}`;
    lines.push(`  muted     by ${muting.ids.join(', ')}${until}`);
  }
  return lines;
}

function missedLine({ route, matcher, value, takenBy }: MissedRoute): string {
  if (matcher === null) return `not ${route.path}: ${takenBy} took it before`;
  return `not ${route.path}: ${formatMatcher(matcher)}, but ${matcher.name} is ${quoteGo(value ?? '')}`;
}

function shown(labels: Labels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${quoteGo(value)}`)
    .join(', ')}}`;
}
