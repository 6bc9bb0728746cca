// A rule that cries wolf, from its samples to its change: over HTTP for a rule of the API, on the command line for one of
// a file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../cli/program.ts';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const minute = 60_000;
const ruleFile = `# what wakes us
rules:
  - name: FileHot # of the file
    metric: heat
    operator: gt
    threshold: 80
  - { name: Never, metric: cpu, operator: gt, threshold: 1000 }
`;
const hot = { name: 'Hot', metric: 'cpu', operator: 'gt', threshold: 80 };
const path = '/api/v1/alerts/effectiveness';

let app: TestApp;
let folder: string;
/** Fifty minutes ago, on the minute. */
let start: number;

type Body = Readonly<Record<string, unknown>> & { readonly items: readonly Record<string, unknown>[] };
async function call(method: string, way: string, body?: unknown, headers?: Record<string, string>) {
  const answer = await app.call(method, way, body, headers);
  return { ...answer, body: answer.body as Body };
}

/** Both metrics, a value a minute from the given minute on. */
async function push(from: number, values: readonly number[]) {
  const samples = values.flatMap((value, i) =>
    ['cpu', 'heat'].map((metric) => ({
      ...{ metric, labels: { host: 'a' }, value },
      timestamp: start + (from + i) * minute,
    })),
  );
  expect(await app.push(samples)).toBe(202);
}

async function acknowledge() {
  const { body } = await call('GET', '/api/v1/alerts/active');
  expect(body.items).toHaveLength(2);
  for (const { id } of body.items)
    expect((await call('POST', `/api/v1/alerts/${String(id)}/acknowledge`, {})).status).toBe(200);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-effectiveness-'));
  writeFileSync(join(folder, 'rules.yaml'), ruleFile);
  app = await startTestApp('collector: { host: false }\nrules: [rules.yaml]\n', ruleFile, { folder });
  start = Math.floor(Date.now() / minute) * minute - 50 * minute;
  expect((await call('POST', '/api/v1/alerts/rules', hot)).status).toBe(201);
  // Six alerts of a minute, one that somebody took, two more of a minute.
  await push(0, [50, 84, 50, 85, 50, 86, 50, 84, 50, 85, 50, 86, 50]);
  await push(13, [95, 96]);
  await acknowledge();
  await push(15, [95, 95, 50, 85, 50, 84, 50]);
  // The history, in which a suggestion is tried, gets them with the next flush.
  const tried = async () => {
    const { body } = await call('GET', `${path}/Hot?suggest=true`);
    return (
      (body as unknown as { suggestions: { none: string | null } }).suggestions.none !== 'not_reproduced'
    );
  };
  while (!(await tried())) await new Promise((resolve) => setTimeout(resolve, 20));
});
afterAll(async () => {
  await app.close().catch(() => undefined);
  rmSync(folder, { recursive: true });
});

const patch = { threshold: 88 };
const text = 'threshold 88: 9 → 1 alerts, none of the 1 that people acted on lost';

describe('over HTTP', () => {
  it('rules are listed by what they are worth, page by page', async () => {
    const first = await call('GET', `${path}?limit=2`);
    expect(first.status).toBe(200);
    const second = await call('GET', `${path}?limit=2&cursor=${String(first.body.next)}`);
    expect(second.body).toMatchObject({ from: first.body.from, to: first.body.to, next: null });
    const items = [...first.body.items, ...second.body.items];
    expect(items.map(({ rule, standing, rank }) => [rule, standing, rank])).toEqual([
      ['FileHot', 'noisy', 2],
      ['Hot', 'noisy', 2],
      ['Never', 'new', 1],
    ]);
    expect(items[1]).toMatchObject({
      ...{
        fired: 9,
        open: 0,
        acknowledged: 1,
        acted_on: 1,
        auto_resolved: 9,
        auto_resolved_soon: 9,
        flaps: 8,
      },
      noise: { ignored: 8, brief: 8, flapping: 7, score: 0.7045 },
      time_to_acknowledge: { count: 1 },
      time_to_resolve: { median: '1m' },
      late: { count: 0 },
    });
    const noisy = await call('GET', `${path}?standing=noisy&sort=name&limit=1`);
    expect(noisy.body.items).toMatchObject([{ rule: 'FileHot' }]);
    expect((await call('GET', `${path}?cursor=x`)).status).toBe(400);
  });

  it('a suggestion is proven, shown, and made when it is told to', async () => {
    const seen = await call('GET', `${path}/Hot?suggest=true`);
    expect(seen).toMatchObject({
      status: 200,
      body: {
        figures: { rule: 'Hot', fired: 9 },
        suggestions: {
          ...{ fired: 9, acted_on: 1, none: null },
          items: expect.arrayContaining([
            expect.objectContaining({
              ...{ n: 1, goal: 'fewer', patch, alerts: { before: 9, after: 1 }, latest_ms: 0, text },
            }),
          ]),
        },
      },
    });
    const apply = `${path}/Hot/suggestions/1/apply`;
    expect((await call('POST', apply, {}, { 'if-match': '"9-0"' })).status).toBe(412);
    expect((await call('POST', `${path}/Hot/suggestions/9/apply`)).body).toMatchObject({
      error: { code: 'no_such_suggestion' },
    });
    const made = await call('POST', apply, {}, { 'if-match': seen.headers.get('etag')! });
    expect(made).toMatchObject({ status: 200, body: { name: 'Hot', threshold: 88, version: 2 } });
    // It was for the rule as it was.
    expect(await call('POST', apply)).toMatchObject({
      status: 409,
      body: { error: { code: 'suggestion_overtaken' } },
    });
  });

  it('a suggestion is refused that would lose what somebody acted on since', async () => {
    expect((await call('PATCH', '/api/v1/alerts/rules/Hot', { threshold: 80 })).status).toBe(200);
    await call('GET', `${path}/Hot?suggest=true`);
    await push(22, [85]);
    await acknowledge();
    await push(23, [50]);
    expect(await call('POST', `${path}/Hot/suggestions/1/apply`)).toMatchObject({
      status: 409,
      body: { error: { code: 'suggestion_overtaken' } },
    });
    const { body } = await call('GET', '/api/v1/alerts/rules/Hot');
    expect(body).toMatchObject({ threshold: 80 });
    const again = await call('GET', `${path}/Hot?suggest=true`);
    const { items } = again.body.suggestions as Body;
    for (const { patch } of items) expect((patch as { threshold?: number }).threshold ?? 0).toBeLessThan(85);
  });

  it('a rule of a file is not changed here', async () => {
    expect(await call('POST', `${path}/FileHot/suggestions/1/apply`)).toMatchObject({
      status: 409,
      body: { error: { code: 'owned_by_file' } },
    });
    expect((await call('GET', `${path}/Nothing`)).status).toBe(404);
  });
});

describe('on the command line', () => {
  async function cli(...argv: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCli({
      argv: ['effectiveness', '--data', 'data', ...argv],
      env: {},
      cwd: folder,
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      onStop() {},
      exit: (status) => {
        throw new Error(`exit ${status}`);
      },
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }
  const until = () => new Date(start + 21.5 * minute).toISOString();

  it('rules are listed, and one of a file is changed in its file, which keeps its comments', async () => {
    await app.tocsin.close();
    const listed = await cli('--to', until());
    expect([listed.code, listed.err]).toEqual([0, '']);
    expect(listed.out).toMatch(/^FileHot +noisy +-0\.61 +0\.70 +9 +1 +8 +0 +\d+ +\w+/m);
    expect(listed.out).toMatch(/^Never +new/m);

    const shown = await cli('FileHot', '--suggest', '--to', until());
    expect([shown.code, shown.err]).toEqual([0, '']);
    expect(shown.out).toContain(`  1. ${text}; messages `);
    expect(shown.out).toContain('-    threshold: 80\n+    threshold: 88\n');
    expect(readFileSync(join(folder, 'rules.yaml'), 'utf8')).toBe(ruleFile);

    const made = await cli('FileHot', '--apply', '--to', until());
    expect([made.code, made.err]).toEqual([0, '']);
    expect(readFileSync(join(folder, 'rules.yaml'), 'utf8')).toBe(
      ruleFile.replace('threshold: 80', 'threshold: 88'),
    );
    // What is there now is what was suggested: another look finds nothing to change.
    expect((await cli('FileHot', '--suggest', '--to', until())).out).toMatch(/no suggestion/);
  });

  it('says what is wrong', async () => {
    expect(await cli('Nothing')).toMatchObject({ code: 2 });
    expect(await cli('--suggest')).toMatchObject({ code: 2 });
    expect(await cli('FileHot', '--from', 'soon')).toMatchObject({ code: 2 });
    expect((await cli('Never', '--suggest')).out).toMatch(/no suggestion; it did not fire/);
  });
});
