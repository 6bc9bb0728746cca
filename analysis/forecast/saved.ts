// The state as text and back: what is restored goes on as if it had never been away.
import { createForecast, type ForecastState } from './forecast.ts';
import { recordNames } from './prediction.ts';

const version = 1;

/** As JSON, maps and sets with a mark. */
export const saveForecast = (state: ForecastState): string =>
  JSON.stringify({ version, state }, (_, value: unknown) =>
    value instanceof Map ? { $map: [...value] } : value instanceof Set ? { $set: [...value] } : value,
  );

/** The state that `saveForecast` gave. Throws where the text is of another version, or none of a forecast. */
export function restoreForecast(text: string): ForecastState {
  const saved = JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    // A label may have such a name: its value is a text, and no list.
    if ('$map' in value && Array.isArray(value.$map)) return new Map(value.$map as [unknown, unknown][]);
    if ('$set' in value && Array.isArray(value.$set)) return new Set(value.$set as unknown[]);
    return value;
  }) as { version?: unknown; state?: ForecastState } | null;
  if (saved?.version !== version || !(saved.state?.records instanceof Map))
    throw new Error(`expected the state of a forecast of version ${version}`);
  return saved.state;
}

/** A state that knows nothing of alerts, with the track records of another one. */
export function withRecordsOf(state: ForecastState): ForecastState {
  const fresh = createForecast({ leastConfidence: state.leastConfidence });
  for (const name of recordNames) {
    const { made, came } = state.records.get(name)!;
    fresh.records.set(name, { made: [...made], came: [...came] });
  }
  return fresh;
}
