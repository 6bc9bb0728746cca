import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './load.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'tocsin-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

function load(limits: string, general = '') {
  writeFileSync(
    join(cwd, 'tocsin.yaml'),
    `channels:
  hook: { type: webhook, url: "http://127.0.0.1:9000/", limits: ${limits} }
receivers: { ops: { channels: [hook] } }
route: { receiver: ops }
${general}
`,
  );
  return loadConfig({ cwd, env: {}, flags: {} });
}

describe('limits of a channel', () => {
  it('are windows of calls in a span, several together', () => {
    const loaded = load(
      '[{ calls: 20, per: 1m }, { calls: 1, per: 1s }]',
      'limits: { messages_per_minute: 200 }',
    );
    if (!('config' in loaded)) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.config.channels.get('hook')!.limits).toEqual([
      { calls: 20, perMs: 60_000 },
      { calls: 1, perMs: 1_000 },
    ]);
    expect(loaded.config.limits.messagesPerMinute).toBe(200);
  });

  it.each([
    ['[{ calls: 0, per: 1m }]', 'channels.hook.limits.0.calls'],
    ['[{ calls: 20, per: 2h }]', 'channels.hook.limits.0.per'],
    ['[{ calls: 20 }]', 'channels.hook.limits.0.per'],
    ['[{ calls: 20, per: 1m, burst: 3 }]', 'channels.hook.limits.0.burst'],
    ['{ calls: 20, per: 1m }', 'channels.hook.limits'],
  ])('that are %s are refused where they are wrong', (limits, path) => {
    const loaded = load(limits);
    expect('problems' in loaded && loaded.problems.map((problem) => problem.path)).toEqual([path]);
  });
});
