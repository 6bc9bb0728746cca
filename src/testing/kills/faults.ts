// Bugs planted in a child. Each breaks one promise in a way that only a crash shows: a harness that does not go red on
// them proves nothing.
import type { History } from '../../ingest/history.ts';
import type { CommittedEvent, ShardCommit, Store } from '../../store/store.ts';
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

export function plantInStore(store: Store, fault: PlantedFault | null): Store {
  if (fault === 'answers_before_commit') return late(store);
  return fault === 'loses_a_delivery' ? forgetful(store) : store;
}

export function plantInHistory(history: History, fault: PlantedFault | null): History {
  if (fault !== 'loses_samples') return history;
  let seen = 0;
  return {
    series: () => history.series(),
    append: (declared, blocks) => history.append(declared, ++seen % everyNth === 0 ? [] : blocks),
    range: (from, to, visit) => history.range(from, to, visit),
    fold: (before) => history.fold(before),
    forget: (before, maxBytes) => history.forget(before, maxBytes),
    close: () => history.close(),
  };
}
