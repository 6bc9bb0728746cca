// What people configured through the API, of one tenant and one kind: as it is, with what is on its way to the store, and
// as the store has it. Names are unique. What objects mean is their kind's own book.
import type { ConfigObjectRow } from '../pipeline/effect.ts';
import type { ObjectDocument } from './object-order.ts';

/** One object; a kind adds what it reads of the document. */
export interface MadeObject {
  readonly row: ConfigObjectRow;
  readonly document: ObjectDocument;
}

export class ObjectBook<E extends MadeObject> {
  /** By id, in the order in which they were made. Replaced by every change, so that it can be taken back. */
  #made: ReadonlyMap<string, E> = new Map();
  #stored: ReadonlyMap<string, E> = new Map();
  #byName: ReadonlyMap<string, E> | null = null;
  readonly #changed: () => void;

  /** `changed` is called after each change. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#made.size;
  }

  /** By id, in the order in which they were made; another one after each change. */
  get all(): ReadonlyMap<string, E> {
    return this.#made;
  }

  get entries(): readonly E[] {
    return [...this.#made.values()];
  }

  /** Takes up what the store has; what stands unchanged is not read again. */
  load(rows: readonly ConfigObjectRow[], read: (row: ConfigObjectRow) => E): void {
    const known = this.#made;
    this.#replace(
      new Map(
        rows.map((row) => {
          const before = known.get(row.id);
          const same = before?.row.version === row.version && before.row.body === row.body;
          return [row.id, same ? { ...before, row } : read(row)];
        }),
      ),
    );
    this.#stored = this.#made;
  }

  /** A change that is on its way to the store. */
  put(entry: E): void {
    const next = new Map(this.#made);
    if (entry.row.deletedAt === null) next.set(entry.row.id, entry);
    else next.delete(entry.row.id);
    this.#replace(next);
  }

  /** The changes are stored. */
  committed(): void {
    this.#stored = this.#made;
  }

  /** They are not. */
  rolledBack(): void {
    this.#replace(this.#stored);
  }

  byId(id: string): E | undefined {
    return this.#made.get(id);
  }

  byName(name: string): E | undefined {
    this.#byName ??= new Map([...this.#made.values()].map((entry) => [entry.row.name, entry]));
    return this.#byName.get(name);
  }

  #replace(made: ReadonlyMap<string, E>): void {
    this.#made = made;
    this.#byName = null;
    this.#changed();
  }
}
