// `tocsin alerts`: look at the alerts of a running Tocsin and answer them, for people at a terminal and for scripts.
import { z } from 'zod';
import { alertBody } from '../http/bodies/alert-body.ts';
import type { AlertListFlags, AlertResponseFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { type Remote, type RemoteFlags, reasonOf, remoteOf } from './remote.ts';

const deadlineMs = 10_000;
const base = '/api/v1/alerts';

type Shown = z.output<typeof alertBody>;
const page = z.object({ items: z.array(alertBody), next: z.string().nullable() });

interface Asked {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: readonly (readonly [string, string | undefined])[];
  readonly body?: Readonly<Record<string, unknown>>;
}

/** The answer, or why there is none. */
async function ask(
  remote: Remote,
  { method = 'GET', path, query = [], body }: Asked,
): Promise<{ value: unknown } | { problem: string }> {
  const url = new URL(path, remote.base);
  for (const [name, value] of query) if (value !== undefined) url.searchParams.append(name, value);
  try {
    const response = await fetch(url, {
      method,
      headers: { ...remote.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(deadlineMs),
    });
    const text = await response.text();
    if (response.ok) return { value: JSON.parse(text) as unknown };
    return { problem: `${url.origin} refused (${response.status}): ${text.slice(0, 500)}` };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is no Tocsin' : 'does not answer';
    return { problem: `${url.origin} ${why}: ${reasonOf(error)}` };
  }
}

/** Lists alerts, the newest first: those that are open unless a state is asked for. */
export async function listCommand(host: CliHost, flags: AlertListFlags): Promise<number> {
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const most = flags.limit ?? 50;
  const items: Shown[] = [];
  let cursor: string | undefined;
  do {
    const asked = await ask(remote, {
      path: base,
      query: [
        ['kind', 'alert'],
        ['state', flags.state ?? 'pending,firing'],
        ['severity', flags.severity],
        ['assignee', flags.assignee],
        ['since', flags.since],
        ['q', flags.q],
        ...(flags.match ?? []).map((one) => ['matcher', one] as const),
        ['limit', String(Math.min(1_000, most - items.length))],
        ['cursor', cursor],
      ],
    });
    if ('problem' in asked) {
      host.err(asked.problem);
      return exitCodes.failed;
    }
    const { items: more, next } = page.parse(asked.value);
    items.push(...more);
    cursor = next ?? undefined;
  } while (cursor !== undefined && items.length < most);
  for (const alert of items) host.out(flags.json ? JSON.stringify(alert) : lineOf(alert));
  if (cursor !== undefined) host.err(`there are more; --limit shows more than ${most}`);
  return exitCodes.ok;
}

/** `<id>  firing  critical  HighCpu{host="a"}  summary  (bea)` */
function lineOf(alert: Shown): string {
  const { alertname = '', severity: _severity, ...labels } = alert.labels;
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const who = alert.acknowledged?.by ?? alert.assignee;
  return [
    alert.id,
    alert.state,
    alert.effective_severity,
    `${alertname}{${pairs.join(', ')}}`,
    alert.annotations.summary ?? '',
    who === null ? '' : `(${who})`,
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** Shows one alert with its comments, as JSON. */
export async function showCommand(host: CliHost, id: string, flags: RemoteFlags): Promise<number> {
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const own = `${base}/${encodeURIComponent(id)}`;
  const alert = await ask(remote, { path: own });
  const comments = 'problem' in alert ? alert : await ask(remote, { path: `${own}/comments` });
  if ('problem' in alert || 'problem' in comments) {
    host.err('problem' in alert ? alert.problem : (comments as { problem: string }).problem);
    return exitCodes.failed;
  }
  const { items } = z.object({ items: z.array(z.unknown()) }).parse(comments.value);
  host.out(JSON.stringify({ ...(alert.value as object), comments: items }, null, 2));
  return exitCodes.ok;
}

/** Answers alerts one after the other; those that were refused are said, and make the exit code 1. */
export async function respondCommand(
  host: CliHost,
  what: 'acknowledge' | 'snooze' | 'resolve' | 'assign' | 'comments',
  ids: readonly string[],
  fields: Readonly<Record<string, unknown>>,
  flags: AlertResponseFlags,
): Promise<number> {
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const { for: span, until, owner, note } = flags;
  const body = { ...fields, ...{ for: span, until, owner, note } };
  const undo = flags.undo === true && (what === 'acknowledge' || what === 'snooze');
  let failed = 0;
  for (const id of ids) {
    const path = `${base}/${encodeURIComponent(id)}/${what}`;
    const asked = await ask(remote, undo ? { method: 'DELETE', path } : { method: 'POST', path, body });
    if ('problem' in asked) {
      host.err(`${id}: ${asked.problem}`);
      failed += 1;
    } else host.out(`${id}: ${undo ? `${what} taken back` : `${what} done`}`);
  }
  return failed === 0 ? exitCodes.ok : exitCodes.failed;
}
