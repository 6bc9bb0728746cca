import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp } from '../../testing/test-app.ts';

const path = '/api/v1/series/range';

describe('series', () => {
  let app: TestApp;
  let at: number;
  const get = async (url: string, tenant = 'default') => {
    const { status, body } = await app.call('GET', url, undefined, { 'x-tenant-id': tenant });
    return { status, body: body as Record<string, never> };
  };
  beforeEach(async () => {
    app = await startTestApp('channels: { out: { type: console } }', 'rules: []');
    at = Math.floor(Date.now() / 1_000) * 1_000;
    const sample = (host: string, second: number, value: number) => ({
      metric: 'cpu',
      labels: { host },
      value,
      timestamp: at - 10_000 + second * 1_000,
    });
    await app.push([sample('a', 0, 1), sample('a', 1, 3), sample('a', 5, 7), sample('b', 0, 2)]);
    await app.call(
      'POST',
      '/api/v1/metrics',
      { samples: [sample('secret', 0, 9)] },
      { 'x-tenant-id': 'other' },
    );
    // The end stores what waits for its flush.
    app = await app.restart();
  });
  afterEach(async () => {
    await app.close();
    rmSync(app.folder, { recursive: true, force: true });
  });

  it('are listed page by page, those of the tenant alone', async () => {
    const first = await get('/api/v1/series?metric=cpu&limit=1');
    expect(first).toMatchObject({ status: 200, body: { items: [{ metric: 'cpu', labels: { host: 'a' } }] } });
    const second = await get(`/api/v1/series?limit=1&cursor=${String(first.body.next)}`);
    expect(second.body).toMatchObject({ items: [{ labels: { host: 'b' } }], next: null });
    expect((await get('/api/v1/series', 'other')).body).toMatchObject({
      items: [{ labels: { host: 'secret' } }],
      next: null,
    });
    expect((await get('/api/v1/series?cursor=nonsense')).body).toMatchObject({
      error: { code: 'invalid_cursor' },
    });
  });

  it('give points with minimum, maximum and average', async () => {
    const span = `from=${at - 10_000}&to=${at - 10_000 + 5_999}`;
    const { status, body } = await get(`${path}?metric=cpu&match[]=host%3D"a"&${span}&max_points=2`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      metric: 'cpu',
      step_ms: 3_000,
      more_series: false,
      series: [
        {
          labels: { host: 'a' },
          timestamps: [at - 10_000, at - 7_000],
          avg: [2, 7],
          min: [1, 7],
          max: [3, 7],
          count: [2, 1],
        },
      ],
    });
  });

  it('take times as text and several matchers, and show nothing of another tenant', async () => {
    const from = new Date(at - 10_000).toISOString();
    const labels = async (url: string, tenant?: string) =>
      (await get(`${path}?metric=cpu&from=${from}${url}`, tenant)).body;
    expect(await labels('&match[]=host!=b&match[]=host=~"a|b"')).toMatchObject({
      series: [{ labels: { host: 'a' } }],
    });
    expect((await labels('')).series).toHaveLength(2);
    expect(await labels('', 'other')).toMatchObject({ series: [{ labels: { host: 'secret' } }] });
  });

  it('say what is wrong with a question', async () => {
    const problem = async (url: string) => (await get(`${path}?metric=cpu&${url}`)).body;
    const invalid = { error: { code: 'invalid_query' } };
    expect(await problem('')).toMatchObject(invalid);
    expect(await problem(`from=${at}&to=${at - 1}`)).toMatchObject(invalid);
    expect(await problem(`from=${at}&match[]=host~a`)).toMatchObject(invalid);
    expect(await problem(`from=${at}&max_points=5000&limit=100`)).toMatchObject(invalid);
  });
});
