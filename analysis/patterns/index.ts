// The patterns that are looked for, a line each.
import type { AlertNews } from '../signals.ts';
import { anomaly } from './anomaly.ts';
import { burst } from './burst.ts';
import { cascade } from './cascade.ts';
import { correlation } from './correlation.ts';
import { escalation } from './escalation.ts';
import type { Pattern, PatternContext, PatternFinding, PatternName } from './pattern.ts';
import { periodic } from './periodic.ts';
import { storm } from './storm.ts';

/** A pattern with its state: what it reads, it remembers. */
export interface PatternWatch {
  observe(news: AlertNews, context: PatternContext): readonly PatternFinding[];
  advance(now: number, context: PatternContext): readonly PatternFinding[];
}

function watch<State>(pattern: Pattern<State>): PatternWatch {
  const state = pattern.create();
  return {
    observe: (news, context) => pattern.observe(state, news, context),
    advance: (now, context) => pattern.advance(state, now, context),
  };
}

const watches = {
  burst: () => watch(burst),
  cascade: () => watch(cascade),
  periodic: () => watch(periodic),
  correlation: () => watch(correlation),
  anomaly: () => watch(anomaly),
  storm: () => watch(storm),
  escalation: () => watch(escalation),
} satisfies Record<PatternName, () => PatternWatch>;

/** Watches for these patterns, with nothing read yet. */
export function watchPatterns(names: readonly PatternName[]): PatternWatch {
  const all = names.map((name) => watches[name]());
  return {
    observe: (news, context) => all.flatMap((one) => one.observe(news, context)),
    advance: (now, context) => all.flatMap((one) => one.advance(now, context)),
  };
}
