// What had to be forgotten is said: in the log, to each tenant, in the metrics.
import { expect, it } from 'vitest';
import { startTestApp } from '../testing/test-app.ts';
import { EvictionNotes } from './eviction-notes.ts';

it('says of one burst once what went and what has no room, to each tenant its own', () => {
  const logged: unknown[] = [];
  const told: unknown[] = [];
  const later: (() => void)[] = [];
  const notes = new EvictionNotes({
    table: { tenantOf: (id) => (id < 10 ? 'acme' : 'other'), metricOf: (id) => `m${id % 10}` },
    log: { warn: (event: string, fields: unknown) => void logged.push([event, fields]) } as never,
    soon: (work) => void later.push(work),
    tell: (tenant, { type, message }) => void told.push([tenant, type, message]),
  });
  const evicted = { detector: 'ensemble', bytes: 3_296 };
  for (let series = 0; series < 7; series++) notes.note({ ...evicted, series, idleMs: 600_000 });
  notes.note({ ...evicted, series: 3, idleMs: null });
  notes.note({ ...evicted, series: 12, idleMs: null });
  expect(later).toHaveLength(1);
  later[0]!();
  expect(logged).toEqual([
    [
      'detectors.evicted',
      { tenant: 'acme', evicted: 7, refused: 1, metrics: ['m0', 'm1', 'm2', 'm3', 'm4'] },
    ],
    ['detectors.evicted', { tenant: 'other', evicted: 0, refused: 1, metrics: ['m2'] }],
  ]);
  expect(told).toEqual([
    [
      'acme',
      'tocsin.detectors_full',
      'The memory of detectors is full (limits.detector_bytes): what was learned of 7 series was forgotten, and 1 series are not learned from (m0, m1, m2, m3, m4). Rules of type anomaly say insufficient_data of them.',
    ],
    [
      'other',
      'tocsin.detectors_full',
      'The memory of detectors is full (limits.detector_bytes): 1 series are not learned from (m2). Rules of type anomaly say insufficient_data of them.',
    ],
  ]);
});

it('counts it where the program is watched, and says it where a rule is asked', async () => {
  const app = await startTestApp(
    'collector: { host: false }\nchannels: { screen: { type: console } }\nlimits: { detector_bytes: 4KiB }\n',
    'rules: [{ name: Unusual, type: anomaly, metric: cpu }]',
    { print() {} },
  );
  try {
    expect(
      await app.push(['a', 'b', 'c'].map((host) => ({ metric: 'cpu', labels: { host }, value: 1 }))),
    ).toBe(202);
    const shown = await app.tocsin.fetch(
      new Request('http://tocsin.test/metrics', { headers: { 'x-api-key': app.key } }),
    );
    const text = await shown.text();
    expect(text).toContain('\ntocsin_detectors 1\n');
    expect(text).toContain('\ntocsin_detector_bytes 3424\n');
    expect(text).toContain('\ntocsin_detectors_refused_total 2\n');
    expect(text).toContain('\ntocsin_detectors_evicted_total 0\n');
    await expect
      .poll(
        async () =>
          (await app.call('GET', '/api/v1/alerts?matcher=alertname%3D%22tocsin.detectors_full%22')).body,
      )
      .toMatchObject({
        items: [{ annotations: { summary: expect.stringContaining('2 series are not learned') } }],
      });
  } finally {
    await app.close();
  }
});
