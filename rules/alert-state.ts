// The life cycle of one alert as a pure function of its verdicts, on sample time alone:
// a firing alert never ends while its verdicts are true, and an unchanged verdict matters only from `wakeAt` on.

export type AlertLife =
  | { readonly state: 'inactive' }
  /** `since`: sample time of the first true verdict of the episode. */
  | { readonly state: 'pending'; readonly since: number }
  /** `keepUntil`: sample time until which keep_firing_for holds a verdict that turned false; null while it is true. */
  | {
      readonly state: 'firing';
      readonly since: number;
      readonly firedAt: number;
      readonly keepUntil: number | null;
    };

/**
 * What a verdict did: `pending` began an episode, `fired` made it fire, `held` started keep_firing_for, `recovered`
 * ended that with a true verdict, `resolved` ended a firing episode, `cleared` one that had not fired.
 */
export type LifeChange = 'none' | 'pending' | 'fired' | 'held' | 'recovered' | 'resolved' | 'cleared';

/** The two spans of a rule that the life cycle reads. */
export interface LifeTiming {
  readonly forMs: number;
  readonly keepFiringForMs: number;
}

export interface LifeStep {
  readonly next: AlertLife;
  readonly change: LifeChange;
}

/** Nothing is wrong and nothing was. */
export const inactive: AlertLife = { state: 'inactive' };

/** The state after one verdict at sample time `sampleAt`; `next` is `current` itself when nothing changed. */
export function nextAlertState(
  current: AlertLife,
  verdict: 'true' | 'false',
  rule: LifeTiming,
  sampleAt: number,
): LifeStep {
  switch (current.state) {
    case 'inactive':
      if (verdict === 'false') return { next: current, change: 'none' };
      if (rule.forMs > 0) return { next: { state: 'pending', since: sampleAt }, change: 'pending' };
      return {
        next: { state: 'firing', since: sampleAt, firedAt: sampleAt, keepUntil: null },
        change: 'fired',
      };
    case 'pending':
      if (verdict === 'false') return { next: inactive, change: 'cleared' };
      if (sampleAt < current.since + rule.forMs) return { next: current, change: 'none' };
      return {
        next: { state: 'firing', since: current.since, firedAt: sampleAt, keepUntil: null },
        change: 'fired',
      };
    case 'firing':
      if (verdict === 'true') {
        if (current.keepUntil === null) return { next: current, change: 'none' };
        return { next: { ...current, keepUntil: null }, change: 'recovered' };
      }
      if (current.keepUntil === null && rule.keepFiringForMs > 0) {
        return { next: { ...current, keepUntil: sampleAt + rule.keepFiringForMs }, change: 'held' };
      }
      if (current.keepUntil !== null && sampleAt < current.keepUntil)
        return { next: current, change: 'none' };
      return { next: inactive, change: 'resolved' };
  }
}

/** Sample time from which the same verdict as before changes the state; Infinity when it never will. */
export function wakeAt(life: AlertLife, rule: LifeTiming): number {
  switch (life.state) {
    case 'inactive':
      return Number.POSITIVE_INFINITY;
    case 'pending':
      return life.since + rule.forMs;
    case 'firing':
      return life.keepUntil ?? Number.POSITIVE_INFINITY;
  }
}
