// Reach tests by schedule: each time that one is due it is begun once, also over restarts, and when its time is over it is
// ended and reported. The engine takes an occurrence once under its key; which one was served is remembered after that.
import type { Clock, Timer } from '../clock.ts';
import type { ReachTestPlan } from '../config/reach-test.ts';
import type { Log } from '../log.ts';
import { dueAtOrBefore } from '../reports/schedule.ts';
import type { Store } from '../store/store.ts';

/** A test that was begun and not ended. */
export interface OpenReachTest {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly confirmBy: number;
}

export interface ReachTestPorts {
  /** By tenant; asked at every look. */
  readonly plans: () => ReadonlyMap<string, ReachTestPlan>;
  /** Tenants that there are. */
  readonly tenants: () => readonly string[];
  /** Begins one; under the same key once. Resolves when it is durable. */
  readonly begin: (tenant: string, plan: ReachTestPlan, key: string) => Promise<void>;
  readonly end: (tenant: string, id: string) => Promise<void>;
  readonly open: (tenant: string) => readonly OpenReachTest[];
  readonly store: Pick<Store, 'meta' | 'setMeta'>;
  readonly clock: Pick<Clock, 'now' | 'at'>;
  readonly log: Log;
}

const minuteMs = 60_000;
/** A test that was missed for longer is not made up for: it would come at an hour that nobody chose. */
const latestMs = 60 * minuteMs;

/** Looks once a minute, and when the time of a test is over. `look` is for whoever has begun one. */
export function startReachTests(ports: ReachTestPorts): { look(): void; stop(): void } {
  const { plans, tenants, begin, end, open, store, clock, log } = ports;
  let timer: Timer | null = null;
  let stopped = false;
  let running = false;
  let again = false;

  const serve = async (tenant: string, plan: ReachTestPlan): Promise<void> => {
    const key = `reach_test:${tenant}`;
    const now = clock.now();
    const last = store.meta(key);
    if (last === null) {
      // New: nothing was missed before there was it.
      store.setMeta(key, String(now));
      return;
    }
    const due = dueAtOrBefore(plan.schedule, plan.timeZone, now);
    if (due === null || due <= Number(last)) return;
    if (now - due <= latestMs) await begin(tenant, plan, `${key}:${due}`);
    else log.warn('reach_test.missed', { tenant, due });
    store.setMeta(key, String(due));
  };

  const look = async (): Promise<number> => {
    const failed = (tenant: string, error: unknown) => {
      // It is due still: tried again in a minute, or after the next start.
      if (!stopped) log.error('reach_test.failed', { tenant, error: String(error) });
    };
    for (const [tenant, plan] of plans()) {
      if (stopped) break;
      await serve(tenant, plan).catch((error: unknown) => failed(tenant, error));
    }
    let next = (Math.floor(clock.now() / minuteMs) + 1) * minuteMs;
    for (const tenant of tenants()) {
      if (stopped) break;
      for (const { id, confirmBy } of open(tenant)) {
        if (confirmBy > clock.now()) next = Math.min(next, confirmBy);
        else await end(tenant, id).catch((error: unknown) => failed(tenant, error));
      }
    }
    return next;
  };

  const tick = async (): Promise<void> => {
    timer?.cancel();
    again = running;
    if (running) return;
    running = true;
    const next = await look();
    running = false;
    if (stopped) return;
    if (again) {
      await tick();
      return;
    }
    timer = clock.at(next, () => void tick());
  };
  void tick();
  return {
    look: () => void tick(),
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
