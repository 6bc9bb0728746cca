// Gzipped bodies: the bytes that Node's own gunzip gives, never more than the bound.
import { gunzipSync, gzipSync } from 'node:zlib';
import { ApiError } from '../../../errors.ts';
import { inflate } from '../../../ingest/inflate.ts';
import { type Material, mutated } from '../mutate.ts';
import { claim, pureTarget } from '../target.ts';

const most = 4_096;
const whole = [Buffer.from('up 1\n'), Buffer.alloc(0), Buffer.alloc(most, 0x61), Buffer.alloc(100_000, 0x62)];
const gzipped = whole.map((bytes) => gzipSync(bytes));
const material: Material = {
  corpus: [...gzipped, Buffer.concat([gzipped[0]!, gzipped[0]!])],
  tokens: [Buffer.of(0x1f, 0x8b, 8), Buffer.of(0, 0, 0xff, 0xff), gzipped[0]!, Buffer.of(3, 0)],
};

export const gzip = pureTarget({
  name: 'inflate',
  holds: 'the bytes that Node gives, at most the bound; else payload_too_large or bad_request',
  weight: 3,
  input: (random) => mutated(random, material),
  async check(input) {
    let expected: Buffer | null = null;
    try {
      expected = gunzipSync(input, { maxOutputLength: most });
    } catch {
      // Not gzip, cut off or too long; which of them is the other side's to say.
    }
    try {
      const bytes = await inflate(input, 'gzip', most);
      claim(bytes.length <= most, `${bytes.length} bytes`);
      claim(expected?.equals(bytes) === true, 'other bytes than Node gives');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      claim(error.code === 'payload_too_large' || error.code === 'bad_request', `refused with ${error.code}`);
      claim(expected === null, `refused (${error.code}) what Node reads`);
    }
  },
});
