// One heap for every deadline of the engine; one timer waits for its top. An entry that is dropped lets go of its item
// at once and leaves the heap when it comes up, or when half of the heap is such entries: a deadline that was moved a
// thousand times costs the memory of one.

export interface Deadline<T> {
  readonly at: number;
  readonly item: T;
}

interface Entry<T> {
  readonly at: number;
  readonly no: number;
  item: T | null;
}

/** What `add` gives and `drop` takes. */
export type DeadlineHandle = object;

// Below this many dropped entries a rebuild is not worth it.
const leastDropped = 1_024;

/** Binary heap by (at, order of insertion). */
export class Deadlines<T> {
  #heap: Entry<T>[] = [];
  #no = 0;
  #dropped = 0;

  get size(): number {
    return this.#heap.length - this.#dropped;
  }

  /** Entries in memory, dropped ones among them. */
  get entries(): number {
    return this.#heap.length;
  }

  /** Epoch milliseconds of the earliest deadline; Infinity when there is none. */
  get next(): number {
    while (this.#heap[0]?.item === null) this.#pop();
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, item: T): DeadlineHandle {
    const entry: Entry<T> = { at, no: this.#no++, item };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** Nobody waits for this one any more. */
  drop(handle: DeadlineHandle): void {
    const entry = handle as Entry<T>;
    if (entry.item === null) return;
    entry.item = null;
    this.#dropped += 1;
    if (this.#dropped < leastDropped || this.#dropped * 2 < this.#heap.length) return;
    // A sorted array is a heap.
    this.#heap = this.#heap.filter(({ item }) => item !== null).sort((a, b) => (before(a, b) ? -1 : 1));
    this.#dropped = 0;
  }

  /** Whether the entry will still come up. */
  holds(handle: DeadlineHandle): boolean {
    return (handle as Entry<T>).item !== null;
  }

  /** Takes the earliest if it is due. */
  take(now: number): Deadline<T> | null {
    if (this.next > now) return null;
    const top = this.#pop();
    const deadline = { at: top.at, item: top.item! };
    top.item = null; // a later drop of this handle changes nothing
    return deadline;
  }

  clear(): void {
    for (const entry of this.#heap) entry.item = null;
    this.#heap = [];
    this.#dropped = 0;
  }

  /** Takes the top off the heap; one that was dropped is no longer counted. */
  #pop(): Entry<T> {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
        if (!before(heap[child]!, last)) break;
        heap[i] = heap[child]!;
        i = child;
      }
      heap[i] = last;
    }
    if (top.item === null) this.#dropped -= 1;
    return top;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const entry = heap[from]!;
    let i = from;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }
}

function before(a: { at: number; no: number }, b: { at: number; no: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.no < b.no);
}
