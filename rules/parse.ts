// Rules out of a YAML file or out of an object of the API. A file answers with every problem it has, each with its
// place; expected failures are values. Whether a file with problems is applied at all is the caller's to decide.
import { emptyLabels } from './labels.ts';
import type { RuleDefaults } from './normalise/index.ts';
import { isMap, type PathProblem, readKeys } from './read-keys.ts';
import { readRule } from './read-rule.ts';
import { type RuleReference, referencePaths } from './references.ts';
import { defaultsShape, type FileDefaults, fileShape } from './schema.ts';
import { ruleLimits, shown } from './schema-fields.ts';
import type { Labels, Origin, Problem, Rule } from './types.ts';
import { utf8Length } from './utf8.ts';
import { readYaml } from './yaml-source.ts';

export interface ParsedRuleFile {
  /** The good ones, in the order of the file. */
  readonly rules: readonly Rule[];
  readonly problems: readonly Problem[];
  /** Of the good ones, for `unknownReferences`: they may name rules of other files. */
  readonly references: readonly RuleReference[];
}

/** Whose a rule is when nobody says so. */
const defaultTenant = 'default';

/** Reads a rule file of at most 8 MiB (seconds of work: files from outside are read in a thread); `file` is the name that problems and origins carry, `commit` where that is known what of it is checked out. */
export function parseRuleFile(text: string, file: string, commit: string | null = null): ParsedRuleFile {
  const whole = (message: string): ParsedRuleFile => ({
    rules: [],
    problems: [{ file, line: 1, column: 1, path: '', message }],
    references: [],
  });
  if (utf8Length(text) > ruleLimits.fileBytes) return whole(`expected at most ${ruleLimits.fileBytes} bytes`);
  const source = readYaml(text);
  if ('problems' in source) {
    return {
      rules: [],
      problems: source.problems
        .slice(0, ruleLimits.problems)
        .map((problem) => ({ file, path: '', ...problem })),
      references: [],
    };
  }
  // An empty file is refused: a file half written by an editor would take every rule in it away.
  if (!isMap(source.value)) return whole(`expected a map with the key rules, got ${shown(source.value)}`);

  const found: PathProblem[] = [];
  const head = readKeys(source.value, fileShape, [], found, ['rules', 'defaults']);
  const keys = readDefaults(source.value.defaults, found);
  const defaults: RuleDefaults = {
    tenant: typeof head.tenant === 'string' ? head.tenant : defaultTenant,
    group: typeof head.group === 'string' ? head.group : groupOf(file),
    labels: (head.labels as Labels | undefined) ?? emptyLabels,
    keys,
    ...(typeof head.sample_interval === 'number' ? { sampleIntervalMs: head.sample_interval } : {}),
  };
  const rules: Rule[] = [];
  const references: RuleReference[] = [];
  const list = source.value.rules;
  if (!Array.isArray(list)) {
    found.push({ path: ['rules'], at: 'value', message: `expected a list of rules, got ${shown(list)}` });
  } else if (list.length > ruleLimits.rules) {
    found.push({ path: ['rules'], at: 'value', message: `expected at most ${ruleLimits.rules} rules` });
  } else {
    const lineOfName = new Map<string, number>();
    for (const [index, value] of list.entries()) {
      const path = ['rules', index];
      const origin: Origin = {
        ...{ kind: 'file', file, ...source.locate(path, 'value') },
        ...(commit === null ? {} : { commit }),
      };
      const name = isMap(value) ? value.name : undefined;
      if (typeof name === 'string') {
        const first = lineOfName.get(name);
        if (first !== undefined) {
          const message = `the name ${shown(name)} is used already by the rule in line ${first}`;
          found.push({ path: [...path, 'name'], at: 'value', message });
        } else {
          lineOfName.set(name, origin.line);
        }
      }
      const read = readRule(value, path, origin, defaults);
      if ('rule' in read) {
        rules.push(read.rule);
        const { tenant, name: rule } = read.rule;
        for (const { names, path: inner } of referencePaths(read.rule)) {
          const at = [...path, ...inner];
          references.push({
            ...{ tenant, rule, names, file, ...source.locate(at, 'value') },
            path: at.join('.'),
          });
        }
      } else found.push(...read.problems);
      if (found.length >= ruleLimits.problems) break;
    }
  }
  const problems = found
    .slice(0, ruleLimits.problems)
    .map((problem) => located(file, source.locate(problem.path, problem.at), problem))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  return { rules, problems, references };
}

/** `defaults:` of a file: what its rules mean where they do not say it. */
function readDefaults(value: unknown, found: PathProblem[]): FileDefaults {
  if (value === undefined) return {};
  if (isMap(value)) return readKeys(value, defaultsShape, ['defaults'], found) as FileDefaults;
  const message = `expected a map of keys such as for, got ${shown(value)}`;
  found.push({ path: ['defaults'], at: 'value', message });
  return {};
}

/**
 * Reads one rule from an object with the keys of a rule file. Problems carry the place of `origin`; for the API that
 * is file `api`, line 1, column 1, and the path says where.
 */
export function parseRule(
  value: unknown,
  origin: Origin,
  defaults: RuleDefaults = { tenant: defaultTenant, group: 'api', labels: emptyLabels },
): { readonly rule: Rule } | { readonly problems: readonly Problem[] } {
  const read = readRule(value, [], origin, defaults);
  if ('rule' in read) return read;
  const place = origin.kind === 'file' ? origin : { file: 'api', line: 1, column: 1 };
  return {
    problems: read.problems
      .slice(0, ruleLimits.problems)
      .map((problem) => located(place.file, place, problem)),
  };
}

function located(
  file: string,
  place: { readonly line: number; readonly column: number },
  problem: PathProblem,
): Problem {
  return {
    file,
    line: place.line,
    column: place.column,
    path: problem.path.join('.'),
    message: problem.message,
  };
}

/** `rules/host.yaml` is the group `host`. */
function groupOf(file: string): string {
  const base = file.split(/[\\/]/).at(-1) ?? '';
  return base.replace(/\.ya?ml$/i, '').slice(0, ruleLimits.nameLength) || 'rules';
}
