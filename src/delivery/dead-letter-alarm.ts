// Tells when dead letters pile up: so many of one tenant within an hour, told once an hour. It sees what was committed.
// Messages about the program itself do not count, or a dead alarm would raise the next one.
import { labelSet } from '../../rules/labels.ts';
import type { Idempotency, IncomingEvent } from '../services.ts';
import type { CommittedEvent } from '../store/store.ts';

const hourMs = 3_600_000;

interface Deaths {
  /** Times of the newest, at most as many as make an alarm. */
  readonly newest: number[];
  toldAt: number;
}

export class DeadLetterAlarm {
  readonly #limit: number;
  readonly #tell: (tenant: string, count: number, at: number) => void;
  readonly #byTenant = new Map<string, Deaths>();

  /** `tell` is called at most once an hour for each tenant, with `limit` or more deaths in the hour before. */
  constructor(limit: number, tell: (tenant: string, count: number, at: number) => void) {
    this.#limit = limit;
    this.#tell = tell;
  }

  see(events: readonly CommittedEvent[]): void {
    for (const { row } of events) {
      if (row.kind === 'delivery.dead' && row.body.system !== true) this.#count(row.tenant, row.at);
    }
  }

  #count(tenant: string, at: number): void {
    let deaths = this.#byTenant.get(tenant);
    if (!deaths) {
      deaths = { newest: [], toldAt: Number.NEGATIVE_INFINITY };
      this.#byTenant.set(tenant, deaths);
    }
    const { newest } = deaths;
    newest.push(at);
    if (newest.length > this.#limit) newest.shift();
    if (newest.length < this.#limit || newest[0]! <= at - hourMs || deaths.toldAt > at - hourMs) return;
    deaths.toldAt = at;
    this.#tell(tenant, newest.length, at);
  }
}

/** The event that goes through the door of every event. */
export function deadLettersEvent(count: number): IncomingEvent {
  return {
    type: 'tocsin.dead_letters',
    severity: 'high',
    category: 'system',
    message: `${count} messages or more could not be delivered within the last hour; see GET /api/v1/deliveries?state=dead.`,
    labels: labelSet({}),
    recipients: [],
  };
}

/** One for each hour of the clock, so that a restart does not tell again. */
export function alarmKey(alarm: string, at: number): Idempotency {
  return { scope: 'system', key: `${alarm} ${Math.floor(at / hourMs)}`, bodyHash: alarm };
}
