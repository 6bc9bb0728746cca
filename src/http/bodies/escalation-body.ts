// Where an escalation stands, as the API shows it.
import { z } from 'zod';
import type { EscalationStanding } from '../../pipeline/escalation-standing.ts';
import { timeOut, timeText, timeTextOrNull } from './shapes.ts';

export const escalationBody = z
  .object({
    group_key: z.string(),
    receiver: z.string(),
    policy: z.string(),
    state: z.enum(['armed', 'paused', 'ended']).meta({ description: 'Ended: its last step was taken.' }),
    step: z.number().int().meta({ description: 'How many steps of this round are behind it.' }),
    of: z.number().int(),
    round: z.number().int().meta({ description: 'From 1.' }),
    rounds: z.number().int(),
    started_at: timeOut.meta({ description: 'When the group was told.' }),
    next_at: timeOut.nullable().meta({ description: 'When the next step comes, while it is armed.' }),
    next_to: z.array(z.string()).meta({ description: 'Whom that step tells, e.g. `on_call:primary`.' }),
    paused_by: z.string().nullable().meta({ description: 'e.g. `acknowledged`, `silenced`.' }),
    resumes_at: timeOut.nullable().meta({ description: 'When what pauses it ends by itself.' }),
  })
  .meta({ id: 'Escalation' });

export function toEscalationBody(one: EscalationStanding): z.output<typeof escalationBody> {
  return {
    group_key: one.groupKey,
    receiver: one.receiver,
    policy: one.policy,
    state: one.state,
    step: one.step,
    of: one.of,
    round: one.round,
    rounds: one.rounds,
    started_at: timeText(one.startedAt),
    next_at: timeTextOrNull(one.nextAt),
    next_to: [...one.nextTo],
    paused_by: one.pausedBy,
    resumes_at: timeTextOrNull(one.resumesAt),
  };
}
