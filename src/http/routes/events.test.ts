import { afterEach, beforeEach, expect, it } from 'vitest';
import { httpStage, type Stage } from '../../testing/http-stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = httpStage();
});
afterEach(() => stage.close());

const post = (body: unknown, headers = {}) =>
  stage.request('POST', '/api/v1/events', { as: 'ingest', body, headers });
const least = { type: 'deploy.failed', severity: 'high', message: 'it broke' };

it('takes the least there can be', async () => {
  const reply = await post(least);
  expect(reply.status).toBe(202);
  expect(reply.json).toMatchObject({ status: 'accepted' });
  expect(stage.events).toMatchObject([{ ...least, labels: {}, recipients: [] }]);
  expect(stage.events[0]).not.toHaveProperty('category');
  expect(stage.events[0]).not.toHaveProperty('occurredAt');
});

it('takes everything', async () => {
  await post({
    ...least,
    impact: 'nobody can pay',
    labels: { service: 'pay' },
    recipients: ['ops'],
    dedup_key: 'd',
    category: 'BUSINESS',
    priority: 'p1',
    occurred_at: '2023-11-14T22:00:00Z',
  });
  expect(stage.events).toMatchObject([
    {
      impact: 'nobody can pay',
      labels: { service: 'pay' },
      recipients: ['ops'],
      dedupKey: 'd',
      category: 'business',
      priority: 'P1',
      occurredAt: Date.parse('2023-11-14T22:00:00Z'),
    },
  ]);
});

it.each([
  ['LOW', 'info'],
  ['Medium', 'warning'],
  ['warning', 'warning'],
  ['High', 'high'],
  ['CRITICAL', 'critical'],
  ['emergency', 'emergency'],
])('reads the severity %s as %s', async (severity, expected) => {
  await post({ ...least, severity });
  expect(stage.events[0]?.severity).toBe(expected);
});

it('says every problem with its path', async () => {
  const reply = await post({
    severity: 'loud',
    message: '',
    labels: { a: 1 },
    occurred_at: 'yesterday',
    colour: 'red',
  });
  expect(reply.json.error).toMatchInlineSnapshot(`
    {
      "code": "invalid_body",
      "details": {
        "problems": [
          {
            "message": "is required: expected string",
            "path": "type",
          },
          {
            "message": "expected one of info, warning, high, critical, emergency, low (info), medium (warning)",
            "path": "severity",
          },
          {
            "message": "expected string to have >=1 characters",
            "path": "message",
          },
          {
            "message": "expected string, got number",
            "path": "labels.a",
          },
          {
            "message": "Invalid ISO datetime",
            "path": "occurred_at",
          },
          {
            "message": "unknown key",
            "path": "colour",
          },
        ],
      },
      "message": "The body does not have the expected shape.",
    }
  `);
});

it('is one event for one Idempotency-Key, and a conflict with another body', async () => {
  const key = { 'idempotency-key': 'k-1' };
  const first = await post(least, key);
  expect((await post(least, key)).text).toBe(first.text);
  const other = await post({ ...least, message: 'other' }, key);
  expect([other.status, other.code]).toEqual([409, 'idempotency_conflict']);
  expect(stage.events).toHaveLength(1);
});
