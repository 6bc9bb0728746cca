// `strategies:` of the file: how notifications are brought home, by severity, by priority, or by a name that a receiver
// or a route asks for.
import { z } from 'zod';
import { priorities, type Severity, severities } from '../../rules/types.ts';
import { type DigestRule, mostInDigest, neverCollected } from '../pipeline/digest-rule.ts';
import { fitsTheClock } from '../pipeline/on-the-clock.ts';
import { builtInStrategies, namedSchedules, type Strategies, type Strategy } from '../policy/strategy.ts';
import { isRecord } from './plain.ts';
import { duration, name, text } from './scalars.ts';

const mostRetries = 20;
const scheduleNames = Object.keys(namedSchedules) as [string, ...string[]];
const retries = z.int().min(0).max(mostRetries);
// As it is usual for this key: a number means seconds.
const delay = z.union([
  z
    .number()
    .min(0)
    .max(86_400)
    .transform((seconds) => seconds * 1_000),
  duration,
]);

const strategy = z
  .strictObject({
    channels: z
      .array(text)
      .min(1)
      .max(50)
      .optional()
      .describe('Names or kinds of channels, or `chat`; without it all that the receiver has.'),
    retry: retries.optional().describe('Attempts after the first.'),
    retry_delay: delay.optional().describe('Between attempts; a number means seconds.'),
    retry_delays: z
      .union([z.enum(scheduleNames), z.array(delay).min(1).max(mostRetries)])
      .optional()
      .describe('One delay for each retry, or a schedule by name.'),
    jitter: z.boolean().optional().describe('Each delay is drawn between zero and itself.'),
    require_all: z.boolean().optional().describe('Every channel has to take it; else one is enough.'),
    // As other tools write them.
    retryDelay: delay.optional(),
    batch: z.boolean().optional().describe('What it would bring home one by one goes into a digest.'),
    batchInterval: z
      .union([z.number().transform((seconds) => seconds * 1_000), duration])
      .refine(fitsTheClock, 'expected seconds that divide an hour or a day, e.g. 3600')
      .optional()
      .describe('Between digests; a number means seconds.'),
    requireAllSuccess: z.boolean().optional(),
  })
  .refine(
    ({ retry_delay: a, retryDelay: b, retry_delays: c }) =>
      [a, b, c].filter((x) => x !== undefined).length <= 1,
    {
      error: 'expected one of retry_delay and retry_delays',
      path: ['retry_delays'],
    },
  );

export const strategiesSchema = z.record(name, strategy);
type StrategyInput = z.output<typeof strategy>;

/** Other names of severities. */
const aliases: Readonly<Record<string, string>> = { medium: 'warning', low: 'info' };

/** Urgent, or chosen by the priority: then it is not known what that collects. */
export const neverBatched =
  'expected no batch: it is for info, warning, high, and for names that receivers and routes ask for';

/** What strategies collect, by their names; `complain` is told of those that may not. */
export function batchesOf(
  input: Readonly<Record<string, StrategyInput>> = {},
  complain: (name: string) => void,
): ReadonlyMap<string, DigestRule> {
  const batches = new Map<string, DigestRule>();
  for (const [written, { batch, batchInterval }] of Object.entries(input)) {
    const called = aliases[written] ?? written;
    if (batch !== true) continue;
    if ([...neverCollected, ...priorities].includes(called as Severity)) complain(written);
    const of = severities.filter((severity) => !neverCollected.includes(severity));
    batches.set(called, { everyMs: batchInterval ?? 3_600_000, severities: of, max: mostInDigest, to: null });
  }
  return batches;
}

/** The built-in strategies, with those of the file in their place or beside them. */
export function strategiesOf(input: Readonly<Record<string, StrategyInput>> = {}): Strategies {
  const strategies = new Map(builtInStrategies);
  for (const [written, own] of Object.entries(input)) {
    const called = aliases[written] ?? written;
    strategies.set(called, strategyFrom(called, own, builtInStrategies.get(called)));
  }
  return strategies;
}

function strategyFrom(called: string, own: StrategyInput, before: Strategy | undefined): Strategy {
  const fallback = before ?? builtInStrategies.get('warning')!;
  const delays = delaysOf(own, fallback);
  return {
    name: called,
    channels: own.channels ?? fallback.channels,
    delaysMs: delays,
    jitter: own.jitter ?? own.retry_delays !== undefined,
    requireAll: own.require_all ?? own.requireAllSuccess ?? fallback.requireAll,
  };
}

/** More retries than delays repeat the last. */
function delaysOf(own: StrategyInput, before: Strategy): number[] {
  const one = own.retry_delay ?? own.retryDelay;
  const list =
    typeof own.retry_delays === 'string'
      ? namedSchedules[own.retry_delays]!.map((seconds) => seconds * 1_000)
      : (own.retry_delays ?? (one === undefined ? before.delaysMs : [one]));
  const count = own.retry ?? (one === undefined ? list.length : Math.max(before.delaysMs.length, 1));
  return Array.from({ length: count }, (_, i) => list[Math.min(i, list.length - 1)] ?? 10_000);
}

/** What a receiver or a route may ask for: the built-in ones and those of the file. */
export function strategyNames(section: unknown): readonly string[] {
  return [...new Set([...builtInStrategies.keys(), ...(isRecord(section) ? Object.keys(section) : [])])];
}
