// An incident as the API shows it, and what people ask for of it.
import { z } from 'zod';
import type { RootCause } from '../../../analysis/root-cause/hypothesis.ts';
import { severities } from '../../../rules/types.ts';
import type { IncidentAlertRow, IncidentRow } from '../../pipeline/rows.ts';
import { alertBody } from './alert-body.ts';
import { causeBody, shownCauseBody, toCauseBody, toHypothesesBody } from './cause-body.ts';
import { timeOut, timeText, timeTextOrNull } from './shapes.ts';

const count = z.number().int();

export const incidentBody = z
  .object({
    id: z.uuid(),
    state: z.enum(['open', 'closed', 'merged']),
    title: z.string().meta({ description: 'Its first alert, and how much else there is.' }),
    severity: z.enum(severities).meta({ description: 'The highest of its alerts.' }),
    opened_at: timeOut,
    last_at: timeOut.meta({ description: 'When its latest alert joined.' }),
    ended_at: timeOut.nullable().meta({ description: 'When the latest of its alerts ended.' }),
    closed_at: timeOut.nullable(),
    close_reason: z.enum(['quiet', 'room', 'person']).nullable(),
    merged_into: z.uuid().nullable(),
    alerts: count.meta({ description: 'How many alerts it has.' }),
    services: z.array(z.string()).meta({ description: 'Services that it reached, the latest last.' }),
    held: z.boolean().meta({ description: 'A person opened it again: only a person closes it.' }),
    cause: causeBody.nullable().meta({
      description: 'What broke. Null: not looked for yet, or no alert names a service.',
    }),
  })
  .meta({ id: 'Incident' });
export type IncidentBody = z.output<typeof incidentBody>;

export function toIncidentBody(row: IncidentRow): IncidentBody {
  return {
    ...{ id: row.id, state: row.state, title: row.title, severity: row.severity },
    opened_at: timeText(row.openedAt),
    last_at: timeText(row.lastAt),
    ended_at: timeTextOrNull(row.endedAt),
    closed_at: timeTextOrNull(row.closedAt),
    ...{ close_reason: row.closeReason, merged_into: row.mergedInto, alerts: row.alerts },
    ...{ services: [...row.services], held: row.held },
    cause: row.cause === null ? null : toCauseBody(JSON.parse(row.cause) as RootCause, row.causeAt ?? 0),
  };
}

/** The same with all hypotheses and their evidence. */
export function toShownCause({ cause, causeAt }: IncidentRow): z.output<typeof shownCauseBody> | null {
  if (cause === null) return null;
  const known = JSON.parse(cause) as RootCause;
  return { ...toCauseBody(known, causeAt ?? 0), hypotheses: toHypothesesBody(known) };
}

export const incidentAlertBody = z.object({
  alert: z.uuid(),
  at: timeOut.meta({ description: 'When it joined.' }),
  why: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .nullable()
    .meta({ description: 'What spoke for it; null: it opened the incident.' }),
  alert_body: alertBody.nullable().meta({ description: 'Null when the alert is not kept any more.' }),
});

export function whyOf({ why }: IncidentAlertRow): Record<string, string | number> | null {
  return why === null ? null : (JSON.parse(why) as Record<string, string | number>);
}

export const shownIncidentBody = incidentBody
  .extend({
    cause: shownCauseBody.nullable(),
    members: z.array(incidentAlertBody).meta({ description: 'A page of its alerts, newest first.' }),
    next: z.string().nullable(),
  })
  .meta({ id: 'ShownIncident' });

export const mergeIn = z.strictObject({
  incidents: z.array(z.uuid()).min(1, 'expected at least one incident').max(20).meta({
    description: 'They become part of this one.',
  }),
});

export const splitIn = z.strictObject({
  alerts: z.array(z.uuid()).min(1, 'expected at least one alert').max(100).meta({
    description: 'They become an incident of their own.',
  }),
});

export const noBody = z.strictObject({});
