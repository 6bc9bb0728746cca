// Says when the cause of an incident is looked for, and keeps what was found: half a minute after it opened, again when
// alerts joined (at most every half a minute), and a last time when it closes. One is looked for at a time, over all
// tenants. It hears of incidents by what is committed, so that there is nothing to be found that is not stored.
import type { RootCause } from '../../analysis/root-cause/hypothesis.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { Log } from '../log.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { IncidentRow } from '../pipeline/rows.ts';
import type { CommittedEvent, Page, Store } from '../store/store.ts';
import { type DueCause, DueCauses } from './due-causes.ts';
import type { KnownCause } from './known-of-alert.ts';

/** After it opened, and from one look to the next. */
export const causeEveryMs = 30_000;
/** After a start closed incidents are looked at that closed this late and have no last word. */
const closedLatelyMs = 60 * 60_000;
/** After a look the thread rests for so many times as long as that took: a flood of incidents leaves the processor to the
 * alerts. */
const restFactor = 4;
const longestRestMs = 1_000;
const longestRetryMs = 10 * 60_000;
const mostFailures = 5;
/** Causes that are known by heart, of each tenant: of as many incidents as can be open. */
const mostKnown = 1_500;

export interface CausesPorts {
  readonly store: Pick<Store, 'incident' | 'incidents' | 'tenants'>;
  readonly engine: Pick<Engine, 'submitAnalysis'>;
  readonly clock: Pick<Clock, 'now' | 'at' | 'breath'>;
  readonly log: Log;
  readonly newId: () => string;
  /** Looks for it; null: no alert of the incident names a service. */
  readonly find: (tenant: string, incident: string) => Promise<RootCause | null>;
}

interface Known {
  readonly cause: RootCause;
  readonly at: number;
}

/** The first hypothesis of what was found; null: the cause is unknown. */
export function knownCause({ verdict, hypotheses: [first] }: RootCause): KnownCause | null {
  if (verdict === 'unknown' || first === undefined) return null;
  return { service: first.service, category: first.category, confidence: first.confidence };
}

/** Whether people are to hear of it: another verdict, service or category. */
function saysOther(before: RootCause | null, cause: RootCause): boolean {
  const [first] = cause.hypotheses;
  const [other] = before?.hypotheses ?? [];
  return (
    before?.verdict !== cause.verdict ||
    other?.service !== first?.service ||
    other?.category !== first?.category
  );
}

export class Causes {
  readonly #ports: CausesPorts;
  readonly #known = new Map<string, Map<string, Known>>();
  readonly #due = new DueCauses();
  #timer: Timer | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #working = false;
  #closed = false;
  readonly counts = { looked: 0, failures: 0 };

  constructor(ports: CausesPorts) {
    this.#ports = ports;
  }

  /** Reads what is known, a page at a time, and looks for what was not looked for before the last process ended. */
  async start(): Promise<void> {
    const { store, clock, log } = this.#ports;
    try {
      for (const { id: tenant } of store.tenants()) {
        const since = clock.now() - closedLatelyMs;
        await this.#takeUp(tenant, (cursor) => store.incidents(tenant, { states: ['open'] }, 100, cursor));
        await this.#takeUp(tenant, (cursor) =>
          store.incidents(tenant, { states: ['closed'], since }, 100, cursor),
        );
      }
    } catch (error) {
      if (!this.#closed) log.warn('causes.not_taken_up', { error: String(error) });
    }
  }

  async #takeUp(tenant: string, read: (cursor: string | null) => Page<IncidentRow>): Promise<void> {
    const { clock } = this.#ports;
    for (let cursor: string | null = null; ; ) {
      await clock.breath();
      if (this.#closed) return;
      const page = read(cursor);
      for (const { id, state, cause, causeAt, lastAt, closedAt } of page.items) {
        if (cause !== null && state === 'open')
          this.#know(tenant, id, JSON.parse(cause) as RootCause, causeAt ?? 0);
        const latest = Math.max(lastAt, closedAt ?? 0);
        if (causeAt === null || causeAt < latest)
          this.#look(tenant, id, clock.now() + causeEveryMs, state !== 'open');
      }
      cursor = page.next;
      if (cursor === null) return;
    }
  }

  /** Hears of a commit. Does nothing but remember. */
  see(events: readonly CommittedEvent[]): void {
    const now = this.#ports.clock.now();
    for (const { row } of events) {
      if (row.subjectKind !== 'incident') continue;
      const { tenant, subjectId: id, body } = row;
      const from = typeof body.from === 'string' ? body.from : null;
      switch (row.kind) {
        case 'incident.closed':
          this.#look(tenant, id, now, true);
          break;
        case 'incident.merged':
          if (from !== null) this.#forget(tenant, from);
          this.#again(tenant, id, now);
          break;
        case 'incident.split':
          if (from !== null) this.#again(tenant, from, now);
          this.#again(tenant, id, now);
          break;
        case 'incident.opened':
        case 'incident.joined':
        case 'incident.reopened':
          this.#again(tenant, id, now);
          break;
      }
    }
  }

  /** What is known of an incident's cause at this moment; null: nothing, or that it is unknown. */
  causeOf(tenant: string, incident: string): KnownCause | null {
    const known = this.#known.get(tenant)?.get(incident);
    return known === undefined ? null : knownCause(known.cause);
  }

  /** Looks for everything that waits, at once; resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (!this.#closed && (this.#working || this.#due.size > 0)) {
      if (!this.#working) {
        this.#due.hurry();
        await this.#work();
      } else await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #again(tenant: string, incident: string, now: number): void {
    const known = this.#known.get(tenant)?.get(incident);
    this.#look(
      tenant,
      incident,
      known === undefined ? now + causeEveryMs : Math.max(now, known.at + causeEveryMs),
      false,
    );
  }

  #look(tenant: string, incident: string, at: number, closed: boolean): void {
    if (this.#closed) return;
    this.#due.add({ tenant, incident, at, failures: 0, closed });
    this.#arm(at);
  }

  #know(tenant: string, incident: string, cause: RootCause, at: number): void {
    const mine = this.#known.get(tenant) ?? new Map<string, Known>();
    this.#known.set(tenant, mine);
    mine.delete(incident);
    // What messages say of it is its first hypothesis; the evidence is in the store.
    mine.set(incident, { cause: { ...cause, hypotheses: cause.hypotheses.slice(0, 1) }, at });
    if (mine.size > mostKnown) mine.delete(mine.keys().next().value!);
  }

  #forget(tenant: string, incident: string): void {
    this.#known.get(tenant)?.delete(incident);
    this.#due.delete(tenant, incident);
  }

  #arm(at: number): void {
    if (this.#working || this.#closed || at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#ports.clock.at(at, () => void this.#work());
  }

  /** What waits to be looked for, and how much was given up since the start because too much did. */
  get waiting(): { readonly due: number; readonly leftOut: number } {
    return { due: this.#due.size, leftOut: this.#due.leftOut };
  }

  /** Looks for what is due, tenant by tenant, the longest waiting first. Never rejects. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    const { clock } = this.#ports;
    for (let next = this.#due.take(clock.now()); next && !this.#closed; next = this.#due.take(clock.now())) {
      const began = clock.now();
      await this.#one(next);
      await this.#rest(clock.now() - began);
    }
    this.#working = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#arm(this.#due.nextAt());
  }

  /** Never resolves once this is closed. */
  #rest(afterMs: number): Promise<void> | null {
    const { clock } = this.#ports;
    const ms = Math.min(longestRestMs, restFactor * afterMs);
    if (ms <= 0 || this.#due.size === 0) return null;
    return new Promise((resolve) => {
      if (!this.#closed) this.#timer = clock.at(clock.now() + ms, resolve);
    });
  }

  async #one({ tenant, incident, failures, closed }: DueCause): Promise<void> {
    const { clock, log, find } = this.#ports;
    const at = clock.now();
    try {
      this.counts.looked += 1;
      const cause = await find(tenant, incident);
      if (cause !== null && !this.#closed) await this.#store(tenant, incident, cause, at);
    } catch (error) {
      if (this.#closed) return;
      this.counts.failures += 1;
      const again = failures + 1 < mostFailures;
      const why =
        error instanceof Error && error.cause !== undefined ? `${error.message} (${error.cause})` : error;
      log.warn('cause.not_found_out', { tenant, incident, error: String(why), again });
      if (!again) return;
      const waitMs = Math.min(longestRetryMs, causeEveryMs * 2 ** failures);
      this.#due.add({ tenant, incident, at: clock.now() + waitMs, failures: failures + 1, closed });
    }
  }

  async #store(tenant: string, incident: string, cause: RootCause, at: number): Promise<void> {
    const { engine, store, newId } = this.#ports;
    let open = false;
    await engine.submitAnalysis(
      tenant,
      {
        idempotency: null,
        decide: (now) => {
          const row = store.incident(tenant, incident);
          const nothing = { effects: [], answer: { status: 200, body: null } };
          // It became part of another one meanwhile, or is not kept any more.
          if (row === null || row.state === 'merged') return nothing;
          open = row.state === 'open';
          const before = row.cause === null ? null : (JSON.parse(row.cause) as RootCause);
          const effects: Effect[] = [
            { put: 'incident.cause', row: { tenant, id: incident, cause: JSON.stringify(cause), at } },
          ];
          if (saysOther(before, cause)) effects.push(this.#said(tenant, incident, cause, now, newId()));
          return { ...nothing, effects };
        },
      },
      true,
    );
    if (open) this.#know(tenant, incident, cause, at);
    else this.#known.get(tenant)?.delete(incident);
  }

  #said(tenant: string, incident: string, cause: RootCause, at: number, id: string): Effect {
    const [first] = cause.hypotheses;
    return {
      put: 'event',
      row: {
        ...{ id, tenant, at, subjectKind: 'incident', subjectId: incident, kind: 'incident.cause' },
        ...{ reason: cause.verdict, actor: null, topic: null, priority: null, correlationId: null, keep: 1 },
        body:
          first === undefined
            ? {}
            : { service: first.service, category: first.category, confidence: first.confidence },
      },
    };
  }
}
