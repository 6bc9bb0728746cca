// Bodies without end for the scanners: every shape, written in many ways, most of them damaged byte by byte. Each goes
// through the scanner and through the plain decoder, over two series tables that live through the same births and deaths.
import { defaultLimits, type Limits } from '../config/config.ts';
import { ApiError } from '../errors.ts';
import type { Admitted } from './admit.ts';
import { Aliases } from './aliases.ts';
import { decodeSniffed } from './decode.ts';
import { decodeJson } from './decode-json.ts';
import { decodeNdjson } from './decode-ndjson.ts';
import { decodePrometheus } from './decode-prometheus.ts';
import type { Decoder } from './decoded.ts';
import * as bodies from './scan-fuzz-bodies.ts';
import { type Random, randomFrom } from './scan-fuzz-bodies.ts';
import { SeriesTable } from './series.ts';
import { takeBody, takePlainly } from './take.ts';

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
}

export interface FuzzReport {
  /** How many bodies the scanners read to the end; the others went to the plain decoder. */
  readonly scanned: number;
  readonly cases: number;
  /** The first case that the two ways disagree about, with the seed to see it again; null when there is none. */
  readonly difference: string | null;
}

/** Bounds so narrow that small bodies meet them. */
export const narrow: Limits = {
  ...defaultLimits,
  seriesPerTenant: 40,
  labelsPerSeries: 4,
  labelNameBytes: 12,
  labelValueBytes: 16,
  metricNameBytes: 24,
  samplesPerRequest: 9,
};
const depths = [3, 4, 5, 64];
const startAt = 1_700_000_000_000;
const tenants = ['a', 'b'];

/** Compares both ways on `cases` bodies; stops at the first difference. */
export function fuzzScanners(options: FuzzOptions): FuzzReport {
  // Most damaged bodies end in an error, and its stack would cost as much as both ways together.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return fuzz(options);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function fuzz({ cases, seed }: FuzzOptions): FuzzReport {
  const random = randomFrom(seed);
  const scanned = new SeriesTable({ limits: narrow });
  const plain = new SeriesTable({ limits: narrow });
  const aliases = new Aliases(scanned, seed);
  let before: Uint8Array = new Uint8Array(0);
  for (let number = 0; number < cases; number++) {
    const { body, shape } = bodies.next(random, before, startAt);
    if (random(4) > 0) before = body;
    const decoder = decoderFor(random, shape);
    const tenant = tenants[random(8) === 0 ? 1 : 0]!;
    const limits = { ...narrow, jsonDepth: depths[random(16) > 0 ? 3 : random(3)]! };
    const now = startAt + random(2_000);
    const full = random(200) === 0;
    const one = outcome(full, (checkRoom) =>
      takeBody(body, decoder, tenant, now, { table: scanned, aliases, limits, checkRoom }),
    );
    const other = outcome(full, (checkRoom) =>
      takePlainly(body, decoder, tenant, now, { table: plain, limits, checkRoom }),
    );
    if (!same(one, other)) {
      return report(number, { body, decoder, tenant, limits, now, full, scanned: one, plain: other });
    }
    if (random(64) === 0) {
      const survivors = identities(scanned);
      if (survivors !== identities(plain)) return report(number, { body, reason: 'series differ' });
      for (let drops = random(12); drops > 0; drops--) dropOne(random, scanned, plain);
    }
  }
  return { cases, scanned: aliases.counts.scanned, difference: null };

  function report(
    number: number,
    what: Readonly<Record<string, unknown>> & { body: Uint8Array },
  ): FuzzReport {
    const text = JSON.stringify(
      { ...what, body: undefined, decoder: (what.decoder as Decoder | undefined)?.name },
      (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
    );
    const bytes = Buffer.from(what.body).toString('latin1');
    const difference = `seed ${seed}, case ${number}: ${JSON.stringify(bytes)} (bytes as latin1)\n${text}`;
    return { cases: number + 1, scanned: aliases.counts.scanned, difference };
  }
}

const decoders: Readonly<Record<bodies.Shape, Decoder>> = {
  json: decodeJson,
  ndjson: decodeNdjson,
  prometheus: decodePrometheus,
};

function decoderFor(random: Random, shape: bodies.Shape): Decoder {
  const way = random(10);
  if (way < 6) return decoders[shape];
  if (way < 9) return decodeSniffed;
  return random.of([decodeJson, decodeNdjson, decodePrometheus]);
}

/** What became of a body, whichever way it went. */
export interface Outcome {
  readonly room: number | null;
  readonly taken: Admitted | null;
  readonly error: string | null;
}

/** Takes a body by `take`; with `full` there is no room for any sample. */
export function outcome(full: boolean, take: (checkRoom: (samples: number) => void) => Admitted): Outcome {
  let room: number | null = null;
  try {
    const taken = take((samples) => {
      room = samples;
      if (full) throw new ApiError('overloaded');
    });
    return { room, taken, error: null };
  } catch (error) {
    if (error instanceof ApiError) return { room, taken: null, error: `${error.code} ${error.message}` };
    throw error;
  }
}

/** Whether two ways came to the same, bit by bit. */
export function same(one: Outcome, other: Outcome): boolean {
  if (one.room !== other.room || one.error !== other.error) return false;
  const a = one.taken;
  const b = other.taken;
  if (a === null || b === null) return a === b;
  if (a.count !== b.count || a.rejected.length !== b.rejected.length) return false;
  for (let i = 0; i < a.count; i++) {
    if (a.series[i] !== b.series[i]) return false;
    if (a.times[i] !== b.times[i] || !Object.is(a.values[i], b.values[i])) return false;
  }
  return a.rejected.every(({ index, code, message }, i) => {
    const twin = b.rejected[i]!;
    return index === twin.index && code === twin.code && message === twin.message;
  });
}

/** Every series with its id: the two tables must give the same id to the same series. */
function identities(table: SeriesTable): string {
  return JSON.stringify(
    tenants.map((tenant) =>
      [...table.seriesOf(tenant)].map((id) => [id, table.metricOf(id), table.labelsOf(id)]),
    ),
  );
}

function dropOne(random: Random, ...tables: readonly SeriesTable[]): void {
  const [first] = tables;
  const ids = [...first!.seriesOf(tenants[random(2)]!)];
  if (ids.length === 0) return;
  const id = random.of(ids);
  for (const table of tables) table.drop(id);
}
