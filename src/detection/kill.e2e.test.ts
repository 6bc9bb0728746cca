// A real process that is killed in the middle of learning goes on with what it knew.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectors } from '../../analysis/detectors/index.ts';
import { labelSet } from '../../rules/labels.ts';
import { openSqliteHistory } from '../ingest/history-sqlite.ts';
import { compileChild } from '../testing/kills/compile.ts';
import { type Life, operatorKey, startLife } from '../testing/kills/process.ts';
import { seedOf } from './seed.ts';

let folder: string;
let child: string;
let life: Life | null = null;
beforeAll(async () => {
  child = await compileChild();
  folder = mkdtempSync(join(tmpdir(), 'tocsin-detectors-'));
  mkdirSync(join(folder, 'data'));
  writeFileSync(
    join(folder, 'tocsin.yaml'),
    `listen: 127.0.0.1:0
data: ${join(folder, 'data')}
ballast: 64KiB
rules: [rules.yaml]
collector: { host: false }
limits: { past: 2d }
`,
  );
  writeFileSync(
    join(folder, 'rules.yaml'),
    'rules: [{ name: Unusual, type: anomaly, metric: cpu, learning: 12h }]\n',
  );
}, 60_000);
afterAll(() => {
  life?.kill();
  rmSync(folder, { recursive: true, force: true });
});

const count = 220;
const startAt = Date.now() - count * 360_000;
const samples = Array.from({ length: count }, (_, n) => ({
  metric: 'cpu',
  labels: { host: 'a' },
  value: 20 + 2 * Math.sin(n * 1.7) * Math.cos(n * 0.31),
  timestamp: startAt + n * 360_000,
}));

async function push(base: string | null, from: number, to: number): Promise<void> {
  const response = await fetch(`${base}/api/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': operatorKey },
    body: JSON.stringify({ samples: samples.slice(from, to) }),
  });
  expect(response.status).toBe(202);
}

/** How many samples the history holds on the disk, read by somebody else. */
function stored(): { samples: number; states: Buffer[] } {
  const history = openSqliteHistory({ file: join(folder, 'data', 'samples.db') });
  try {
    let found = 0;
    history.range(startAt - 1, Date.now(), ({ times }) => {
      found += times.length;
    });
    return { samples: found, states: [...history.states!.states()].map(({ bytes }) => Buffer.from(bytes)) };
  } finally {
    history.close();
  }
}

it('has after kill -9 the bytes of a detector that saw every stored sample once', async () => {
  const configFile = join(folder, 'tocsin.yaml');
  life = startLife({ child, configFile, no: 1 });
  const first = await life.ready;
  await push(first, 0, 140);
  // The state is written with its first samples; those that come now are in the history alone.
  await expect.poll(async () => (await tableOf(first)).samples, { timeout: 10_000 }).toBe(140);
  await push(first, 140, 180);
  await expect.poll(async () => (await tableOf(first)).samples, { timeout: 10_000 }).toBe(180);
  life.kill();
  expect((await life.exited).signal).toBe('SIGKILL');
  const left = stored();
  expect(left.samples).toBe(180);
  expect(left.states).toHaveLength(1);
  expect(left.states[0]!.equals(bytesAfter(180))).toBe(false);

  life = startLife({ child, configFile, no: 2 });
  await push(await life.ready, 180, count);
  life.end();
  expect((await life.exited).code).toBe(0);
  expect(stored().states[0]!.equals(bytesAfter(count))).toBe(true);
}, 60_000);

/** What the process itself says is stored. */
async function tableOf(base: string | null): Promise<{ samples: number }> {
  const query = `from=${new Date(startAt - 1).toISOString()}&to=${new Date().toISOString()}`;
  const response = await fetch(`${base}/api/v1/alerts/rules/Unusual/expected?${query}`, {
    headers: { 'x-api-key': operatorKey },
  });
  const { series } = (await response.json()) as { series: { timestamps: number[] }[] };
  return { samples: series[0]?.timestamps.length ?? 0 };
}

/** One detector that saw the first `seen` samples. */
function bytesAfter(seen: number): Buffer {
  const { ensemble } = detectors;
  const state = ensemble.create(seedOf('cpu', labelSet({ host: 'a' }), 'ensemble'));
  for (const { value, timestamp } of samples.slice(0, seen)) ensemble.observe(state, value, timestamp);
  return Buffer.from(state.bytes);
}
