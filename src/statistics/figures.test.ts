// Figures of a random history against a naive count over the same rows, and the thread that counts them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelSet } from '../../rules/labels.ts';
import { categories, severities } from '../../rules/types.ts';
import { systemClock } from '../clock.ts';
import type { Effect } from '../pipeline/effect.ts';
import type { AlertRow, DeliveryRow } from '../pipeline/rows.ts';
import { beginStory, type Story, sending } from '../store/contract/harness.ts';
import { t0 } from '../store/contract/row-builders.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { bucketEdges } from './calendar.ts';
import { type FiguresQuery, figuresOf } from './figures.ts';
import { spreadOf } from './spread.ts';
import { openStatistics } from './statistics.ts';

const seed = 20_261_126;
const spanMs = 10 * 86_400_000;
const from = t0 + 86_400_000;
const to = t0 + 8 * 86_400_000;

/** Mulberry32. */
function randomOf(state: number) {
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (n: number) => Math.floor(next() * n);
  return {
    upTo,
    pick: <T>(all: readonly T[]): T => all[upTo(all.length)]!,
    chance: (p: number) => next() < p,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'tocsin-figures-'));
const file = join(folder, 'tocsin.db');
const random = randomOf(seed);
const alerts: AlertRow[] = [];
const deliveries: DeliveryRow[] = [];
let story: Story;

beforeAll(() => {
  story = beginStory({
    open: () => openSqliteStore({ file, durability: 'normal' }),
    discard: () => rmSync(folder, { recursive: true }),
  });
  const { rows } = story;
  const times = Array.from({ length: 600 }, () => t0 + random.upTo(spanMs)).sort((a, b) => a - b);
  const effects: Record<string, Effect[]> = { acme: [], globex: [] };
  for (const at of times) {
    rows.clock.at = at;
    const tenant = random.chance(0.8) ? 'acme' : 'globex';
    const isEvent = random.chance(0.2);
    const ended = isEvent || random.chance(0.7);
    const row = rows.alert({
      tenant,
      kind: isEvent ? 'event' : 'alert',
      rule: isEvent ? null : `rule-${random.upTo(4)}`,
      effectiveSeverity: random.pick(severities),
      category: random.pick(categories),
      labels: labelSet({ host: `h${random.upTo(6)}` }),
      firedAt: random.chance(0.9) ? at : null,
      state: ended ? 'resolved' : 'firing',
      resolvedAt: ended ? at + random.upTo(7_200_000) : null,
      resolveReason: random.chance(0.3) ? 'manual' : 'condition_cleared',
      ackedAt: !isEvent && random.chance(0.4) ? at + random.upTo(600_000) : null,
    });
    alerts.push(row);
    const note = rows.notification({ tenant });
    const state = random.pick(['queued', 'sent', 'delivered', 'dead', 'dropped'] as const);
    const delivery = rows.delivery(note, {
      channel: `channel-${random.upTo(3)}`,
      state,
      reason: state === 'dead' ? random.pick(['expired', 'auth']) : null,
      attempts: random.upTo(5),
      finishedAt: state === 'queued' ? null : at + random.upTo(60_000),
    });
    deliveries.push(delivery);
    effects[tenant]!.push({ put: 'alert', row, insert: true }, ...sending(note, delivery));
  }
  for (const [tenant, all] of Object.entries(effects)) story.commit(all, tenant);
});
afterAll(() => story.end());

const query: FiguresQuery = {
  tenants: ['acme', 'globex', 'nobody'],
  from,
  to,
  by: ['severity', 'category', 'rule'],
  edges: bucketEdges(from, to, '1d', 'Asia/Taipei'),
  with: ['total', 'label_sets', 'deliveries', 'held_back', 'acts'],
  limit: 100,
};

/** Counted one question at a time, over all rows again and again. */
function naive(rows: readonly AlertRow[]) {
  const fired = rows.filter(({ kind }) => kind === 'alert');
  const ended = fired.filter(({ state }) => state === 'resolved');
  const acknowledged = fired.filter(({ ackedAt }) => ackedAt !== null);
  return {
    fired: fired.length,
    open: fired.length - ended.length,
    resolved: ended.length,
    resolvedByHand: ended.filter(({ resolveReason }) => resolveReason === 'manual').length,
    acknowledged: acknowledged.length,
    events: rows.length - fired.length,
    timeToAcknowledge: naiveSpread(acknowledged.map(({ ackedAt, firedAt }) => ackedAt! - firedAt!)),
    timeToResolve: naiveSpread(ended.map(({ resolvedAt, firedAt }) => resolvedAt! - firedAt!)),
  };
}

function naiveSpread(spans: readonly number[]) {
  if (spans.length === 0) return null;
  // The least value that so great a share of all does not exceed.
  const reach = (share: number) =>
    Math.min(...spans.filter((one) => spans.filter((each) => each <= one).length >= share * spans.length));
  const meanMs = Math.round(spans.reduce((sum, each) => sum + each, 0) / spans.length);
  return { count: spans.length, meanMs, medianMs: reach(0.5), p90Ms: reach(0.9) };
}

describe('figures of a span', () => {
  it.each(['acme', 'globex', 'nobody'])('are those of a naive count (%s)', (tenant) => {
    const found = figuresOf(story.store, query).find((one) => one.tenant === tenant)!;
    const mine = alerts.filter(
      (row) => row.tenant === tenant && row.firedAt !== null && row.firedAt >= from && row.firedAt < to,
    );
    expect(found.total).toEqual(naive(mine));
    const groups = {
      severity: (row: AlertRow) => row.effectiveSeverity,
      category: (row: AlertRow) => row.category,
      rule: (row: AlertRow) => row.rule,
    };
    for (const [dimension, of] of Object.entries(groups)) {
      const names = [...new Set(mine.map(of))];
      const figures = found.by[dimension as keyof typeof groups];
      expect(figures.length).toBe(names.length);
      for (const name of names) {
        expect(figures.find((one) => one.name === name)).toEqual({
          name,
          ...naive(mine.filter((row) => of(row) === name)),
        });
      }
      const sizes = figures.map(({ fired, events }) => fired + events);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    }
    expect(found.buckets.length).toBe(8);
    for (const bucket of found.buckets) {
      const { fired, events, resolved } = naive(
        mine.filter(({ firedAt }) => firedAt! >= bucket.from && firedAt! < bucket.to),
      );
      expect(bucket).toMatchObject({ fired, events, resolved });
    }
    for (const { labels, ...counts } of found.labelSets) {
      const { fired, events } = naive(mine.filter((row) => row.labels.host === labels.host));
      expect(counts).toEqual({ fired, events });
    }
    expect(found.labelSets.length).toBe(new Set(mine.map(({ labels }) => labels.host)).size);
    const sent = deliveries.filter(
      (row) => row.tenant === tenant && row.createdAt >= from && row.createdAt < to,
    );
    for (const figures of found.channels) {
      const own = sent.filter(({ channel }) => channel === figures.channel);
      const dead = own.filter(({ state }) => state === 'dead');
      const accepted = own.filter(({ state }) => state === 'sent' || state === 'delivered');
      expect(figures).toMatchObject({
        deliveries: own.length,
        attempts: own.reduce((sum, { attempts }) => sum + attempts, 0),
        states: { dead: dead.length, queued: own.filter(({ state }) => state === 'queued').length },
        timeToAccept: naiveSpread(accepted.map(({ finishedAt, createdAt }) => finishedAt! - createdAt)),
      });
      const expired = figures.lost.find(({ reason }) => reason === 'expired')?.count ?? 0;
      expect(expired).toBe(dead.filter(({ reason }) => reason === 'expired').length);
    }
    expect(found.channels.reduce((sum, one) => sum + one.deliveries, 0)).toBe(sent.length);
  });

  it('name the most frequent when there are too many, and say how many are left out', () => {
    const [all] = figuresOf(story.store, query);
    const [few] = figuresOf(story.store, { ...query, limit: 2 });
    expect(few!.by.rule).toEqual(all!.by.rule.slice(0, 2));
    expect(few!.more.rule).toBe(all!.by.rule.length - 2);
    expect(few!.labelSets).toEqual(all!.labelSets.slice(0, 2));
    expect(few!.total).toEqual(all!.total);
  });

  it('are the same from the thread that reads beside the store', async () => {
    const statistics = openStatistics({ file, clock: systemClock() });
    try {
      expect(await statistics.figures(query)).toEqual(figuresOf(story.store, query));
    } finally {
      statistics.close();
    }
  });
});

it('takes the nearest rank: a value that occurred', () => {
  expect(spreadOf([[], []])).toBeNull();
  expect(spreadOf([[5]])).toEqual({ count: 1, meanMs: 5, medianMs: 5, p90Ms: 5 });
  expect(spreadOf([[10, 1, 9, 2, 8], [], [3, 7, 4, 6, 5]])).toEqual({
    count: 10,
    meanMs: 6,
    medianMs: 5,
    p90Ms: 9,
  });
});
