// The oracle of rules over several series, naive and from the documentation alone. With faults it keeps out; in the calm
// after them it says of every group whether its alert must be firing or must not be open.
import type { Labels, ThresholdRule } from '../../../rules/types.ts';
import type { Effect } from '../../pipeline/effect.ts';
import type { PushedSample } from './episodes.ts';
import { aggregateOf, keyOf, type Points, seriesKeyOf, take } from './verdicts.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

interface SeriesModel extends Points {
  readonly tenant: string;
  readonly metric: string;
  readonly labels: Labels;
}

/** Grid times that a verdict must have been the same at, beyond `for` or keep_firing_for. */
const calmTimes = 6;
/** A grid time that has been due for so long has been judged; one that became due since may have been. */
const judgedWithinMs = 1_000;

export class Groups {
  readonly #world: World;
  readonly #series = new Map<string, SeriesModel>();
  /** When somebody edited the rules. */
  rulesAt = Number.NEGATIVE_INFINITY;

  constructor(world: World) {
    this.#world = world;
  }

  /** A push of the tenant was acknowledged. */
  pushed(tenant: string, samples: readonly PushedSample[]): void {
    for (const { metric, labels, timestamp, value } of samples) {
      const id = seriesKeyOf(tenant, metric, labels);
      let series = this.#series.get(id);
      if (!series) {
        series = { tenant, metric, labels, points: [], bornAt: Number.POSITIVE_INFINITY };
        this.#series.set(id, series);
      }
      take(series, timestamp, value);
    }
  }

  /**
   * What holds with faults, too: a rule over several series speaks at times of its grid, after the delay, and fires only
   * when it was pending for long enough.
   */
  onEffect(effect: Effect, at: number): void {
    if (effect.put !== 'event' || effect.row.kind !== 'alert.firing' || effect.row.reason !== null) return;
    const { journal, rules, counters } = this.#world;
    const alert = journal.alerts.get(effect.row.subjectId)?.row;
    const rule = rules.find((one) => one.tenant === alert?.tenant && one.name === alert.rule);
    // An edited rule may have been judged in this turn as it was before.
    if (!alert || !rule?.grid || this.rulesAt > at - 600_000) return;
    counters.hit('group fired');
    const judgedAt = Number(effect.row.body.sampleAt);
    const { intervalMs, evalDelayMs } = rule.grid;
    const broken = (what: string) => {
      throw new Violation('I3', `${alert.key} ${what}`, at);
    };
    if (judgedAt % intervalMs !== 0) broken(`fires at ${judgedAt}, which is no time of its grid`);
    if (at < judgedAt + evalDelayMs)
      broken(`is judged at ${at}, before ${judgedAt} and its eval_delay are over`);
    const since = alert.pendingSince ?? judgedAt;
    if (judgedAt - since < rule.forMs) broken(`fires at ${judgedAt} and was pending since ${since} only`);
  }

  /** Nothing fails and no level changes: what has been true for long enough fires, what has not been is over. */
  sweepCalm(): void {
    for (const rule of this.#world.rules) if (rule.grid) this.#checkRule(rule, rule.grid);
  }

  #checkRule(rule: ThresholdRule, { by, intervalMs, evalDelayMs }: NonNullable<ThresholdRule['grid']>): void {
    const { clock, counters, journal } = this.#world;
    const groups = new Map<string, SeriesModel[]>();
    for (const series of this.#series.values()) {
      if (series.tenant !== rule.tenant || series.metric !== rule.metric) continue;
      const labels = Object.fromEntries(by.flatMap((name) => [[name, series.labels[name] ?? '']]));
      const key = keyOf(rule.name, Object.fromEntries(Object.entries(labels).filter(([, v]) => v !== '')));
      groups.set(key, [...(groups.get(key) ?? []), series]);
    }
    const due = clock.now() - evalDelayMs;
    const last = Math.floor((due - judgedWithinMs) / intervalMs) * intervalMs;
    const newest = Math.floor(due / intervalMs) * intervalMs;
    for (const [key, members] of groups) {
      const over = (spanMs: number, verdict: boolean): boolean => {
        // What is due in this very second and says the opposite may be in the alert already, or not yet: both are right.
        if (this.#verdict(rule, members, newest) === !verdict) return false;
        for (let t = last - spanMs - calmTimes * intervalMs; t <= last; t += intervalMs)
          if (this.#verdict(rule, members, t) !== verdict) return false;
        return true;
      };
      const alert = journal.ofKey(rule.tenant, key).find(({ row }) => row.state !== 'resolved')?.row;
      const broken = (what: string) => {
        throw new Violation('I1', `${key} (${rule.across} of ${rule.aggregate}) ${what}`, clock.now());
      };
      if (over(Math.max(rule.forMs, intervalMs), true)) {
        counters.hit('group must fire');
        if (alert?.state !== 'firing') broken(`is ${alert?.state ?? 'inactive'} although it is true`);
      } else if (over(Math.max(rule.keepFiringForMs, intervalMs), false)) {
        counters.hit('group must be quiet');
        if (alert) broken(`is ${alert.state} although it is false`);
      }
    }
  }

  /** Null where hysteresis decides, or no series has a value. */
  #verdict(rule: ThresholdRule, members: readonly SeriesModel[], t: number): boolean | null {
    const values = members.map((series) => aggregateOf(rule, series, t)).filter((value) => value !== null);
    if (values.length === 0) return null;
    const sum = values.reduce((a, b) => a + b, 0);
    const figures = {
      sum,
      avg: sum / values.length,
      min: Math.min(...values),
      max: Math.max(...values),
      count: values.length,
    };
    const value = figures[rule.across!];
    if (value > rule.threshold) return true;
    return value <= (rule.resolveThreshold ?? rule.threshold) ? false : null;
  }
}
