// `digest:` of a receiver or a route: what is collected for it, and when that goes out.
import { z } from 'zod';
import { parseSeverity } from '../../rules/severity.ts';
import { type Severity, severities } from '../../rules/types.ts';
import { type DigestRule, mostInDigest, neverCollected } from '../pipeline/digest-rule.ts';
import { fitsTheClock } from '../pipeline/on-the-clock.ts';
import { duration, name, text } from './scalars.ts';

const hourMs = 3_600_000;
const collectable = severities.filter((severity) => !neverCollected.includes(severity));

const severity = text.transform((written, context): Severity => {
  const found = parseSeverity(written);
  if (found !== undefined && !neverCollected.includes(found)) return found;
  const message =
    found === undefined
      ? `expected one of ${collectable.join(', ')}`
      : `${found} is never collected: expected one of ${collectable.join(', ')}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const onTheClock = duration.refine(
  fitsTheClock,
  'expected minutes that divide an hour (5m, 15m), or hours that divide a day (1h, 6h, 1d)',
);

const collecting = z
  .strictObject({
    every: onTheClock.optional().describe('On the clock of time_zone; 1h unless told otherwise.'),
    severities: z.array(severity).min(1).max(severities.length).optional(),
    max: z.int().min(1).max(mostInDigest).optional().describe('As many go out at once, before the time.'),
    to: name.optional().describe('The receiver that gets it, in place of the one that gets the rest.'),
  })
  .transform(
    ({ every, severities: of, max, to }): DigestRule => ({
      ...{ everyMs: every ?? hourMs, severities: of ?? ['info'], max: max ?? mostInDigest, to: to ?? null },
    }),
  );

/** `false` switches off what would hold otherwise. Not a union: what is wrong within is told where it is. */
export const digestSchema = z.preprocess(
  (written) => (written === false ? null : written),
  collecting.nullable(),
);
