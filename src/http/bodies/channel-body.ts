// A channel as the API shows it, and what a test of it came to.
import { z } from 'zod';
import { resultKinds } from '../../../channels/channel.ts';
import { locales } from '../../../channels/message.ts';
import type { ChannelState } from '../../services.ts';
import { timeOut, timeTextOrNull } from './shapes.ts';

export const channelBody = z
  .object({
    name: z.string(),
    kind: z.string(),
    label: z.record(z.enum(locales), z.string()),
    enabled: z.literal(true).meta({ description: 'One that is switched off is not here at all.' }),
    origin: z.object({
      kind: z.enum(['file', 'api']),
      file: z.string().optional(),
      line: z.number().int().optional(),
    }),
    fallback: z.array(z.string()),
    mock: z.boolean().meta({ description: 'It accepts and sends nothing.' }),
    settings: z
      .record(z.string(), z.unknown())
      .meta({ description: 'As they are read; every secret is `***`.' }),
    can_verify: z.boolean(),
    attempts: z
      .object({
        since_start: z.record(z.enum(resultKinds), z.number().int()),
        success_rate: z
          .number()
          .nullable()
          .meta({ description: 'Accepted of all, from 0 to 1; null before the first.' }),
      })
      .meta({ description: "The tenant's attempts since the process started." }),
    queue: z.object({
      queued: z.number().int().meta({ description: 'Deliveries that wait, in the store.' }),
      oldest_age_ms: z.number().nullable(),
      leased: z.number().int().meta({ description: 'Deliveries in memory, those under way with them.' }),
      running: z.number().int().meta({ description: 'Calls under way.' }),
    }),
    receipts: z.object({
      count: z.number(),
      latency_p50_ms: z.number().nullable(),
      latency_p95_ms: z.number().nullable(),
    }),
    cost: z.number().nullable().meta({ description: 'What one message costs.' }),
    rate: z
      .array(
        z.object({
          calls: z.number(),
          per_ms: z.number(),
          left: z.number(),
          spent: z.number().nullable().meta({ description: 'What the calls of this span cost.' }),
        }),
      )
      .meta({ description: 'Windows of its limits and of its budget.' }),
    breaker: z.object({
      state: z.enum(['closed', 'half_open', 'open']),
      reason: z.string().nullable(),
      since: timeOut.nullable(),
      probe_at: timeOut.nullable(),
    }),
  })
  .meta({ id: 'Channel' });

/** With every kind of result, also those that never came. */
export function toChannelBody(state: ChannelState): z.output<typeof channelBody> {
  const { results, place, breaker } = state;
  const counts = resultKinds.map((kind) => [kind, results[kind] ?? 0] as const);
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const accepted = (results.sent ?? 0) + (results.delivered ?? 0) + (results.partial ?? 0);
  return {
    name: state.name,
    kind: state.kind,
    label: { ...state.label },
    enabled: true,
    origin: state.own ? { kind: 'api' } : { kind: 'file', ...place },
    fallback: [...state.fallback],
    mock: state.mock,
    settings: { ...state.settings },
    can_verify: state.canVerify,
    attempts: {
      since_start: Object.fromEntries(counts) as z.output<typeof channelBody>['attempts']['since_start'],
      success_rate: all === 0 ? null : accepted / all,
    },
    queue: {
      queued: state.queued,
      oldest_age_ms: state.oldestQueuedMs,
      leased: state.leased,
      running: state.running,
    },
    receipts: {
      count: state.receipts.count,
      latency_p50_ms: state.receipts.p50,
      latency_p95_ms: state.receipts.p95,
    },
    cost: state.cost,
    rate: state.calls.map(({ calls, perMs, left }) => ({
      ...{ calls, per_ms: perMs, left },
      spent: state.cost === null ? null : Math.round((calls - left) * state.cost * 1e6) / 1e6,
    })),
    breaker: {
      state: breaker.state,
      reason: breaker.reason,
      since: timeTextOrNull(breaker.since),
      probe_at: timeTextOrNull(breaker.probeAt),
    },
  };
}

const outcome = {
  result: z.enum(resultKinds),
  code: z.string().nullable(),
  message: z.string().nullable(),
  provider_id: z.string().nullable(),
  ms: z.number(),
};

export const testBody = z
  .object({
    notification_id: z.uuid(),
    status: z.enum(['sent', 'delivered', 'failed']),
    ...outcome,
  })
  .meta({ id: 'ChannelTest' });

export const testPreviewBody = z.object({
  dry_run: z.literal(true),
  message: z.record(z.string(), z.unknown()).meta({ description: 'As channels get it.' }),
  payload: z.unknown().meta({ description: 'What the channel makes of it.' }),
});

export const testPendingBody = z.object({ notification_id: z.uuid(), status: z.literal('pending') });

export const verifyBody = z.object({ ok: z.boolean(), ...outcome }).meta({ id: 'ChannelVerification' });
