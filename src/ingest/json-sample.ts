// One sample as JSON: {"metric", "labels"?, "value", "timestamp"?}. Nothing is converted: a number written as a string
// is refused with the reason, because guessing hides a sender's mistake until the night it matters.
import { emptyLabels, isForbiddenName, labelSet } from '../../rules/labels.ts';
import type { Labels } from '../../rules/types.ts';
import type { RawSample, RejectCode } from '../services.ts';
import type { Rejections } from './rejections.ts';
import { shown } from './rejections.ts';

/** Reads one sample into `into.samples`, or gives the reason why not to `rejections`; `where` stands before the message. */
export function readSample(
  item: unknown,
  index: number,
  where: string,
  samples: RawSample[],
  rejections: Rejections,
): void {
  const read = sampleOf(item, index);
  if ('code' in read) rejections.add(index, read.code, `${where}${read.message}`);
  else samples.push(read);
}

export interface Refusal {
  readonly code: RejectCode;
  readonly message: string;
}

function sampleOf(item: unknown, index: number): RawSample | Refusal {
  if (!isObject(item)) return invalid(`a sample must be an object, not ${kindOf(item)}`);
  const { metric, value, timestamp } = item;
  if (typeof metric !== 'string') return notAString(metric);
  if (typeof value !== 'number') return invalid(`value must be a number, not ${kindOf(value)}`);
  const series = seriesOf(item);
  if ('code' in series) return series;
  const { labels } = series;
  if (timestamp === undefined || timestamp === null) return { index, metric, labels, value };
  if (typeof timestamp !== 'number' || !Number.isInteger(timestamp)) {
    const got = typeof timestamp === 'number' ? 'a fraction' : kindOf(timestamp);
    return invalid(`timestamp must be whole milliseconds since 1970, not ${got}`);
  }
  return { index, metric, labels, value, timestamp };
}

export interface SeriesNames {
  readonly metric: string;
  readonly labels: Labels;
}

/** Reads the members `metric` and `labels`. */
export function seriesOf(item: Readonly<Record<string, unknown>>): SeriesNames | Refusal {
  const { metric, labels } = item;
  if (typeof metric !== 'string') return notAString(metric);
  if (labels === undefined || labels === null) return { metric, labels: emptyLabels };
  if (!isObject(labels)) return invalid(`labels must be an object, not ${kindOf(labels)}`);
  for (const name of Object.keys(labels)) {
    const text = labels[name];
    if (typeof text !== 'string') {
      return invalid(`the value of label ${shown(name)} must be a string, not ${kindOf(text)}`);
    }
    if (isForbiddenName(name)) {
      return { code: 'invalid_label_name', message: `${shown(name)} cannot be the name of a label` };
    }
  }
  return { metric, labels: labelSet(labels as Record<string, string>) };
}

function notAString(metric: unknown): Refusal {
  return invalid(`metric must be a string, not ${kindOf(metric)}`);
}

export function invalid(message: string): Refusal {
  return { code: 'invalid_sample', message };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function kindOf(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
