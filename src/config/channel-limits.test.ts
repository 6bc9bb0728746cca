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
    ['[{ calls: 20, per: 32d }]', 'channels.hook.limits.0.per'],
    ['[{ calls: 20 }]', 'channels.hook.limits.0.per'],
    ['[{ calls: 20, per: 1m, burst: 3 }]', 'channels.hook.limits.0.burst'],
    ['{ calls: 20, per: 1m }', 'channels.hook.limits'],
  ])('that are %s are refused where they are wrong', (limits, path) => {
    const loaded = load(limits);
    expect('problems' in loaded && loaded.problems.map((problem) => problem.path)).toEqual([path]);
  });
});

describe('a budget of a channel', () => {
  const problem = (keys: string) => {
    const loaded = load(`[], ${keys}`);
    return 'problems' in loaded && loaded.problems.map(({ path, message }) => `${path}: ${message}`);
  };

  it('is so many calls in a day and in a month', () => {
    const loaded = load('[], cost: 0.1, budget: { daily: 0.3, monthly: 6 }');
    if (!('config' in loaded)) throw new Error(JSON.stringify(loaded.problems));
    const { limits, cost } = loaded.config.channels.get('hook')!;
    expect(limits).toEqual([
      { calls: 3, perMs: 86_400_000 },
      { calls: 60, perMs: 30 * 86_400_000 },
    ]);
    expect(cost).toBe(0.1);
  });

  it('needs a cost, and has to pay for one message', () => {
    expect(problem('budget: { daily: 3 }')).toEqual([
      'channels.hook.budget.daily: expected `cost` beside it: what one message costs',
    ]);
    expect(problem('cost: 4, budget: { monthly: 3 }')).toEqual([
      'channels.hook.budget.monthly: does not pay for one message: its cost is 4',
    ]);
  });
});
