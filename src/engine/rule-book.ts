// The rules of one tenant: those of the operator's files, and those that were made through the API. Names are unique over
// both. A file that brings a name which the API has is refused while the program runs; at a start, which must not fail
// for it, the file's rule runs and the other one waits, with a problem that says so.

import type { RuleDocument } from '../../rules/document.ts';
import type { Problem, Rule } from '../../rules/types.ts';
import { type DocumentProblem, documentOf, readApiRule } from '../config/api-rule.ts';
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import { atOnce, type Sliced } from '../slices.ts';
import { type MadeObject, ObjectBook } from './object-book.ts';

/** A rule that was made through the API. `rule` is null when this version of the program cannot read it. */
export interface ApiRule extends MadeObject {
  readonly rule: Rule | null;
  readonly problems: readonly DocumentProblem[];
}

/** A rule as it is shown. `row` is null for one of a file. */
export interface RuleEntry {
  readonly row: ConfigObjectRow | null;
  readonly rule: Rule | null;
  readonly document: RuleDocument;
  /** Whether it runs, or would if it were enabled. */
  readonly active: boolean;
  readonly problems: readonly DocumentProblem[];
}

/** The rules that run where these are those of the files, and as long as those of the API are these. */
export interface RunningRules {
  readonly files: ReadonlyMap<string, Rule>;
  readonly api: ReadonlyMap<string, ApiRule>;
  /** Of the files in their order, then of the API. */
  readonly rules: readonly Rule[];
  readonly byName: ReadonlyMap<string, Rule>;
}

/** Rules are looked at so many at a time. */
const rulesAtOnce = 64;

export class RuleBook {
  readonly #tenant: string;
  #files: ReadonlyMap<string, Rule> = new Map();
  readonly #made = new ObjectBook<ApiRule>(() => {
    this.#running = null;
  });
  #running: RunningRules | null = null;

  constructor(tenant: string) {
    this.#tenant = tenant;
  }

  /** Those that run: of the files in their order, then of the API. */
  get rules(): readonly Rule[] {
    return this.running.rules;
  }

  get running(): RunningRules {
    this.#running ??= joined(this.#files, this.#made.all);
    return this.#running;
  }

  /** How many were made through the API. */
  get made(): number {
    return this.#made.size;
  }

  setFiles(rules: readonly Rule[]): void {
    this.take(atOnce(this.with(rules)));
  }

  /** What will run when these are the rules of the files, in slices. */
  *with(rules: readonly Rule[]): Sliced<RunningRules> {
    const files = new Map<string, Rule>();
    for (let i = 0; i < rules.length; i++) {
      files.set(rules[i]!.name, rules[i]!);
      if (i % rulesAtOnce === rulesAtOnce - 1) yield rulesAtOnce;
    }
    return joined(files, this.#made.all);
  }

  /** Whether what was prepared is still what would run: the rules of the API are the same. */
  current({ api }: RunningRules): boolean {
    return api === this.#made.all;
  }

  /** The rules of the files are these from here on; they are `current`. */
  take(running: RunningRules): void {
    this.#files = running.files;
    this.#running = running;
  }

  /** Takes up what the store has; what stands unchanged is not read again. */
  load(rows: readonly ConfigObjectRow[]): void {
    this.#made.load(rows, (row) => apiRule(this.#tenant, row));
  }

  /** A change that is on its way to the store. */
  put(entry: ApiRule): void {
    this.#made.put(entry);
  }

  /** The changes are stored. */
  committed(): void {
    this.#made.committed();
  }

  /** They are not. */
  rolledBack(): void {
    this.#made.rolledBack();
  }

  /** Of the API, by id. */
  byId(id: string): ApiRule | undefined {
    return this.#made.byId(id);
  }

  /** Of the API, by name. */
  byName(name: string): ApiRule | undefined {
    return this.#made.byName(name);
  }

  ofFile(name: string): Rule | undefined {
    return this.#files.get(name);
  }

  /** A rule by the id of one of the API, or by its name. */
  find(idOrName: string): RuleEntry | null {
    const made = this.byId(idOrName);
    if (made !== undefined) return this.#shown(made);
    const file = this.#files.get(idOrName);
    if (file !== undefined) return shownFile(file);
    const named = this.byName(idOrName);
    return named === undefined ? null : this.#shown(named);
  }

  /** Every rule, those with problems too. */
  get entries(): RuleEntry[] {
    return [
      ...[...this.#files.values()].map(shownFile),
      ...this.#made.entries.map((entry) => this.#shown(entry)),
    ];
  }

  /** Those of the API that cannot run. */
  get faulty(): ApiRule[] {
    return this.#made.entries.filter(({ rule, row }) => rule === null || this.#files.has(row.name));
  }

  #shown({ row, rule, document, problems }: ApiRule): RuleEntry {
    const other = this.#files.get(row.name);
    const found = [...problems];
    if (other !== undefined) {
      found.push({
        path: 'name',
        message: `the rule of ${placeOf(other)} has this name and runs in its place`,
      });
    }
    return {
      row,
      rule,
      document: rule === null ? document : documentOf(rule, document),
      active: rule !== null && other === undefined,
      problems: found,
    };
  }

  /** Rules of files whose names belong to rules of the API. */
  clashes(rules: readonly Rule[]): Problem[] {
    if (this.#made.size === 0) return [];
    return rules.flatMap((rule): Problem[] => {
      const made = this.byName(rule.name);
      // One that is in the files already runs in its place since the start.
      if (made === undefined || this.#files.has(rule.name) || rule.origin.kind !== 'file') return [];
      const { file, line, column } = rule.origin;
      const message = `the name ${JSON.stringify(rule.name)} is used already by the rule ${made.row.id} of the API`;
      return [{ file, line, column, path: 'name', message }];
    });
  }
}

function joined(files: ReadonlyMap<string, Rule>, api: ReadonlyMap<string, ApiRule>): RunningRules {
  const own = [...api.values()].flatMap(({ rule }) => (rule !== null && !files.has(rule.name) ? [rule] : []));
  const rules = [...files.values(), ...own];
  if (own.length === 0) return { files, api, rules, byName: files };
  const byName = new Map(files);
  for (const rule of own) byName.set(rule.name, rule);
  return { files, api, rules, byName };
}

function shownFile(rule: Rule): RuleEntry {
  return { row: null, rule, document: documentOf(rule, null), active: true, problems: [] };
}

function apiRule(tenant: string, row: ConfigObjectRow): ApiRule {
  const document = JSON.parse(row.body) as RuleDocument;
  const read = readApiRule(tenant, document);
  return 'rule' in read
    ? { row, document, rule: read.rule, problems: [] }
    : { row, document, rule: null, problems: read.problems };
}

/** `rules/host.yaml:4`. */
export function placeOf({ origin }: Rule): string {
  return origin.kind === 'file' ? `${origin.file}:${origin.line}` : 'the API';
}
