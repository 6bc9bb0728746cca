// Work that is done in slices, so that others have their turn in between: a generator that says after each piece how much
// it was. What it is made of must not change meanwhile, or it has to say itself whether it still holds.

/** Yields how many things (a rule, a series) were looked at since the last time; returns what came of it. */
export type Sliced<Result> = Generator<number, Result>;

/** A thing takes about a microsecond, a few where it is a rule whose limits are laid out. */
export const thingsPerSlice = 512;

/** Goes on by one slice; null: there is more to do. */
export function nextSlice<Result>(work: Sliced<Result>): { readonly result: Result } | null {
  for (let things = 0; things < thingsPerSlice; ) {
    const next = work.next();
    if (next.done === true) return { result: next.value };
    things += next.value;
  }
  return null;
}

/** All of it at once. */
export function atOnce<Result>(work: Sliced<Result>): Result {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}
