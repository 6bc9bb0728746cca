// `tocsin explain`: why somebody was told of an alert, or was not, as a page. Asked of a running Tocsin by the id of an
// alert, or by labels and a time.
import { isZone } from '../explain/say.ts';
import { timeIn } from './explain-time.ts';
import type { ExplainFlags } from './flags.ts';
import { type CliHost, exitCodes } from './host.ts';
import { reasonOf, remoteOf } from './remote.ts';

const deadlineMs = 30_000;

export async function explainCommand(
  host: CliHost,
  id: string | undefined,
  flags: ExplainFlags,
): Promise<number> {
  const asked = questionOf(id, flags, Date.now());
  if ('problem' in asked) {
    host.err(asked.problem);
    return exitCodes.usage;
  }
  const remote = remoteOf(host, flags);
  if (typeof remote === 'number') return remote;
  const url = new URL(asked.path, remote.base);
  for (const [name, value] of asked.query) url.searchParams.append(name, value);
  let text: string;
  let status: number;
  try {
    const response = await fetch(url, {
      headers: { ...remote.headers, accept: flags.json === true ? 'application/json' : 'text/plain' },
      signal: AbortSignal.timeout(deadlineMs),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    host.err(`${url.origin} does not answer: ${reasonOf(error)}`);
    return exitCodes.failed;
  }
  if (status !== 200) {
    host.err(`${url.origin} refused the question (${status}): ${messageIn(text)}`);
    return exitCodes.failed;
  }
  host.out(text.trimEnd());
  return exitCodes.ok;
}

interface Question {
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
}

function questionOf(
  id: string | undefined,
  flags: ExplainFlags,
  now: number,
): Question | { readonly problem: string } {
  const { label, match = [], at, tz = systemZone(), locale } = flags;
  const matchers = [...Object.entries(label).map(([name, value]) => matcherText(name, value)), ...match];
  const reading: [string, string][] = [
    ['tz', tz],
    ...(locale === undefined ? [] : [['locale', locale] as [string, string]]),
  ];
  if (!isZone(tz))
    return { problem: `--tz: expected a time zone such as Asia/Taipei or UTC, got ${JSON.stringify(tz)}` };
  if (id !== undefined) {
    if (matchers.length > 0 || at !== undefined)
      return {
        problem: 'an id says which alert it is: expected no --label, --match or --at beside it',
      };
    return { path: `/api/v1/alerts/${encodeURIComponent(id)}/explain`, query: reading };
  }
  if (matchers.length === 0)
    return { problem: 'expected the id of an alert, or --label NAME=VALUE (and --at TIME)' };
  const query: [string, string][] = [
    ...matchers.map((one): [string, string] => ['match[]', one]),
    ...reading,
  ];
  if (at !== undefined) {
    const time = timeIn(at, tz, now);
    if (time === null)
      return {
        problem: `--at: expected a time such as 03:00, "2026-03-14 03:00", 2026-03-14T03:00:00Z or 30m (ago), got ${JSON.stringify(at)}`,
      };
    query.push(['at', String(time)]);
  }
  return { path: '/api/v1/explain', query };
}

const systemZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone;

const matcherText = (name: string, value: string) => `${JSON.stringify(name)}=${JSON.stringify(value)}`;

/** The message of our own API's error, or the beginning of what something else answered. */
function messageIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as {
      error?: { message?: string; details?: { problems?: { path: string; message: string }[] } };
    };
    const problems = error?.details?.problems?.map(({ path, message }) => `${path}: ${message}`) ?? [];
    return (
      [error?.message, ...problems].filter((part) => part !== undefined).join('; ') || text.slice(0, 200)
    );
  } catch (error) {
    if (error instanceof SyntaxError) return text.slice(0, 200);
    throw error;
  }
}
