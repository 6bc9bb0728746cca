// A text from outside in one line.

// Control characters, line and paragraph separators, and what reverses the direction of writing.
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;
const everyUnprintable = new RegExp(`${unprintable.source}+`, 'gu');

/** One line of at most `max` characters without control characters; what was cut ends in "…". */
export function plain(text: string, max = 500): string {
  // Cut roughly before the expression runs, so that a very long text costs no more than a long one.
  const head = text.length > max * 4 ? text.slice(0, max * 4) : text;
  // Nearly every text is in one line.
  const line = (unprintable.test(head) ? head.replaceAll(everyUnprintable, ' ') : head).trim();
  if (line.length <= max && text.length <= max * 4) return line;
  const cut = line.slice(0, max - 1);
  // Not half of a surrogate pair.
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
