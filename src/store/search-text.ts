// Full text without an index of words: texts are folded alike and looked into, so a word of two Chinese characters is
// found as well as one of twenty letters.

/** Folded, two texts that people hold to be the same are the same: case, width of characters, composed letters. */
export function foldText(text: string): string {
  return text.normalize('NFKC').toUpperCase();
}

/** What is looked for: the words of a query, folded. All of them must be there, in any order. */
export function searchWords(query: string): string[] {
  return foldText(query)
    .split(/\s+/u)
    .filter((word) => word !== '');
}

/** Whether all words are in one of the texts each. The texts are not folded yet. */
export function hasWords(texts: readonly string[], words: readonly string[]): boolean {
  const folded = foldText(texts.join('\n'));
  return words.every((word) => folded.includes(word));
}
