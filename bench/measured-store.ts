// Wrappers around the real store: one counts rows and times commits, the other commits every alert on its own.
import type { Effect } from '../src/pipeline/effect.ts';
import type { CommittedEvent, Store } from '../src/store/store.ts';

export interface Measured {
  readonly store: Store;
  readonly counts: {
    inserts: number;
    updates: number;
    deletes: number;
    commits: number;
    skipped: number;
    /** Rows of the analyses, which are written behind the alerts and are in none of the others; and events among them. */
    analysed: number;
    /** Of these what comes by the clock and not by an alert: states that are kept, causes that were looked for, forecasts. */
    analysedByClock: number;
    analysedEvents: number;
  };
}

/** Why an alert that is over was never told: it ended before it was decided to, or before its message was sent. */
const beforeIt: ReadonlySet<string | null> = new Set(['resolved_before_notify', 'resolved_before_send']);

/** Leaves everything as it is and keeps count. */
export function measured(store: Store): Measured {
  const zero = { inserts: 0, updates: 0, deletes: 0, commits: 0, skipped: 0 };
  const counts = { ...zero, analysed: 0, analysedByClock: 0, analysedEvents: 0 };
  const self: Measured = {
    counts,
    store: replaceCommit(store, (shards, sync) => {
      for (const { effects } of shards) {
        for (const effect of effects) {
          if (isOfAnalyses(effect)) {
            counts.analysed += 1;
            if (comesByClock(effect)) counts.analysedByClock += 1;
            if (effect.put === 'event') counts.analysedEvents += 1;
          } else counts[kindOf(effect)] += 1;
          if (effect.put === 'event' && beforeIt.has(effect.row.reason)) counts.skipped += 1;
        }
      }
      counts.commits += 1;
      return store.commit(shards, sync);
    }),
  };
  return self;
}

function isOfAnalyses(effect: Effect): boolean {
  switch (effect.put) {
    case 'incident':
    case 'incident.alert':
    case 'incident.moved':
    case 'incident.cause':
    case 'analysis':
    case 'analysis.part':
    case 'finding':
    case 'prediction':
    case 'forecast.part':
    case 'forecast':
      return true;
    case 'event':
      return effect.row.subjectKind === 'incident' || effect.row.subjectKind === 'finding';
    default:
      return false;
  }
}

function comesByClock(effect: Effect): boolean {
  switch (effect.put) {
    case 'incident':
    case 'incident.alert':
    case 'incident.moved':
    case 'finding':
      return false;
    case 'event':
      return effect.row.kind === 'incident.cause';
    default:
      return true;
  }
}

function kindOf(effect: Effect): 'inserts' | 'updates' | 'deletes' {
  switch (effect.put) {
    case 'alert':
    case 'group':
      return effect.insert ? 'inserts' : 'updates';
    case 'delivery.result':
    case 'delivery.requeued':
    case 'breaker':
      return 'updates';
    case 'group.closed':
      return 'deletes';
    default:
      return 'inserts';
  }
}

/**
 * While `on()` holds, a turn's effects are committed one alert at a time: what a program does that has not heard of group
 * commit. Completions stay together, which is kind to it.
 */
export function oneTransactionPerAlert(store: Store, on: () => boolean): Store {
  return replaceCommit(store, (shards, sync) => {
    if (!on()) return store.commit(shards, sync);
    const events: CommittedEvent[] = [];
    for (const { shard, epoch, effects } of shards) {
      for (const part of perAlert(effects)) events.push(...store.commit([{ shard, epoch, effects: part }]));
    }
    return events;
  });
}

/** Effects by the alert that they belong to, each part in step order; those of no alert of this turn come first. */
export function perAlert(effects: readonly Effect[]): Effect[][] {
  const rest: Effect[] = [];
  const parts = new Map<string, Effect[]>();
  /** Id of a group, notification or delivery → the alert that brought it. */
  const belongs = new Map<string, string>();
  let current: string | null = null;
  for (const effect of effects) {
    let alert: string | null = null;
    switch (effect.put) {
      case 'alert':
        current = effect.row.id;
        alert = current;
        if (!parts.has(current)) parts.set(current, []);
        break;
      case 'group':
        alert = belongs.get(effect.row.id) ?? current;
        if (alert !== null) belongs.set(effect.row.id, alert);
        break;
      case 'group.closed':
        alert = belongs.get(effect.id) ?? null;
        break;
      case 'notification':
        alert = Object.keys(effect.row.alerts).find((id) => parts.has(id)) ?? null;
        if (alert !== null) belongs.set(effect.row.id, alert);
        break;
      case 'delivery':
        alert = belongs.get(effect.row.notificationId) ?? null;
        if (alert !== null) belongs.set(effect.row.id, alert);
        break;
      case 'event':
        alert = parts.has(effect.row.subjectId)
          ? effect.row.subjectId
          : (belongs.get(effect.row.subjectId) ?? null);
        break;
      default:
        break;
    }
    const part = alert === null ? undefined : parts.get(alert);
    (part ?? rest).push(effect);
  }
  return [rest, ...parts.values()].filter((part) => part.length > 0);
}

function replaceCommit(store: Store, commit: Store['commit']): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'commit') return commit;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member as (...args: unknown[]) => unknown).bind(target) : member;
    },
  });
}
