// The ports of one process of the simulation: each call may crash before and after, a store call may fail, and what the
// databases really took is written into the journal. Calls of a process that is dead throw and do nothing.
import type { Clock } from '../../clock.ts';
import type { History } from '../../ingest/history.ts';
import { type Store, StoreError, type StoreFailure } from '../../store/store.ts';
import type { Machine } from './machine.ts';
import { SlowDisk } from './slow-disk.ts';

/** Made by the thousand and expected: nobody needs to know where, and collecting a stack is most of their cost. */
function withoutStack<T extends Error>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

const crashed = (point: string) => withoutStack(() => new Crashed(point));
const failed = (failure: StoreFailure, message: string) =>
  withoutStack(() => new StoreError(failure, message));

export class Crashed extends Error {
  constructor(point: string) {
    super(`crashed at ${point}`);
    this.name = 'Crashed';
  }
}

const failures: readonly StoreFailure[] = ['full', 'busy', 'unknown'];
/** Housekeeping that the simulation calls itself. */
const neverFails: ReadonlySet<string> = new Set(['close', 'stats', 'meta']);

/** Runs `work` as a port call that may crash on either side. */
function call<T>(world: Machine, generation: number, point: string, work: () => T): T {
  if (!world.alive(generation)) throw crashed(point);
  if (world.mayCrash(generation, point, 'before')) throw crashed(point);
  const result = work();
  if (world.mayCrash(generation, point, 'after')) throw crashed(point);
  return result;
}

export function simulatedStore(inner: Store, world: Machine, generation: number): Store {
  const { random, counters, journal } = world;
  const disk = new SlowDisk(world, generation);
  const failing = (point: string) => {
    if (neverFails.has(point)) return;
    if (random.chance(world.faults.storeFails)) throw failed('busy', `simulated at ${point}`);
  };
  const observed: Partial<Record<keyof Store, (...args: never[]) => unknown>> = {
    commit: (...[commits, sync]: Parameters<Store['commit']>) => {
      const fails = random.chance(world.faults.commitFails);
      const before = fails && random.chance(0.5);
      if (before) {
        counters.hit('commit failed before');
        world.trouble(generation);
        if (random.chance(world.faults.fatalShare)) {
          counters.hit('fatal store failure');
          throw failed('io', 'simulated before the commit');
        }
        throw failed(random.pick(failures), 'simulated before the commit');
      }
      const events = inner.commit(commits, sync);
      disk.committed(sync);
      journal.committed(commits, world.clock.now());
      if (fails) {
        counters.hit('commit failed after');
        world.trouble(generation);
        throw failed('unknown', 'simulated after the commit');
      }
      return events;
    },
    takeShards: (owner: string, now: number) => {
      failing('takeShards');
      const leases = inner.takeShards(owner, now);
      const voided = journal.leasesVoided(now, `process-${generation}`);
      if (voided > 0) counters.hit('lease voided', voided);
      return leases;
    },
    claimDue: (request: Parameters<Store['claimDue']>[0]) => {
      failing('claimDue');
      const claimed = inner.claimDue(request);
      for (const { delivery } of claimed) journal.claimed(delivery);
      return claimed;
    },
    claimBehind: (request: Parameters<Store['claimBehind']>[0]) => {
      failing('claimBehind');
      const claimed = inner.claimBehind(request);
      for (const { delivery } of claimed) journal.claimed(delivery);
      if (claimed.length > 0) counters.hit('went along behind its order', claimed.length);
      return claimed;
    },
    parkDue: (request: Parameters<Store['parkDue']>[0]) => {
      failing('parkDue');
      const put = inner.parkDue(request);
      for (const { delivery } of put.leased) journal.claimed(delivery);
      if (put.leased.length > 0) counters.hit('probe sent');
      if (put.parked > 0) counters.hit('parked behind a breaker', put.parked);
      return put;
    },
  };
  const wrapped: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(inner)) {
    if (typeof method !== 'function') continue;
    const work =
      (observed[name as keyof Store] as ((...args: unknown[]) => unknown) | undefined) ??
      ((...args: unknown[]) => {
        failing(name);
        return (method as (...args: unknown[]) => unknown)(...args);
      });
    const point = `store.${name}`;
    wrapped[name] = (...args: unknown[]) => call(world, generation, point, () => work(...args));
  }
  wrapped.onDisk = (done: Parameters<Store['onDisk']>[0]) => disk.onDisk(done);
  wrapped.sync = () => disk.sync();
  return wrapped as unknown as Store;
}

export function simulatedHistory(inner: History, world: Machine, generation: number): History {
  return {
    series: () => call(world, generation, 'history.series', () => inner.series()),
    append: (declared, blocks) =>
      call(world, generation, 'history.append', () => {
        if (world.random.chance(world.faults.historyFails)) {
          world.counters.hit('history flush failed');
          throw failed('full', 'simulated flush failure');
        }
        inner.append(declared, blocks);
        world.flushed(declared, blocks);
      }),
    range: (from, to, visit) => call(world, generation, 'history.range', () => inner.range(from, to, visit)),
    fold: (before) => call(world, generation, 'history.fold', () => inner.fold(before)),
    forget: (before, maxBytes) =>
      call(world, generation, 'history.forget', () => inner.forget(before, maxBytes)),
    close: () => inner.close(),
  };
}

export function simulatedClock(world: Machine, generation: number): Clock {
  const { clock } = world;
  const guarded = (callback: () => void) => () => {
    if (!world.alive(generation) || world.mayCrash(generation, 'timer')) return;
    callback();
  };
  return {
    now: () => clock.now(),
    wall: () => clock.now(),
    at: (at, callback) => clock.at(at, guarded(callback)),
    soon: (callback) => clock.soon(guarded(callback)),
    breath: () => new Promise((resolve) => clock.soon(guarded(resolve))),
  };
}
