import { expect, it } from 'vitest';
import {
  createForecast,
  type ForecastState,
  forecastParts,
  observeNews,
  restoreForecast,
  saveForecast,
} from './index.ts';

const monday = 1_736_121_600_000;

function tell(state: ForecastState, alerts: readonly (readonly [key: string, at: number])[]): ForecastState {
  alerts.forEach(([key, after], n) => {
    const at = monday + after;
    const name = key.toUpperCase();
    const of = { id: `${n}`, key, name, labels: { alertname: name }, severity: 'high', text: '' } as const;
    const context = { newId: () => `p${n}` };
    observeNews(state, { kind: 'fired', alert: { ...of, at, endedAt: null }, seenAt: at }, context);
  });
  return state;
}

it('reads what the version before wrote, where followers had all their names and keys', () => {
  const state = tell(createForecast(), [
    ['a', 0],
    ['b', 5_000],
    ['a', 60_000],
    ['b', 66_000],
    ['c', 70_000],
  ]);
  // Of that version, from the same alerts.
  const leaders =
    '{"version":2,"of":"leaders","entries":[["a",{"count":2,"followers":{"$map":[["b",{"count":2,"lags":[5000,6000],"countedFor":1736121660000}],["c",{"count":1,"lags":[10000],"countedFor":1736121660000}]]}}],["b",{"count":2,"followers":{"$map":[["a",{"count":1,"lags":[55000],"countedFor":1736121605000}],["c",{"count":1,"lags":[4000],"countedFor":1736121666000}]]}}],["c",{"count":1,"followers":{"$map":[]}}]]}';
  const others = [...forecastParts(state)].filter((text) => !text.includes('"of":"leaders"'));
  const before = [...others.map((text) => text.replace('"version":3', '"version":2')), leaders].join('\n');
  expect(before).not.toContain('"version":3');
  expect(saveForecast(restoreForecast(before))).toBe(saveForecast(state));
});

it('writes the key of an alert once for a piece of leaders, however many it followed', () => {
  const keys = Array.from({ length: 400 }, (_, n) => `disk of host ${String(n).padStart(4, '0')}`);
  const state = tell(
    createForecast(),
    keys.map((key, n) => [key, n * 100] as const),
  );
  const pieces = [...forecastParts(state)].filter((text) => text.includes('"of":"leaders"'));
  expect(pieces.length).toBeGreaterThan(1);
  for (const text of pieces)
    for (const key of keys) expect(text.split(`"${key}"`).length).toBeLessThanOrEqual(2);
  expect(saveForecast(restoreForecast(saveForecast(state)))).toBe(saveForecast(state));
});

it('says what it expected of a piece that refers to a key that it has not', () => {
  const [rest] = forecastParts(createForecast());
  const cut = '{"version":3,"of":"leaders","names":["a"],"entries":[[0,1,[[1,1,5,4]]]]}';
  expect(() => restoreForecast(`${rest}\n${cut}`)).toThrow('expected a key at place 1 of 1');
  expect(() => restoreForecast(`${rest}\n${cut.replace('3', '4')}`)).toThrow('version 2 or 3');
});
