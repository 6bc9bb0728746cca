// Rules that count are told what occurred before they did: at a start, after a lost commit, and when they are new.
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { CountedOccurrences } from './counted-occurrences.ts';
import { bornBeforeMs, mostOccurrences } from './counting-rules.ts';
import type { Tenant } from './tenant.ts';

/** Episodes that ended, newest first, among which those are looked for that a person ended. */
const mostEnded = 5_000;
const pageRows = 1_000;

export interface RecallPorts {
  readonly store: Pick<Store, 'occurrences' | 'foundSince' | 'alerts'>;
  readonly log: Log;
}

export function recallOccurrences(tenant: Tenant, { store, log }: RecallPorts, now: number): void {
  const { counting } = tenant.grid;
  for (const { kind, reachMs, names } of counting.unread()) {
    const after = now - reachMs;
    const bornAt = after - bornBeforeMs(kind, tenant.rules);
    const query = { tenant: tenant.name, after, limit: mostOccurrences };
    const occurrences =
      kind === 'findings'
        ? store.foundSince(query)
        : store.occurrences({ ...query, kind: kind === 'events' ? 'event' : 'alert', bornAt, names });
    if (occurrences.length === mostOccurrences)
      log.warn('occurrences.cut', { tenant: tenant.name, kind, read: mostOccurrences, after });
    forgetEnded(tenant, counting.fill(kind, occurrences, tenant.pipeline, now), store, now);
  }
}

/** Groups that fell silent, were told, and that a person has put aside since: they are not told again. */
function forgetEnded(
  tenant: Tenant,
  filled: readonly CountedOccurrences[],
  store: RecallPorts['store'],
  now: number,
): void {
  const lapsed = new Map<string, readonly [CountedOccurrences, number]>();
  for (const counted of filled)
    for (const [key, newestAt] of counted.lapsed(now))
      if (!tenant.pipeline.openByKey.has(key)) lapsed.set(key, [counted, newestAt]);
  let cursor: string | null = null;
  for (let read = 0; read < mostEnded && lapsed.size > 0; read += pageRows) {
    const page: ReturnType<Store['alerts']> = store.alerts(
      tenant.name,
      { kind: 'alert', states: ['resolved'] },
      pageRows,
      cursor,
    );
    for (const { key, resolveReason, resolvedAt } of page.items) {
      const found = lapsed.get(key);
      if (found === undefined) continue;
      // Of each key the newest episode tells.
      lapsed.delete(key);
      const [counted, newestAt] = found;
      if (resolveReason === 'manual' && (resolvedAt ?? 0) >= newestAt) counted.forget(key);
    }
    cursor = page.next;
    if (cursor === null) return;
  }
}
