// A state as JSON in pieces: what the analyses know of a storm is megabytes, and written, stored or read in one piece it would
// hold up everybody for tens of milliseconds.

/** Characters from which on a piece is full. */
const charactersPerPart = 65_536;
/** Elements of a list that are written at once; of what is known of alerts one has 5,000 characters at most. */
const elements = 16;
/** Characters that take as long as one thing of a slice, about a microsecond on a busy processor. */
const charactersPerThing = 256;

/** What stands at a place of the state: a value as a whole, or elements of a list that may go on. */
type Entry =
  | { readonly at: readonly string[]; readonly value: unknown }
  | { readonly at: readonly string[]; readonly list: readonly unknown[] };

/** Says after each step how many things it took, and gives each piece when it is full. */
export type StateParts = Generator<number | string, void>;

/**
 * Puts a state into texts, each of which can be read by itself. Objects are written key by key and lists a few elements at
 * a time; what an element of a list holds is written at once.
 *
 * @param state Plain JSON without `toJSON`; it must not change meanwhile.
 */
export function* stateParts(state: unknown): StateParts {
  let entries: string[] = [];
  let held = 0;
  function* close(): StateParts {
    if (entries.length > 0) yield `[${entries.join(',')}]`;
    entries = [];
    held = 0;
  }
  function* entry(text: string): StateParts {
    entries.push(text);
    held += text.length;
    if (held >= charactersPerPart) yield* close();
    yield text.length / charactersPerThing;
  }
  function* write(at: readonly string[], value: unknown): StateParts {
    const place = `{"at":${JSON.stringify(at)}`;
    if (Array.isArray(value) && value.length > 0) {
      for (let from = 0; from < value.length; from += elements)
        yield* entry(`${place},"list":${JSON.stringify(value.slice(from, from + elements))}}`);
      return;
    }
    const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
    if (keys.length === 0) return yield* entry(`${place},"value":${JSON.stringify(value) ?? 'null'}}`);
    for (const key of keys) {
      const of = (value as Readonly<Record<string, unknown>>)[key];
      if (of !== undefined) yield* write([...at, key], of);
    }
  }
  yield* write([], state);
  yield* close();
}

/** Puts together what `stateParts` gave, piece by piece in their order. */
export class StateRestorer {
  /** Holds the state under the key `state`. */
  readonly #root: Record<string, unknown> = Object.create(null);

  /** @throws SyntaxError or TypeError when it is none of those pieces. */
  add(text: string): void {
    for (const entry of JSON.parse(text) as Entry[]) {
      let in_ = this.#root;
      let last = 'state';
      for (const key of entry.at) {
        in_[last] ??= Object.create(null);
        in_ = in_[last] as Record<string, unknown>;
        last = key;
      }
      if ('value' in entry) in_[last] = entry.value;
      else {
        in_[last] ??= [];
        for (const one of entry.list) (in_[last] as unknown[]).push(one);
      }
    }
  }

  get state(): unknown {
    return this.#root.state;
  }
}
