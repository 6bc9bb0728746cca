// Texts that say the same of different things: numbers, addresses and ids are masked, then texts of as many words that are
// equal in most of them become one template, with `*` where they differ. A tree of one level over the number of words and
// the first word, after He, Zhu, Zheng, Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017.

/** What stands for whatever differs. */
const wildcard = '*';

interface TemplateLimits {
  /** Share of words that have to be equal, 0 to 1. */
  readonly similarity: number;
  /** Templates that are kept; what fits none of them then has none. */
  readonly most: number;
  /** Words that are read of a text. */
  readonly words: number;
}

/** As in the paper's experiments, for texts of a line. */
const templateLimits: TemplateLimits = { similarity: 0.5, most: 50, words: 40 };

/** Digits, with what keeps them together: times, addresses, percentages, ids of hexadecimal digits and UUIDs. */
const variable =
  /^(?=.*\d)(?:[\d.,:/%+-]+(?:ms|us|ns|s|m|h|d|[kmgt]i?b?|b)?|0x[\da-f]+|[\da-f]{8,}|[\da-f]{8}-[\da-f-]{27}|\[[\da-f:]+\](?::\d+)?)$/i;
const edges = /^([("'`[{<]*)(.*?)([)"'`\]}>.,;:!?]*)$/s;

/** The word with what is variable in it replaced: `(87%)` is `(*)`, `web-12` is `web-*`. */
function masked(word: string): string {
  const [, before = '', inner = '', after = ''] = edges.exec(word) ?? [];
  if (variable.test(inner)) return `${before}${wildcard}${after}`;
  return word.replaceAll(/\d+/g, wildcard);
}

/** Longer words are cut: nobody reads them, and masking takes time by the square of their length at worst. */
const longestWord = 100;

/** Words of a text with numbers and ids masked, as many as are read. */
export function maskedWords(text: string, words: number): readonly string[] {
  const all = text.slice(0, longestWord * words).split(/\s+/);
  return all
    .filter((word) => word !== '')
    .slice(0, words)
    .map((word) => masked(word.slice(0, longestWord)));
}

/** What texts of one kind have in common. */
export class Template {
  readonly #words: string[];

  constructor(words: readonly string[]) {
    this.#words = [...words];
  }

  /** The words, `*` for those that differ, joined by blanks. */
  get text(): string {
    return this.#words.join(' ');
  }

  /** Share of these words, as many as it has, that are the same in it. */
  likeness(words: readonly string[]): number {
    if (words.length === 0) return 1;
    return words.filter((word, i) => word === this.#words[i]).length / words.length;
  }

  /** Stands for these words, too. */
  take(words: readonly string[]): void {
    for (const [i, word] of words.entries()) if (this.#words[i] !== word) this.#words[i] = wildcard;
  }
}

/** Templates of texts as they come. */
export class Templates {
  readonly #limits: TemplateLimits;
  /** By number of words and the first one. */
  readonly #templates = new Map<string, Template[]>();
  #size = 0;

  constructor(limits: TemplateLimits = templateLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * The template that the text belongs to, which may become more general as further texts come; null when there is no room
   * for another one.
   */
  add(text: string): Template | null {
    const words = maskedWords(text, this.#limits.words);
    const key = `${words.length} ${words[0] ?? ''}`;
    const known = this.#templates.get(key) ?? [];
    let best: Template | null = null;
    let most = 0;
    for (const template of known) {
      const likeness = template.likeness(words);
      if (likeness < this.#limits.similarity || likeness <= most) continue;
      best = template;
      most = likeness;
    }
    if (best) {
      best.take(words);
      return best;
    }
    if (this.#size >= this.#limits.most) return null;
    const made = new Template(words);
    this.#size += 1;
    this.#templates.set(key, [...known, made]);
    return made;
  }
}
