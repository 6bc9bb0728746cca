// The body of an event: refused with a code of the table, or taken as it is, and then it reads the same again.
import type { Context } from 'hono';
import { ApiError } from '../../../errors.ts';
import { parseJson } from '../../../http/body.ts';
import type { HttpEnv } from '../../../http/env.ts';
import { eventIn } from '../../../http/routes/events.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted } from '../target.ts';

const material = materialOf(
  [
    '{"type":"deploy.failed","severity":"critical","message":"build 7 failed"}',
    '{"type":"t","severity":"low","message":"m","labels":{"host":"web-1","größe":"ü"},"recipients":["ops@example.com"]}',
    '{"type":"t","severity":"warning","message":"m","impact":"i","category":"performance","priority":"P2","dedup_key":"k","occurred_at":1700000000000}',
    '{"type":"t","severity":"info","message":"m","occurred_at":"2024-01-01T00:00:00+02:00","labels":{"a":"\\ud83d\\ude00"}}',
  ],
  [
    '"labels":{',
    '"__proto__":{',
    '"\\u005f_proto__":',
    '"recipients":[',
    '"occurred_at":',
    '"severity":',
    ':',
    ',',
  ].concat([
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\ud83d',
    '"dedup_key":""',
    '"2024-02-30T00:00:00Z"',
    '8.64e15',
    '"P1"',
  ]),
);
const c = { req: { header: (name: string) => (name === 'content-type' ? 'application/json' : undefined) } };
const context = c as unknown as Context<HttpEnv>;
const refusals = new Set(['invalid_json', 'invalid_body', 'too_deep']);
const bounds = { jsonDepth: 16, emptyIsObject: false };
/** Of a refusal with all its problems. */
const longestDetails = 64 * 1024;

export const eventBody = pureTarget({
  name: 'event-body',
  holds: 'a refusal has its code and a bounded text; what is taken reads the same again',
  weight: 20,
  input: (random) => mutated(random, material),
  check(input) {
    let event: unknown;
    try {
      event = parseJson(context, Buffer.from(input), eventIn, bounds);
    } catch (error) {
      claim(error instanceof ApiError, () => `threw ${String(error)}`);
      claim(refusals.has(error.code), `refused with ${error.code}`);
      const details = JSON.stringify(error.details ?? null);
      claim(details.length <= longestDetails, `details of ${details.length} characters`);
      return;
    }
    const text = JSON.stringify(event);
    const again = JSON.stringify(parseJson(context, Buffer.from(text), eventIn, bounds));
    claim(again === text, () => `${quoted(text)} became ${quoted(again)}`);
  },
});
