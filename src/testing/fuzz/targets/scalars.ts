// Durations, amounts of bytes, addresses and percentiles as people write them, each against a reading by hand.
import { parsePercentile } from '../../../../rules/aggregates/percentile.ts';
import {
  durationPattern,
  formatDuration,
  longestDurationMs,
  parseDuration,
} from '../../../../rules/duration.ts';
import { isSyntaxProblem } from '../../../../rules/syntax-problem.ts';
import { parseAddress } from '../../../config/address.ts';
import { parseBytes } from '../../../config/sizes.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, textOf } from '../target.ts';

const unitMs: Readonly<Record<string, number>> = {
  ...{ y: 31_536_000_000, w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 },
};
const units = Object.keys(unitMs);
const durationMaterial = materialOf(
  ['30s', '1m30s', '4h', '1d', '500ms', '0', '10y', '1y2w3d4h5m6s7ms', '0s', '1d12h'],
  ['y', 'w', 'd', 'h', 'm', 's', 'ms', '0', '00', '9', '-', '+', ' ', '.', 'e', '１'],
);
const pattern = new RegExp(durationPattern);

export const durations = pureTarget({
  name: 'durations',
  holds: 'what a reading by hand gives, at most ten years; its shortest text reads back',
  weight: 180,
  input: (random) => mutated(random, durationMaterial),
  check(input) {
    const text = textOf(input);
    const parsed = parseDuration(text);
    const expected = byHand(text);
    claim(
      (text !== '' && pattern.test(text)) === (expected !== null),
      () => `the pattern about ${quoted(text)}`,
    );
    if (isSyntaxProblem(parsed)) {
      claim(expected === null || expected > longestDurationMs, () => `refused ${quoted(text)}`);
      claim(parsed.problem.length < 400, 'a long problem');
      return;
    }
    claim(parsed === expected, () => `${quoted(text)} read as ${parsed}, not ${expected}`);
    claim(parsed >= 0 && parsed <= longestDurationMs, () => `${quoted(text)} is ${parsed} ms`);
    claim(parseDuration(formatDuration(parsed)) === parsed, () => `${parsed} ms does not read back`);
  },
});

/** Digits and a unit, again and again, units from large to small; null when it is not that. */
function byHand(text: string): number | null {
  if (text === '0') return 0;
  let sum = 0;
  let last = -1;
  let at = 0;
  while (at < text.length) {
    const from = at;
    while (at < text.length && text[at]! >= '0' && text[at]! <= '9') at++;
    if (at === from) return null;
    const unit = text.startsWith('ms', at) ? 'ms' : (text[at] ?? '');
    const rank = units.indexOf(unit);
    if (rank <= last) return null;
    sum += Number(text.slice(from, at)) * unitMs[unit]!;
    last = rank;
    at += unit.length;
  }
  return last === -1 ? null : sum;
}

const sizeMaterial = materialOf(
  ['2GiB', '512 MiB', '1000', '1.5 MB', '64KiB', '0', '1b', '1.0000000000000001GB'],
  ['KiB', 'MiB', 'GiB', 'kb', 'MB', 'gb', 'b', ' ', '.', '0', '9', 'e5', '-', 'K', 'ſ'],
);
const sizeUnits: readonly [string, number][] = [
  ...([
    ['kib', 1024],
    ['mib', 1024 ** 2],
    ['gib', 1024 ** 3],
  ] as const),
  ...([
    ['kb', 1e3],
    ['mb', 1e6],
    ['gb', 1e9],
    ['b', 1],
    ['', 1],
  ] as const),
].map(([unit, size]) => [unit, size]);

export const sizes = pureTarget({
  name: 'sizes',
  holds: 'a whole number of bytes that the text says, or null',
  weight: 160,
  input: (random) => mutated(random, sizeMaterial),
  check(input) {
    const text = textOf(input);
    const bytes = parseBytes(text);
    if (bytes === null) return;
    claim(Number.isSafeInteger(bytes) && bytes >= 0, () => `${quoted(text)} is ${bytes} bytes`);
    const lower = text.trim().toLowerCase();
    const [unit, size] = sizeUnits.find(([name]) => lower.endsWith(name))!;
    const digits = lower.slice(0, lower.length - unit.length).trim();
    claim(/^[0-9.]+$/.test(digits), () => `${quoted(text)} taken for an amount`);
    claim(bytes === Math.round(Number(digits) * size), () => `${quoted(text)} read as ${bytes}`);
  },
});

const addressMaterial = materialOf(
  ['127.0.0.1:8787', '[::1]:80', 'localhost:0', ':9', '8080', 'a.example-b.c_d:65535', '[fe80::1.2.3.4]:1'],
  [':', '[', ']', '.', '-', '0', '65536', '::', '%eth0', ' ', '@', '/'],
);

export const addresses = pureTarget({
  name: 'addresses',
  holds: 'a host without brackets or space and a port, which written out reads the same; or null',
  weight: 110,
  input: (random) => mutated(random, addressMaterial),
  check(input) {
    const text = textOf(input);
    const address = parseAddress(text);
    if (address === null) return;
    const { host, port } = address;
    claim(
      Number.isInteger(port) && port >= 0 && port <= 65_535,
      () => `${quoted(text)} has the port ${port}`,
    );
    claim(/^[\w.:-]+$/.test(host), () => `${quoted(text)} has the host ${quoted(host)}`);
    const again = parseAddress(`${host.includes(':') ? `[${host}]` : host}:${port}`);
    claim(again?.host === host && again.port === port, () => `${quoted(text)} does not read back`);
  },
});

const percentileMaterial = materialOf(
  ['p50', 'p99.9', 'p1', 'p99', 'last', 'avg'],
  ['p', '.', '9', '0', '100', '-'],
);

export const percentiles = pureTarget({
  name: 'percentiles',
  holds: 'p1 to p99.9 as the text says, whose name reads the same again; or nothing',
  weight: 90,
  input: (random) => mutated(random, percentileMaterial),
  check(input) {
    const text = textOf(input);
    const parsed = parsePercentile(text);
    if (parsed === undefined) return;
    const figure = Number(parsed.slice(1));
    claim(figure >= 1 && figure <= 99.9, () => `${quoted(text)} is ${parsed}`);
    claim(Number(text.slice(1)) === figure, () => `${quoted(text)} is ${parsed}`);
    claim(parsePercentile(parsed) === parsed, () => `${parsed} does not read back`);
  },
});
