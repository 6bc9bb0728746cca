// The way of every body into columns: its scanner reads it, or gives it up and the plain decoder does. Both ways have the
// same answer, bit by bit; a test compares them on bodies without end.
import type { Limits } from '../config/config.ts';
import { type Admitted, admit } from './admit.ts';
import { admitScanned } from './admit-scanned.ts';
import type { Aliases } from './aliases.ts';
import { decodeSniffed } from './decode.ts';
import { decodeJson } from './decode-json.ts';
import { decodeNdjson } from './decode-ndjson.ts';
import { decodePrometheus } from './decode-prometheus.ts';
import type { Decoder } from './decoded.ts';
import type { SeriesNames } from './json-sample.ts';
import { byIndex } from './rejections.ts';
import { Scan, type Scanner } from './scan.ts';
import { scanJson } from './scan-json.ts';
import { scanNdjson } from './scan-ndjson.ts';
import { readPrometheusSeries, scanPrometheus } from './scan-prometheus.ts';
import { openBrace, openBracket, readSeries, skipSpace } from './scan-series.ts';
import type { SeriesTable } from './series.ts';

export interface TakePorts {
  readonly table: SeriesTable;
  readonly aliases: Aliases;
  readonly limits: Limits;
  /** Called with the number of well-formed samples before any series is born; may throw. */
  readonly checkRoom?: (samples: number) => void;
}

interface Reader {
  readonly scan: Scanner;
  readonly readSeries: (text: string) => SeriesNames | null;
}

const json: Reader = { scan: scanJson, readSeries };
const ndjson: Reader = { scan: scanNdjson, readSeries };
const prometheus: Reader = { scan: scanPrometheus, readSeries: readPrometheusSeries };

/** {"series": [{"labels": {}}]}: a bound on depth below this is the plain decoder's to tell. */
const scannedDepth = 4;

// One body is read at a time, so one scan serves all.
const scan = new Scan();

/**
 * Takes a body in: `rejected` holds those that the decoder refused and those that did not pass the gate, by index.
 * `decoder` as `decoderFor` gives it for the content type. Throws what the decoder throws.
 */
export function takeBody(
  body: Uint8Array,
  decoder: Decoder,
  tenant: string,
  now: number,
  ports: TakePorts,
): Admitted {
  const { table, limits, checkRoom = () => {} } = ports;
  if (limits.jsonDepth >= scannedDepth) {
    try {
      for (const reader of readersOf(decoder, body)) {
        scan.open(body, ports.aliases.of(tenant), now, limits.samplesPerRequest);
        if (!reader.scan(scan)) continue;
        const taken = admitScanned(scan, {
          table,
          tenant,
          now,
          limits,
          readSeries: reader.readSeries,
          checkRoom,
        });
        if (taken === null) continue;
        ports.aliases.counts.scanned++;
        return taken;
      }
    } finally {
      scan.close();
    }
  }
  ports.aliases.counts.plainly++;
  return takePlainly(body, decoder, tenant, now, ports);
}

/** The same without a scanner. */
export function takePlainly(
  body: Uint8Array,
  decoder: Decoder,
  tenant: string,
  now: number,
  { table, limits, checkRoom }: Omit<TakePorts, 'aliases'>,
): Admitted {
  const { samples, rejected } = decoder(body, limits);
  checkRoom?.(samples.length);
  const admitted = admit(table, tenant, samples, now, limits);
  return { ...admitted, rejected: byIndex(rejected, admitted.rejected) };
}

const none: readonly Reader[] = [];
const sniffedBrace = [json, ndjson];
const readers: ReadonlyMap<Decoder, readonly Reader[]> = new Map([
  [decodeJson, [json]],
  [decodeNdjson, [ndjson]],
  [decodePrometheus, [prometheus]],
]);

function readersOf(decoder: Decoder, body: Uint8Array): readonly Reader[] {
  if (decoder !== decodeSniffed) return readers.get(decoder) ?? none;
  const first = body[skipSpace(body, 0)];
  if (first === openBracket) return readers.get(decodeJson)!;
  // A quoted metric of Prometheus text is neither; the plain decoder finds that out.
  return first === openBrace ? sniffedBrace : readers.get(decodePrometheus)!;
}
