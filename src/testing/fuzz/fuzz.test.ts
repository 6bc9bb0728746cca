import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { caseRandom } from './case-random.ts';
import { readFailure, writeFailure } from './failures.ts';
import { type FuzzReport, fuzz, messageOf } from './harness.ts';
import { longestInput, materialOf, mutated } from './mutate.ts';
import { claim, inputOf, pureTarget, type Target, textOf } from './target.ts';
import { targets } from './targets/index.ts';

const seed = 20;
const folder = mkdtempSync(join(tmpdir(), 'tocsin-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What was found, each with what plays it again. */
const told = ({ findings }: FuzzReport) =>
  findings.map((finding) => {
    const again = `npm run fuzz -- --target ${finding.target} --seed ${finding.seed} --case ${finding.number}`;
    return `${finding.target}: ${finding.message} (${again})`;
  });

describe('hostile input', () => {
  it(`finds nothing in any target, seed ${seed}`, { timeout: 300_000 }, async () => {
    const report = await fuzz({ seed, targets, cases: 24_000 });
    expect(told(report)).toEqual([]);
    expect(report.targets.filter(({ cases }) => cases < 15).map(({ name }) => name)).toEqual([]);
    // Counted and told, not judged: on a busy machine time proves nothing. The soak judges it.
    const slow = report.targets.filter((target) => target.slow > 0);
    for (const { name, slowest } of slow) {
      process.stderr.write(
        `slow: ${name}, case ${slowest.number} of seed ${seed}, ${slowest.ms.toFixed(0)} ms\n`,
      );
    }
  });

  const regressions = join(import.meta.dirname, 'regressions');
  const files = readdirSync(regressions, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.bin'),
  );
  it.each(files)('that was a finding once holds: %s', async (file) => {
    const { target: name, input } = readFailure(
      join(regressions, file),
      targets.map((target) => target.name),
    );
    const opened = await targets.find((target) => target.name === name)!.open();
    expect(await messageOf(opened.check, input)).toBeNull();
    await opened.close?.();
  });
});

/** A target over `n:<letters>` whose check is at fault for some. */
const planted = (check: (text: string) => void): Target =>
  pureTarget({
    name: 'planted',
    holds: 'nothing in particular',
    weight: 1,
    input: (random) => Buffer.from(String(random(2_000))),
    check: (input) => check(textOf(input)),
  });

describe('the fuzzer', () => {
  const faults: [string, (text: string) => void, RegExp][] = [
    ['a property that does not hold', (text) => claim(text !== '777', 'there is 777'), /^there is 777$/],
    ['an exception', (text) => void (text === '777' && JSON.parse('{')), /SyntaxError/],
    [
      'something thrown that is no error',
      (text) => {
        if (text === '777') throw text;
      },
      /^threw 777$/,
    ],
  ];

  it.each(faults)('finds %s and plays its case alone', async (_what, check, message) => {
    const target = planted(check);
    const { findings, targets: reports } = await fuzz({ seed, targets: [target], cases: 20_000 });
    expect(findings).toHaveLength(1);
    expect(reports[0]!.found).toBeGreaterThan(1);
    const [found] = findings;
    expect(found).toMatchObject({ target: 'planted', seed, message: expect.stringMatching(message) });
    expect(target.input(caseRandom(seed, 'planted', found!.number))).toEqual(found!.input);
    const line = writeFailure(found!, folder);
    expect(line).toBe(`npm run fuzz -- --replay ${join(folder, `planted-${seed}-${found!.number}.bin`)}`);
    const { target: name, input } = readFailure(line.split(' ').at(-1)!, ['planted']);
    expect(name).toBe('planted');
    expect(await messageOf((await target.open()).check, input)).toMatch(message);
  });

  it('finds a fault that is planted into a real target', async () => {
    const retryAfter = targets.find(({ name }) => name === 'retry-after')!;
    const faulty: Target = {
      ...retryAfter,
      open: () => ({
        check: (input) => claim(!/^\d+\.\d+$/.test(textOf(input)), 'took a fraction for a date'),
      }),
    };
    const { findings } = await fuzz({ seed, targets: [faulty], cases: 2_000 });
    expect(findings.map(({ message, number }) => [message, typeof number])).toEqual([
      ['took a fraction for a date', 'number'],
    ]);
  });

  it('makes the same cases of the same seed, whatever else runs and in however many rounds', async () => {
    const seen = async (rounds: number, others: readonly Target[]) => {
      const inputs: string[] = [];
      const target = { ...planted((text) => void inputs.push(text)), weight: others.length === 0 ? 1 : 3 };
      await fuzz({ seed, targets: [...others, target], cases: others.length === 0 ? 300 : 400, rounds });
      return inputs;
    };
    const alone = await seen(1, []);
    expect(await seen(7, [{ ...planted(() => {}), name: 'other' }])).toEqual(alone);
    expect(alone).toHaveLength(300);
    expect(new Set(alone).size).toBeGreaterThan(200);
  });

  it('tells a case that is slow every time from one that was slow once', async () => {
    const burn = (ms: number) => {
      const before = process.cpuUsage();
      const until = performance.now() + ms;
      const cpuMs = () => process.cpuUsage(before).user / 1_000;
      while (performance.now() < until || cpuMs() < ms);
    };
    let plays = 0;
    const once = planted(() => {
      if (plays++ === 3) burn(150);
    });
    const always = planted((text) => text === String(caseRandom(seed, 'planted', 2)(2_000)) && burn(150));
    const run = (target: Target, cases: number) =>
      fuzz({ seed, targets: [target], cases, slowIsFinding: true });
    expect((await run(once, 10)).findings).toEqual([]);
    expect((await run(always, 3)).findings).toMatchObject([{ kind: 'slow', number: 2 }]);
  });

  it('damages within bounds and in every way, the corpus itself never', () => {
    const material = materialOf(['{"a":1}', 'x'.repeat(longestInput)], ['token']);
    const before = material.corpus.map((entry) => Buffer.from(entry).toString('hex'));
    const made = Array.from({ length: 3_000 }, (_, i) => mutated(caseRandom(seed, 'm', i), material));
    expect(Math.max(...made.map((bytes) => bytes.length))).toBeLessThanOrEqual(longestInput);
    expect(material.corpus.map((entry) => Buffer.from(entry).toString('hex'))).toEqual(before);
    const texts = made.map((bytes) => Buffer.from(bytes).toString('latin1'));
    for (const sign of ['token', '\xed\xa0\x80', '__proto__', '}xxxx', '{"a"{"a"']) {
      expect([sign, texts.some((text) => text.includes(sign))]).toEqual([sign, true]);
    }
    expect(inputOf({ a: 1 })).toEqual(Buffer.from('{"a":1}'));
  });
});
