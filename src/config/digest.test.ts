import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../pipeline/digest-place.ts';
import { memoryFolder } from '../testing/memory-folder.ts';
import { loadConfig } from './load.ts';

const cwd = memoryFolder('tocsin-digest-');
function load(text: string) {
  const file = join(cwd, 'tocsin.yaml');
  writeFileSync(file, `channels: { chat: { type: console } }\n${text}`);
  return loadConfig({ file, cwd, env: {}, flags: {} });
}
function collected(text: string, severity: 'info' | 'warning' | 'critical' = 'info') {
  const loaded = load(text);
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  const { routing } = loaded.config;
  return digestOf(routing, routing.route.routes[0] ?? routing.route, severity);
}
const problems = (text: string) => {
  const loaded = load(text);
  return 'problems' in loaded ? loaded.problems.map(({ path, message }) => `${path}: ${message}`) : [];
};

const hourly = { everyMs: 3_600_000, severities: ['info'], max: 500, to: null, zone: 'UTC' };

describe('digest', () => {
  it('is off unless somebody asks for it', () => {
    expect(collected('receivers: { ops: { channels: [chat] } }')).toBeNull();
  });

  it('of a receiver is every hour on the clock of time_zone, for info alone', () => {
    const text = 'time_zone: Asia/Taipei\nreceivers: { ops: { channels: [chat], digest: {} } }';
    expect(collected(text)).toEqual({ ...hourly, zone: 'Asia/Taipei' });
    expect(collected(text, 'warning')).toBeNull();
    expect(collected(text, 'critical')).toBeNull();
  });

  it('of a route goes before that of its receiver, also to switch it off', () => {
    const text = (digest: string) =>
      `receivers: { ops: { channels: [chat], digest: {} } }\nroute: { receiver: ops, digest: ${digest}, routes: [{ match: ['a="b"'] }] }`;
    expect(collected(text('{ every: 15m, severities: [low, medium] }'), 'warning')).toEqual({
      ...{ ...hourly, everyMs: 900_000, severities: ['info', 'warning'] },
    });
    expect(collected(text('false'))).toBeNull();
  });

  it('follows from `batch` of a strategy, as other tools write it', () => {
    const text = 'strategies: { low: { batch: true, batchInterval: 3600, retry: 1, retryDelay: 5 } }';
    const collects = ['info', 'warning', 'high'];
    expect(collected(`${text}\nreceivers: { ops: { channels: [chat] } }`)).toEqual({
      ...{ ...hourly, severities: collects },
    });
    expect(collected(`${text}\nreceivers: { ops: { channels: [chat] } }`, 'warning')).toBeNull();
  });

  it('never collects what is urgent, and goes out at times of the clock to somebody there is', () => {
    const receiver = (digest: string) => `receivers: { ops: { channels: [chat], digest: ${digest} } }`;
    expect(problems(receiver('{ severities: [info, critical] }'))).toEqual([
      'receivers.ops.digest.severities.1: critical is never collected: expected one of info, warning, high',
    ]);
    expect(problems(receiver('{ every: 7m }'))[0]).toContain('minutes that divide an hour');
    expect(problems(receiver('{ to: nobody }'))[0]).toContain('there is no receiver "nobody"');
    expect(
      problems('strategies: { critical: { batch: true } }\nreceivers: { ops: { channels: [chat] } }')[0],
    ).toContain('expected no batch');
  });
});
