// What became of the alerts and what was said, read off the commits: what is not stored did not happen.
import type { AlertMessage } from '../../channels/message.ts';
import type { Labels } from '../../rules/types.ts';
import type { AlertRow, EventRow } from '../pipeline/rows.ts';
import type { Store } from '../store/store.ts';

/** `fired` is called `firing`, as in the alert's history; `event` is an event that came in. */
export const transitionKinds = [
  'pending',
  'firing',
  'held',
  'recovered',
  'data_back',
  'severity_changed',
  'resolved',
  'cleared',
  'event',
] as const;
export type TransitionKind = (typeof transitionKinds)[number];

/** One change of one alert. Times are epoch milliseconds. */
export interface Transition {
  readonly kind: TransitionKind;
  readonly tenant: string;
  /** Of the episode: the same from pending to resolved. */
  readonly alertId: string;
  /** The alert's identity over episodes. */
  readonly key: string;
  /** Null for events. */
  readonly rule: string | null;
  readonly labels: Labels;
  readonly value: number | null;
  /** When the engine did it. */
  readonly at: number;
  /** Sample time of the cause, or engine time where no sample is. */
  readonly sampleAt: number;
  /** Why, where that is not a value: `no_data`, `absent`, `rule_removed`, … */
  readonly reason: string | null;
}

export class Recording {
  readonly transitions: Transition[] = [];
  /** In the order in which they were decided, once for each receiver. */
  readonly messages: AlertMessage[] = [];
  readonly #alerts = new Map<string, AlertRow>();

  /** The same store, of which every commit is read once it is done. */
  of(store: Store): Store {
    return {
      ...store,
      commit: (commits) => {
        const events = store.commit(commits);
        for (const { effects } of commits)
          for (const effect of effects) {
            if (effect.put === 'alert') this.#alerts.set(effect.row.id, effect.row);
            else if (effect.put === 'event') this.#event(effect.row);
            else if (effect.put === 'notification' && effect.row.status === 'pending')
              this.messages.push(JSON.parse(effect.row.body) as AlertMessage);
          }
        return events;
      },
    };
  }

  #event(row: EventRow): void {
    const kind = row.kind === 'event.received' ? 'event' : row.kind.replace(/^alert\./, '');
    const alert = row.subjectKind === 'alert' ? this.#alerts.get(row.subjectId) : undefined;
    if (alert === undefined || !isTransition(kind)) return;
    const { value, sampleAt } = row.body;
    this.transitions.push({
      kind,
      tenant: row.tenant,
      alertId: alert.id,
      key: alert.key,
      rule: alert.rule,
      labels: alert.labels,
      value: typeof value === 'number' ? value : null,
      at: row.at,
      sampleAt: typeof sampleAt === 'number' ? sampleAt : row.at,
      reason: row.reason,
    });
    // Nothing is heard of it any more.
    if (kind === 'resolved' || kind === 'cleared' || kind === 'event') this.#alerts.delete(alert.id);
  }
}

function isTransition(kind: string): kind is TransitionKind {
  return transitionKinds.some((known) => known === kind);
}
