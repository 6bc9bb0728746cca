// Alerts of a real Tocsin over a real socket, listed and answered from the command line.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../testing/test-app.ts';
import { runCli } from './program.ts';

let app: TestApp;
let url: string;
beforeAll(async () => {
  const config = 'listen: 127.0.0.1:0\ncollector: { host: false }\nacknowledge: { expires_after: 1h }\n';
  const rule =
    '{ name: HighCpu, metric: cpu, operator: gt, threshold: 80, annotations: { summary: CPU is high } }';
  app = await startTestApp(config, `rules:\n  - ${rule}\n`, { durability: 'normal' });
  url = `http://127.0.0.1:${(await app.tocsin.listen()).port}`;
  await app.push(['a', 'b'].map((host) => ({ metric: 'cpu', labels: { host }, value: 90 })));
});
afterAll(() => app.close());

async function run(...words: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli({
    argv: ['alerts', ...words, '--url', url],
    env: { TOCSIN_KEY: app.key },
    cwd: app.folder,
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    onStop() {},
    exit(exitCode) {
      throw new Error(`exit ${exitCode}`);
    },
  });
  return { code, out, err };
}

it('lists alerts, answers them and shows what was done', async () => {
  const { out: lines } = await run('list');
  expect(lines.map((line) => line.replace(/^\S+ +/, ''))).toEqual([
    'firing  warning  HighCpu{host="b"}  CPU is high',
    'firing  warning  HighCpu{host="a"}  CPU is high',
  ]);
  const [b, a] = lines.map((line) => line.split(' ')[0]!);
  expect((await run('list', '--match', 'host="a"', '-q', 'cpu')).out).toHaveLength(1);

  expect(await run('ack', a!, b!, '--owner', 'bea', '--note', 'mine')).toMatchObject({ code: 0, err: [] });
  expect(await run('ack', b!, '--undo')).toMatchObject({ code: 0 });
  expect(await run('snooze', a!, '--for', '30m')).toMatchObject({ code: 0 });
  expect(await run('assign', a!, 'ann')).toMatchObject({ code: 0 });
  expect(await run('comment', a!, '換了磁碟')).toMatchObject({ code: 0 });
  const shown = JSON.parse((await run('show', a!)).out.join('')) as Record<string, unknown>;
  expect(shown).toMatchObject({
    acknowledged: { by: 'bea' },
    assignee: 'ann',
    comments: [{ by: 'key:TOCSIN_ADMIN_KEY', text: '換了磁碟' }],
  });
  // As long as the configuration says.
  const { at, until } = shown.acknowledged as { at: string; until: string };
  expect(Date.parse(until) - Date.parse(at)).toBeGreaterThan(3_590_000);
  expect(Date.parse(until) - Date.parse(at)).toBeLessThan(3_600_001);

  const nobody = '0190a000-0000-7000-8000-00001234abcd';
  const refused = await run('resolve', b!, nobody);
  expect([refused.code, refused.out, refused.err.length]).toEqual([1, [`${b}: resolve done`], 1]);
  expect((await run('list', '--json')).out.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([
    a,
  ]);
  expect((await run('list', '--limit', '0')).code).toBe(2);
});
