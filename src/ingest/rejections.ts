// Collects the items of a request that were refused. An answer lists 1,000 of them, so only these keep a text and an
// index of their own: 8 MiB of `{},` would otherwise be 2.8 million objects.
import type { RejectCode, Rejected } from '../services.ts';

const listed = 1_000;
const shownCharacters = 64;

export class Rejections {
  /** One entry for each refused item; entries after the first 1,000 carry only a right `code`. */
  readonly list: Rejected[];
  readonly #unlisted = new Map<RejectCode, Rejected>();

  /** Goes on with a list that was begun elsewhere. */
  constructor(list: Rejected[] = []) {
    this.list = list;
  }

  add(index: number, code: RejectCode, message: string): void {
    if (this.list.length < listed) {
      this.list.push({ index, code, message });
      return;
    }
    let shared = this.#unlisted.get(code);
    if (shared === undefined) {
      shared = { index, code, message };
      this.#unlisted.set(code, shared);
    }
    this.list.push(shared);
  }

  tooMany(index: number, limit: number): void {
    this.add(index, 'too_many_samples', `a request may hold ${limit} samples; send the rest in another one`);
  }
}

/** A name or value as an error message shows it: quoted, escaped and short. */
export function shown(text: string): string {
  return JSON.stringify(text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text);
}

/** All refusals of a request, those of its decoder and those of the gate, in the order of its samples. */
export function byIndex(decoded: readonly Rejected[], admitted: readonly Rejected[]): Rejected[] {
  if (decoded.length + admitted.length === 0) return [];
  return [...decoded, ...admitted].sort((a, b) => a.index - b.index);
}
