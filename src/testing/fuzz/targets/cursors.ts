// Ids and cursors that come back from clients: ours read back, anything else is refused as such.
import { ApiError } from '../../../errors.ts';
import { cursorOf, placeOf } from '../../../http/routes/series.ts';
import { isUuid } from '../../../http/uuid.ts';
import { idText, parseId } from '../../../store/sqlite/id-codec.ts';
import { cursorOfSeq, idOfCursor, seqOfCursor } from '../../../store/sqlite/keyset-page.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, textOf } from '../target.ts';

const id = '0190a000-0000-7000-8000-00001234abcd';
const material = materialOf(
  [
    id,
    parseId(id)!.toString('base64url'),
    cursorOfSeq(1_234),
    cursorOf({ metric: 'load', labels: '{"host":"a"}' })!,
    Buffer.from('["a"]').toString('base64url'),
    Buffer.from('{"__proto__":1}').toString('base64url'),
  ],
  ['-', '_', '=', '+', '/', 'A', '0', 'f', 'F', '\0', ' '],
);

export const cursors = pureTarget({
  name: 'cursors',
  holds: 'an id reads back as it was; a cursor is one of ours or invalid_cursor',
  weight: 60,
  input: (random) => mutated(random, material),
  check(input) {
    const text = textOf(input);
    const bytes = parseId(text);
    claim(isUuid(text) === (bytes !== null), () => `an id or not: ${quoted(text)}`);
    if (bytes !== null)
      claim(bytes.length === 16 && idText(bytes) === text, () => `${quoted(text)} reads back`);
    const ofId = read(() => idOfCursor(text));
    if (ofId !== null) claim(ofId.toString('base64url') === text, () => `${quoted(text)} is another cursor`);
    const seq = read(() => seqOfCursor(text));
    if (seq !== null) {
      claim(Number.isSafeInteger(seq) && seq >= 0, () => `${quoted(text)} is at ${seq}`);
      claim(seqOfCursor(cursorOfSeq(seq)) === seq, () => `${seq} does not read back`);
    }
    const place = read(() => placeOf(text));
    if (place === null) return;
    const again = placeOf(cursorOf(place)!);
    claim(
      again?.metric === place.metric && again.labels === place.labels,
      () => `${quoted(text)} reads back`,
    );
  },
});

function read<T>(cursor: () => T): T | null {
  try {
    return cursor();
  } catch (error) {
    if (error instanceof ApiError && error.code === 'invalid_cursor') return null;
    throw error;
  }
}
