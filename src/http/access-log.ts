// What the audit says of callers: failed authentications, one row for each address and minute, and the first use of a key
// from an address on a day. Everything is bounded, so that a flood fills neither memory nor disk. Never a secret, and of a
// key that does not exist no more than the eight characters that it has in its lists.
import type { Log } from '../log.ts';
import type { ApiKeyRow } from '../store/rows.ts';
import type { AuditNote, Store } from '../store/store.ts';

const gatheredMs = 60_000;
/** Addresses with a row of their own within a minute; the others share one. */
const mostAddresses = 20;
const mostKeysNamed = 5;
const dayMs = 86_400_000;
/** Pairs of key and address that are remembered; the oldest go first. */
const mostPairs = 10_000;
/** Rows about first uses in a day. A key in so many hands has been given away. */
const mostFirstUses = 1_000;

interface Failures {
  count: number;
  readonly firstAt: number;
  lastAt: number;
  readonly keys: Set<string>;
  waited: boolean;
}

export interface AccessLogOptions {
  readonly store: Pick<Store, 'recordAudit'>;
  readonly log: Log;
  readonly now: () => number;
  /** Calls back once after so many milliseconds; what it answers cancels that. */
  readonly later: (ms: number, callback: () => void) => () => void;
}

export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #failures = new Map<string, Failures>();
  #others: Failures | null = null;
  #flushing = false;
  /** Ends a wait for the next minute. */
  #cancel: () => void = () => {};
  readonly #days = new Map<string, number>();
  #firstUses = { day: 0, count: 0 };
  /** First uses that are not written yet. */
  #unwritten: AuditNote[] = [];

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  /** A key did not open; `shortId` is that of the key when the text had the form of one. */
  failed(address: string, shortId: string | null, waited: boolean, now: number): void {
    const known = this.#failures.get(address);
    const entry = known ?? { count: 0, firstAt: now, lastAt: now, keys: new Set<string>(), waited: false };
    const own = known !== undefined || this.#failures.size < mostAddresses;
    if (own) this.#failures.set(address, entry);
    else this.#others ??= entry;
    const counted = own ? entry : this.#others!;
    counted.count++;
    counted.lastAt = now;
    counted.waited ||= waited;
    if (shortId !== null && counted.keys.size < mostKeysNamed) counted.keys.add(shortId);
    if (this.#flushing) return;
    this.#flushing = true;
    this.#cancel = this.#options.later(gatheredMs, () => this.flush());
  }

  /** Whether the key was let in from this address today or the day before. */
  knows(key: ApiKeyRow, address: string, now: number): boolean {
    const day = this.#days.get(`${key.id} ${address}`);
    return day !== undefined && Math.floor(now / dayMs) - day <= 1;
  }

  /** The key was let in from this address. */
  used(key: ApiKeyRow, address: string, now: number): void {
    const pair = `${key.id} ${address}`;
    const day = Math.floor(now / dayMs);
    const before = this.#days.get(pair);
    if (before === day) return;
    this.#days.delete(pair);
    if (this.#days.size >= mostPairs) {
      for (const oldest of this.#days.keys()) {
        this.#days.delete(oldest);
        break;
      }
    }
    this.#days.set(pair, day);
    if (this.#firstUses.day !== day) this.#firstUses = { day, count: 0 };
    if (++this.#firstUses.count > mostFirstUses) return;
    const last = this.#firstUses.count === mostFirstUses;
    this.#unwritten.push({
      tenant: key.tenant,
      subjectKind: 'key',
      subjectId: key.id,
      kind: 'auth.first_use',
      actor: `key:${key.name}`,
      body: { address, ...(last && { further: 'not recorded today' }) },
    });
    // Not while the request waits.
    if (this.#unwritten.length === 1) this.#options.later(0, () => this.#record(this.#unwritten.splice(0)));
  }

  /** Writes what was gathered; nothing of it waits any longer. */
  flush(): void {
    this.#cancel();
    this.#flushing = false;
    this.#record(this.#unwritten.splice(0));
    const gathered = [...this.#failures].map(([address, entry]) => noteOf(address, entry));
    if (this.#others !== null) gathered.push(noteOf('others', this.#others));
    this.#failures.clear();
    this.#others = null;
    this.#record(gathered);
  }

  #record(notes: readonly AuditNote[]): void {
    if (notes.length === 0) return;
    try {
      this.#options.store.recordAudit(notes, this.#options.now());
    } catch (error) {
      // Whoever may come in still may; the store's own failures are judged where state is committed.
      this.#options.log.warn('audit.failed', { error, notes: notes.length });
    }
  }
}

function noteOf(address: string, { count, firstAt, lastAt, keys, waited }: Failures): AuditNote {
  return {
    tenant: '*',
    subjectKind: 'system',
    subjectId: 'auth',
    kind: waited ? 'auth.braked' : 'auth.failed',
    actor: null,
    body: { address, count, firstAt, lastAt, keys: [...keys] },
  };
}
