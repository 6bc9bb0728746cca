// What the failures of a provider cost whoever waits in an order: its messages go out one after the other, and one that
// failed keeps the others behind it until it is tried again. Where most calls fail, that comes to hours.
import type { Severity } from '../../../rules/types.ts';
import type { DeliveryRow } from '../../pipeline/rows.ts';
import type { DeliveryRecord } from './journal.ts';
import { sendDeadlineMs } from './providers.ts';

/** By severity, as it is promised: how many attempts, and how far apart. */
export const scheduleOf: Readonly<Record<Severity, { readonly attempts: number; readonly apartMs: number }>> =
  {
    emergency: { attempts: 4, apartMs: 30_000 },
    critical: { attempts: 4, apartMs: 30_000 },
    high: { attempts: 4, apartMs: 15_000 },
    warning: { attempts: 3, apartMs: 10_000 },
    info: { attempts: 2, apartMs: 5_000 },
  };
/** When those are spent. */
const roundMs = 300_000;

interface Order {
  /** So much it has been held up in all, milliseconds, without what it is held up by now. */
  sumMs: number;
  /** The delivery that failed and was not tried again yet. */
  by: { readonly id: string; readonly since: number; readonly mostMs: number } | null;
}

export class HeldUp {
  readonly #orders = new Map<string, Order>();
  /** How long the order of an open delivery had been held up when it came into it. */
  readonly #before = new WeakMap<DeliveryRecord, number>();

  /** It is open from now on. */
  opened(record: DeliveryRecord, now: number): void {
    this.#before.set(record, this.#sumOf(record.row, now));
  }

  /** A provider failed it, for the so manieth time as `failures` says, and it is to be tried again. */
  failed({ row, failures }: DeliveryRecord, severity: Severity, now: number): void {
    this.#goesOn(row, now);
    const { attempts, apartMs } = scheduleOf[severity];
    const waitMs = failures < attempts ? apartMs : roundMs;
    const order = this.#orders.get(keyOf(row)) ?? { sumMs: 0, by: null };
    // The answer may take as long as an attempt may.
    order.by = { id: row.id, since: now, mostMs: waitMs + sendDeadlineMs };
    this.#orders.set(keyOf(row), order);
  }

  /** Its order is called for. */
  called({ row }: DeliveryRecord, now: number): void {
    this.#goesOn(row, now);
  }

  /** It is open no more: if it was what held up the others, the next one may go. */
  ended({ row }: DeliveryRecord, now: number): void {
    if (this.#orders.get(keyOf(row))?.by?.id === row.id) this.#goesOn(row, now);
  }

  /** For how long the failures of its order have held it up, since it is open. */
  heldMs(record: DeliveryRecord, now: number): number {
    return this.#sumOf(record.row, now) - (this.#before.get(record) ?? 0);
  }

  #goesOn(row: DeliveryRow, now: number): void {
    const order = this.#orders.get(keyOf(row));
    if (order === undefined) return;
    order.sumMs = this.#sumOf(row, now);
    order.by = null;
  }

  #sumOf(row: DeliveryRow, now: number): number {
    const { sumMs = 0, by = null } = this.#orders.get(keyOf(row)) ?? {};
    return sumMs + (by === null ? 0 : Math.min(now - by.since, by.mostMs));
  }
}

function keyOf({ tenant, orderKey }: DeliveryRow): string {
  return `${tenant} ${orderKey}`;
}
