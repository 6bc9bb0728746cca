// What single headers hold: Retry-After, Idempotency-Key, keys, content types, request ids, tenants.
import { retryAfterMs } from '../../../../channels/http.ts';
import { requestIdOf } from '../../../http/headers.ts';
import { isMintedKey, longestKey, mintKey, shortId } from '../../../http/key-format.ts';
import { presentedKey } from '../../../http/keys.ts';
import { idempotencyKey } from '../../../http/route.ts';
import { tenantName } from '../../../http/tenancy.ts';
import { decoderFor } from '../../../ingest/decode.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, textOf } from '../target.ts';

const now = 1_700_000_000_000;
const hourMs = 3_600_000;
const retryMaterial = materialOf(
  [
    '0',
    '30',
    '120',
    'Tue, 14 Nov 2023 22:13:50 GMT',
    'Tuesday, 14-Nov-23 22:13:50 GMT',
    'Tue Nov 14 22:13:50 2023',
  ].concat(['2023-11-14T22:13:50Z', '1.5', '-1', '10 seconds', 'Wed, 21 Oct 2015 07:28:00 GMT']),
  ['GMT', 'UTC', '+0100', 'Nov', '-', '.', ',', ' ', ':', '2023', '99999999999999999999', 'e3', 's', '1d'],
);
// RFC 9110, section 5.6.7: the one form, and the two that are obsolete.
const httpDate = new RegExp(
  [
    '(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT',
    '(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \\d{2}-[A-Z][a-z]{2}-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT',
    '(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4}',
  ]
    .map((form) => `^${form}$`)
    .join('|'),
);

export const retryAfter = pureTarget({
  name: 'retry-after',
  holds: 'whole milliseconds up to an hour for seconds and dates of HTTP, nothing for anything else',
  weight: 120,
  input: (random) => mutated(random, retryMaterial),
  check(input) {
    const text = textOf(input);
    const wait = retryAfterMs(text, now);
    const trimmed = text.trim();
    if (wait === undefined) {
      claim(!/^\d{1,12}$/.test(trimmed), () => `did not read ${quoted(text)}`);
      return;
    }
    claim(Number.isInteger(wait) && wait >= 0 && wait <= hourMs, () => `${quoted(text)} is ${wait} ms`);
    if (/^\d{1,12}$/.test(trimmed)) {
      claim(wait === Math.min(Number(trimmed) * 1_000, hourMs), () => `${quoted(text)} is ${wait} ms`);
    } else claim(httpDate.test(trimmed), () => `${quoted(text)} was taken for a date: ${wait} ms`);
  },
});

const keyMaterial = materialOf(
  ['order-7', '0190a000-0000-7000-8000-00001234abcd', 'a'.repeat(255), '"quoted"'],
  [' ', '\t', '\u00a0', 'é', '\x7f', '~', '!', '\r\n', 'a'.repeat(64)],
);

export const idempotencyKeys = pureTarget({
  name: 'idempotency-key',
  holds: 'taken exactly when it is 1 to 255 visible ASCII characters',
  weight: 80,
  input: (random) => mutated(random, keyMaterial),
  check(input) {
    const text = textOf(input);
    let visible = text.length >= 1 && text.length <= 255;
    for (const character of text) visible &&= character > ' ' && character <= '~';
    claim(idempotencyKey.safeParse(text).success === visible, () => `about ${quoted(text)}`);
  },
});

const minted = mintKey('0190a000-0000-7000-8000-00001234abcd', (bytes) => Buffer.alloc(bytes, 0x5a));
const credentialMaterial = materialOf(
  [
    minted,
    `Bearer ${minted}`,
    `Basic ${Buffer.from(`u:${minted}`).toString('base64')}`,
    'bearer   x',
    'Basic Og==',
  ],
  ['tcs_', '_', 'Bearer ', 'Basic ', ':', '=', ' ', '\t', '0', 'z', 'Z', ','],
);

export const credentials = pureTarget({
  name: 'api-keys',
  holds: 'a key is found only in its three places, whole; only ours look like ours',
  weight: 70,
  input: (random) => mutated(random, credentialMaterial),
  check(input) {
    const text = textOf(input);
    const byHeader = presentedKey({ apiKey: text, authorization: undefined });
    claim(byHeader === (text.trim() || null), () => `X-API-Key ${quoted(text)} is ${byHeader}`);
    const key = presentedKey({ apiKey: undefined, authorization: text });
    if (key !== null) {
      claim(/^(bearer|basic) /i.test(text), () => `a key out of ${quoted(text)}`);
      if (/^bearer/i.test(text)) claim(text.includes(key), () => `another key than ${quoted(text)}`);
    }
    if (!isMintedKey(text)) return;
    claim(text.length === minted.length && text.length <= longestKey, 'a key of another length');
    claim(text.slice(4, 12) === shortId(text.slice(0, 12)), 'a key without its id');
  },
});

const wordMaterial = materialOf(
  [
    'application/json; charset=utf-8',
    'application/x-ndjson',
    'text/plain; version=0.0.4',
    'default',
    'req-1.a:b',
  ].concat(['text/plain; charset="UTF-8"; version=1.0.0', '_internal', 'a'.repeat(64)]),
  [';', '=', '"', 'charset=', 'version=', 'utf-16', '/', ' ', '\r\n', '_', '.', '-', 'é', ','],
);

export const headerWords = pureTarget({
  name: 'header-words',
  holds:
    'a content type has a decoder or none, a request id is echoed only when harmless, a tenant has a plain name',
  weight: 60,
  input: (random) => mutated(random, wordMaterial),
  check(input) {
    const text = textOf(input);
    const decoder = decoderFor(text);
    claim(decoder === null || typeof decoder === 'function', 'a decoder that is none');
    claim(decoderFor(text) === decoder, () => `another decoder for ${quoted(text)} the second time`);
    const id = requestIdOf(text, () => 'new');
    claim(
      /^[A-Za-z0-9_.:-]{1,128}$/.test(id) && (id === text || id === 'new'),
      () => `the request id ${quoted(id)}`,
    );
    if (tenantName.safeParse(text).success) {
      claim(/^[A-Za-z0-9_.-]{1,64}$/.test(text) && !/^[_.-]/.test(text), () => `the tenant ${quoted(text)}`);
    }
  },
});
