// Bugs planted in a child. Each breaks one promise in a way that only a crash shows: a harness that does not go red on
// them proves nothing.
import type { History } from '../../ingest/history.ts';
import type { CommittedEvent, ShardCommit, Store, TenantSnapshot } from '../../store/store.ts';
import type { PlantedFault } from './points.ts';

const lateMs = 150;
const everyNth = 3;

/** Everything is answered and sent first, and committed a little later. */
function late(store: Store): Store {
  let waiting: (readonly ShardCommit[])[] = [];
  const flush = (): void => {
    const taken = waiting;
    waiting = [];
    for (const commits of taken) store.commit(commits);
  };
  return {
    ...store,
    commit(commits): readonly CommittedEvent[] {
      if (waiting.length === 0) setTimeout(flush, lateMs);
      waiting.push(commits);
      return [];
    },
    claimDue(request) {
      flush();
      return store.claimDue(request);
    },
  };
}

/** Now and then a delivery is dispatched from memory alone. */
function forgetful(store: Store): Store {
  let seen = 0;
  return {
    ...store,
    commit(commits) {
      return store.commit(
        commits.map((commit) => ({
          ...commit,
          effects: commit.effects.filter((effect) => effect.put !== 'delivery' || ++seen % everyNth !== 0),
        })),
      );
    },
  };
}

/** Now and then what an attempt came to is not stored. */
function resultless(store: Store): Store {
  let seen = 0;
  return {
    ...store,
    commit(commits) {
      return store.commit(
        commits.map((commit) => ({
          ...commit,
          effects: commit.effects.filter((effect) => effect.put !== 'delivery.result' || ++seen % 10 !== 0),
        })),
      );
    },
  };
}

/** Dead letters are there, and nobody is shown them. */
function blind(store: Store): Store {
  return {
    ...store,
    deliveries(...asked) {
      const page = store.deliveries(...asked);
      return { ...page, items: page.items.filter(({ state }) => state !== 'dead') };
    },
  };
}

/** What a start takes up is not what was stored. */
const takenUpOtherwise: Partial<Record<PlantedFault, (loaded: TenantSnapshot) => TenantSnapshot>> = {
  loses_silences: (loaded) => ({ ...loaded, silences: [] }),
  loses_acknowledgements: (loaded) => ({
    ...loaded,
    alerts: loaded.alerts.map((row) => ({ ...row, ackedAt: null })),
  }),
  waits_anew: (loaded) => ({ ...loaded, groups: loaded.groups.map((row) => ({ ...row, nextAt: null })) }),
};

export function plantInStore(store: Store, fault: PlantedFault | null): Store {
  if (fault === 'answers_before_commit') return late(store);
  if (fault === 'loses_a_delivery') return forgetful(store);
  if (fault === 'loses_a_result') return resultless(store);
  if (fault === 'hides_a_dead_letter') return blind(store);
  const change = fault === null ? undefined : takenUpOtherwise[fault];
  return change ? { ...store, loadTenant: (tenant) => change(store.loadTenant(tenant)) } : store;
}

export function plantInHistory(history: History, fault: PlantedFault | null): History {
  if (fault !== 'loses_samples') return history;
  let seen = 0;
  return {
    series: () => history.series(),
    append: (declared, blocks) => history.append(declared, ++seen % everyNth === 0 ? [] : blocks),
    range: (from, to, visit) => history.range(from, to, visit),
    fold: (before) => history.fold(before),
    ...(history.states !== undefined && { states: history.states }),
    forget: (before, maxBytes) => history.forget(before, maxBytes),
    close: () => history.close(),
  };
}
