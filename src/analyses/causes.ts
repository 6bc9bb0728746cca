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

interface Due {
  readonly tenant: string;
  readonly incident: string;
  at: number;
  failures: number;
}

interface Known {
  readonly cause: RootCause;
  readonly at: number;
}

const keyOf = ({ tenant, incident }: Pick<Due, 'tenant' | 'incident'>): string =>
  JSON.stringify([tenant, incident]);

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
  readonly #due = new Map<string, Due>();
  /** What was due at the last look at all of them, the longest waiting at the end. */
  #ready: Due[] = [];
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
        if (causeAt === null || causeAt < latest) this.#look(tenant, id, clock.now() + causeEveryMs);
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
          this.#look(tenant, id, now);
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
        for (const due of this.#due.values()) due.at = 0;
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
    );
  }

  #look(tenant: string, incident: string, at: number): void {
    if (this.#closed) return;
    const key = keyOf({ tenant, incident });
    const due = this.#due.get(key);
    if (due === undefined) this.#due.set(key, { tenant, incident, at, failures: 0 });
    else due.at = Math.min(due.at, at);
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
    this.#due.delete(keyOf({ tenant, incident }));
  }

  #arm(at: number): void {
    if (this.#working || this.#closed || at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#ports.clock.at(at, () => void this.#work());
  }

  /** Looks for what is due, the longest waiting first. Never rejects. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let next = this.#next(); next !== null && !this.#closed; next = this.#next()) {
      const began = this.#ports.clock.now();
      await this.#one(next);
      await this.#rest(this.#ports.clock.now() - began);
    }
    this.#working = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    let at = Number.POSITIVE_INFINITY;
    for (const due of this.#due.values()) at = Math.min(at, due.at);
    this.#arm(at);
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

  #next(): Due | null {
    for (;;) {
      const due = this.#ready.pop() ?? this.#gather();
      if (due === null) return null;
      // What became part of another incident meanwhile is not looked for.
      if (this.#due.delete(keyOf(due))) return due;
    }
  }

  /** The one that is due for the longest; the others that are due are ready behind it. */
  #gather(): Due | null {
    const now = this.#ports.clock.now();
    this.#ready = [...this.#due.values()].filter(({ at }) => at <= now).sort((a, b) => b.at - a.at);
    return this.#ready.pop() ?? null;
  }

  async #one({ tenant, incident, failures }: Due): Promise<void> {
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
      const key = keyOf({ tenant, incident });
      const waitMs = Math.min(longestRetryMs, causeEveryMs * 2 ** failures);
      const due = this.#due.get(key) ?? { tenant, incident, at: clock.now() + waitMs, failures: 0 };
      due.failures = failures + 1;
      this.#due.set(key, due);
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
