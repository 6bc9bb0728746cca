// The lists of rules that are found for series before the rules are taken over: what came and went meanwhile has its own.
import { expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { parseMatcher } from '../../rules/matchers.ts';
import { isSyntaxProblem } from '../../rules/syntax-problem.ts';
import { SeriesTable } from '../ingest/series.ts';
import { atOnce } from '../slices.ts';
import { aRule } from '../testing/builders.ts';
import { PairTable } from './pairs.ts';
import { SettledSeries } from './settled.ts';

function only(host: string) {
  const matcher = parseMatcher(`host="${host}"`);
  if (isSyntaxProblem(matcher)) throw new Error(matcher.problem);
  return [matcher];
}

const state = { openByKey: new Map() } as Parameters<PairTable['setRules']>[1];
const rulesOf = (edition: number) => [
  aRule({ name: 'Any', hash: `any ${edition}` }),
  aRule({ name: 'A', match: only('a'), hash: `a ${edition}` }),
  aRule({ name: 'B', match: only('b'), hash: `b ${edition}` }),
];

it('pairs series that are there, new ones and those that took the number of another one', () => {
  const table = new SeriesTable({ limits: { seriesPerTenant: 100 } });
  const pairs = new PairTable('t', table, new SettledSeries(table));
  const series = (host: string) => table.intern('t', 'cpu', labelSet({ host }));
  const [stays, goes] = [series('a'), series('a2')];
  pairs.setRules(rulesOf(1), state, 0);
  for (const id of [stays, goes]) pairs.bind(id, state, 0);
  const preparing = pairs.prepare(rulesOf(2));
  // Until the first series is found, and then to the end.
  for (let step = 0; step < 2; step++) preparing.next();
  const drop = (id: number) => {
    pairs.unbind(id);
    table.drop(id);
  };
  drop(goes);
  const prepared = atOnce(preparing);
  drop(stays);
  const late = series('b');
  const other = series('c');
  expect([late, other].sort()).toEqual([stays, goes].sort());
  pairs.replace(prepared, state, 0);
  const names = (id: number) => pairs.of(id).map(({ rule }) => `${rule.name} ${rule.hash}`);
  expect(names(late)).toEqual(['Any any 2', 'B b 2']);
  expect(names(other)).toEqual(['Any any 2']);
});
