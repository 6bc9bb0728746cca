// What is shipped works where nothing of the source tree is: dist/ is built and its command started in an empty folder.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

it('starts from dist/ in an empty folder, takes a sample and a changed rule, and ends when asked to', async () => {
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, encoding: 'utf8' });
  expect(built.status, built.stderr).toBe(0);
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-dist-'));
  mkdirSync(join(folder, 'rules'));
  const writeRule = (name: string) =>
    writeFileSync(
      join(folder, `rules/${name}.yaml`),
      `rules: [{ name: ${name}, metric: m, operator: gt, threshold: 1 }]`,
    );
  writeRule('First');
  const child = spawn(
    process.execPath,
    [join(root, 'dist/src/main.js'), 'serve', '--listen', '127.0.0.1:0'],
    {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', TOCSIN_LOG: 'error' },
    },
  );
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    let said = '';
    const greeted = await new Promise<{ url: string; key: string }>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          const url = /listens on (http:\S+)/.exec(said)?.[1];
          const key = /shown this once: (\S+)/.exec(said)?.[1];
          if (url && key) resolve({ url, key });
        });
      }
    });
    const response = await fetch(`${greeted.url}/api/v1/metrics`, {
      method: 'POST',
      headers: { 'x-api-key': greeted.key, 'content-type': 'application/json' },
      body: '{"samples":[{"metric":"demo.value","labels":{"host":"here"},"value":1}]}',
    });
    expect([response.status, await response.json()]).toEqual([
      202,
      { accepted: 1, rejected: [], rejected_count: 0 },
    ]);
    expect((await fetch(`${greeted.url}/health/ready`)).status).toBe(200);
    // The thread that reads changed rules is there, too.
    writeRule('Second');
    for (let names = ''; !names.includes('Second'); ) {
      const rules = await fetch(`${greeted.url}/api/v1/alerts/rules`, {
        headers: { 'x-api-key': greeted.key },
      });
      names = await rules.text();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(existsSync(join(folder, 'data/tocsin.db'))).toBe(true);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
