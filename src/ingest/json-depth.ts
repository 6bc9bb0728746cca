// How deep JSON is nested, found before it is parsed, so that no parser ever sees a body of a million brackets.

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;

/**
 * True when arrays and objects are nested deeper than `max`. Brackets inside strings do not count. The bytes need not be
 * valid JSON: the answer is then right for any prefix that is. A newline cannot stand inside of a JSON string, so it
 * ends one; with `perLine` (NDJSON) it ends the nesting as well.
 */
export function jsonDepthExceeds(bytes: Uint8Array, max: number, perLine = false): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === newline) {
      inString = false;
      if (perLine) depth = 0;
    } else if (inString) {
      if (byte === backslash) {
        if (bytes[i + 1] !== newline) i++;
      } else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    // `[` is 0x5b and `{` 0x7b, `]` 0x5d and `}` 0x7d: they differ in one bit.
    else if ((byte | 0x20) === 0x7b) {
      if (++depth > max) return true;
    } else if ((byte | 0x20) === 0x7d) depth--;
  }
  return false;
}
