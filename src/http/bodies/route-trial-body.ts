// Who would be told of an alert, and why.
import { z } from 'zod';
import { formatDuration } from '../../../rules/duration.ts';
import { formatMatcher } from '../../../rules/matchers.ts';
import type { RouteTrial } from '../../pipeline/route-trial.ts';
import { labelsOut, timeOut, timeText } from './shapes.ts';

export const routeTrialBody = z
  .object({
    at: timeOut,
    matched: z.array(
      z.object({
        path: z.string(),
        receiver: z.string(),
        channels: z.array(z.string()).meta({ description: 'Empty: nobody would be told.' }),
        group_by: z.array(z.string()),
        group_labels: labelsOut,
        group_key: z.string(),
        group_wait: z.string(),
        group_interval: z.string(),
        repeat_interval: z.string(),
        resolve_wait: z.string(),
        send_resolved: z.boolean(),
        muted: z
          .object({ by: z.array(z.string()), until: timeOut.nullable() })
          .nullable()
          .meta({ description: 'By which time intervals, and until when it says nothing.' }),
      }),
    ),
    missed: z.array(
      z.object({
        path: z.string(),
        matcher: z.string().nullable().meta({ description: 'The first that does not match.' }),
        value: z
          .string()
          .nullable()
          .meta({ description: 'What the label is instead; "" where it is absent.' }),
        taken_by: z
          .string()
          .nullable()
          .meta({ description: 'Not tried: this sibling took the alert and says not to go on.' }),
      }),
    ),
  })
  .meta({ id: 'RouteTrial' });

export function toRouteTrialBody({ at, matched, missed }: RouteTrial): z.output<typeof routeTrialBody> {
  return {
    at: timeText(at),
    matched: matched.map(({ route, receiver, groupKey, groupLabels, muting }) => ({
      path: route.path,
      receiver: route.receiver,
      channels: [...(receiver?.channels ?? [])],
      group_by: route.groupBy === 'all' ? ['...'] : [...route.groupBy],
      group_labels: groupLabels,
      group_key: groupKey,
      group_wait: formatDuration(route.groupWaitMs),
      group_interval: formatDuration(route.groupIntervalMs),
      repeat_interval: formatDuration(route.repeatIntervalMs),
      resolve_wait: formatDuration(route.resolveWaitMs),
      send_resolved: receiver?.sendResolved ?? false,
      muted: muting && {
        by: [...muting.ids],
        until: muting.until === null ? null : timeText(muting.until),
      },
    })),
    missed: missed.map(({ route, matcher, value, takenBy }) => ({
      path: route.path,
      matcher: matcher === null ? null : formatMatcher(matcher),
      value,
      taken_by: takenBy,
    })),
  };
}
