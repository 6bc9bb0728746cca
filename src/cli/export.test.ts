// Rules that were made through the API become files that are read as the same rules.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRules } from '../config/rule-files.ts';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { runCli } from './program.ts';

let app: TestApp;
let url: string;
beforeEach(async () => {
  const config = 'listen: 127.0.0.1:0\ncollector: { host: false }\n';
  app = await startTestApp(config, 'rules:\n  - { name: FromFile, metric: load, threshold: 5 }\n', {
    durability: 'normal',
  });
  url = `http://127.0.0.1:${(await app.tocsin.listen()).port}`;
});
afterEach(() => app.close());

async function run(...flags: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv: ['export', '--url', url, ...flags],
    env: { TOCSIN_KEY: app.key },
    cwd: app.folder,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop() {},
    exit(code) {
      throw new Error(`exit ${code}`);
    },
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const make = async (document: object): Promise<{ hash: string }> => {
  const { status, body } = await app.call('POST', '/api/v1/alerts/rules', document);
  expect([status, body]).toEqual([201, body]);
  return body as { hash: string };
};

describe('export', () => {
  it('prints the rules of one group as they were written, without what goes without saying', async () => {
    await make({
      name: 'HighCpu',
      metric: 'cpu',
      threshold: 80,
      operator: 'gt',
      description: '12',
      for: '90s',
    });
    expect(await run()).toEqual({
      code: 0,
      err: '',
      out: [
        'group: api',
        'rules:',
        '  - name: HighCpu',
        '    type: threshold',
        '    description: "12"',
        '    metric: cpu',
        '    threshold: 80',
        '    for: 1m30s',
      ].join('\n'),
    });
  });

  it('writes a file for each group, and every rule in it is read as the same rule', async () => {
    const made = [
      await make({
        name: 'a: "b" # c',
        metric: 'cpu',
        threshold: 1,
        labels: { no: 'yes', n: '1' },
        group: 'odd/../name',
      }),
      await make({
        name: '123',
        metric: 'cpu',
        aggregate: 'p99',
        window: '30m',
        sample_interval: '1m',
        threshold: 1,
      }),
      await make({
        name: 'multi',
        metric: 'a',
        threshold: 1,
        annotations: { summary: 'a\n  b\n\n"{{ value }}"' },
      }),
      await make({
        name: 'Joined',
        by: ['host'],
        conditions: [{ rule: 'FromFile' }, { metric: 'cpu', threshold: 2 }],
      }),
    ];
    expect((await run()).code).toBe(1);
    const { code, err } = await run('--out', 'rules');
    expect([code, err]).toEqual([0, '']);
    const folder = join(app.folder, 'rules');
    expect(readdirSync(folder).sort()).toEqual(['api.yaml', 'odd-..-name.yaml']);
    const read = readRules([folder]);
    expect(read.problems).toEqual([]);
    expect(read.rules.map(({ hash }) => hash).sort()).toEqual(made.map(({ hash }) => hash).sort());
  });

  it('writes over nothing, and says so when it is refused', async () => {
    await make({ name: 'HighCpu', metric: 'cpu', threshold: 80 });
    mkdirSync(join(app.folder, 'rules'));
    writeFileSync(join(app.folder, 'rules/api.yaml'), 'mine');
    expect(await run('--out', 'rules')).toMatchObject({ code: 1, err: expect.stringContaining('api.yaml') });
    expect(readFileSync(join(app.folder, 'rules/api.yaml'), 'utf8')).toBe('mine');
    expect(await run('--key', 'no')).toMatchObject({ code: 1, err: expect.stringContaining('401') });
  });
});
