// What holds messages back in a seed: how often people make silences, of what, and which alerts inhibit which. Drawn from
// streams of their own, so that the other draws of a seed are what they were.
import { matcher } from '../../../rules/matchers.ts';
import type { Matcher, MatchOperator } from '../../../rules/types.ts';
import type { InhibitRule, RoutingConfig } from '../../pipeline/routing.ts';
import type { SeedPlan } from './plan-of-seed.ts';
import type { Random } from './random.ts';
import type { Written } from './takes.ts';

const s = 1_000;
const min = 60 * s;

function built({ name, op, value }: Written): Matcher {
  const made = matcher(name, op, value);
  if ('problem' in made) throw new Error(made.problem);
  return made;
}
const alertname = (op: MatchOperator, value: string) => [built({ name: 'alertname', op, value })];

/** While the first fires, the second is not told. */
const over = (
  source: readonly Matcher[],
  target: readonly Matcher[],
  equal: readonly string[],
): Omit<InhibitRule, 'name'> => ({ source, target, equal });

/** A cluster and its hosts, urgent over mild, and circles of two and of three. */
function drawInhibit(random: Random): readonly InhibitRule[] {
  const equal = random.pick([['host'], ['host'], []]);
  const rules = [
    over(alertname('=', 'R0'), alertname('=~', 'R[1-9]|Levels.*'), equal),
    over(
      [built({ name: 'severity', op: '=~', value: 'critical|emergency' })],
      [built({ name: 'severity', op: '=~', value: 'info|warning' })],
      ['host', 'alertname'],
    ),
  ].filter(() => random.chance(0.6));
  const circle = random.pick([[], [], ['R2', 'R3'], ['R2', 'R3', 'R4']]);
  circle.forEach((name, i) => {
    rules.push(over(alertname('=', name), alertname('=', circle[(i + 1) % circle.length]!), ['host']));
  });
  // Both sides of one rule: its own sources are not held back by each other.
  if (random.chance(0.3)) rules.push(over(alertname('=~', 'R[23]'), alertname('=~', 'R[345]'), ['host']));
  return rules.map((rule, i) => ({ name: `inhibit-${i}`, ...rule }));
}

/** Most seeds have silences, half of them inhibition, too. */
export function drawSuppression(random: Random, routing: RoutingConfig): Partial<SeedPlan> {
  const silencesPerHour = random.pick([0, 4, 12, 30]);
  const inhibit = random.chance(0.5) ? drawInhibit(random) : [];
  const remindBeforeMs = random.pick([null, null, 5 * min]);
  return { silencesPerHour, routing: { ...routing, inhibit, remindBeforeMs } };
}

/** By host, by rule, by expression, by what is not so, and by several of them. */
export function drawMatchers(random: Random): readonly Written[] {
  const host: Written = { name: 'host', op: '=', value: `h${random.int(0, 3)}` };
  const rule: Written = { name: 'alertname', op: '=', value: `R${random.int(0, 5)}` };
  return random.pick<readonly Written[]>([
    [host],
    [rule],
    [host, rule],
    [{ name: 'alertname', op: '=~', value: random.pick(['R[0-2]', 'Levels.*|R3', 'R.+']) }],
    [{ ...host, op: '!=' }, { name: 'alertname', op: '!~', value: 'R[4-9]' }],
    [{ name: 'severity', op: '=', value: random.pick(['info', 'warning', 'critical']) }],
    [{ name: 'alertname', op: '=~', value: '.+' }],
  ]);
}

/** From when to when: short or long, at once or later. */
export function drawSpan(random: Random, now: number): { readonly startsAt: number; readonly endsAt: number } {
  const startsAt = random.chance(0.3) ? now + random.int(1, 10 * min) : now - random.int(0, 5 * s);
  const ms = random.chance(0.6) ? random.int(20 * s, 6 * min) : random.int(10 * min, 60 * min);
  return { startsAt, endsAt: Math.max(now + s, startsAt + ms) };
}
