// Rules about unusual values over HTTP: made, learned from what is pushed, drawn, told of.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const stepMs = 360_000;
const count = 200;
const strangeAt = 195;
let app: TestApp;
let start: number;

beforeAll(async () => {
  app = await startTestApp(
    'collector: { host: false }\nchannels: { screen: { type: console } }\nlimits: { past: 2d }\n',
    `rules:
  - { name: Plain, metric: cpu, operator: gt, threshold: 1000 }
  - { name: Unusual, type: anomaly, metric: cpu, learning: 12h, annotations: { summary: "{{ value }}, not {{ expected.low | round }} to {{ expected.high | round }}" } }`,
    { print() {} },
  );
  start = Math.floor(Date.now() / stepMs) * stepMs - count * stepMs;
  const samples = Array.from({ length: count }, (_, n) => ({
    metric: 'cpu',
    labels: { host: 'a' },
    value: n === strangeAt ? 88 : 20 + 2 * Math.sin(n * 1.7) * Math.cos(n * 0.31),
    timestamp: start + n * stepMs,
  }));
  expect(await app.push(samples.slice(0, strangeAt + 1))).toBe(202);
  // The history gets them with the next flush.
  const drawn = async () => {
    const { body } = await expectedOf(`from=${time(0)}&to=${time(count)}`);
    return (body as { series: unknown[] }).series.length;
  };
  while ((await drawn()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
});
afterAll(() => app.close());

const time = (n: number): string => new Date(start + n * stepMs).toISOString();
const expectedOf = (query: string, rule = 'Unusual') =>
  app.call('GET', `/api/v1/alerts/rules/${rule}/expected?${query}`);

describe('what was expected', () => {
  it('comes as columns of a span: bands, scores, verdicts', async () => {
    const { status, body } = await expectedOf(`from=${time(100)}&to=${time(count)}`);
    expect(status).toBe(200);
    const { from, to, more, series } = body as {
      from: string;
      to: string;
      more: boolean;
      series: Record<string, number[] & string[]>[];
    };
    expect([from, to, more, series.length]).toEqual([time(100), time(count), false, 1]);
    const [one] = series;
    expect(one).toMatchObject({ metric: 'cpu', labels: { host: 'a' } });
    const { timestamps, values, low, mid, high, score, verdicts, one_in: oneIn } = one!;
    const rows = strangeAt + 1 - 100;
    for (const column of [timestamps, values, low, mid, high, score, verdicts, oneIn])
      expect(column).toHaveLength(rows);
    for (let i = 0; i < rows; i++)
      expect(low![i]! <= mid![i]! && mid![i]! <= high![i]!, `row ${i}`).toBe(true);
    const last = rows - 1;
    expect(values![last]).toBe(88);
    expect(high![last]).toBeLessThan(30);
    expect(score![last]).toBeGreaterThan(0.5);
    expect(oneIn![last]).toBeGreaterThan(1_000);
    expect(verdicts![0]).toBe('insufficient_data');
    expect(verdicts!.slice(-2)).toEqual(['false', 'true']);
  });

  it('is of those series that match, and of a rule of another type nothing', async () => {
    const of = async (query: string, rule?: string) =>
      ((await expectedOf(query, rule)).body as { series: unknown[] }).series.length;
    const span = `from=${time(150)}&to=${time(count)}`;
    expect(await of(`${span}&match[]=${encodeURIComponent('host="a"')}`)).toBe(1);
    expect(await of(`${span}&match[]=${encodeURIComponent('host="b"')}`)).toBe(0);
    expect(await of(span, 'Plain')).toBe(0);
  });

  it.each([
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'Unusual', 400, 'expected a time before `to`'],
    ['from=yesterday', 'Unusual', 400, 'from'],
    [`match[]=${encodeURIComponent('host=~"("')}`, 'Unusual', 400, 'match[]'],
    ['', 'Nobody', 404, 'rule_not_found'],
  ])('with %s of %s answers %d', async (query, rule, status, said) => {
    const answered = await expectedOf(query, rule);
    expect(answered.status).toBe(status);
    expect(JSON.stringify(answered.body)).toContain(said);
  });
});

describe('a rule of the API', () => {
  const made = (path: string, body: object) => app.call('POST', `/api/v1/alerts/rules${path}`, body);

  it('is made at a path of its type, and drawn by its id', async () => {
    const { status, body } = await made('/anomaly', {
      ...{ name: 'Made', metric: 'cpu', detector: 'seasonal', learning: '12h', direction: 'up' },
      exclude: [{ weekdays: ['sunday'] }],
    });
    expect(status).toBe(201);
    const { id } = body as { id: string };
    expect(body).toMatchObject({ name: 'Made', type: 'anomaly', detector: 'seasonal', sensitivity: 1 });
    const { status: drawn } = await expectedOf(`from=${time(190)}&to=${time(count)}`, id);
    expect(drawn).toBe(200);
  });

  it.each([
    [{ name: 'X', metric: 'cpu', sensitivity: -1 }, 'sensitivity'],
    [{ name: 'X', metric: 'cpu', exclude_time_intervals: ['night'] }, 'exclude_time_intervals'],
    [{ name: 'X', metrics: ['cpu'], by: [] }, 'metrics'],
  ])('%j is refused at %s', async (body, path) => {
    const answered = await made('/anomaly', body);
    expect(answered.status).toBe(400);
    expect(JSON.stringify(answered.body)).toContain(path);
  });
});

describe('the alert', () => {
  const alertOf = async () => {
    const { body } = await app.call('GET', '/api/v1/alerts?matcher=alertname%3D%22Unusual%22');
    const [alert] = (body as { items: { id: string }[] }).items;
    return alert as { id: string; finding: { expected: { low: number; high: number } } } | undefined;
  };

  it('has what was expected, in its texts too', async () => {
    const alert = await alertOf();
    expect(alert).toMatchObject({
      finding: { value: 88, at: time(strangeAt) },
      annotations: { summary: expect.stringMatching(/^88, not 1\d to 2\d$/) },
    });
  });

  it.each([
    [
      'en',
      /Unusual for this series: expected 1[\d.]+–2[\d.]+ at this hour on \w+days, got 88; 1 in [\d,]+\./,
    ],
    ['zh-TW', /對這個序列而言異常：週.的這個時段預期 1[\d.]+–2[\d.]+，實際 88；[\d,]+ 次中才有 1 次。/],
    ['zh-CN', /对这个序列而言异常：周.的这个时段预期 1[\d.]+–2[\d.]+，实际 88；[\d,]+ 次中才有 1 次。/],
  ])('is explained in %s', async (locale, said) => {
    const alert = await alertOf();
    const page = await app.tocsin.fetch(
      new Request(`http://tocsin.test/api/v1/alerts/${alert!.id}/explain?format=text&locale=${locale}`, {
        headers: { 'x-api-key': app.key },
      }),
    );
    // Lines are broken where the page ends.
    expect((await page.text()).replace(/\s+/g, ' ')).toMatch(said);
  });
});
