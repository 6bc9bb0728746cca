// The seven patterns as one of the analyses. What they remember is made anew at a start from the latest news, which are what
// is saved: a pattern that rests on older ones is recognised again when it goes on.
import { watchPatterns } from '../../analysis/patterns/index.ts';
import { type PatternFinding, patternNames } from '../../analysis/patterns/pattern.ts';
import type { AlertNews } from '../../analysis/signals.ts';
import { labelSet } from '../../rules/labels.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { FindingRow } from '../pipeline/rows.ts';
import type { Analyser, AnalysisContext } from './analyser.ts';
import { idFromFinding } from './id-from-alert.ts';

/** News that a restart goes on from. */
const mostRemembered = 1_000;
/** Findings of which is known what was said of them. */
const mostFound = 5_000;

export class PatternAnalyser implements Analyser {
  readonly name = 'patterns';
  readonly #watch = watchPatterns(patternNames);
  readonly #recent: AlertNews[] = [];
  /** By id, the one that was said longest ago first. */
  readonly #found = new Map<string, FindingRow>();
  /** What is to be stored: new ones, and those that more is said of. */
  readonly #changed = new Map<string, 'new' | 'more'>();
  /** News that are seen again after a start. */
  #again: readonly AlertNews[];

  constructor(saved: unknown) {
    this.#again = saved === null ? [] : (saved as readonly AlertNews[]);
  }

  get waiting(): number {
    return this.#changed.size;
  }

  observe(news: AlertNews, context: AnalysisContext): void {
    this.#seeAgain(context);
    this.#remember(news);
    this.#note(this.#watch.observe(news, context.graph), context.tenant);
  }

  tick(now: number, context: AnalysisContext): void {
    this.#seeAgain(context);
    this.#note(this.#watch.advance(now, context.graph), context.tenant);
  }

  #remember(news: AlertNews): void {
    this.#recent.push(news);
    if (this.#recent.length >= 2 * mostRemembered) this.#recent.splice(0, mostRemembered);
  }

  #seeAgain(context: AnalysisContext): void {
    if (this.#again.length === 0) return;
    const again = this.#again;
    this.#again = [];
    for (const news of again) {
      this.#remember(news);
      this.#note(this.#watch.observe(news, context.graph), context.tenant);
    }
    // What follows from these is stored.
    this.#changed.clear();
  }

  #note(findings: readonly PatternFinding[], tenant: string): void {
    for (const finding of findings) {
      const id = idFromFinding(finding);
      const before = this.#found.get(id);
      const { pattern, key, from, to, confidence, alerts, figures, foundAt } = finding;
      this.#found.delete(id);
      this.#found.set(id, {
        ...{
          tenant,
          id,
          pattern,
          key,
          from,
          to,
          confidence,
          alerts,
          figures,
          scope: labelSet(finding.scope),
        },
        ...{ foundAt: before?.foundAt ?? foundAt, updatedAt: foundAt },
      });
      if (before === undefined) this.#changed.set(id, 'new');
      else if (!this.#changed.has(id)) this.#changed.set(id, 'more');
      if (this.#found.size > mostFound) {
        const oldest = this.#found.keys().next().value!;
        if (!this.#changed.has(oldest)) this.#found.delete(oldest);
      }
    }
  }

  flush({ tenant, newId }: AnalysisContext): Effect[] {
    const effects: Effect[] = [];
    for (const [id, what] of this.#changed) {
      const row = this.#found.get(id)!;
      effects.push({ put: 'finding', row });
      if (what === 'more') continue;
      const { pattern, confidence, alerts, scope, from, foundAt: at } = row;
      effects.push({
        put: 'event',
        row: {
          ...{ id: newId(), tenant, at, subjectKind: 'finding', subjectId: id, kind: 'pattern.found' },
          ...{ reason: pattern, actor: null, topic: null, priority: null, correlationId: null, keep: 1 },
          body: { confidence, alerts: alerts.slice(0, 100), scope, from },
        },
      });
    }
    this.#changed.clear();
    return effects;
  }

  recall(context: AnalysisContext): Effect[] {
    return this.flush(context);
  }

  save(): unknown {
    return [...this.#again, ...this.#recent].slice(-mostRemembered);
  }
}
