// The answer to "why was nobody told" as the API shows it.
import { z } from 'zod';
import { formatMatcher } from '../../../rules/matchers.ts';
import type { Inquiry } from '../../explain/inquiry.ts';
import type { Point } from '../../explain/series-then.ts';
import { explainBody, toExplainBody } from './explain-body.ts';
import { labelsOut, timeOut, timeText } from './shapes.ts';

const pointOut = z.object({ at: timeOut, value: z.number() });

export const inquiryBody = z
  .object({
    at: timeOut,
    from: timeOut,
    to: timeOut,
    matchers: z.array(z.string()),
    summary: z.string(),
    alerts: z.array(
      explainBody.extend({ at_that_time: z.string().meta({ description: 'What was true of it at `at`.' }) }),
    ),
    more: z.boolean().meta({ description: 'There are more alerts, or older ones that were not looked at.' }),
    findings: z
      .array(
        z.object({
          rule: z.string().nullable(),
          absence: z.enum(['disabled', 'made_later', 'deleted', 'broken']).nullable(),
          text: z.string(),
          series: z.array(
            z.object({
              metric: z.string(),
              labels: labelsOut,
              samples: z.number().int().meta({ description: 'From `from` to `to`.' }),
              last: pointOut.nullable(),
              extreme: pointOut.nullable(),
              met_ms: z.number().nullable(),
            }),
          ),
        }),
      )
      .meta({
        description:
          'Where there was no alert: what the rules and series were doing that would have been about it.',
      }),
    locale: z.string(),
    time_zone: z.string(),
  })
  .meta({ id: 'Inquiry' });

export function toInquiryBody(
  { asked, summary, alerts, more, findings }: Inquiry,
  say: { readonly locale: string; readonly zone: string },
): z.output<typeof inquiryBody> {
  return {
    at: timeText(asked.at),
    from: timeText(asked.from),
    to: timeText(asked.to),
    matchers: asked.matchers.map((one) => formatMatcher(one)),
    summary,
    alerts: alerts.map(({ explained, thatTime }) => ({
      ...toExplainBody(explained, say),
      at_that_time: thatTime,
    })),
    more,
    findings: findings.map(({ rule, text }) => ({
      rule: rule?.name ?? null,
      absence: rule?.absence?.kind ?? null,
      text,
      series: (rule?.series ?? []).map(({ metric, labels, samples, last, extreme, metMs }) => ({
        ...{ metric, labels: { ...labels }, samples, met_ms: metMs },
        last: toPoint(last),
        extreme: toPoint(extreme),
      })),
    })),
    locale: say.locale,
    time_zone: say.zone,
  };
}

const toPoint = (point: Point | null) => point && { at: timeText(point.at), value: point.value };
