// Which patterns there truly are, and when the least evidence of each had become known:
//   burst        one rule on five or more instances of one service within a minute; the fifth alert
//   cascade      alerts of three or more services of one incident, one after the other; the third service's first alert
//   periodic     five or more occurrences by a clock; the fifth
//   correlation  two alerts that came five or more times at the same distance; the fifth time
//   anomaly      an alert that comes and goes by chance comes far more often for a while; the fifth of the spell
//   storm        more than a hundred alerts within a minute, until fewer than fifty; the hundred-and-first
//   escalation   one rule of one service that rises over three or more severities within minutes; the third
import type { PatternName } from '../../../analysis/patterns/pattern.ts';
import { minute } from './draws.ts';
import type { Firing, Plan, PlannedIncident } from './plan.ts';
import type { Told } from './telling.ts';
import type { TruePattern } from './world.ts';

const stormAbove = 100;
const stormUntil = 50;

export function patternsOf(plan: Plan, told: ReadonlyMap<Firing, Told>): TruePattern[] {
  const found: TruePattern[] = [];
  for (const { pattern, firings, needed } of plan.shapes) {
    const known = knownOf(firings, told);
    // What was never told, because the alert fired already, is no evidence.
    if (known.length >= needed) found.push(patternOf(pattern, known, known[needed - 1]!.seenAt));
  }
  for (const incident of plan.incidents) {
    const firings = plan.firings.filter(
      ({ owner }) => owner.kind === 'incident' && owner.incident === incident,
    );
    const cascade = cascadeOf(incident, firings, told);
    if (cascade !== null) found.push(cascade);
  }
  return [...found, ...stormsOf([...told.values()])].sort((one, other) => one.completeAt - other.completeAt);
}

const knownOf = (firings: readonly Firing[], told: ReadonlyMap<Firing, Told>): Told[] =>
  firings.flatMap((firing) => told.get(firing) ?? []).sort((one, other) => one.seenAt - other.seenAt);

function patternOf(pattern: PatternName, known: readonly Told[], completeAt: number): TruePattern {
  const times = known.map(({ alert }) => alert.at);
  const alerts = known.map(({ alert }) => alert.id);
  return { pattern, alerts, from: Math.min(...times), to: Math.max(...times), completeAt };
}

function cascadeOf(
  incident: PlannedIncident,
  firings: readonly Firing[],
  told: ReadonlyMap<Firing, Told>,
): TruePattern | null {
  // What climbed for an hour before it hurt is the incident's, and not the cascade's.
  const spread = firings.filter(({ at }) => at >= incident.at - 5 * minute);
  const known = knownOf(spread, told);
  const firsts = new Map<string, number>();
  for (const firing of spread) {
    const seenAt = told.get(firing)?.seenAt;
    const { name } = firing.service;
    if (seenAt !== undefined)
      firsts.set(name, Math.min(seenAt, firsts.get(name) ?? Number.POSITIVE_INFINITY));
  }
  const third = [...firsts.values()].sort((one, other) => one - other)[2];
  return third === undefined ? null : patternOf('cascade', known, third);
}

function stormsOf(fired: readonly Told[]): TruePattern[] {
  const storms: TruePattern[] = [];
  let storm: { known: Told[]; completeAt: number } | null = null;
  let first = 0;
  fired.forEach((one, n) => {
    // Between two alerts the count of the last minute only falls: whether it fell below the end is known at the next.
    while (fired[first]!.seenAt <= one.seenAt - minute) {
      first++;
      if (storm !== null && n - first < stormUntil) {
        storms.push(patternOf('storm', storm.known, storm.completeAt));
        storm = null;
      }
    }
    if (storm !== null) storm.known.push(one);
    else if (n - first + 1 > stormAbove) storm = { known: fired.slice(first, n + 1), completeAt: one.seenAt };
  });
  const last = storm as { known: Told[]; completeAt: number } | null;
  if (last !== null) storms.push(patternOf('storm', last.known, last.completeAt));
  return storms;
}
