// Lines of a body whose encoding nobody vouches for: a line that is not UTF-8 is reported alone, the others are read.

const newline = 0x0a;

/** Calls back for each line (1 first, without its line end) with its text, or null when its bytes are not UTF-8. */
export function eachLine(body: Uint8Array, visit: (text: string | null, number: number) => void): void {
  const whole = textOf(body);
  if (whole !== null) {
    let number = 0;
    for (let start = 0; start < whole.length; ) {
      const found = whole.indexOf('\n', start);
      const end = found === -1 ? whole.length : found;
      visit(withoutReturn(whole.slice(start, end)), ++number);
      start = end + 1;
    }
    return;
  }
  let number = 0;
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(newline, start);
    const end = found === -1 ? body.length : found;
    const text = textOf(body.subarray(start, end));
    visit(text === null ? null : withoutReturn(text), ++number);
    start = end + 1;
  }
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null; // what a fatal decoder throws for bytes that are not UTF-8
    throw error;
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
