// The patterns that are looked for, a line each.
import type { AlertNews } from '../signals.ts';
import { anomaly } from './anomaly.ts';
import { burst } from './burst.ts';
import { cascade } from './cascade.ts';
import { correlation } from './correlation.ts';
import { escalation } from './escalation.ts';
import { Histories } from './history.ts';
import { markOf } from './mark.ts';
import type { Fired, Pattern, PatternContext, PatternFinding, PatternName } from './pattern.ts';
import { periodic } from './periodic.ts';
import { storm } from './storm.ts';

/** A pattern with its state: what it reads, it remembers. */
export interface PatternWatch {
  observe(news: AlertNews, context: PatternContext): readonly PatternFinding[];
  advance(now: number, context: PatternContext): readonly PatternFinding[];
}

/** One of them: what it remembers beside what all know. */
interface Watch {
  observe(fired: Fired, context: PatternContext): readonly PatternFinding[];
  advance(now: number, context: PatternContext): readonly PatternFinding[];
}

function watch<State>(pattern: Pattern<State>): Watch {
  const state = pattern.create();
  return {
    observe: (fired, context) => pattern.observe(state, fired, context),
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
} satisfies Record<PatternName, () => Watch>;

/** Watches for these patterns, with nothing read yet. */
export function watchPatterns(names: readonly PatternName[]): PatternWatch {
  const all = names.map((name) => watches[name]());
  const histories = new Histories();
  return {
    observe({ kind, alert, seenAt }, context) {
      if (kind !== 'fired') return [];
      const mark = markOf(alert, seenAt);
      const fired = { alert, seenAt, mark, history: histories.add(alert.key, mark) };
      return all.flatMap((one) => one.observe(fired, context));
    },
    advance: (now, context) => all.flatMap((one) => one.advance(now, context)),
  };
}
