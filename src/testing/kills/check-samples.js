// Samples: each that was answered more than a second before its life was killed is in the history, with its value. Read
// through the History port, after a clean end.
import { openSqliteHistory } from '../../ingest/history-sqlite.js';
/** The promise is a second; the rest is for a flush timer that had to wait for a processor. */
export const mayLoseMs = 1_000 + 250;
export function checkSamples(ledger, file) {
  const history = openSqliteHistory({ file });
  try {
    const names = new Map();
    for (const { shard, id, metric, labels } of history.series()) {
      const host = Object.fromEntries(Object.entries(labels)).host ?? '';
      names.set(`${shard} ${id}`, `${metric} ${host}`);
    }
    const stored = new Map();
    history.range(0, Number.MAX_SAFE_INTEGER, ({ shard, series, times, values }) => {
      for (let i = 0; i < series.length; i++) {
        const name = names.get(`${shard} ${series[i]}`) ?? '';
        let of = stored.get(name);
        if (of === undefined) {
          of = new Map();
          stored.set(name, of);
        }
        of.set(times[i], values[i]);
      }
    });
    for (const [name, promised] of ledger.samples) {
      const of = stored.get(name);
      for (const { at, value, answeredAt, life } of promised) {
        if (answeredAt > life.killedAt - mayLoseMs || of?.get(at) === value) continue;
        const before = life.killedAt - answeredAt;
        ledger.violate(
          'sample_lost',
          `${name} at ${at}, answered ${before} ms before life ${life.no} was killed`,
        );
      }
    }
  } finally {
    history.close();
  }
}
//# sourceMappingURL=check-samples.js.map
