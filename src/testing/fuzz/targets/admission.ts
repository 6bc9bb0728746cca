// Samples at the gate: what is let in has names within the limits and reads back as it was; what is refused is counted.
import fc from 'fast-check';
import { labelSet } from '../../../../rules/labels.ts';
import { admit } from '../../../ingest/admit.ts';
import { narrow } from '../../../ingest/scan-fuzz.ts';
import { SeriesTable } from '../../../ingest/series.ts';
import { anyText, generated, labelEntries } from '../generated.ts';
import { claim, inputOf, jsonOf, pureTarget } from '../target.ts';

const now = 1_700_000_000_000;
const limits = { ...narrow, seriesPerTenant: 5, samplesPerRequest: 6 };

/** Numbers go as texts: JSON has no NaN. */
const samples = fc.array(
  fc.tuple(
    anyText,
    labelEntries,
    fc.constantFrom('1', '-0', 'NaN', 'Infinity', '-Infinity', '5e-324', '1.7976931348623157e308'),
    fc.constantFrom('', String(now), String(now - 1), '0', '-1', '1700000000', '1e300', String(now + 1e9)),
  ),
  { maxLength: 8 },
);
type Sample = readonly [string, [string, string][], string, string];

export const admission = pureTarget({
  name: 'admission',
  holds: 'what is let in is within the limits and reads back; accepted and refused are all that came',
  weight: 6,
  input: (random) => inputOf(generated(random, samples)),
  check(input) {
    const table = new SeriesTable({ limits });
    const raw = jsonOf<Sample[]>(input).map(([metric, entries, value, at], index) => ({
      index,
      metric,
      labels: labelSet(entries),
      value: Number(value),
      ...(at === '' ? {} : { timestamp: Number(at) }),
    }));
    const { count, series, times, values, rejected } = admit(table, 'a', raw, now, limits);
    claim(count + rejected.length === raw.length, `${count} and ${rejected.length} of ${raw.length}`);
    const refused = new Set(rejected.map(({ index }) => index));
    const accepted = raw.filter(({ index }) => !refused.has(index));
    // By time, those of equal time as they came.
    accepted.sort((a, b) => (a.timestamp ?? now) - (b.timestamp ?? now));
    for (const [i, { metric, labels, value, timestamp }] of accepted.entries()) {
      const id = series[i]!;
      claim(table.metricOf(id) === metric, `${JSON.stringify(metric)} became another metric`);
      claim(JSON.stringify(table.labelsOf(id)) === JSON.stringify(labels), 'labels that do not read back');
      claim(Object.is(values[i], value) && Number.isFinite(value), `the value ${value} became ${values[i]}`);
      claim(times[i] === (timestamp ?? now), `the time ${timestamp} became ${times[i]}`);
      claim(bytes(metric) <= limits.metricNameBytes && metric !== '', 'a metric name beyond its bound');
      const entries = Object.entries(labels);
      claim(entries.length <= limits.labelsPerSeries, 'more labels than a series may have');
      for (const [name, text] of entries) {
        claim(bytes(name) <= limits.labelNameBytes && name !== '', 'a label name beyond its bound');
        claim(bytes(text) <= limits.labelValueBytes, 'a label value beyond its bound');
        claim(!/\p{Cs}/u.test(name + text), 'half of a surrogate pair in a label');
      }
    }
    claim(table.countOf('a') <= limits.seriesPerTenant, 'more series than a tenant may have');
    claim(Object.keys({}).length === 0 && !('polluted' in {}), 'a polluted prototype');
  },
});

const bytes = (text: string) => Buffer.byteLength(text);
