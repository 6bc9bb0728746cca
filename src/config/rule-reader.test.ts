import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLabelSet } from '../../rules/labels.ts';
import { readingsOf } from '../../rules/readings.ts';
import { createTocsin } from '../app.ts';
import { loadConfig } from './load.ts';
import { type ReadRules, readRules } from './rule-files.ts';
import { RuleReader } from './rule-reader.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-reader-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const aside = (paths: readonly string[], withinMs?: number) =>
  new Promise<ReadRules>((resolve) => new RuleReader(paths, withinMs).read(resolve));
const examples = fileURLToPath(new URL('../../examples/rules', import.meta.url));

const hours = Array.from({ length: 7 * 24 }, (_, hour) => hour * 3_600_000);

/** A rule with its matchers and excluded times tried out, since two functions are never equal. */
const tried = ({ rules, ...rest }: ReadRules) => ({
  ...rest,
  rules: rules.map((rule) => ({
    ...rule,
    readings: null,
    ...(rule.type === 'anomaly' && {
      detection: { ...rule.detection, exclude: hours.map((at) => rule.detection.exclude?.contains(at)) },
    }),
    match: readingsOf(rule).map(({ match }) =>
      match.map(({ matches, ...parts }) => [parts, ['', 'prod', 'eth0', 'x'].map(matches)]),
    ),
  })),
});

describe('rule files in a thread', () => {
  it('read the same as here', async () => {
    const extra = join(folder, 'a.yaml');
    const match = `['env="prod"', 'env!=x', 'dev=~"eth.*"', 'x!~"a|b"']`;
    writeFileSync(
      extra,
      `labels: { b: x, a: y }\nrules: [{ name: A, metric: m, operator: gt, threshold: 1, match: ${match} }]`,
    );
    const read = await aside([examples, extra]);
    expect(read.rules.length).toBeGreaterThan(10);
    expect(tried(read)).toStrictEqual(tried(readRules([examples, extra])));
    for (const { labels } of read.rules) {
      expect([isLabelSet(labels), Object.isFrozen(labels)]).toEqual([true, true]);
    }
  });

  it('have the same problems', async () => {
    writeFileSync(join(folder, 'a.yaml'), 'rules: [{ name: A }, *x');
    const read = await aside([folder]);
    expect(read.problems.length).toBeGreaterThan(0);
    expect(read).toEqual(readRules([folder]));
  });

  it.each([
    ['a flat list', `rules: [${'a, '.repeat(300_000)}]`],
    [
      'aliases of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((n, i) => `${n}: &${n} [${`*${'abcdefghi'[i]},`.repeat(9)}]`).join('\n')}\nrules: *i`,
    ],
    ['brackets', `rules: ${'['.repeat(500_000)}`],
    [
      'a hundred thousand keys',
      `rules: {${Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join(', ')}}`,
    ],
  ])('keep nobody waiting: %s', async (_what, text) => {
    writeFileSync(join(folder, 'bomb.yaml'), text);
    let turns = 0;
    const counting = setInterval(() => turns++, 5);
    const began = performance.now();
    const read = await aside([folder]);
    const tookMs = performance.now() - began;
    clearInterval(counting);
    expect(read.rules).toEqual([]);
    expect(read.problems.length).toBeGreaterThan(0);
    // A loop that was held would have turned once or twice. The machine may be slow: a tenth of what is due will do.
    expect(turns).toBeGreaterThan(Math.min(20, tookMs / 50));
  });

  it('are read in it at a start too, and each way is told in the same words', async () => {
    writeFileSync(join(folder, 'a.yaml'), 'rules: [{ name: A }]');
    const config = `rules: [a.yaml]\ncollector: { host: false }\nchannels: { c: { type: console } }\n`;
    const file = join(folder, 'tocsin.yaml');
    writeFileSync(file, config);
    const loaded = loadConfig({ file, cwd: folder, env: {}, flags: {} });
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
    let turns = 0;
    const counting = setImmediate(function count() {
      turns++;
      again = setImmediate(count);
    });
    let again = counting;
    const starting = createTocsin({ config: loaded.config });
    await expect(starting).rejects.toMatchObject({ problems: readRules([join(folder, 'a.yaml')]).problems });
    clearImmediate(again);
    expect(turns).toBeGreaterThan(0);
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it('that take too long are given up, and the thread with them', async () => {
    writeFileSync(join(folder, 'a.yaml'), `rules: [${'a, '.repeat(300_000)}]`);
    const read = await aside([folder], 1);
    expect(read.rules).toEqual([]);
    expect(read.problems[0]?.message).toBe(
      'the rule files were not read within 0.001 s; are they too large?',
    );
  });
});
