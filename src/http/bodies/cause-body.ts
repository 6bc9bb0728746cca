// What broke, as the API shows it: hypotheses with evidence, each piece with a sentence that a person can check.
import { z } from 'zod';
import {
  causeCategories,
  type Evidence,
  evidenceKinds,
  type Hypothesis,
  type RootCause,
} from '../../../analysis/root-cause/hypothesis.ts';
import { timeOut, timeText } from './shapes.ts';

const confidence = z.number().meta({ description: '0 … 1: probability that this service is the cause.' });
const firstBody = z.object({ service: z.string(), category: z.enum(causeCategories), confidence });
const verdict = z.enum(['found', 'unknown']).meta({
  description: 'unknown: no hypothesis is sure enough; they are shown all the same.',
});

export const causeBody = z
  .object({
    verdict,
    at: timeOut.meta({ description: 'When it was looked for.' }),
    first: firstBody.nullable().meta({ description: 'The first hypothesis.' }),
  })
  .meta({ id: 'Cause' });

const evidenceBody = z.object({
  kind: z.enum(evidenceKinds),
  text: z.string().meta({ description: 'What was seen, in a sentence.' }),
  refs: z.array(z.uuid()).meta({ description: 'Alerts and changes that it is about.' }),
  subject: z.string().nullable().meta({ description: 'The metric or the dependency that it is about.' }),
  figures: z
    .record(z.string(), z.number())
    .meta({ description: 'What was measured; units are in the names.' }),
  weight: z.number().meta({
    description: 'Natural logarithm of the odds that it adds; negative: it speaks against the hypothesis.',
  }),
});

export const hypothesisBody = firstBody
  .extend({ evidence: z.array(evidenceBody).meta({ description: 'The weightiest first.' }) })
  .meta({ id: 'CauseHypothesis' });

export const shownCauseBody = causeBody
  .extend({ hypotheses: z.array(hypothesisBody).meta({ description: 'The likeliest first.' }) })
  .meta({ id: 'ShownCause' });

const round = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (part: number): string => `${Math.round(part * 100)} %`;
const alertsText = (n: number): string => (n === 1 ? 'One alert' : `${n} alerts`);

/** Which figures a piece of evidence has says what it is about. */
function sentenceOf({ kind, subject, figures, weight }: Evidence, service: string): string {
  const of = (name: string): number => figures[name] ?? 0;
  switch (kind) {
    case 'metric':
      if ('part_of_symptom' in figures)
        return `${percent(of('part_of_symptom'))} of the ${subject ?? 'loss'} that callers suffer was lost at ${service}: ${round(of('level_before'))} before, ${round(of('mean_during'))} during.`;
      return `${subject ?? 'A metric'} of ${service} left its level of ${round(of('level_before'))} by ${round(of('noises_from_level'))} times its noise of ${round(of('noise_before'))}.`;
    case 'change':
      return of('seconds_before_onset') >= 0
        ? `${service} was changed ${round(of('seconds_before_onset'))} s before the trouble began.`
        : `${service} was changed ${round(-of('seconds_before_onset'))} s after the trouble began.`;
    case 'alert_order':
      if (!('seconds_after_first_alert' in figures)) return `${service} raised no alert itself.`;
      return weight > 0
        ? `${service} alerted first, or as early as clocks can tell.`
        : `${service} alerted ${round(of('seconds_after_first_alert'))} s after the first alert.`;
    case 'alert_kind':
      if ('alerts_that_name_it' in figures)
        return `${alertsText(of('alerts_that_name_it'))} of other services name ${service} as what they wait for.`;
      return weight > 0
        ? `${alertsText(of('alerts'))} of ${service} are about its own state, and not about how it answers.`
        : `${alertsText(of('alerts'))} of ${service} say that what it depends on is in trouble.`;
    case 'dependency':
      if ('alerted_services' in figures)
        return `${percent(of('part_of_alerted_services_that_depend_on_it'))} of the ${of('alerted_services')} services with alerts are ${service} or depend on it.`;
      if ('trouble_of_callee' in figures)
        return `What ${service} calls is in trouble itself (${subject ?? 'a dependency'}).`;
      if ('rise_that_callers_explain' in figures)
        return `${service} gets more requests because a caller does (${subject ?? 'a dependency'}).`;
      return `Requests of ${service} rose, and ${percent(of('part_of_alerted_services_that_it_calls'))} of the services with alerts are called by it.`;
  }
}

const firstOf = ({ service, category, confidence }: Hypothesis) => ({ service, category, confidence });

export function toCauseBody(cause: RootCause, at: number): z.output<typeof causeBody> {
  const [first] = cause.hypotheses;
  return { verdict: cause.verdict, at: timeText(at), first: first === undefined ? null : firstOf(first) };
}

export function toHypothesesBody({ hypotheses }: RootCause): z.output<typeof hypothesisBody>[] {
  return hypotheses.map((one) => ({
    ...firstOf(one),
    evidence: one.evidence.map((piece) => ({
      kind: piece.kind,
      text: sentenceOf(piece, one.service),
      refs: [...piece.refs],
      subject: piece.subject ?? null,
      figures: { ...piece.figures },
      weight: piece.weight,
    })),
  }));
}
