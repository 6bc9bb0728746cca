// Bodies that other programs post: what is taken of them is within its bounds and reads the same again, what is not is told.
import type { Context } from 'hono';
import { defaultLimits } from '../../../config/config.ts';
import { ApiError } from '../../../errors.ts';
import { parseJson } from '../../../http/body.ts';
import type { HttpEnv } from '../../../http/env.ts';
import { alertmanagerIn, appriseIn } from '../../../http/routes/webhooks.ts';
import { decodeAlerts } from '../../../ingest/alertmanager-payload.ts';
import { decodeApprise } from '../../../ingest/apprise-payload.ts';
import { materialOf, mutated } from '../mutate.ts';
import { claim, pureTarget, quoted, type Target } from '../target.ts';

const now = 1_700_000_000_000;
const alerts = materialOf(
  [
    '{"receiver":"r","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"DiskFull","instance":"web-1","severity":"page"},"annotations":{"summary":"s","runbook_url":"u"},"startsAt":"2023-11-14T22:13:20.123456789Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p/g","fingerprint":"9ef2a6dbb38cb18c"}],"groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am:9093","version":"4","groupKey":"{}:{}","truncatedAlerts":0}',
    '{"alerts":[{"labels":{"a":"1"}},{"status":"resolved","labels":{"größe":"\\ud83d\\ude00"},"endsAt":"2023-11-14T22:13:20+08:00"},{"labels":{}}]}',
    '{"version":"1","orgId":1,"state":"alerting","alerts":[{"status":"firing","labels":{"alertname":"Slow"},"annotations":{"n":3,"b":true,"o":null},"values":{"B":22.5},"valueString":"[ var=\'B\' ]","dashboardURL":"d","panelURL":"p","silenceURL":"s","startsAt":"9999-12-31T23:59:59Z"}]}',
  ],
  [
    ...[
      '"alerts":[',
      '"labels":{',
      '"annotations":{',
      '"__proto__":{',
      '"constructor":"x"',
      '"values":{"B":1e999}',
    ],
    ...[
      '"startsAt":"1969-12-31T23:59:59Z"',
      '"endsAt":""',
      '"status":"resolved"',
      '\\ud83d',
      '""',
      'null',
      '[',
      ']',
    ],
  ],
);
const notes = materialOf(
  [
    '{"version":"1.0","title":"Backup","message":"db-1 failed","attachments":[],"type":"failure"}',
    '{"version":"1.0","title":"","message":"m","type":"info","service":"pay","severity":"critical","category":"security"}',
  ],
  [
    '"type":"odd"',
    '"attachments":[{"filename":"f","base64":"AA=="}]',
    '"__proto__":',
    '"n":1',
    '\\ud83d',
    '""',
    '{}',
  ],
);
const c = { req: { header: (name: string) => (name === 'content-type' ? 'application/json' : undefined) } };
const context = c as unknown as Context<HttpEnv>;
const bounds = { jsonDepth: 16, emptyIsObject: false };
const refusals = new Set(['invalid_json', 'invalid_body', 'too_deep']);

/** What the schema makes of the input; null when it is refused as documented. */
function taken<T>(input: Uint8Array, schema: Parameters<typeof parseJson<T>>[2]): T | null {
  try {
    return parseJson(context, Buffer.from(input), schema, bounds);
  } catch (error) {
    claim(error instanceof ApiError && refusals.has(error.code), () => `threw ${String(error)}`);
    return null;
  }
}

const timeOf = (at: number | null) => (at === null ? undefined : new Date(at).toISOString());
const isTime = (at: number | null) => at === null || (Number.isSafeInteger(at) && at > 0);

const alertBodies = pureTarget({
  name: 'alertmanager-body',
  holds: 'every alert is taken within its bounds or refused by its index; what is taken reads the same again',
  weight: 20,
  input: (random) => mutated(random, alerts),
  check(input) {
    const body = taken(input, alertmanagerIn);
    if (body === null) return;
    const read = decodeAlerts(body.alerts, defaultLimits, now);
    claim(read.alerts.length + read.rejected.length === body.alerts.length, 'an alert without an answer');
    for (const { message } of read.rejected) claim(message.length < 100, () => `said ${quoted(message)}`);
    for (const alert of read.alerts) {
      claim(Object.keys(alert.labels).length > 0, 'an alert without labels');
      claim(isTime(alert.startsAt) && isTime(alert.endsAt), 'a time that is none');
      claim(alert.value === null || Number.isFinite(alert.value), 'a value that is no number');
      const texts = Object.values(alert.annotations);
      claim(
        texts.length <= 64 && texts.every(({ length }) => length <= 8_192),
        'annotations without a bound',
      );
    }
    const again = read.alerts.map(({ startsAt, endsAt, value, ...rest }) => ({
      ...rest,
      ...{
        startsAt: timeOf(startsAt),
        endsAt: timeOf(endsAt),
        ...(value !== null && { values: { v: value } }),
      },
    }));
    const second = decodeAlerts(JSON.parse(JSON.stringify(again)) as unknown[], defaultLimits, now);
    claim(
      JSON.stringify(second) === JSON.stringify({ alerts: read.alerts, rejected: [] }),
      () => `${quoted(JSON.stringify(read.alerts))} became ${quoted(JSON.stringify(second))}`,
    );
  },
});

const appriseBodies = pureTarget({
  name: 'apprise-body',
  holds: 'an event within its bounds, or what is wrong',
  weight: 10,
  input: (random) => mutated(random, notes),
  check(input) {
    const body = taken(input, appriseIn);
    if (body === null) return;
    const event = decodeApprise(body, defaultLimits);
    if (typeof event === 'string') {
      claim(event !== '' && event.length < 300, () => `said ${quoted(event)}`);
      return;
    }
    claim(event.message.length > 0 && event.message.length <= 8_192, 'a message without a bound');
    claim(Object.keys(event.labels).length <= defaultLimits.labelsPerSeries, 'more labels than there may be');
  },
});

export const inboundBodies: readonly Target[] = [alertBodies, appriseBodies];
