// What enabled rules read of one metric, and the lists of those that read the same series: a pure function of the rules.
// The list of a series may be found before the rules are taken over, so that taking them over is quick.
import { formatMatcher, matchesAll } from '../../rules/matchers.ts';
import { readingsOf } from '../../rules/readings.ts';
import type { Labels, Matcher, Rule } from '../../rules/types.ts';
import type { SeriesTable } from '../ingest/series.ts';
import type { Sliced } from '../slices.ts';
import { type Reader, RuleList } from './rule-list.ts';

/** Rules are looked at so many at a time. */
const rulesAtOnce = 64;

interface Found {
  /** Of the series: its number may be another one's by now. */
  readonly generation: number;
  readonly list: RuleList | null;
}

export class MetricRules {
  /** In the order of the rules. */
  readonly readers: Reader[] = [];
  /** Each list of matchers once, however many readers have it; made when the first series is paired. */
  #matches: readonly (readonly Matcher[])[] | null = null;
  /** By reader: the place of its matchers in `matches`. */
  #matchOf: readonly number[] = [];
  /** By the matches that hold. */
  readonly #lists = new Map<string, RuleList | null>();
  /** By series: what was found for them ahead. */
  readonly #found = new Map<number, Found>();

  /** By content: a rule that only moved in its file is the same. */
  same({ readers }: MetricRules): boolean {
    return (
      readers.length === this.readers.length &&
      readers.every(({ rule }, i) => {
        const own = this.readers[i]!.rule;
        return rule === own || rule.hash === own.hash;
      })
    );
  }

  /** The rules that read the series, which is of the metric; null when none does. */
  listOf(series: number, table: SeriesTable): RuleList | null {
    const found = this.#found.get(series);
    if (found?.generation === table.generation(series)) return found.list;
    return this.#listFor(table.labelsOf(series));
  }

  /** Finds the lists of the series that there are. */
  *find(tenant: string, metric: string, table: SeriesTable): Sliced<void> {
    // Series come and go in between.
    const all = table.byMetric(tenant, metric).map((series) => [series, table.generation(series)] as const);
    for (const [series, generation] of all) {
      if (table.generation(series) !== generation) continue;
      const known = this.#lists.size;
      const list = this.#listFor(table.labelsOf(series));
      this.#found.set(series, { generation, list });
      yield 1 + (this.#lists.size > known ? this.readers.length : 0);
    }
  }

  /** What was found ahead is used and not needed any more. */
  forgetFound(): void {
    this.#found.clear();
  }

  #listFor(labels: Labels): RuleList | null {
    const matches = this.#matches ?? this.#match();
    let which = '';
    for (let i = 0; i < matches.length; i++) if (matchesAll(matches[i]!, labels)) which += `${i},`;
    let list = this.#lists.get(which);
    if (list === undefined) {
      const holding = new Set(which.split(',').slice(0, -1).map(Number));
      const readers = this.readers.filter((_, i) => holding.has(this.#matchOf[i]!));
      list = readers.length === 0 ? null : new RuleList(readers);
      this.#lists.set(which, list);
    }
    return list;
  }

  #match(): readonly (readonly Matcher[])[] {
    const places = new Map<string, number>();
    const matches: (readonly Matcher[])[] = [];
    this.#matchOf = this.readers.map(({ reading: { match } }) => {
      const text = match.length === 0 ? '' : JSON.stringify(match.map(formatMatcher));
      const known = places.get(text);
      if (known !== undefined) return known;
      places.set(text, matches.length);
      return matches.push(match) - 1;
    });
    this.#matches = matches;
    return matches;
  }
}

/** By metric, in the order in which the enabled rules read them. */
export function* byMetricOf(rules: readonly Rule[]): Sliced<Map<string, MetricRules>> {
  const byMetric = new Map<string, MetricRules>();
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!;
    if (i % rulesAtOnce === rulesAtOnce - 1) yield rulesAtOnce;
    if (!rule.enabled) continue;
    for (const reading of readingsOf(rule)) {
      let own = byMetric.get(reading.metric);
      if (own === undefined) {
        own = new MetricRules();
        byMetric.set(reading.metric, own);
      }
      own.readers.push({ rule, reading });
    }
  }
  return byMetric;
}
