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

type Over = Omit<InhibitRule, 'name'>;
const named = (rules: readonly Over[]): readonly InhibitRule[] =>
  rules.map((rule, i) => ({ name: `inhibit-${i}`, ...rule }));

/** While the first rule of a host fires, the others of that host are not told. */
const firstRule = (equal: readonly string[]): Over => ({
  source: alertname('=', 'R0'),
  target: alertname('=~', 'R[1-9]|Levels.*'),
  equal,
});
export const clusterDown = named([firstRule(['host'])]);

/** Each inhibits the next one of its host, and the last the first. */
const circle = (names: readonly string[]): readonly Over[] =>
  names.map((name, i) => ({
    source: alertname('=', name),
    target: alertname('=', names[(i + 1) % names.length]!),
    equal: ['host'],
  }));
export const circleOf = (names: readonly string[]) => named(circle(names));

/** A cluster and its hosts, urgent over mild, and circles of two and of three. */
function drawInhibit(random: Random): readonly InhibitRule[] {
  const urgentOverMild: Over = {
    source: [built({ name: 'severity', op: '=~', value: 'critical|emergency' })],
    target: [built({ name: 'severity', op: '=~', value: 'info|warning' })],
    equal: ['host'],
  };
  const rules = [firstRule(random.pick([['host'], ['host'], []])), urgentOverMild].filter(() =>
    random.chance(0.6),
  );
  rules.push(...circle(random.pick([[], [], ['R2', 'R3'], ['R2', 'R3', 'R4']])));
  // Both sides of one rule: its own sources are not held back by each other.
  if (random.chance(0.3))
    rules.push({ source: alertname('=~', 'R[23]'), target: alertname('=~', 'R[345]'), equal: ['host'] });
  return named(rules);
}

/** Most seeds have silences, half of them inhibition, too. */
export function drawSuppression(
  random: Random,
  routing: RoutingConfig,
): Pick<SeedPlan, 'silencesPerHour' | 'routing'> {
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
    [
      { ...host, op: '!=' },
      { name: 'alertname', op: '!~', value: 'R[4-9]' },
    ],
    [{ name: 'severity', op: '=', value: random.pick(['info', 'warning', 'critical']) }],
    [{ name: 'alertname', op: '=~', value: '.+' }],
  ]);
}

/** From when to when: short or long, at once or later. */
export function drawSpan(
  random: Random,
  now: number,
): { readonly startsAt: number; readonly endsAt: number } {
  const startsAt = random.chance(0.3) ? now + random.int(1, 10 * min) : now - random.int(0, 5 * s);
  const ms = random.chance(0.6) ? random.int(20 * s, 6 * min) : random.int(10 * min, 60 * min);
  return { startsAt, endsAt: Math.max(now + s, startsAt + ms) };
}
