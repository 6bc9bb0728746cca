import { PerformanceObserver } from 'node:perf_hooks';
import { expect, it, vi } from 'vitest';
import { startTestApp } from './testing/test-app.ts';

const config = 'collector: { host: false }\nchannels: { screen: { type: console } }\n';

it('observes the process once, however many programs in it are asked for their figures: nothing holds those that are closed', async () => {
  const observed = vi.spyOn(PerformanceObserver.prototype, 'observe');
  try {
    for (let n = 0; n < 3; n++) {
      const app = await startTestApp(config, 'rules: []\n');
      const headers = { 'x-api-key': app.key };
      const asked = new Request('http://tocsin.test/metrics', { headers });
      const text = await (await app.tocsin.fetch(asked)).text();
      expect(text).toMatch(/^tocsin_turns_total \d+$/m);
      expect(text).toMatch(/^nodejs_eventloop_lag_max_seconds \S+$/m);
      const names = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
      expect(new Set(names).size).toBe(names.length);
      await app.close();
    }
    // None where another test of the same process was the first to ask.
    expect(observed.mock.calls.length).toBeLessThan(2);
  } finally {
    observed.mockRestore();
  }
});
