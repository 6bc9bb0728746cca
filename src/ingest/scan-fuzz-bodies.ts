// Where the bodies of the fuzzer come from: few series, written by clients of different habits, and then damaged.

export type Shape = 'json' | 'ndjson' | 'prometheus';
/** As `Shape`, with the two kinds of JSON apart. */
export type Kind = 'samples' | 'columns' | 'ndjson' | 'prometheus';

/** Whole numbers below a bound, and choices; the same ones for the same seed. */
export interface Random {
  (below: number): number;
  of<T>(list: readonly T[]): T;
}

/** mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const random = (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
  return Object.assign(random, { of: <T>(list: readonly T[]) => list[random(list.length)]! });
}

/** The next body: a new one or the one before again, untouched or damaged. */
export function next(
  random: Random,
  before: Uint8Array,
  startAt: number,
): { body: Uint8Array; shape: Shape } {
  const shape = random.of<Shape>(['json', 'json', 'ndjson', 'prometheus', 'prometheus']);
  const again = before.length > 0 && random(3) === 0;
  const body = again ? Buffer.from(before) : Buffer.from(write[shape](random, startAt), 'utf8');
  return { body: maybeDamaged(random, body), shape };
}

/** A body of one kind, untouched or damaged. */
export function bodyOf(random: Random, kind: Kind, startAt: number): Uint8Array {
  const text =
    kind === 'samples' || kind === 'columns'
      ? jsonDocument(random, startAt, kind)
      : write[kind](random, startAt);
  return maybeDamaged(random, Buffer.from(text, 'utf8'));
}

function maybeDamaged(random: Random, body: Buffer): Buffer {
  if (random(2) === 0) return body;
  let damaged = body;
  for (let wounds = 1 + random(3); wounds > 0; wounds--) damaged = wound(random, damaged);
  return damaged;
}

// The first three are harmless. One begins another, and `em.x` looks like a key to whoever sees only its second letter.
const metrics = ['load', 'load.total', 'em.x', 'up', 'température', 'a"b', 'x\ty', 'constructor', ''];
const names = ['host', 'env', 'le', 'a', 'größe', 'a b', '__proto__', '1'];
const texts = [
  'a',
  'b',
  'eu-west-1',
  '',
  'ü',
  '😀',
  'q"q',
  'b\\b',
  'n\nn',
  'longer than sixteen bytes',
  '{}',
  ',',
];

interface Series {
  readonly metric: string;
  readonly labels: readonly (readonly [string, string])[];
}

/** Mostly harmless: a body with one bad name is one that proves little about the others. */
function series(random: Random): Series {
  const harmless = random(12) > 0;
  const pick = (list: readonly string[]) => (harmless ? list[random(3)]! : random.of(list));
  const count = random(harmless ? 4 : 7);
  const from = random(3);
  const labels = Array.from({ length: count }, (_, i) => {
    const name = harmless ? names[(from + i) % 3]! : random.of(names);
    return [name, pick(texts)] as const;
  });
  return { metric: pick(metrics), labels };
}

const numbers = [
  '0',
  '-0',
  '1',
  '-1.5',
  '91',
  '0.1',
  '1e3',
  '12.5E-2',
  '123456789012345',
  '1234567890123456789',
];
const moreNumbers = [
  '1e999',
  '5e-324',
  '2.2250738585072011e-308',
  '1.7976931348623157e308',
  '0.30000000000000004',
];

const noNumbers = ['01', '1.', '.5', '-', '+1', '1e', '1e+', '-01', '0x1', '1.e1', 'NaN', '--1', '1_0', ''];

function value(random: Random): string {
  if (random(80) === 0) return random.of(noNumbers);
  const way = random(8);
  if (way < 3) return String(random(1_000) / 8);
  if (way === 3) return String((random(2 ** 30) / 2 ** 30) * 10 ** (random(40) - 20));
  return random.of(way === 4 ? moreNumbers : numbers);
}

function time(random: Random, startAt: number): string {
  const way = random(64);
  if (way === 0)
    return random.of(['0', '-1', '1700000000', '1.5', '1e12', '17e11', '99999999999999999999', 'null']);
  if (way === 1) return String(startAt - 4_000_000 + random(5_000_000));
  return String(startAt + random(way < 32 ? 3 : 5_000));
}

interface Habit {
  readonly comma: string;
  readonly colon: string;
}
const habits: readonly Habit[] = [
  { comma: ',', colon: ':' },
  { comma: ',', colon: ':' },
  { comma: ', ', colon: ': ' },
  { comma: ' ,\t', colon: ' :' },
];

function record(members: readonly string[], { comma }: Habit): string {
  return `{${members.join(comma)}}`;
}

function identity(random: Random, { metric, labels }: Series, habit: Habit): string[] {
  const member = (name: string, text: string) => `${jsonString(random, name)}${habit.colon}${text}`;
  const written = labels.map(([name, text]) => member(name, jsonString(random, text)));
  const metricMember = `"metric"${habit.colon}${jsonString(random, metric)}`;
  if (labels.length === 0 && random(2) === 0) return [metricMember];
  const labelsMember = `"labels"${habit.colon}${random(40) === 0 ? 'null' : record(written, habit)}`;
  return random(6) === 0 ? [labelsMember, metricMember] : [metricMember, labelsMember];
}

function jsonString(random: Random, text: string): string {
  const plain = JSON.stringify(text);
  return random(40) === 0 && text !== ''
    ? plain.replace(/[a-z]/, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)
    : plain;
}

function jsonSample(random: Random, startAt: number, habit: Habit): string {
  const names = identity(random, series(random), habit);
  const numberMember = `"value"${habit.colon}${value(random)}`;
  const timeMember = random(5) === 0 ? [] : [`"timestamp"${habit.colon}${time(random, startAt)}`];
  // No JSON, but bytes that are known from elsewhere.
  if (random(80) === 0) return record([prometheusSeries(random, series(random)), numberMember], habit);
  const way = random(24);
  if (way < 4) return record([...timeMember, ...names, numberMember], habit);
  if (way < 8) return record([...names, ...timeMember, numberMember], habit);
  if (way === 8) return record([...names.slice(0, 1), numberMember, ...timeMember, ...names.slice(1)], habit);
  return record([...names, numberMember, ...timeMember], habit);
}

function jsonColumns(random: Random, startAt: number, habit: Habit): string {
  const points = random(5);
  const list = (count: number, item: () => string) =>
    `[${Array.from({ length: count }, item).join(habit.comma)}]`;
  const times = `"timestamps"${habit.colon}${list(points, () => time(random, startAt))}`;
  const values = `"values"${habit.colon}${list(random(12) === 0 ? random(5) : points, () => value(random))}`;
  const columns = random(4) === 0 ? [values, times] : [times, values];
  return record([...identity(random, series(random), habit), ...columns], habit);
}

function repeated(random: Random, item: () => string): string[] {
  return Array.from({ length: random(16) === 0 ? random(12) : 1 + random(3) }, item);
}

const write: Readonly<Record<Shape, (random: Random, startAt: number) => string>> = {
  json: (random, startAt) => jsonDocument(random, startAt, null),
  ndjson(random, startAt) {
    const habit = random.of(habits);
    const end = random.of(['\n', '\n', '\r\n', '\n\n', ' \n']);
    return repeated(random, () => jsonSample(random, startAt, habit)).join(end) + random.of(['', end]);
  },
  prometheus(random, startAt) {
    const end = random.of(['\n', '\n', '\n', '\r\n', '\n\n', '\n# HELP x größer\n', '\n#\n']);
    return repeated(random, () => prometheusLine(random, startAt)).join(end) + random.of(['', end]);
  },
};

function jsonDocument(random: Random, startAt: number, kind: 'samples' | 'columns' | null): string {
  const habit = random.of(habits);
  const newline = random(6) === 0 ? '\n' : '';
  const list = (items: readonly string[]) => `[${newline}${items.join(`,${newline}`)}${newline}]`;
  const way = random(6);
  if (kind === null ? way < 2 : kind === 'columns') {
    const columns = list(repeated(random, () => jsonColumns(random, startAt, habit)));
    return `{"series"${habit.colon}${columns}}`;
  }
  const samples = list(repeated(random, () => jsonSample(random, startAt, habit)));
  return way === 2 ? samples : `{"samples"${habit.colon}${samples}}${newline}`;
}

function prometheusLine(random: Random, startAt: number): string {
  const way = random(6);
  const number = way === 0 ? random.of(['NaN', '+Inf', '-inf', '+1', '1.', '.5', '007']) : value(random);
  const at = random(3) === 0 ? '' : `${random.of([' ', ' ', '\t'])}${time(random, startAt)}`;
  return `${random(12) === 0 ? ' ' : ''}${prometheusSeries(random, series(random))} ${number}${at}`;
}

function prometheusSeries(random: Random, { metric, labels }: Series): string {
  const comma = random.of([',', ',', ', ']);
  const written = labels.map(([name, text]) => `${name === 'a b' ? escaped(name) : name}=${escaped(text)}`);
  const quoted = random(8) === 0;
  const inBraces = [...(quoted ? [escaped(metric)] : []), ...written].join(comma);
  if (inBraces === '' && random(2) === 0) return metric;
  return `${quoted ? '' : metric}${random.of(['', '', ' '])}{${inBraces}${random(6) === 0 ? ',' : ''}}`;
}

function escaped(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

const tokens = [
  '"metric":',
  '"labels":',
  '"value":',
  '"timestamp":',
  '"series":[',
  '"a":1,',
  ',',
  '{',
  '}',
  '[',
  ']',
  '\\',
  '"',
]
  .concat([
    '\n',
    '\r',
    ' ',
    '\t',
    '\0',
    '\v',
    '-',
    '+',
    '.',
    'e',
    '0',
    '9',
    '1e5',
    'null',
    'true',
    '#',
    '=',
    '\u{feff}',
    '\u0085',
  ])
  .concat(['{}', '"', '""', '{"metric":"cpu","value":1}', 'cpu{host="a"} ', 'up 1\n'])
  .map((token) => Buffer.from(token));
const oddBeginnings = ['\u{feff}', '\u00a0', '\v', '\f', '\r', ' #', '\u0085', '\u2028', '"'].map((text) =>
  Buffer.from(text),
);
const strayBytes = [0x00, 0x80, 0xc3, 0xff, 0xed, 0xa0, 0xef, 0xbb, 0xbf, 0x22, 0x5c, 0x0a].map((byte) =>
  Buffer.of(byte),
);

function wound(random: Random, body: Buffer): Buffer {
  // Sometimes where a line begins: what is skipped there is skipped nowhere else.
  const line = random(6) === 0 ? body.indexOf(0x0a, random(body.length + 1)) + 1 : -1;
  const at = line >= 0 ? line : random(body.length + 1);
  const length = 1 + random(random(4) === 0 ? 24 : 3);
  const insert = (what: Uint8Array, cut = 0) =>
    Buffer.concat([body.subarray(0, at), what, body.subarray(Math.min(body.length, at + cut))]);
  if (line >= 0 && random(3) === 0) return insert(random.of(oddBeginnings));
  switch (random(9)) {
    case 0:
      return insert(random.of(tokens));
    case 1:
      return insert(random.of(tokens), 1);
    case 2:
      return insert(random.of(strayBytes), random(2));
    case 3:
      return insert(Buffer.alloc(0), length);
    case 4:
      return insert(Buffer.of(random(256)), 1);
    case 5:
      return Buffer.from(body.subarray(0, at));
    case 6: {
      // A piece of the body once more: keys that are there twice, samples that run into each other.
      const from = random(body.length + 1);
      return insert(body.subarray(from, from + length * 4));
    }
    case 7: {
      const copy = Buffer.from(body);
      if (copy.length > 0) copy[at % copy.length]! ^= 1 << random(8);
      return copy;
    }
    default:
      return insert(Buffer.of(0x30 + random(10)), random(2));
  }
}
