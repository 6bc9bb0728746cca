// Burst: one rule fires on many instances of one service within a minute. Five different instances make it; an instance
// that fires again adds nothing, and a minute without a new one ends it. Where instances have failed one by one for minutes,
// five that fall into a minute are no burst: it is a jump, not a rate.
import { serviceOf } from '../signals.ts';
import type { Mark } from './mark.ts';
import { findingOf, grow, type Occurrence, occurrenceOf, worthSaying } from './occurrence.ts';
import type { Pattern } from './pattern.ts';
import { RecentMap } from './recent-map.ts';

const least = 5;
const windowMs = 60_000;
/** So long before it at most one other instance fired. */
const quietMs = 240_000;
const mostBefore = 1;
const keysKept = 4_000;
/** Instances that are told apart; above that the burst is known for long. */
const instancesKept = 256;

interface Watch {
  /** The latest of each instance, oldest first; until the burst is there. */
  recent: { readonly instance: string; readonly mark: Mark }[];
  open: Occurrence | null;
  readonly instances: Set<string>;
}

export type BurstState = RecentMap<Watch>;

/** Where an alert says which machine, process or container it is about. */
const instanceLabels = ['instance', 'pod', 'host', 'node', 'container'] as const;

export const burst: Pattern<BurstState> = {
  name: 'burst',
  create: () => new RecentMap(keysKept),
  observe(state, { alert, seenAt, mark }) {
    const label = instanceLabels.find((name) => alert.labels[name]);
    if (label === undefined) return [];
    const instance = alert.labels[label]!;
    const key = `${alert.name}\n${serviceOf(alert.labels) ?? ''}`;
    const watch = state.useOr(key, () => ({ recent: [], open: null, instances: new Set() }));
    if (watch.open !== null && Math.abs(mark.at - watch.open.to) > windowMs) {
      watch.open = null;
      watch.instances.clear();
    }
    if (watch.open !== null) {
      if (watch.instances.has(instance) || watch.instances.size >= instancesKept) return [];
      watch.instances.add(instance);
      grow(watch.open, mark);
    } else {
      const recent = watch.recent.filter(
        (one) => one.instance !== instance && Math.abs(mark.at - one.mark.at) < windowMs + quietMs,
      );
      watch.recent = [...recent, { instance, mark }]
        .sort((one, other) => one.mark.at - other.mark.at)
        .slice(-instancesKept);
      const inWindow = watch.recent.slice(-least);
      const first = inWindow[0]!.mark.at;
      if (inWindow.length < least || inWindow.at(-1)!.mark.at - first >= windowMs) return [];
      const before = watch.recent.slice(0, -least).filter((one) => one.mark.at > first - quietMs);
      if (before.length > mostBefore) return [];
      const marks = inWindow.map((one) => one.mark);
      watch.open = occurrenceOf(`${key.replace('\n', '/')}/${marks[0]!.id}`, marks);
      for (const one of inWindow) watch.instances.add(one.instance);
      watch.recent = [];
    }
    if (!worthSaying(watch.open, seenAt)) return [];
    const seconds = (watch.open.to - watch.open.from) / 1_000;
    return [
      findingOf('burst', watch.open, seenAt, 0.98, {
        instances: watch.instances.size,
        seconds,
        within_seconds: windowMs / 1_000,
      }),
    ];
  },
  advance: () => [],
};
