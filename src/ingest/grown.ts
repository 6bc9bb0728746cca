// Columns grow by being copied to the front of a longer one.

/** `to` with the contents of `from` at its front. */
export function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
