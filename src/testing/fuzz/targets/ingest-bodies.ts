// Bodies of every wire format, a few in a row: what the scanner takes is what the plain decoder takes, bit by bit.
import { Aliases } from '../../../ingest/aliases.ts';
import { decodeSniffed } from '../../../ingest/decode.ts';
import { decodeJson } from '../../../ingest/decode-json.ts';
import { decodeNdjson } from '../../../ingest/decode-ndjson.ts';
import { decodePrometheus } from '../../../ingest/decode-prometheus.ts';
import type { Decoder } from '../../../ingest/decoded.ts';
import { narrow, outcome, same } from '../../../ingest/scan-fuzz.ts';
import { bodyOf, type Kind } from '../../../ingest/scan-fuzz-bodies.ts';
import { SeriesTable } from '../../../ingest/series.ts';
import { takeBody, takePlainly } from '../../../ingest/take.ts';
import type { Random } from '../case-random.ts';
import { type Material, materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, type Target } from '../target.ts';

const startAt = 1_700_000_000_000;
const limits = { ...narrow, jsonDepth: 8 };
const longestMessage = 1_000;

const kinds = {
  samples: {
    decoder: decodeJson,
    weight: 8,
    corpus: ['{"samples":[{"metric":"load","labels":{"host":"a"},"value":1,"timestamp":1700000000001}]}'],
  },
  columns: {
    decoder: decodeJson,
    weight: 8,
    corpus: [
      '{"series":[{"metric":"load","labels":{"host":"a"},"timestamps":[1700000000001,1700000000002],"values":[1,2]}]}',
    ],
  },
  ndjson: {
    decoder: decodeNdjson,
    weight: 8,
    corpus: ['{"metric":"load","labels":{"host":"a"},"value":1}\n{"metric":"up","value":2}\n'],
  },
  prometheus: {
    decoder: decodePrometheus,
    weight: 8,
    corpus: ['# TYPE load gauge\nload{host="a",env="b"} 1.5 1700000000001\n{"up",le="\\"x\\\\"} +Inf\n'],
  },
} satisfies Record<Kind, { decoder: Decoder; weight: number; corpus: string[] }>;

const tokens = [
  '"metric":',
  '"labels":{',
  '"value":',
  '"timestamp":',
  '"series":[',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
]
  .concat(['\\u0061', '# HELP', '{host="a"}', 'NaN', '+Inf', '\r\n', '1700000000000'])
  .concat(['{"metric":"up","value":1}']);

export const ingestBodies: readonly Target[] = (Object.keys(kinds) as Kind[]).map((kind) => {
  const { decoder, weight, corpus } = kinds[kind];
  const material = materialOf(corpus, tokens);
  return pureTarget({
    name: `ingest-${kind}`,
    holds: 'the scanner and the plain decoder take the same samples and refuse the same with the same words',
    weight,
    input: (random) => bodies(random, kind, material),
    check: (input) => compare(input, decoder),
  });
});

/** One byte that says how to read, then each body behind two bytes of its length. */
function bodies(random: Random, kind: Kind, material: Material): Uint8Array {
  const parts: Uint8Array[] = [Buffer.of(random(4))];
  for (let count = 1 + random(3); count > 0; count--) {
    const body = random(3) === 0 ? mutated(random, material) : bodyOf(random, kind, startAt);
    const length = Buffer.alloc(2);
    length.writeUInt16LE(Math.min(body.length, 0xffff));
    parts.push(length, body.subarray(0, 0xffff));
  }
  return Buffer.concat(parts);
}

function compare(input: Uint8Array, own: Decoder): void {
  const decoder = (input[0] ?? 0) % 4 === 0 ? decodeSniffed : own;
  const scanned = new SeriesTable({ limits });
  const plain = new SeriesTable({ limits });
  const aliases = new Aliases(scanned, 1);
  for (let at = 1; at + 2 <= input.length; ) {
    const length = input[at]! + 256 * input[at + 1]!;
    const body = input.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    const now = startAt + 1_000;
    const one = outcome(false, (checkRoom) =>
      takeBody(body, decoder, 'a', now, { table: scanned, aliases, limits, checkRoom }),
    );
    const other = outcome(false, (checkRoom) =>
      takePlainly(body, decoder, 'a', now, { table: plain, limits, checkRoom }),
    );
    claim(same(one, other), () => `${shown(one)} by the scanner, ${shown(other)} plainly`);
    const { taken } = one;
    if (taken === null) continue;
    claim(taken.count <= limits.samplesPerRequest, `${taken.count} samples of one body`);
    for (const { index, message } of taken.rejected) {
      claim(Number.isInteger(index) && index >= 0, `a rejection of index ${index}`);
      claim(message.length <= longestMessage, `a rejection of ${message.length} characters`);
    }
    for (let i = 0; i < taken.count; i++) claim(Number.isFinite(taken.values[i]), 'a value without end');
  }
  claim(scanned.countOf('a') <= limits.seriesPerTenant, 'more series than a tenant may have');
}

function shown(value: unknown): string {
  return quoted(JSON.stringify(value));
}
