import { afterEach, beforeEach, expect, it } from 'vitest';
import { httpStage, type Stage } from '../../testing/http-stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = httpStage();
});
afterEach(() => stage.close());

it('tells anybody how it is, without details', async () => {
  const reply = await stage.request('GET', '/health');
  expect(reply.status).toBe(200);
  expect(reply.json).toEqual({ status: 'ok', ready: true, checks: { store: 'ok' } });
});

it('fails when the program failed', async () => {
  stage.health = { ready: false, status: 'failed', checks: { store: { ok: false, detail: '/secret' } } };
  const reply = await stage.request('GET', '/health');
  expect(reply.status).toBe(503);
  expect(reply.text).not.toContain('secret');
});

it('lives before it is ready', async () => {
  stage.health = { ready: false, status: 'degraded', checks: {} };
  expect((await stage.request('GET', '/health/live')).status).toBe(200);
  const ready = await stage.request('GET', '/health/ready');
  expect([ready.status, ready.code, ready.headers.get('retry-after')]).toEqual([503, 'starting', '1']);
  stage.health = { ...stage.health, ready: true };
  expect((await stage.request('GET', '/health/ready')).status).toBe(200);
});
