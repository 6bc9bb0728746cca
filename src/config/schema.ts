// The shape of tocsin.yaml. Snake case here, camel case inside: the two meet in this file and in load.ts.
import { z } from 'zod';
import { locales } from '../../channels/message.ts';
import { secret } from '../../channels/secret.ts';
import { addressPolicy } from '../delivery/egress-address.ts';
import { reportFormats } from '../reports/report.ts';
import { isTimeZone } from '../statistics/calendar.ts';
import { parseAddress } from './address.ts';
import { classifySchema, heartbeatsSchema } from './inbound-schema.ts';
import { linksSchema } from './links.ts';
import { parseProxy } from './proxy.ts';
import { parsePublicUrl } from './public-url.ts';
import { cron } from './reach-test.ts';
import { routingSections } from './routing-schema.ts';
import { duration, matcher, name, positiveDuration, scalar, text } from './scalars.ts';
import { parseBytes } from './sizes.ts';
import { strategiesSchema } from './strategies.ts';
import { templatesSchema } from './templates.ts';
import { topologySchema } from './topology.ts';

const bytes = scalar('expected an amount of bytes such as 1048576, 64MiB or 2GiB', parseBytes);
const address = scalar('expected host:port, e.g. 127.0.0.1:8787', parseAddress);
const proxy = scalar(
  'expected http://host:port; user and password go into proxy_username and proxy_password',
  parseProxy,
);
const publicUrl = scalar(
  'expected the address of this program from outside, such as https://alerts.example.com',
  parsePublicUrl,
);
const count = z.int().min(1);
const secretsKey = secret(
  z.string().min(32, 'expected at least 32 characters').max(1_024, 'expected at most 1024 characters'),
);
const zone = z.string().refine(isTimeZone, 'expected the name of a time zone such as Europe/Vienna');
const interval = positiveDuration.refine((ms) => ms >= 1_000, 'expected a duration of at least 1s');

const longestPeriodMs = 400 * 86_400_000;

const reportsSchema = z
  .array(
    z.strictObject({
      name,
      schedule: cron,
      tz: zone.optional(),
      period: positiveDuration
        .refine((ms) => ms <= longestPeriodMs, 'expected a duration of at most 400d')
        .optional(),
      format: z.enum(reportFormats).optional(),
      locale: z.enum(locales).optional(),
      tenant: name.optional(),
      to: text,
    }),
  )
  .max(100)
  .superRefine((reports, context) => {
    for (const [i, { name: own }] of reports.entries())
      if (reports.findIndex((other) => other.name === own) < i)
        context.addIssue({ code: 'custom', path: [i, 'name'], message: 'another report has this name' });
  });

export const configSchema = z.strictObject({
  listen: address.optional(),
  public_url: publicUrl.optional(),
  /** What secrets that came through the API are kept with; of a list the first, and the others open what is older. */
  secrets_key: z.union([secretsKey, z.array(secretsKey).min(1).max(4)]).optional(),
  data: text.optional(),
  ballast: bytes.optional(),
  rules: z
    .union([text, z.array(text).max(1_000)], { error: 'expected a list of files and folders' })
    .optional(),
  collector: z.strictObject({ host: z.boolean().optional(), interval: interval.optional() }).optional(),
  mock: z.boolean().optional(),
  channels: z.record(name, z.looseObject({ type: text })).optional(),
  templates: templatesSchema.optional(),
  time_zone: zone.optional(),
  strategies: strategiesSchema.optional(),
  ...routingSections,
  /** Whoever is named here has sections of its own, and nothing of the others. */
  tenants: z.record(name, z.strictObject(routingSections)).optional(),
  acknowledge: z.strictObject({ expires_after: positiveDuration.nullable().optional() }).optional(),
  flapping: z
    .union(
      [
        z.literal(false),
        z.strictObject({ count: z.int().min(3).max(100).optional(), window: positiveDuration.optional() }),
      ],
      { error: 'expected { count, window }, or false' },
    )
    .optional(),
  reports: reportsSchema.optional(),
  classify: classifySchema(matcher).optional(),
  heartbeats: heartbeatsSchema(interval, duration).optional(),
  topology: topologySchema.optional(),
  egress: z
    .strictObject({
      allow: z
        .array(text.refine(isEgressEntry, 'expected a range such as 10.0.0.0/8, an address or a host name'))
        .max(1_000)
        .optional(),
      proxy: proxy.optional(),
      // A colon would end it (RFC 7617).
      proxy_username: z
        .string()
        .regex(/^[^:\p{Cc}]{1,255}$/u, 'expected a name without ":" and control characters')
        .optional(),
      proxy_password: secret(text.max(1_024)).optional(),
    })
    .refine((value) => (value.proxy_username === undefined) === (value.proxy_password === undefined), {
      error: 'proxy_username and proxy_password belong together',
      path: ['proxy_password'],
    })
    .refine((value) => value.proxy !== undefined || value.proxy_username === undefined, {
      error: 'proxy_username without a proxy',
      path: ['proxy_username'],
    })
    .optional(),
  limits: z
    .strictObject({
      series_per_tenant: count.optional(),
      labels_per_series: count.optional(),
      label_name_bytes: count.optional(),
      label_value_bytes: count.optional(),
      metric_name_bytes: count.optional(),
      samples_per_request: count.optional(),
      ingest_bytes: bytes.refine((n) => n > 0, 'expected more than 0 bytes').optional(),
      body_bytes: bytes.refine((n) => n > 0, 'expected more than 0 bytes').optional(),
      json_depth: count.max(1_000).optional(),
      queue_per_tenant: count.optional(),
      open_deliveries_per_tenant: count.optional(),
      dead_letters_alert: count.max(100_000).optional(),
      messages_per_minute: count.max(100_000).optional(),
      detector_bytes: bytes.optional(),
      past: positiveDuration.optional(),
      future: positiveDuration.optional(),
    })
    .optional(),
  links: linksSchema.optional(),
  silences: z
    .strictObject({ max_duration: positiveDuration.optional(), remind_before: duration.optional() })
    .optional(),
  retention: z
    .strictObject({
      samples: positiveDuration.optional(),
      samples_bytes: bytes.optional(),
      schedule: z
        .string()
        .regex(/^\s*(\S+\s+){4,5}\S+\s*$/, 'expected a cron expression of five fields, e.g. "0 3 * * *"')
        .max(128)
        .optional(),
      events_short: positiveDuration.optional(),
      events: positiveDuration.optional(),
      audit: positiveDuration.optional(),
      alerts: positiveDuration.optional(),
      deliveries: positiveDuration.optional(),
    })
    .optional(),
});
export type ConfigInput = z.output<typeof configSchema>;

function isEgressEntry(entry: string): boolean {
  try {
    addressPolicy([entry]);
    return true;
  } catch {
    return false; // it throws for exactly this: an entry that is none of the three
  }
}
