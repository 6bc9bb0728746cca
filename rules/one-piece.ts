/**
 * A text that is put together from parts is a tree of them in memory for as long as it is kept: an id takes 400 bytes
 * instead of 52, the key of an alert 1,000 instead of 150. To look at one of its characters makes it one piece. The text
 * does not begin with NUL.
 */
export function inOnePiece(text: string): string {
  return text.charCodeAt(0) === 0 ? '' : text;
}
