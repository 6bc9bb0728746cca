// How well alerts of simulated worlds are foretold. Worlds follow one another as days of one installation would: what the
// models learned of alerts begins anew with each world, their track records go on. Outcomes are judged here by the news
// alone and not by what the forecast says of itself; a prediction whose window reaches past the end of its world is left
// out. An event is foretold where the alert that it is was the one that made a prediction come true: each prediction
// foretells one alert at most, and was made before the alert's own time.
import {
  advanceForecast,
  createForecast,
  type ForecastState,
  type Forecasts,
  observeNews,
  observeWatched,
  type Prediction,
  type Threshold,
  withRecordsOf,
} from '../../analysis/forecast/index.ts';
import type { AlertSignal } from '../../analysis/signals.ts';
import { levelAt, placeOf } from '../../src/testing/incidents/incidents.ts';
import { type IncidentWorld, simulateIncidents } from '../../src/testing/incidents/index.ts';

const tickMs = 10_000;
/** Nothing new is told at the very end of a world. */
const quietEndMs = 90_000;
const luckMs = 17 * 60_000;

export interface Judged extends Prediction {
  readonly came: boolean;
  /** Id of the alert that made it come true. */
  readonly alert: string | null;
  /** Whether it would have come true in a window 17 minutes later, a time that no rule of anything has: by luck. */
  readonly cameLater: boolean;
}

export interface WorldScore {
  readonly judged: readonly Judged[];
  /** Of predictable events: kind, and the alert that it is. */
  readonly events: readonly { readonly kind: string; readonly alert: string }[];
  /** Predictions of which the forecast itself said something else. */
  readonly disputed: number;
}

/** All worlds in their order, with and without the samples of what fills up. */
export function foretell(seeds: readonly number[], series: boolean): WorldScore[] {
  let state = createForecast();
  return seeds.map((seed) => {
    const world = simulateIncidents(seed, { series });
    state = withRecordsOf(state);
    return scoreOf(world, hear(state, world));
  });
}

interface Heard {
  readonly made: readonly Prediction[];
  readonly said: ReadonlyMap<string, string | null>;
}

function hear(state: ForecastState, world: IncidentWorld): Heard {
  const made: Prediction[] = [];
  const said = new Map<string, string | null>();
  let ids = 0;
  const context = { newId: () => `${world.seed}-${++ids}` };
  let next = 0;
  const note = (forecasts: Forecasts) => {
    for (const one of forecasts.made) made.push(one);
    for (const { id, alert } of forecasts.ended) said.set(id, alert);
  };
  const samples = world.series.filter(({ metric }) => metric === 'memory' || metric === 'disk');
  const watched = samples.map((one) => ({ ...one, next: 0, thresholds: thresholdsOf(world, one) }));
  for (let now = world.from; now < world.to - quietEndMs; now += tickMs) {
    for (const one of watched) {
      for (; one.next < one.times.length && one.times[one.next]! <= now; one.next++) {
        const at = one.times[one.next]!;
        const { thresholds } = one;
        const key = `${one.metric} of ${one.service}`;
        note(observeWatched(state, { series: key, at, value: one.values[one.next]!, thresholds }, context));
      }
    }
    for (; next < world.news.length && world.news[next]!.seenAt <= now; next++)
      note(observeNews(state, world.news[next]!, context));
    note(advanceForecast(state, now, context));
  }
  return { made, said };
}

/** What the rules of the simulated services say: which metric, which level, and which place they watch. */
function thresholdsOf(
  { services }: IncidentWorld,
  { metric, service }: { metric: string; service: string | null },
): Threshold[] {
  const { name, instances } = services.find((one) => one.name === service)!;
  const rule = metric === 'memory' ? 'MemoryUsageHigh' : 'DiskUsageHigh';
  const place = placeOf(rule, name, instances);
  const where = place === null ? 'all' : place;
  return Object.entries(levelAt).map(([severity, value]) => ({
    key: `${rule}/${name}/${where}/${severity}`,
    labels: { alertname: rule, service: name, severity },
    value,
    side: 'above',
  }));
}

function scoreOf(world: IncidentWorld, { made, said }: Heard): WorldScore {
  const fired = world.news.flatMap(({ kind, alert, seenAt }) =>
    kind === 'fired' ? [{ alert, seenAt }] : [],
  );
  const end = world.to - quietEndMs;
  let disputed = 0;
  const hit = (one: Prediction, laterMs: number) =>
    fired.find(
      ({ alert, seenAt }) =>
        seenAt > one.madeAt &&
        alert.at >= one.from + laterMs &&
        alert.at <= one.to + laterMs &&
        isMeant(one, alert),
    )?.alert.id ?? null;
  const judged = made.flatMap((one): Judged[] => {
    if (one.to > end) return [];
    const alert = hit(one, 0);
    if (said.has(one.id) && (said.get(one.id) === null) !== (alert === null)) disputed++;
    return [{ ...one, came: alert !== null, alert, cameLater: hit(one, luckMs) !== null }];
  });
  const byMoment = new Map(fired.map(({ alert }) => [`${alert.key} ${alert.at}`, alert.id]));
  const events = world.truth.predictable.map(({ key, at, kind }) => ({
    kind,
    alert: byMoment.get(`${key} ${at}`)!,
  }));
  return { judged, events, disputed };
}

const isMeant = ({ matches, key, labels }: Prediction, alert: AlertSignal): boolean =>
  matches === 'key'
    ? alert.key === key
    : Object.entries(labels).every(([name, value]) => alert.labels[name] === value);
