// What people do with many alerts at once, and with alerts that are over, through the queue, the store and a restart.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Answer, BulkOrder, Idempotency, Services } from '../services.ts';
import { matchersIn } from '../testing/pipeline-story.ts';
import { Stage } from '../testing/stage.ts';

const min = 60_000;
const ann = { name: 'key:ann' };
const acknowledge = { kind: 'acknowledge', until: null, note: null } as const;

let stage: Stage;
afterEach(() => stage.kill());

/** What a service answers, letting the loop run. */
async function answered(ask: (services: Services) => Promise<Answer>): Promise<Answer> {
  const answer = ask(stage.runtime.services);
  answer.catch(() => {});
  await stage.advance(0);
  return answer;
}

function bulk(order: Partial<BulkOrder>, idempotency: Idempotency | null = null): Promise<Answer> {
  const whole: BulkOrder = {
    action: acknowledge,
    matchers: matchersIn('host=~"h.*"'),
    states: ['pending', 'firing'],
    limit: 1_000,
    dryRun: false,
    ...order,
  };
  return answered((services) => services.respondToMany('default', whole, ann, idempotency));
}

const bodyOf = ({ body }: Answer) =>
  body as { matched: number; changed: number; ids: string[]; more: boolean };
const stored = (): readonly AlertRow[] => stage.store.alerts('default', { kind: 'alert' }, 1_000, null).items;
const fire = (hosts: number, value = 90) =>
  stage.pushAll(Array.from({ length: hosts }, (_, n) => ({ value, host: `h${n}` })));

describe('a bulk command', () => {
  beforeEach(async () => {
    stage = new Stage();
    await fire(300);
  });

  it('changes what matches, a share in each turn, with an audit event for each', async () => {
    const dry = bodyOf(
      await bulk({ dryRun: true, matchers: matchersIn('host=~"h1.*"', 'severity="warning"') }),
    );
    expect([dry.matched, dry.changed, dry.ids.length]).toEqual([111, 0, 111]);
    expect(stored().every(({ ackedAt }) => ackedAt === null)).toBe(true);
    const before = stage.runtime.engine.counts.commits;
    const done = bodyOf(await bulk({ matchers: matchersIn('host=~"h1.*"') }));
    // An alert and an event each: more than the rows of one turn.
    expect(stage.runtime.engine.counts.commits - before).toBeGreaterThan(1);
    expect(done).toMatchObject({ matched: 111, changed: 111, more: false });
    expect(done.ids).toEqual(dry.ids);
    const acked = stored().filter(({ ackedBy }) => ackedBy === 'key:ann');
    expect(new Set(acked.map(({ id }) => id))).toEqual(new Set(done.ids));
    const { items } = stage.store.auditEvents('default', 500, null);
    const told = items.filter(({ kind, actor }) => kind === 'alert.acknowledged' && actor === 'key:ann');
    expect(new Set(told.map(({ subjectId }) => subjectId))).toEqual(new Set(done.ids));
  });

  it('goes on where it stopped at its limit, and leaves alone who has an alert already', async () => {
    await bulk({ matchers: matchersIn('host="h7"'), action: { ...acknowledge, owner: 'bea' } });
    const first = bodyOf(await bulk({ limit: 200 }));
    expect([first.matched, first.changed, first.more]).toEqual([300, 200, true]);
    const second = bodyOf(await bulk({ limit: 200 }));
    expect([second.matched, second.changed, second.more]).toEqual([300, 99, false]);
    expect(stored().filter(({ ackedBy }) => ackedBy === 'bea')).toHaveLength(1);
  });

  it('resolves, and a sample that is still too high begins a new episode', async () => {
    expect(bodyOf(await bulk({ action: { kind: 'resolve', note: 'all clear' } })).changed).toBe(300);
    expect(stored().every(({ resolveReason }) => resolveReason === 'manual')).toBe(true);
    await stage.advance(min);
    await fire(300);
    expect(stored().filter(({ state }) => state === 'firing')).toHaveLength(300);
  });

  it('is one effect under one key', async () => {
    const key = { scope: 'bulk', key: 'k', bodyHash: 'a' };
    const action = { kind: 'comment', text: 'looking' } as const;
    const first = await bulk({ action }, key);
    expect(await bulk({ action }, key)).toEqual(first);
    await expect(bulk({ action }, { ...key, bodyHash: 'b' })).rejects.toThrow(/another body/);
    expect(stored().every(({ comments }) => comments === 1)).toBe(true);
  });

  it('holds nobody else up: what another tenant sends is evaluated meanwhile', async () => {
    const done: string[] = [];
    const { services } = stage.runtime;
    const order: BulkOrder = {
      action: { kind: 'snooze', until: stage.clock.now() + min, note: null },
      matchers: matchersIn('host!=""'),
      states: ['firing'],
      limit: 1_000,
      dryRun: false,
    };
    const many = services.respondToMany('default', order, ann, null).then(() => done.push('bulk'));
    const sample = { index: 0, metric: 'cpu', labels: labelSet({ host: 'a' }), value: 5 };
    const other = services.push('other', [sample], []).then(() => done.push('sample'));
    await stage.advance(0);
    await Promise.all([many, other]);
    expect(done).toEqual(['sample', 'bulk']);
  });
});

describe('what people said', () => {
  beforeEach(async () => {
    stage = new Stage();
    await stage.push(90);
  });

  it('survives a kill: the snooze ends in time, the acknowledgement too, and comments are there', async () => {
    const { id } = stored()[0]!;
    const say = (response: Parameters<Services['respond']>[2]) =>
      answered((services) => services.respond('default', id, response, ann, null));
    await stage.advance(min);
    await say({ kind: 'assign', to: 'bea', note: null });
    await say({ kind: 'snooze', until: stage.t0 + 30 * min, note: null });
    expect((await say({ kind: 'comment', text: '換了磁碟' })).status).toBe(201);
    const until = stage.t0 + 60 * min;
    await answered((s) => s.acknowledge('default', id, { until, note: null, owner: 'bea' }, ann, null));
    stage.kill();
    stage.start();
    await stage.advance(90 * min);
    expect(stage.said()).toEqual([
      [10, 'first'],
      [3_600, 'repeat'],
    ]);
    expect(stage.events().slice(-2)).toEqual(['alert.snooze_ended(expired)', 'alert.ack_expired(expired)']);
    const row = stage.store.alert('default', id);
    expect(row).toMatchObject({
      assignee: 'bea',
      ackedBy: 'bea',
      comments: 1,
      snoozedUntil: stage.t0 + 30 * min,
    });
  });

  it('of an alert that is long over is kept, too', async () => {
    const { id } = stored()[0]!;
    await stage.advance(min);
    await stage.push(1);
    await stage.advance(60 * min);
    expect(stage.runtime.engine.tenant('default')!.pipeline.alerts.has(id)).toBe(false);
    const { services } = stage.runtime;
    const both = ['one', 'two'].map((text) =>
      services.respond('default', id, { kind: 'comment', text }, ann, null),
    );
    const assigned = services.respond('default', id, { kind: 'assign', to: 'bea', note: null }, ann, null);
    await stage.advance(0);
    expect((await Promise.all([...both, assigned])).map(({ status }) => status)).toEqual([201, 201, 200]);
    expect(stage.store.alert('default', id)).toMatchObject({ comments: 2, assignee: 'bea', nextAt: null });
    const ack = await answered((s) => s.respond('default', id, { kind: 'unacknowledge' }, ann, null));
    expect(ack.status).toBe(409);
    const nobody = '0190a000-0000-7000-8000-00001234abcd';
    const lost = await answered((s) =>
      s.respond('default', nobody, { kind: 'comment', text: 'x' }, ann, null),
    );
    expect(lost.status).toBe(404);
  });
});
