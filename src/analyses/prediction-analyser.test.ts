import { expect, it } from 'vitest';
import { seeded } from '../../analysis/detectors/random.ts';
import type { AlertSignal } from '../../analysis/signals.ts';
import { graphOf } from '../../analysis/topology/index.ts';
import { PredictionAnalyser } from './prediction-analyser.ts';

const context = { tenant: 'acme', graph: graphOf([]), newId: () => 'event', idFrom: () => 'incident' };
const periodMs = 120_000;

it('goes on where the clock of whoever tells of alerts is ahead: what the same news make and decide is never said', () => {
  let unsaid = 0;
  for (let run = 1; run <= 12; run++) {
    const random = seeded(run);
    const analyser = new PredictionAnalyser(() => 0);
    analyser.takeUp([], () => null);
    const [aheadMs, leftOut] = [53_000 + random() * 5_000, 0.3 + random() * 0.3];
    for (let n = 0; n < 200; n++) {
      if (random() < leftOut) continue;
      const at = Math.round(1_700_000_000_000 + n * periodMs + (random() - 0.5) * 2_000);
      const alert: AlertSignal = {
        ...{ id: `alert ${n}`, key: 'Backup', name: 'Backup', labels: { alertname: 'Backup' } },
        ...{ severity: 'high', text: '', at, endedAt: null },
      };
      const seenAt = at - aheadMs;
      analyser.observe({ kind: 'fired', alert, seenAt }, context);
      analyser.observe({ kind: 'resolved', alert: { ...alert, endedAt: at + 1 }, seenAt }, context);
      for (const effect of analyser.flush(seenAt + 15)) {
        if (effect.put !== 'prediction' || effect.row.state === 'open') continue;
        expect(effect.row.scoredAt).not.toBeNull();
      }
      analyser.stored(seenAt + 15);
    }
    unsaid += analyser.tally.unsaid;
  }
  expect(unsaid).toBeGreaterThan(0);
});
