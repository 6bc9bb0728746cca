/**
 * FNV-1a, 32 bits, of a text's UTF-16 units; 0 … 2^32 - 1. Two texts may have the same one; with another `basis` than
 * FNV's they have it hardly as well.
 */
export function fnv32(text: string, basis = 0x811c9dc5): number {
  let h = basis;
  for (let n = 0; n < text.length; n++) h = Math.imul(h ^ text.charCodeAt(n), 0x01000193);
  return h >>> 0;
}
