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

const comma = 0x2c;
const closeBracket = 0x5d;
const closeBrace = 0x7d;

/** So many digits fit into a 32-bit integer, whose arithmetic is twice as fast. */
const smallDigits = 9;
const exactDigits = 15;
const exactPower = 22;
const powersOfTen = Float64Array.from({ length: exactPower + 1 }, (_, i) => Number(`1e${i}`));

/**
 * Reads the JSON number that begins at `from` into `into[slot]`. Answers the position after it, -1 when what is there is
 * not a JSON number. What follows the number is the caller's business.
 */
export function readNumber(bytes: Buffer, from: number, into: Float64Array, slot: number): number {
  let at = from;
  let byte = bytes[at]!;
  const negative = byte === minus;
  if (negative) byte = bytes[++at]!;
  const first = at;
  let small = 0;
  if (byte === zero) byte = bytes[++at]!;
  else {
    while (byte >= zero && byte <= nine) {
      small = (Math.imul(small, 10) + (byte - zero)) | 0;
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
      small = (Math.imul(small, 10) + (byte - zero)) | 0;
      byte = bytes[++at]!;
    }
    if (at === afterDot) return -1;
    power = afterDot - at;
    digits -= power;
  }
  const afterDigits = at;
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
    into[slot] = Number(bytes.toString('latin1', from, at));
    return at;
  }
  let value = digits <= smallDigits ? small : mantissaOf(bytes, first, afterDigits);
  if (power > 0) value *= powersOfTen[power]!;
  else if (power < 0) value /= powersOfTen[-power]!;
  into[slot] = negative ? -value : value;
  return at;
}

/** At most 15 digits, with or without a dot, as a whole number. */
function mantissaOf(bytes: Buffer, from: number, to: number): number {
  let mantissa = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte !== dot) mantissa = mantissa * 10 + (byte - zero);
  }
  return mantissa;
}

/** As `readNumber`, for times: -1 also for a fraction. */
export function readInteger(bytes: Buffer, from: number, into: Float64Array, slot: number): number {
  // The usual time has 13 digits: seven and six, each small enough for an integer.
  if (bytes[from] !== zero) {
    let high = 0;
    let at = from;
    let byte = bytes[at]!;
    for (const end = from + 7; at < end && byte >= zero && byte <= nine; byte = bytes[++at]!) {
      high = (Math.imul(high, 10) + (byte - zero)) | 0;
    }
    let low = 0;
    for (const end = from + 13; at < end && byte >= zero && byte <= nine; byte = bytes[++at]!) {
      low = (Math.imul(low, 10) + (byte - zero)) | 0;
    }
    const ends = byte === comma || byte === closeBrace || byte === closeBracket;
    if (at === from + 13 && ends) {
      into[slot] = high * 1e6 + low;
      return at;
    }
  }
  const at = readNumber(bytes, from, into, slot);
  return at !== -1 && Number.isInteger(into[slot]) ? at : -1;
}
