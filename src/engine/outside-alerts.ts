// Alerts from outside on their way into the engine: classified where they do not say how urgent they are, in pieces that
// leave the other work its turn. Each piece is durable on its own; telling the whole again changes nothing.
import { type Classification, classify } from '../../rules/classify.ts';
import { parseCategory, parseSeverity } from '../../rules/severity.ts';
import type { Category, Labels, Severity } from '../../rules/types.ts';
import type { Clock } from '../clock.ts';
import type { OutsideAlert, OutsideCounts } from '../pipeline/input.ts';
import type { IncomingAlert } from '../services.ts';
import type { Engine } from './engine.ts';

/** An alert that fires takes about four rows. */
const alertsInOne = 25;

interface Judged {
  readonly severity: Severity;
  readonly category: Category;
  /** Null: the sender said it. */
  readonly classifiedBy: string | null;
}

/** What the sender says counts; the rest is by the rules. */
export function judged(
  by: Classification,
  given: {
    readonly type: string;
    readonly labels: Labels;
    readonly text: string;
    readonly severity: Severity | undefined;
    readonly category: Category | undefined;
  },
): Judged {
  const { severity, category } = given;
  if (severity !== undefined) return { severity, category: category ?? 'system', classifiedBy: null };
  const found = classify(by, given);
  return {
    severity: found.severity,
    category: category ?? found.category ?? 'system',
    classifiedBy: found.by,
  };
}

function judgedAlert(by: Classification, alert: IncomingAlert): OutsideAlert {
  const { labels, annotations } = alert;
  const { summary, description, message } = annotations;
  const text = [summary, description, message].filter((one) => one !== undefined).join('\n');
  const severity = parseSeverity(labels.severity ?? '');
  const category = parseCategory(labels.category ?? '');
  return { ...alert, ...judged(by, { type: labels.alertname ?? '', labels, text, severity, category }) };
}

export interface AlertPorts {
  readonly engine: Engine;
  readonly classification: Classification;
  readonly clock: Clock;
}

/** Rejects with ApiError when any of them could not be stored. */
export async function postAlerts(
  { engine, classification, clock }: AlertPorts,
  tenant: string,
  source: string,
  alerts: readonly IncomingAlert[],
): Promise<OutsideCounts> {
  const sum: OutsideCounts = { fired: 0, updated: 0, resolved: 0, unchanged: 0, dismissed: 0 };
  // All are waited for: none may be stored after the sender was told that it has to come again.
  const pieces: Promise<unknown>[] = [];
  let failure: unknown = null;
  for (let from = 0; from < alerts.length; from += alertsInOne) {
    // Regular expressions over the texts of ten thousand alerts would hold up everybody else.
    if (from > 0) await clock.breath();
    const some = alerts.slice(from, from + alertsInOne).map((alert) => judgedAlert(classification, alert));
    const submitted = engine.submit(tenant, {
      idempotency: null,
      input: { kind: 'outside', source, alerts: some },
      answer(answer) {
        if (answer.kind !== 'outside') throw new Error('alerts were not answered as such');
        for (const what of Object.keys(sum) as (keyof OutsideCounts)[]) sum[what] += answer.counts[what];
        return { status: 200, body: null };
      },
    });
    pieces.push(
      submitted.catch((error: unknown) => {
        failure ??= error;
      }),
    );
  }
  await Promise.all(pieces);
  if (failure !== null) throw failure;
  return sum;
}
