// The program's own attempts on one channel, with its deadline on a manual clock: what an attempt comes to, and when.
import type { z } from 'zod';
import type { ChannelDefinition } from '../../channels/channel.ts';
import { hostileMessage } from '../../channels/contract-message.ts';
import { Attempts } from '../delivery/attempts.ts';
import type { EgressOptions } from '../delivery/egress.ts';
import { silentLog } from '../log.ts';
import type { AttemptResult } from '../policy/retry.ts';
import { startTestHost } from './channel-host.ts';
import { ManualClock } from './manual-clock.ts';

export interface AttemptsOf {
  /** The id that every attempt carries. */
  readonly deliveryId: string;
  /** Begins the next attempt of the delivery. */
  attempt(): Promise<AttemptResult>;
  /** Lets the total deadline of the attempts under way pass; throws when one of them ended before. */
  deadline(): Promise<void>;
  close(): Promise<void>;
}

/** `config` as written in a file. */
export function attemptsOf<Schema extends z.ZodType, Payload>(
  definition: ChannelDefinition<Schema, Payload>,
  config: unknown,
  egress: Omit<EgressOptions, 'allow'> = {},
): AttemptsOf {
  const clock = new ManualClock();
  const attempts = new Attempts(clock, silentLog);
  const host = startTestHost(['127.0.0.0/8'], () => clock.now(), egress);
  const settings = definition.config.parse(config);
  const instance = definition.open(settings, host.host);
  const channel = {
    name: definition.kind,
    type: definition.kind,
    definition: definition as unknown as ChannelDefinition,
    settings,
    instance: instance as never,
  };
  const hostile = hostileMessage();
  const message = { ...hostile, alerts: hostile.alerts.slice(0, 1), truncated: 0 };
  const deliveryId = '0190a1b2-c3d4-7e5f-8a6b-0123456789ab';
  let begun = 0;
  let underWay = 0;
  return {
    deliveryId,
    async attempt(): Promise<AttemptResult> {
      begun += 1;
      underWay += 1;
      const job = {
        tenant: 'default',
        deliveryId,
        orderKey: 'order',
        leaseToken: begun,
        leaseUntil: clock.now() + 120_000,
        attempt: begun,
        channel: definition.kind,
        recipient: definition.kind,
        lane: 'normal' as const,
        shorter: false,
        message,
      };
      const [result] = await attempts.run(channel, [job]).finally(() => {
        underWay -= 1;
      });
      // A delivery that goes alone has a result.
      return result as AttemptResult;
    },
    async deadline() {
      const before = underWay;
      await clock.advance(definition.limits.deadlineMs - 1);
      if (before === 0 || underWay !== before) throw new Error('an attempt ended before its deadline');
      await clock.advance(1);
    },
    async close() {
      await instance.close();
      await host.close();
    },
  };
}
