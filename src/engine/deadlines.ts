// One heap for every deadline of the engine; one timer waits for its top. Entries are never removed early: whoever
// takes one asks the thing itself whether it is still due.

export interface Deadline<T> {
  readonly at: number;
  readonly item: T;
}

/** Binary heap by (at, order of insertion). */
export class Deadlines<T> {
  readonly #heap: { at: number; no: number; item: T }[] = [];
  #no = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Epoch milliseconds of the earliest deadline; Infinity when there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(at: number, item: T): void {
    const heap = this.#heap;
    const entry = { at, no: this.#no++, item };
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = entry;
  }

  /** Takes the earliest if it is due. */
  take(now: number): Deadline<T> | null {
    const heap = this.#heap;
    const top = heap[0];
    if (!top || top.at > now) return null;
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
    return top;
  }

  clear(): void {
    this.#heap.length = 0;
  }
}

function before(a: { at: number; no: number }, b: { at: number; no: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.no < b.no);
}
