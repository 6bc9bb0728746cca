// What the page about routing shows is what the program reads and says.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { runCli } from './program.ts';

const page = readFileSync(new URL('../../docs/routing.md', import.meta.url), 'utf8');
const blocks = (kind: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block]) => block!);
const configurations = blocks('yaml').filter((block) => block.startsWith('channels:'));

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-route-test-'));
  writeFileSync(join(cwd, 'tocsin.yaml'), configurations[0]!);
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function run(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const host = { argv, env: {}, cwd, onStop() {}, exit() {} };
  const code = await runCli({ ...host, out: (line) => out.push(line), err: (line) => err.push(line) });
  return { code, out, err };
}

describe('the page about routing', () => {
  it('shows configurations that are right', () => {
    expect(configurations.length).toBe(3);
    for (const [i, text] of configurations.entries()) {
      const file = join(cwd, `shown-${i}.yaml`);
      writeFileSync(file, text);
      expect(loadConfig({ file, cwd, env: {}, flags: {} })).toHaveProperty('config');
    }
  });

  it('shows what the command says', async () => {
    const shown = blocks('text').find((block) => block.startsWith('$ tocsin route test'))!;
    const [command, ...lines] = shown.trimEnd().split('\n');
    const { code, out } = await run(...command!.slice('$ tocsin '.length).split(' '));
    expect([code, ...out]).toEqual([0, ...lines]);
  });
});

describe('tocsin route test', () => {
  it('exits with 1 when others are told than was expected, and with 2 when there is nothing to ask', async () => {
    const told = ['route', 'test', 'severity=critical', 'alertname=X'];
    expect((await run(...told, '--expect', 'on-call')).code).toBe(0);
    const other = await run(...told, '--expect', 'ops', 'on-call');
    expect([other.code, other.err]).toEqual([1, ['expected on-call, ops, got on-call']]);
    expect((await run(...told, '--config', 'nowhere.yaml')).code).toBe(2);
    expect((await run('route', 'test', 'severity')).code).toBe(2);
    expect((await run(...told, '--at', 'noon')).code).toBe(2);
  });

  it('says what siblings were not asked, and everything as JSON', async () => {
    const both = await run('route', 'test', 'severity=critical', 'team=payments');
    expect(both.out.at(-1)).toBe(
      'not {}/{team="payments"}: {}/{severity=~"critical|emergency"} took it before',
    );
    const { out } = await run('route', 'test', 'severity=critical', '--json');
    expect(JSON.parse(out.join('\n'))).toMatchObject({
      matched: [{ receiver: 'on-call', channels: ['chat', 'mail'], group_wait: '0s', muted: null }],
      missed: [{ path: '{}/{team="payments"}', taken_by: '{}/{severity=~"critical|emergency"}' }],
    });
  });
});
