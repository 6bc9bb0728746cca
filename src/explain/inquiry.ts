// Why was nobody told about these labels at that time? Either there were alerts, and each is explained; or there were
// none, and the rules and series that would have been about them say why. The answer is never only "nothing found".
import { formatMatcher } from '../../rules/matchers.ts';
import type { Matcher } from '../../rules/types.ts';
import type { Services } from '../services.ts';
import { type Explanation, explain } from './explanation.ts';
import { factsOf } from './facts.ts';
import { momentText } from './moment.ts';
import { findingText } from './nothing-text.ts';
import { type RuleThen, whyNothing } from './rules-then.ts';
import type { Say } from './say.ts';
import { findAlerts, type Span } from './search.ts';

export interface Asked extends Span {
  readonly matchers: readonly Matcher[];
  /** Within the span. */
  readonly at: number;
  /** Alerts and events that are explained at most. */
  readonly limit: number;
}

export interface Finding {
  readonly rule: RuleThen | null;
  readonly text: string;
}

export interface Inquiry {
  readonly asked: Asked;
  readonly summary: string;
  readonly alerts: readonly { readonly explained: Explanation; readonly thatTime: string }[];
  /** There are more alerts. */
  readonly more: boolean;
  /** Where there were no alerts: why. */
  readonly findings: readonly Finding[];
}

type Source = Pick<
  Services,
  'store' | 'alert' | 'standing' | 'now' | 'samples' | 'replays' | 'ruleEntries' | 'breath'
>;

/** Rejects as reads of the history do, and with the signal's reason. */
export async function inquire(
  services: Source,
  tenant: string,
  asked: Asked,
  say: Say,
  signal?: AbortSignal,
): Promise<Inquiry> {
  const { matchers, from, to, at, limit } = asked;
  const span = {
    matchers: `{${matchers.map((one) => formatMatcher(one)).join(', ')}}`,
    from: say.time(from),
    to: say.timeBeside(to, from),
  };
  const found = await findAlerts(services, tenant, matchers, asked, limit);
  const alerts: { explained: Explanation; thatTime: string }[] = [];
  for (const { id } of found.alerts) {
    signal?.throwIfAborted();
    const facts = await factsOf(services, tenant, id);
    if (facts !== null) alerts.push({ explained: explain(facts, say), thatTime: momentText(facts, at, say) });
  }
  const { nothing } = say.t;
  if (alerts.length > 0) {
    const summary = nothing.found({ count: alerts.length, more: found.more, ...span });
    return { asked, summary, alerts, more: found.more, findings: [] };
  }
  const question = { tenant, matchers, at, from, to };
  const why = await whyNothing(services, question, signal);
  const findings: Finding[] = why.rules.map((rule) => ({ rule, text: findingText(rule, question, say) }));
  if (why.more) findings.push({ rule: null, text: nothing.moreRules });
  if (why.rules.length === 0) {
    const text =
      why.metrics.length > 0 ? nothing.noRule({ metrics: why.metrics.slice(0, 5) }) : nothing.noSeries;
    findings.push({ rule: null, text });
  }
  return { asked, summary: nothing.none(span), alerts: [], more: found.more, findings };
}
