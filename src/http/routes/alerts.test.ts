import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../../rules/labels.ts';
import { httpStage, type Stage } from '../../testing/http-stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = httpStage();
});
afterEach(() => stage.close());

const get = (path: string) => stage.request('GET', path, { as: 'viewer' });
const ids = (reply: { json: { items?: unknown } }) =>
  (reply.json.items as { id: string }[]).map(({ id }) => id);

describe('the list of alerts', () => {
  it('is paged, newest first, without gap or repeat', async () => {
    const all = Array.from({ length: 5 }, () => stage.addAlert().id).reverse();
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await get(`/api/v1/alerts?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...ids(page));
      cursor = page.json.next as string | null;
    }
    expect(seen).toEqual(all);
  });

  it('is narrowed by state, kind, rule and severity', async () => {
    const firing = stage.addAlert();
    const pending = stage.addAlert({ state: 'pending', severity: 'critical', effectiveSeverity: 'critical' });
    const resolved = stage.addAlert({ state: 'resolved', resolvedAt: stage.now, rule: 'Other' });
    const event = stage.addAlert({ kind: 'event', state: 'resolved', resolvedAt: stage.now, rule: null });
    expect(ids(await get('/api/v1/alerts?state=firing,pending'))).toEqual([pending.id, firing.id]);
    expect(ids(await get('/api/v1/alerts?kind=event'))).toEqual([event.id]);
    expect(ids(await get('/api/v1/alerts?rule=Other'))).toEqual([resolved.id]);
    expect(ids(await get('/api/v1/alerts?severity=critical'))).toEqual([pending.id]);
    expect(ids(await get('/api/v1/alerts/active'))).toEqual([pending.id, firing.id]);
  });

  it('is narrowed by who has it, by time, by matchers and by words', async () => {
    const mine = stage.addAlert({
      assignee: 'bea',
      ackedBy: 'bea',
      ackedAt: stage.now,
      ackUntil: stage.now + 60_000,
      snoozedUntil: stage.now + 60_000,
      category: 'security',
      fingerprint: 'feedfeedfeedfeed',
    });
    const late = stage.addAlert({
      firedAt: stage.now + 60_000,
      effectiveSeverity: 'critical',
      labels: labelSet({ alertname: 'Disk', host: 'b', severity: 'warning' }),
      annotations: { summary: '磁碟空間不足' },
    });
    const found = async (query: string) => ids(await get(`/api/v1/alerts?${query}`));
    for (const query of [
      'assignee=bea',
      'acknowledged=true',
      'snoozed=true',
      'category=security,cost',
      'fingerprint=feedfeedfeedfeed',
      `until=${stage.now + 1}`,
      'matcher=host!=b',
      'q=HOST=A',
    ])
      expect([query, await found(query)]).toEqual([query, [mine.id]]);
    for (const query of [
      'acknowledged=false',
      `since=${new Date(stage.now + 60_000).toISOString()}`,
      `matcher=${encodeURIComponent('severity=critical')}&matcher=${encodeURIComponent('host=~"b|c"')}`,
      `q=${encodeURIComponent('磁碟 不足')}`,
    ])
      expect([query, await found(query)]).toEqual([query, [late.id]]);
    const narrowed = await get('/api/v1/alerts/active?severity=critical,high&q=disk');
    expect(ids(narrowed)).toEqual([late.id]);
    stage.now += 60_000;
    expect(await found('acknowledged=true')).toEqual([]);
  });

  it.each([
    ['matcher=host', 'matcher.0'],
    ['q=', 'q'],
    ['since=yesterday', 'since'],
    ['acknowledged=yes', 'acknowledged'],
    ['severity=bad', 'severity.0'],
    ['limit=1001', 'limit'],
  ])('refuses %s', async (query, path) => {
    const reply = await get(`/api/v1/alerts?${query}`);
    expect(reply.code).toBe('invalid_query');
    expect(reply.json.error).toMatchObject({ details: { problems: [{ path }] } });
  });

  it('is gathered in slices: a page may be short and go on, and finds everything in the end', async () => {
    const all = Array.from(
      { length: 450 },
      (_, n) => stage.addAlert({ rule: n % 90 === 0 ? 'Rare' : 'Often' }).id,
    );
    expect(ids(await get('/api/v1/alerts/active?limit=1000'))).toEqual(all.toReversed());
    const rare = all.filter((_, n) => n % 90 === 0).toReversed();
    expect(ids(await get('/api/v1/alerts?rule=Rare&limit=1000'))).toEqual(rare);
  });

  it('refuses a cursor that is not ours', async () => {
    expect((await get('/api/v1/alerts?cursor=nonsense')).code).toBe('invalid_cursor');
  });
});

describe('one alert', () => {
  it('is shown with times that people read', async () => {
    const { id } = stage.addAlert({ ackedBy: 'key:ann', ackedAt: stage.now, ackUntil: null });
    const { json } = await get(`/api/v1/alerts/${id}`);
    expect(json).toMatchObject({
      id,
      state: 'firing',
      labels: { alertname: 'HighCpu', host: 'a' },
      fired_at: '2023-11-14T22:13:20.000Z',
      acknowledged: { by: 'key:ann', at: '2023-11-14T22:13:20.000Z', until: null },
    });
  });

  it.each(['nonsense', '00000000-0000-7000-8000-000000000000', '%00'])(
    'is not found under %s',
    async (id) => {
      expect((await get(`/api/v1/alerts/${id}`)).code).toBe('alert_not_found');
    },
  );

  it('tells its history: events, notifications and their deliveries', async () => {
    const { id } = stage.addAlert();
    const notificationId = stage.newId();
    const common = { tenant: 'default', createdAt: stage.now, expiresAt: stage.now + 3_600_000 } as const;
    stage.commit('default', [
      {
        put: 'event',
        row: {
          id: stage.newId(),
          tenant: 'default',
          at: stage.now,
          subjectKind: 'alert',
          subjectId: id,
          kind: 'alert.firing',
          reason: null,
          actor: null,
          topic: null,
          priority: null,
          correlationId: null,
          keep: 1,
          body: { value: 91 },
        },
      },
      {
        put: 'notification',
        row: {
          ...common,
          id: notificationId,
          source: 'alert',
          kind: 'alert',
          groupId: null,
          receiver: 'ops',
          template: null,
          reason: 'first',
          alerts: { [id]: 'firing' },
          severity: 'warning',
          priority: 'P4',
          locale: 'en',
          correlationId: null,
          status: 'pending',
          dropReason: null,
          body: '{}',
          strategy: null,
          requireAll: false,
          emergencyAt: null,
        },
      },
      {
        put: 'delivery',
        row: {
          ...common,
          id: stage.newId(),
          notificationId,
          recipient: 'ops',
          channel: 'hook',
          provider: 'webhook',
          lane: 'normal',
          dueAt: stage.now,
          orderKey: 'g',
          orderNo: 1,
          state: 'dead',
          reason: 'gave_up',
          attempts: 4,
          crashes: 0,
          shorter: false,
          maybe: false,
          providerId: null,
          lastError: 'HTTP 500',
          leaseToken: 0,
          leaseUntil: null,
          finishedAt: stage.now,
        },
      },
    ]);
    const { json } = await get(`/api/v1/alerts/${id}/history`);
    expect(json.events).toMatchObject([{ kind: 'alert.firing', body: { value: 91 } }]);
    expect(json.notifications).toMatchObject([
      {
        id: notificationId,
        status: 'failed',
        reason: 'first',
        deliveries: [{ state: 'dead', last_error: 'HTTP 500' }],
      },
    ]);
    const dead = await get('/api/v1/deliveries?state=dead');
    expect(dead.json.items).toMatchObject([{ notification_id: notificationId, channel: 'hook' }]);
    expect((await get(`/api/v1/deliveries?state=sent,queued`)).json.items).toEqual([]);
    expect((await get(`/api/v1/notifications/${notificationId}`)).json.status).toBe('failed');
    expect((await get(`/api/v1/notifications/${id}`)).code).toBe('notification_not_found');
  });
});

describe('answering an alert', () => {
  const post = (path: string, body?: unknown, headers = {}) =>
    stage.request('POST', `/api/v1/alerts/${path}`, {
      as: 'responder',
      headers,
      ...(body !== undefined && { body }),
    });

  it('needs no body', async () => {
    const { id } = stage.addAlert();
    expect((await post(`${id}/acknowledge`)).json).toEqual({
      id,
      until: null,
      note: null,
      owner: null,
      by: 'key:responder',
    });
    expect((await post(`${id}/resolve`)).json).toEqual({ id, note: null, by: 'key:responder' });
  });

  it('holds as long as the configuration says, or as long as it lasts', async () => {
    const { id } = stage.addAlert();
    stage.acknowledgedUntil = stage.now + 86_400_000;
    expect((await post(`${id}/acknowledge`)).json.until).toBe(stage.now + 86_400_000);
    expect((await post(`${id}/acknowledge`, { until: null, owner: 'bea' })).json).toMatchObject({
      until: null,
      owner: 'bea',
    });
    const many = { action: 'acknowledge', matchers: ['host="a"'] };
    expect((await post('bulk', many)).json).toMatchObject({ action: { until: stage.acknowledgedUntil } });
  });

  it('may be to snooze, to assign, to comment, and to take back', async () => {
    const { id } = stage.addAlert();
    const by = 'key:responder';
    const snoozed = { id, kind: 'snooze', until: stage.now + 1_800_000, note: null, by };
    expect((await post(`${id}/snooze`, { for: '30m' })).json).toEqual(snoozed);
    expect((await post(`${id}/assign`, { to: null })).json).toEqual({
      id,
      kind: 'assign',
      to: null,
      note: null,
      by,
    });
    expect((await post(`${id}/comments`, { text: '好' })).json).toEqual({
      id,
      kind: 'comment',
      text: '好',
      by,
    });
    const remove = (what: string) =>
      stage.request('DELETE', `/api/v1/alerts/${id}/${what}`, { as: 'responder' });
    expect((await remove('snooze')).json.kind).toBe('unsnooze');
    expect((await remove('acknowledge')).json.kind).toBe('unacknowledge');
  });

  it.each([
    ['snooze', {}, 'until'],
    ['snooze', { for: '0s' }, 'for'],
    ['assign', {}, 'to'],
    ['assign', { to: ' ' }, 'to'],
    ['comments', { text: ' \n' }, 'text'],
    ['comments', { text: '磁'.repeat(2_731) }, 'text'],
    ['bulk', { action: 'resolve', matchers: [] }, 'matchers'],
    ['bulk', { action: 'resolve', matchers: ['host'] }, 'matchers.0'],
    ['bulk', { action: 'explode', matchers: ['host=a'] }, 'action'],
    ['bulk', { action: 'resolve', matchers: ['host=a'], states: ['resolved'] }, 'states.0'],
    ['bulk', { action: 'snooze', matchers: ['host=a'] }, 'until'],
    ['bulk', { action: 'snooze', matchers: ['host=a'], for: '1h', until: 1 }, 'for'],
    ['bulk', { action: 'comment', text: 'x', matchers: ['host=a'], limit: 1_001 }, 'limit'],
  ])('refuses to %s %j', async (what, body, path) => {
    const { id } = stage.addAlert();
    const reply = await post(what === 'bulk' ? what : `${id}/${what}`, body);
    expect(reply.code).toBe('invalid_body');
    expect(reply.json.error).toMatchObject({ details: { problems: [{ path }] } });
  });

  it('takes a note, and a span or a time', async () => {
    const { id } = stage.addAlert();
    const span = await post(`${id}/acknowledge`, { note: 'mine', for: '30m' });
    expect(span.json).toMatchObject({ note: 'mine', until: stage.now + 1_800_000 });
    const until = await post(`${id}/acknowledge`, { until: '2023-11-15T00:00:00+01:00' });
    expect(until.json.until).toBe(Date.parse('2023-11-14T23:00:00Z'));
  });

  it.each([
    [{ until: 1, for: '5m' }, 'for'],
    [{ until: 1_600_000_000_000 }, 'until'],
    [{ for: '5 minutes' }, 'for'],
    [{ note: 5 }, 'note'],
  ])('refuses %j', async (body, path) => {
    const { id } = stage.addAlert();
    const reply = await post(`${id}/acknowledge`, body);
    expect(reply.code).toBe('invalid_body');
    expect(reply.json.error).toMatchObject({ details: { problems: [{ path }] } });
  });

  it('is one effect for one Idempotency-Key, and a conflict with another body', async () => {
    const { id } = stage.addAlert();
    const key = { 'idempotency-key': 'k-1' };
    const first = await post(`${id}/acknowledge`, { for: '5m' }, key);
    stage.now += 1_000;
    expect((await post(`${id}/acknowledge`, { for: '5m' }, key)).text).toBe(first.text);
    const other = await post(`${id}/acknowledge`, { for: '6m' }, key);
    expect([other.status, other.code]).toEqual([409, 'idempotency_conflict']);
    expect((await post(`${id}/resolve`, { note: 'x' }, key)).status).toBe(200);
    expect((await post(`${id}/resolve`, {}, { 'idempotency-key': 'x'.repeat(256) })).code).toBe(
      'bad_request',
    );
  });
});
