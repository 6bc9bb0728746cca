// Samples by columns: each series once, with as many timestamps as values. For clients that collect before they send:
// names are read once for all points.
import type { RawSample } from '../services.ts';
import { invalid, isObject, kindOf, type Refusal, seriesOf } from './json-sample.ts';
import type { Rejections } from './rejections.ts';

interface Columns {
  readonly series: Pick<RawSample, 'metric' | 'labels'>;
  readonly timestamps: readonly unknown[];
  readonly values: readonly unknown[];
}

/**
 * Reads items {"metric", "labels"?, "timestamps": [ms…], "values": […]}. `index` counts points over the whole request; an
 * item that cannot be used at all counts as one.
 */
export function readColumns(
  items: readonly unknown[],
  samples: RawSample[],
  rejections: Rejections,
  most: number,
): void {
  let index = 0;
  for (let item = 0; item < items.length; item++) {
    const columns = columnsOf(items[item]);
    if ('code' in columns) {
      if (index < most) rejections.add(index, columns.code, `series ${item}: ${columns.message}`);
      else rejections.tooMany(index, most);
      index++;
      continue;
    }
    const { series, timestamps, values } = columns;
    for (let point = 0; point < values.length; point++, index++) {
      const value = values[point];
      const timestamp = timestamps[point];
      const where = () => `series ${item}, point ${point}: `;
      if (index >= most) rejections.tooMany(index, most);
      else if (typeof value !== 'number') {
        rejections.add(index, 'invalid_sample', `${where()}value must be a number, not ${kindOf(value)}`);
      } else if (typeof timestamp !== 'number' || !Number.isInteger(timestamp)) {
        const got = typeof timestamp === 'number' ? 'a fraction' : kindOf(timestamp);
        const message = `${where()}timestamp must be whole milliseconds since 1970, not ${got}`;
        rejections.add(index, 'invalid_sample', message);
      } else samples.push({ index, ...series, value, timestamp });
    }
  }
}

function columnsOf(item: unknown): Columns | Refusal {
  if (!isObject(item)) return invalid(`a series must be an object, not ${kindOf(item)}`);
  const series = seriesOf(item);
  if ('code' in series) return series;
  const { timestamps, values } = item;
  if (!Array.isArray(timestamps)) return invalid(`timestamps must be an array, not ${kindOf(timestamps)}`);
  if (!Array.isArray(values)) return invalid(`values must be an array, not ${kindOf(values)}`);
  if (timestamps.length !== values.length) {
    return invalid(`there are ${timestamps.length} timestamps and ${values.length} values`);
  }
  return { series, timestamps, values };
}
