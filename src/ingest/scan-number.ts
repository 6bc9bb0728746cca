// Numbers read from bytes without a string between. Exact: a mantissa of at most 15 digits and a power of ten up to 22
// are both exact doubles, so one multiplication or division rounds once, as the language does (W. D. Clinger, "How to
// read floating point numbers accurately", 1990). Everything else goes through Number().

const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const plus = 0x2b;
const dot = 0x2e;
const letterE = 0x65;
const lowerCase = 0x20;

const exactDigits = 15;
const exactPower = 22;
const powersOfTen = Float64Array.from({ length: exactPower + 1 }, (_, i) => Number(`1e${i}`));

/**
 * Reads the JSON number that begins at `from` into `into[slot]`. Answers the position after it, -1 when what is there is
 * not a JSON number. What follows the number is the caller's business.
 */
export function readNumber(bytes: Uint8Array, from: number, into: Float64Array, slot: number): number {
  let at = from;
  let byte = bytes[at]!;
  const negative = byte === minus;
  if (negative) byte = bytes[++at]!;
  const first = at;
  let mantissa = 0;
  if (byte === zero) byte = bytes[++at]!;
  else {
    while (byte >= zero && byte <= nine) {
      mantissa = mantissa * 10 + (byte - zero);
      byte = bytes[++at]!;
    }
    if (at === first) return -1;
  }
  // Leading zeros are counted as digits: that sends a few numbers the long way that need not.
  let digits = at - first;
  let power = 0;
  if (byte === dot) {
    const afterDot = at + 1;
    byte = bytes[++at]!;
    while (byte >= zero && byte <= nine) {
      mantissa = mantissa * 10 + (byte - zero);
      byte = bytes[++at]!;
    }
    if (at === afterDot) return -1;
    power = afterDot - at;
    digits -= power;
  }
  if ((byte | lowerCase) === letterE) {
    byte = bytes[++at]!;
    const down = byte === minus;
    if (down || byte === plus) byte = bytes[++at]!;
    const firstOfExponent = at;
    let exponent = 0;
    while (byte >= zero && byte <= nine) {
      // Beyond any double the digits need not be exact: Number() sees them all.
      if (exponent < 10_000) exponent = exponent * 10 + (byte - zero);
      byte = bytes[++at]!;
    }
    if (at === firstOfExponent) return -1;
    power += down ? -exponent : exponent;
  }
  if (digits > exactDigits || power > exactPower || power < -exactPower) {
    into[slot] = Number(asciiText(bytes, from, at));
    return at;
  }
  let value = mantissa;
  if (power > 0) value *= powersOfTen[power]!;
  else if (power < 0) value /= powersOfTen[-power]!;
  into[slot] = negative ? -value : value;
  return at;
}

/** Bytes as text, one character each. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
