// Requests full of samples that are made once: before each push only the timestamp is written anew, in place.
import { environments, metricCount, metricName, operatorKey } from './settings.ts';
import { post } from './wire.ts';

const digits = 13; // of a time in milliseconds, until the year 2286
const placeholder = '0'.repeat(digits);

export class SampleRequest {
  readonly bytes: Buffer;
  readonly #places: number[] = [];

  constructor(contentType: string, body: string, { path = '/api/v1/metrics', timed = true } = {}) {
    const headers = { 'x-api-key': operatorKey, 'content-type': contentType };
    this.bytes = post(path, headers, body);
    const marker = Buffer.from(placeholder);
    for (let at = this.bytes.indexOf(marker); at >= 0; at = this.bytes.indexOf(marker, at + digits)) {
      this.#places.push(at);
    }
    // The same times again would be samples that say nothing new.
    if (timed && this.#places.length === 0) throw new Error('a request without timestamps');
  }

  /** The same request with this time in every sample that has one; valid until the next call. */
  at(time: number): Buffer {
    const text = Buffer.from(String(time));
    for (const place of this.#places) text.copy(this.bytes, place);
    return this.bytes;
  }
}

interface SeriesLabels {
  readonly metric: string;
  readonly host: string;
  readonly env: string;
}

function seriesOf(n: number): SeriesLabels {
  return {
    metric: metricName(n),
    host: `host-${String(Math.floor(n / metricCount)).padStart(4, '0')}`,
    env: `env-${Math.floor(n / metricCount) % environments}`,
  };
}

/** At most 126. */
const sampleValue = (n: number) => ((n * 7) % 997) / 8 + 1;

/** `count` samples of as many series, from the n-th on: four labels each, about 150 bytes a sample. */
export function jsonRequest(from: number, count: number): SampleRequest {
  const samples = Array.from({ length: count }, (_, i) => {
    const { metric, host, env } = seriesOf(from + i);
    return `{"metric":"${metric}","labels":{"host":"${host}","env":"${env}","region":"eu-west-1","instance":"10.0.0.1:9100"},"value":${sampleValue(from + i)},"timestamp":${placeholder}}`;
  });
  return new SampleRequest('application/json', `{"samples":[${samples.join(',')}]}`);
}

const textType = 'text/plain; version=0.0.4';

function textOf(from: number, count: number, end: string, value?: number): string {
  const lines = Array.from({ length: count }, (_, i) => {
    const { metric, host, env } = seriesOf(from + i);
    return `${metric}{host="${host}",env="${env}",region="eu-west-1",instance="10.0.0.1:9100"} ${value ?? sampleValue(from + i)}${end}\n`;
  });
  return lines.join('');
}

/** The same samples as Prometheus text; all of them `value` where one is given. */
export function prometheusRequest(from: number, count: number, value?: number): SampleRequest {
  return new SampleRequest(textType, textOf(from, count, ` ${placeholder}`, value));
}

/** The same to VictoriaMetrics. */
export function victoriaMetricsRequest(from: number, count: number): SampleRequest {
  const path = '/api/v1/import/prometheus';
  return new SampleRequest(textType, textOf(from, count, ` ${placeholder}`), { path });
}

/** The same text as a push of a group of its own to a pushgateway, which takes no timestamps. */
export function pushgatewayRequest(from: number, count: number): SampleRequest {
  const path = `/metrics/job/bench/from/${from}`;
  return new SampleRequest(textType, textOf(from, count, ''), { path, timed: false });
}
