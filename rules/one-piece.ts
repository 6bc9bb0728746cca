/**
 * A text that is put together from parts is a tree of them in memory for as long as it is kept: an id takes 400 bytes
 * instead of 52, the key of an alert 1,000 instead of 150. To look at one of its characters makes it one piece, but 32 bytes
 * of the tree stay, which point to it; what `join` copies is nothing but the piece.
 *
 * @param parts Two at least that are not empty.
 */
export function inOnePiece(...parts: readonly string[]): string {
  return parts.join('');
}
