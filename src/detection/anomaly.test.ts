// Rules about unusual values on the whole runtime: what is learned, said, kept over a restart and forgotten.
import { afterEach, describe, expect, it } from 'vitest';
import { emptyLabels } from '../../rules/labels.ts';
import { parseRule } from '../../rules/parse.ts';
import type { AnomalyRule } from '../../rules/types.ts';
import { Stage, type StageOptions } from '../testing/stage.ts';

const minute = 60_000;
const stepMs = 6 * minute;

function anomaly(keys: Readonly<Record<string, unknown>> = {}): AnomalyRule {
  const read = parseRule(
    {
      name: 'Unusual',
      type: 'anomaly',
      ...(keys.metrics ? {} : { metric: 'cpu' }),
      learning: '12h',
      ...keys,
    },
    { kind: 'api' },
    { tenant: 'default', group: 'api', labels: emptyLabels },
  );
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  return read.rule as AnomalyRule;
}

let stage: Stage;
afterEach(() => stage.close());

function begin(keys: Readonly<Record<string, unknown>> = {}, options: StageOptions = {}): Stage {
  stage = new Stage({ rules: [anomaly(keys)], ...options });
  return stage;
}

/** What usually comes: between 18 and 22, the same for each time. */
const usual = (n: number): number => 20 + 2 * Math.sin(n * 1.7) * Math.cos(n * 0.31);

/** `count` usual samples, six minutes apart, from the n-th on; 150 of them are fifteen hours. */
async function learn(count = 150, from = 0): Promise<void> {
  for (let n = from; n < from + count; n++) await push(usual(n));
}

/** The next sample, at the next time that is a multiple of six minutes. */
async function push(value: number, host = 'a'): Promise<void> {
  const at = Math.ceil((stage.clock.now() + 1) / stepMs) * stepMs;
  await stage.advance(at - stage.clock.now());
  await stage.push(value, { host });
}

const bytesOf = (host = 'a'): string => {
  const { table, detections } = stage.runtime;
  const series = table.byMetric('default', 'cpu').find((id) => table.labelsOf(id).host === host) ?? -1;
  return Buffer.from(detections.bytesOf(series, 'ensemble') ?? []).toString('base64');
};

describe('an anomaly rule', () => {
  it('learns, fires on a spike with what it expected, and resolves', async () => {
    begin();
    await learn();
    await push(88);
    const [fired] = [...stage.runtime.engine.tenant('default')!.pipeline.openByKey.values()];
    expect(fired).toMatchObject({ state: 'firing', value: 88, finding: { seasonal: true } });
    const { low, high, oneIn } = fired!.finding!;
    expect(low).toBeGreaterThan(10);
    expect(high).toBeLessThan(30);
    expect(oneIn).toBeGreaterThan(1_000);
    await push(20);
    expect(stage.events()).toEqual(['alert.firing', 'alert.resolved']);
    for (let n = 0; n < 40; n++) await push(usual(n));
    expect(stage.events()).toHaveLength(2);
  });

  it('fires after `for` on what lasts, though the detector gets used to it, and tells of the rarest sample', async () => {
    begin({ for: '1h' });
    await learn(900);
    await push(88);
    for (let n = 0; n < 11; n++) await push(86);
    const [fired] = [...stage.runtime.engine.tenant('default')!.pipeline.openByKey.values()];
    expect(fired).toMatchObject({ state: 'firing', value: 86, finding: { value: 88 } });
  });

  it('says nothing while it learns, neither by its own time nor before the detector knows enough', async () => {
    begin({ learning: '1d' });
    await learn();
    await push(88);
    expect(stage.events()).toEqual([]);
    await stage.close();
    begin({ learning: '0' });
    await learn(50);
    await push(88);
    expect(stage.events()).toEqual([]);
  });

  it.each([
    [{ direction: 'down' }, 88, []],
    [{ direction: 'down' }, -40, ['alert.firing']],
    [{ direction: 'up' }, -40, []],
    [{ min_change: 70 }, 88, []],
    [{ min_change: 60 }, 88, ['alert.firing']],
  ])('with %j, at %d: %j', async (keys, value, events) => {
    begin(keys);
    await learn();
    await push(value);
    expect(stage.events()).toEqual(events);
  });

  it('neither learns from nor judges an excluded window', async () => {
    // 00:00 of a Tuesday; fifteen hours of learning end at 15:00.
    const startsAt = Date.UTC(2026, 0, 6);
    begin({ exclude: [{ times: [{ start_time: '15:00', end_time: '16:00' }] }] }, { startsAt });
    await learn(149);
    const before = stage.runtime.detections.counts.observed;
    for (let n = 0; n < 10; n++) await push(88);
    expect(stage.runtime.detections.counts.observed).toBe(before);
    expect(stage.events()).toEqual([]);
    await push(88);
    expect(stage.events()).toEqual(['alert.firing']);
  });

  it('raises nothing for constants, infinities, gaps and counters that begin again', async () => {
    begin();
    for (let n = 0; n < 150; n++) await push(7);
    await push(Number.POSITIVE_INFINITY);
    await push(Number.NEGATIVE_INFINITY);
    await stage.advance(3 * 3_600_000);
    for (let n = 0; n < 5; n++) await push(7);
    expect(stage.events()).toEqual([]);
    for (let n = 0; n < 150; n++) {
      await push(n * 10 + (n % 7), 'counter');
    }
    await push(3, 'counter');
    await push(13, 'counter');
    expect(stage.events()).toEqual([]);
  });
});

describe('what it knows', () => {
  it('is the same bytes with and without a restart in the middle, of a kill too', async () => {
    begin();
    await learn(100);
    await learn(60, 100);
    const straight = bytesOf();
    await stage.close();

    begin();
    await learn(100);
    await stage.restart();
    await learn(60, 100);
    expect(bytesOf()).toBe(straight);
    await stage.close();

    begin();
    await learn(102);
    // Nothing is written at a kill: what is stored is two samples old, and these are shown to it again.
    await stage.advance(2_000);
    expect(stage.storedStates()[0]!.standsAt).toBe(stage.clock.now() - 2_000 - 2 * stepMs);
    stage.kill();
    stage.start();
    await learn(58, 102);
    expect(bytesOf()).toBe(straight);
  });

  it('is the same after a long time in which nothing ran', async () => {
    begin();
    await learn(102);
    await stage.advance(2_000);
    stage.kill();
    const before = bytesOf();
    await stage.advance(30 * 3_600_000);
    stage.start();
    expect(bytesOf()).toBe(before);
  });

  it('goes on when the rule changes in what the detector does not depend on, and begins anew when it does', async () => {
    begin();
    await learn(50);
    const before = bytesOf();
    stage.runtime.setRules([{ ...anomaly({ sensitivity: 5, name: 'Renamed' }) }]);
    await stage.advance(0);
    expect(bytesOf()).toBe(before);
    stage.runtime.setRules([anomaly({ detector: 'ewma' })]);
    await stage.advance(0);
    expect(bytesOf()).toBe('');
    expect(stage.runtime.detections.bytes).toBe(0);
  });

  it('goes with its series, in the store too', async () => {
    begin();
    await learn(5);
    expect([...stage.storedStates()]).toHaveLength(1);
    await stage.advance(7 * 3_600_000);
    expect(stage.runtime.engine.expireSeries(stage.clock.now() - 6 * 3_600_000)).toBe(1);
    expect(stage.runtime.detections).toMatchObject({ size: 0, bytes: 0 });
    await stage.push(1, { host: 'b' });
    await stage.advance(2_000);
    expect([...stage.storedStates()]).toHaveLength(1);
  });

  it('is bounded: what was silent longest goes, what is fed stays, and people hear of it', async () => {
    begin({}, { limits: { detectorBytes: 7_000 } });
    await stage.push(1, { host: 'a' });
    await stage.push(1, { host: 'b' });
    const { detections } = stage.runtime;
    const most = detections.size;
    expect(detections.bytes).toBeLessThanOrEqual(7_000);
    await stage.pushAll(['c', 'd', 'e', 'f'].map((host) => ({ value: 1, host })));
    // All of them were fed a moment ago: the new ones have no room.
    expect(detections.counts.refused).toBeGreaterThan(0);
    expect(bytesOf('a')).not.toBe('');
    await stage.advance(11 * minute);
    await stage.push(2, { host: 'f' });
    expect(bytesOf('f')).not.toBe('');
    expect(bytesOf('a')).toBe('');
    expect(detections.size).toBeGreaterThanOrEqual(most);
    await stage.advance(minute);
    const told = stage.store
      .alerts('default', {}, 10, null)
      .items.filter(({ labels }) => labels.alertname === 'tocsin.detectors_full');
    // Once for both in the hour: the log has each.
    expect(told).toHaveLength(1);
    expect(told[0]!.annotations.summary).toBe(
      'The memory of detectors is full (limits.detector_bytes): 4 series are not learned from (cpu). Rules of type anomaly say insufficient_data of them.',
    );
    expect(detections.counts).toMatchObject({ evicted: 1, refused: 4 });
  });
});

describe('of several metrics', () => {
  it('is joined on labels: fires when one group is unusual in both', async () => {
    begin({ metrics: ['cpu', 'latency'], by: ['host'], interval: '6m' });
    for (let n = 0; n < 160; n++) {
      const strange = n === 155;
      await stage.pushAll([
        { metric: 'cpu', host: 'a', value: strange ? 40 : usual(n) },
        { metric: 'latency', host: 'a', value: strange ? 45 : usual(n + 7) },
        { metric: 'cpu', host: 'b', value: usual(n + 3) },
        { metric: 'latency', host: 'b', value: usual(n + 11) },
      ]);
      await stage.advance(stepMs);
    }
    expect(stage.events()).toEqual(['alert.firing', 'alert.resolved']);
    const { items } = stage.store.alerts('default', {}, 10, null);
    expect(items.map(({ labels }) => labels.host)).toEqual(['a']);
  });

  /** Requests and the load that they make, which go together: the load is known from the requests to one part in forty. */
  const together = (n: number) => {
    const requests = 100 + 30 * usual(n * 3);
    return { requests, load: requests / 20 + usual(n + 5) / 20 };
  };
  const pushBoth = async (requests: number, load: number) => {
    await stage.pushAll([
      { metric: 'requests', host: 'a', value: requests },
      { metric: 'load', host: 'a', value: load },
    ]);
    await stage.advance(stepMs);
  };
  const joined = { metrics: ['requests', 'load'], by: ['host'], interval: '6m' };
  const jointBytes = (): string => {
    const { table, detections } = stage.runtime;
    const rule = anomaly(joined);
    const found = ['requests', 'load']
      .flatMap((metric) => [...table.byMetric('default', metric)])
      .flatMap((series) => detections.bytesOf(series, rule.joint!.key) ?? []);
    return found.map((bytes) => Buffer.from(bytes).toString('base64')).join(' ');
  };
  /** Restarted before one sample, or killed before each of several. */
  const combination = async (ends: number | readonly number[] = []) => {
    stage = new Stage({
      rules: [
        anomaly(joined),
        anomaly({ name: 'Requests', metric: 'requests' }),
        anomaly({ name: 'Load', metric: 'load' }),
      ],
    });
    const past = Array.from({ length: 100 }, (_, n) => together(n)).sort((a, b) => a.load - b.load);
    const [quiet, busy] = [past[10], past[90]];
    const seen: unknown[] = [];
    for (let n = 0; n < 420; n++) {
      if (n === ends) await stage.restart();
      if (typeof ends === 'object' && ends.includes(n)) {
        stage.kill();
        stage.start();
      }
      const { requests, load } = together(n);
      // Both as usual, and not together: the requests of a quiet time with the load of a busy one.
      if (n === 400) await pushBoth(quiet!.requests, busy!.load);
      // A hole, an infinity and a gap say nothing.
      else if (n === 300) await pushBoth(requests, Number.POSITIVE_INFINITY);
      else if (n === 310) await stage.advance(3 * 3_600_000);
      else await pushBoth(requests, load);
      const [series] = stage.runtime.table.byMetric('default', 'requests');
      const one = stage.runtime.detections.together([series!], anomaly(joined).joint!.key);
      if (n >= 320) seen.push(one?.perWeek);
    }
    return seen;
  };

  it('finds a combination that none of them finds, says which do not fit, and says the same over a restart', async () => {
    const straight = await combination();
    expect(stage.events()).toEqual(['alert.firing', 'alert.resolved']);
    const [alert] = stage.store.alerts('default', {}, 10, null).items;
    expect(alert).toMatchObject({ labels: { alertname: 'Unusual', host: 'a' } });
    const { together: told, oneIn } = alert!.finding!;
    expect(told!.map(({ metric, beside }) => [metric, beside])).toEqual(
      expect.arrayContaining([
        ['requests', true],
        ['load', true],
      ]),
    );
    for (const { value, low, high } of told!) expect(value < low || value > high).toBe(true);
    expect(oneIn).toBeGreaterThan(1_000);
    const bytes = jointBytes();
    expect(bytes).not.toBe('');
    await stage.close();
    // Between the order of a model and its effect.
    expect(await combination(265)).toEqual(straight);
    expect(jointBytes()).toBe(bytes);
  });

  it('goes on after a kill with every time of the grid that it had seen, whenever that comes, to the same bytes', async () => {
    const straight = await combination();
    const bytes = jointBytes();
    await stage.close();
    // The state was written ten minutes before at most: with the time of the grid before the kill, and with two of them behind it.
    expect(await combination([150, 265, 266, 330, 331, 333])).toEqual(straight);
    expect(jointBytes()).toBe(bytes);
    const { rows } = stage.storedStates().find(({ rows: some }) => some.length > 0)!;
    expect(rows.length).toBeLessThan(4);
  });
});
