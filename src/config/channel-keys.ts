// The keys that every channel may have beside its own: whether it is switched on, who takes over where it fails, and
// several providers of one channel, of which each is a channel to the rest of the program.
import { z } from 'zod';
import { locales } from '../../channels/message.ts';
import type { Problem } from '../../rules/types.ts';
import { isRecord } from './plain.ts';
import type { Resolved } from './references.ts';
import { name, positiveDuration } from './scalars.ts';
import type { Path, Source } from './source.ts';
import { zodProblems } from './zod-problems.ts';

const dayMs = 86_400_000;
/** Every call that a window counts is kept for so long, in memory too. */
const longestWindowMs = 31 * dayMs;
const mostCalls = 10_000;
const mostBudgeted = 100_000;

export const channelKeys = z.object({
  enabled: z.boolean().default(true).describe('false: as if nobody named it.'),
  fallback: z
    .array(name)
    .max(8)
    .default([])
    .describe('Channels that take over, in this order, where this one fails or is paused.'),
  limits: z
    .array(
      z.strictObject({
        calls: z.int().min(1).max(mostCalls).describe('So many calls at most …'),
        per: positiveDuration
          .refine((ms) => ms <= longestWindowMs, 'expected at most 31d')
          .describe('… in any span of this length, at most 31 days.'),
      }),
    )
    .max(8)
    .default([])
    .describe('Beside what its kind declares. What waits behind a limit is merged into fewer messages.'),
  cost: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe(
      'What one message costs, in the currency of the budget: who has no preference is told by the cheapest.',
    ),
  budget: z
    .strictObject({
      daily: z.number().positive().optional().describe('Spent in any 24 hours, at most.'),
      monthly: z.number().positive().optional().describe('Spent in any 30 days, at most.'),
    })
    .optional()
    .describe(
      'With `cost`. What is urgent keeps a part of it; what waits behind it is merged, or goes to the fallback.',
    ),
  send_resolved: z
    .boolean()
    .optional()
    .describe('Whether people are told on it that something is over: yes, but for calls.'),
  template: name.optional().describe('Its messages are said in the words of this template.'),
  locale: z.enum(locales).optional().describe('The language of its messages.'),
});
export type ChannelKeys = z.output<typeof channelKeys>;

/** The windows of its limits and of its budget, or where that cannot be. */
export function windowsOf({ limits, cost, budget = {} }: ChannelKeys): {
  readonly windows: readonly { readonly calls: number; readonly perMs: number }[];
  readonly problem: { readonly path: Path; readonly message: string } | null;
} {
  const windows = limits.map(({ calls, per }) => ({ calls, perMs: per }));
  for (const [key, perMs] of [
    ['daily', dayMs],
    ['monthly', 30 * dayMs],
  ] as const) {
    const amount = budget[key];
    if (amount === undefined) continue;
    const wrong = (message: string) => ({ windows: [], problem: { path: ['budget', key], message } });
    if (cost === undefined) return wrong('expected `cost` beside it: what one message costs');
    // A price such as 0.1 is no number of the machine.
    const calls = Math.floor(amount / cost + 1e-9);
    if (calls < 1) return wrong(`does not pay for one message: its cost is ${cost}`);
    if (calls > mostBudgeted)
      return wrong(`pays for more than ${mostBudgeted} messages, which are not counted`);
    windows.push({ calls, perMs });
  }
  return { windows, problem: null };
}

const common = new Set(Object.keys(channelKeys.shape));
const mostProviders = 8;

/** One entry of `channels`, taken apart. */
export interface WrittenChannel {
  /** The name in the file; of a further provider `<name>~2` and so on, which no name of a file can be. */
  readonly name: string;
  /** Where its own settings stand. */
  readonly path: Path;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly keys: ChannelKeys;
}

/**
 * Takes common keys and providers apart. With `providers`, a list, each item with the keys beside it is a channel, and the
 * later ones take over from the earlier ones.
 */
export function takeApart(
  source: Source,
  resolved: Resolved,
  channel: string,
  value: Readonly<Record<string, unknown>>,
): { readonly channels: readonly WrittenChannel[]; readonly problems: readonly Problem[] } {
  const path = ['channels', channel];
  const { type: _, providers, ...rest } = value;
  const parsed = channelKeys.safeParse(pick(rest, (key) => common.has(key)));
  const keys = parsed.success ? parsed.data : { enabled: true, fallback: [], limits: [] };
  const problems: Problem[] = parsed.success
    ? []
    : zodProblems(source, parsed.error, channelKeys, path, resolved.written);
  const own = pick(rest, (key) => !common.has(key));
  if (providers === undefined) return { channels: [{ name: channel, path, settings: own, keys }], problems };
  if (!Array.isArray(providers) || providers.length === 0 || providers.length > mostProviders) {
    problems.push(
      source.problem([...path, 'providers'], `expected a list of 1 to ${mostProviders} providers`),
    );
    return { channels: [], problems };
  }
  const channels: WrittenChannel[] = [];
  providers.forEach((provider: unknown, i) => {
    const at = [...path, 'providers', i];
    if (!isRecord(provider)) {
      problems.push(source.problem(at, 'expected the settings of a provider'));
      return;
    }
    if (provider.enabled !== undefined && typeof provider.enabled !== 'boolean') {
      problems.push(source.problem([...at, 'enabled'], 'expected true or false'));
      return;
    }
    if (provider.enabled === false) return;
    const { enabled: __, ...settings } = provider;
    const named = channels.length === 0 ? channel : `${channel}~${i + 1}`;
    channels.push({ name: named, path: at, settings: { ...own, ...settings }, keys });
  });
  if (channels.length === 0 && problems.length === 0)
    problems.push(source.problem([...path, 'providers'], 'expected at least one that is enabled'));
  // Each hands over to those after it, and the last to the channel's own fallback.
  const names = channels.map((one) => one.name);
  return {
    channels: channels.map((one, i) => ({
      ...one,
      keys: { ...keys, fallback: [...names.slice(i + 1), ...keys.fallback] },
    })),
    problems,
  };
}

function pick(
  from: Readonly<Record<string, unknown>>,
  wanted: (key: string) => boolean,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => wanted(key)));
}
