// The judge itself: what is planted must be found, else a green bench says nothing.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Effect } from '../src/pipeline/effect.ts';
import { AlertLoad } from './alert-load.ts';
import { countRows } from './counted.ts';
import { Ledger } from './ledger.ts';
import { perAlert } from './measured-store.ts';
import { atLeast, atMost, type Bar, exactly, type Figure, judge, Report, type Row } from './report.ts';
import { type Bench, chosen, runScenarios, type Scenario } from './scenario.ts';
import { type Sink, startSink } from './sink.ts';
import { median, quantile, slope } from './statistics.ts';
import { Wire } from './wire.ts';

/** Runs what a scenario would write; answers its rows and the exit code. */
async function bench(run: Scenario['run'], short = false): Promise<{ rows: Row[]; code: 0 | 1 }> {
  const rows: Row[] = [];
  const report = new Report((line) => rows.push(JSON.parse(line) as Row), short);
  const surroundings: Bench = {
    report,
    short,
    minutes: null,
    say: () => {},
    root: '',
    built: '',
    scratch: '',
    profile: null,
  };
  const code = await runScenarios([{ id: 'planted', run }], surroundings);
  return { rows, code };
}

const figure = (value: number, bar: Bar | null): Figure => ({ id: 'planted', value, unit: 'ms', bar });

let sink: Sink | null = null;
afterEach(async () => {
  await sink?.close();
  sink = null;
});

/** Pushes three alerts to a ledger and posts what `deliver` makes of their messages to a real sink. */
async function delivered(deliver: (messages: readonly string[]) => readonly string[]): Promise<Ledger> {
  const ledger = new Ledger();
  sink = await startSink((arrival) => ledger.receive(arrival));
  const messages = ['a', 'b', 'c'].map((host) => {
    ledger.expect(host, 'firing', performance.now());
    return JSON.stringify({
      data: { changed: [`id-${host}`], alerts: [{ id: `id-${host}`, status: 'firing', labels: { host } }] },
    });
  });
  for (const message of deliver(messages)) {
    await postTo(sink.port, `delivery-${messages.indexOf(message)}`, message);
  }
  return ledger;
}

function postTo(port: number, id: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'webhook-id': id };
    const call = request({ port, host: '127.0.0.1', method: 'POST', headers, agent: false }, (response) => {
      response.resume().on('end', resolve);
    });
    call.on('error', reject);
    call.end(body);
  });
}

describe('counts', () => {
  it('passes a load that arrived once and whole', async () => {
    const ledger = await delivered((messages) => messages);
    const { rows, code } = await bench(async ({ report }) => countRows(report, 'planted', [ledger]));
    expect(rows.map(({ id, value, ok }) => [id, value, ok])).toEqual([
      ['planted.lost', 0, true],
      ['planted.doubled', 0, true],
    ]);
    expect(code).toBe(0);
  });

  it.each([false, true])('finds a lost delivery, also in the short run (%s)', async (short) => {
    const ledger = await delivered((messages) => messages.slice(1));
    const { rows, code } = await bench(async ({ report }) => countRows(report, 'planted', [ledger]), short);
    expect(rows[0]).toMatchObject({ id: 'planted.lost', value: 1, bar: 'value == 0', ok: false });
    expect(code).toBe(1);
  });

  it.each([false, true])('finds a doubled delivery, also in the short run (%s)', async (short) => {
    const ledger = await delivered((messages) => [...messages, messages[0]!]);
    const { rows, code } = await bench(async ({ report }) => countRows(report, 'planted', [ledger]), short);
    expect(rows[1]).toMatchObject({ id: 'planted.doubled', value: 1, ok: false });
    expect(code).toBe(1);
  });

  it('finds the same news under another delivery id, and a message that nobody pushed', () => {
    const ledger = new Ledger();
    ledger.expect('a', 'firing', 0);
    const arrival = { deliveryId: '1', alertId: 'x', host: 'a', status: 'firing', at: 1 } as const;
    ledger.receive(arrival);
    ledger.receive({ ...arrival, deliveryId: '2' });
    ledger.receive({ ...arrival, deliveryId: '3', alertId: 'y', host: 'b' });
    expect([ledger.received, ledger.doubled, ledger.unexpected]).toEqual([1, 1, 1]);
  });

  it('does not count a round that was given up into the next one', () => {
    const ledger = new Ledger();
    ledger.expect('a', 'firing', 0);
    ledger.giveUp();
    expect([ledger.outstanding, ledger.missing]).toEqual([0, 1]);
    ledger.receive({ deliveryId: '1', alertId: 'x', host: 'a', status: 'firing', at: 9 });
    expect([ledger.missing, ledger.takeLatencies()]).toEqual([0, []]);
  });

  it('does not wait for what was refused', async () => {
    const ledger = new Ledger();
    ledger.expect('a', 'firing', 0);
    const drained = ledger.drain(0, 60_000);
    ledger.withdraw('a', 'firing');
    await drained;
    expect(ledger.outstanding).toBe(0);
  });
});

/** A server that gives each push the next of `statuses`, the last of them from then on. */
async function answering(statuses: number[], run: (port: number) => Promise<void>, body = ''): Promise<void> {
  const server = createServer((asked, response) => {
    const status = asked.method === 'GET' ? 200 : statuses.length > 1 ? statuses.shift()! : statuses[0]!;
    asked.resume().on('end', () => response.writeHead(status, { 'content-length': body.length }).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await run((server.address() as AddressInfo).port);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

describe('a load', () => {
  it.each([false, true])(
    'finds the one delivery of a burst that never came, also in the short run (%s)',
    (short) =>
      answering([202], async (port) => {
        const ledger = new Ledger();
        const wire = new Wire(port, 2);
        await new AlertLoad({ wire, ledger, hosts: 25, prefix: 'burst' }).heat(10);
        wire.close();
        expect(ledger.outstanding).toBe(25);
        for (let n = 0; n < 24; n++) {
          const host = `burst-${String(n).padStart(6, '0')}`;
          ledger.receive({ deliveryId: `d${n}`, alertId: host, host, status: 'firing', at: 1 });
        }
        const { rows, code } = await bench(async ({ report }) => countRows(report, 'burst', [ledger]), short);
        expect(rows[0]).toMatchObject({ id: 'burst.lost', value: 1, ok: false });
        expect(code).toBe(1);
      }),
  );

  it('takes a sample that was refused among accepted ones for a fault of its own, not for a loss', () =>
    answering(
      [202],
      async (port) => {
        const wire = new Wire(port, 1);
        const load = new AlertLoad({ wire, ledger: new Ledger(), hosts: 10, prefix: 'burst' });
        await expect(load.heat(10)).rejects.toThrow('not all was accepted');
        wire.close();
      },
      '{"accepted":9,"rejected":[],"rejected_count":1}',
    ));

  it('expects no message of a host that cools down when its heat was refused', () =>
    answering([429, 202], async (port) => {
      const ledger = new Ledger();
      const wire = new Wire(port, 1);
      const load = new AlertLoad({ wire, ledger, hosts: 1, prefix: 'host' });
      const patienceMs = 10;
      await load.each('firing', 0, 1, patienceMs);
      await load.each('resolved', 0, 1, patienceMs);
      expect([load.refused, load.accepted, ledger.outstanding]).toEqual([1, 1, 0]);
      await expect(load.each('firing', 0, 1, patienceMs)).rejects.toThrow('1 alerts did not arrive');
      wire.close();
    }));
});

describe('bars', () => {
  it('turns the exit code when a time is over its bar, and only in the full run', async () => {
    const run: Scenario['run'] = async ({ report }) => report.row(figure(51, atMost(50)));
    const full = await bench(run);
    expect(full.rows).toMatchObject([{ bar: 'value <= 50', ok: false }]);
    expect(full.code).toBe(1);
    const short = await bench(run, true);
    expect(short.rows).toMatchObject([{ bar: null, ok: true }]);
    expect(short.code).toBe(0);
  });

  it('goes on after a missed bar and after a scenario that broke, and does not forget them', async () => {
    const { rows, code } = await bench(async ({ report }) => {
      report.row(figure(6, atMost(5, 'count')));
      report.row(figure(1, null));
      throw new Error('planted');
    });
    expect(rows.map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(code).toBe(1);
  });

  it('judges the event-loop delay of every figure that has one, as a figure of its own', async () => {
    const { rows, code } = await bench(async ({ report }) => {
      report.row({ ...figure(1, null), loopP999Ms: 50 });
      report.row({ ...figure(1, null), id: 'slow', loopP999Ms: 50.1 });
      report.row({ ...figure(1, null), id: 'unknown', loopP999Ms: Number.NaN });
    });
    expect(rows.map(({ id, ok }) => [id, ok])).toEqual([
      ['planted', true],
      ['planted.loop', true],
      ['slow', true],
      ['slow.loop', false],
      ['unknown', true],
      ['unknown.loop', false],
    ]);
    expect(rows[3]).toMatchObject({ value: 50.1, bar: 'value <= 50' });
    expect(code).toBe(1);
  });

  it('says of what cannot be had here that it was skipped and why, and never that it passed', async () => {
    const { rows, code } = await bench(async ({ report }) => {
      report.skip({ ...figure(Number.NaN, atLeast(8, 'time', 'ratio')), id: 'peer' }, 'no package here');
    });
    expect(rows).toEqual([
      {
        id: 'peer',
        value: null,
        unit: 'ms',
        ratio: null,
        against: null,
        bar: 'ratio >= 8',
        ok: null,
        skipped: 'no package here',
      },
    ]);
    expect(code).toBe(0);
  });

  it('judges values and ratios, and never passes what could not be measured', () => {
    expect(judge(figure(50, atMost(50)))).toBe(true);
    expect(judge({ ...figure(1, atLeast(1.5, 'time', 'ratio')), ratio: 1.4 })).toBe(false);
    expect(judge({ ...figure(1, atLeast(1.5, 'time', 'ratio')), ratio: 1.5 })).toBe(true);
    expect(judge(figure(Number.NaN, atMost(50)))).toBe(false);
    expect(judge(figure(Number.NaN, exactly(0)))).toBe(false);
    expect(judge({ ...figure(1, atMost(5, 'time', 'ratio')), ratio: null })).toBe(false);
    expect(judge(figure(1e9, null))).toBe(true);
  });
});

describe('what is measured with', () => {
  it('knows order statistics and slopes', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.99)).toBe(10);
    expect(quantile([], 0.5)).toBeNaN();
    expect(slope([0, 1, 2].map((x) => ({ x, y: 3 * x + 1 })))).toBeCloseTo(3);
  });

  it('chooses scenarios by id and by family, and leaves those out that want to be named', () => {
    const all = ['ingest.json.1', 'ingest.json.100', 'idle', 'load10m'].map((id) => ({
      id,
      onlyWhenNamed: id === 'load10m',
      run: async () => {},
    }));
    const ids = (only: string[]) => chosen(all, only).map(({ id }) => id);
    expect(ids([])).toEqual(['ingest.json.1', 'ingest.json.100', 'idle']);
    expect(ids(['ingest'])).toEqual(['ingest.json.1', 'ingest.json.100']);
    expect(ids(['ingest.json.1', 'load10m'])).toEqual(['ingest.json.1', 'load10m']);
  });

  it('leaves out of the short run what judges durations alone, unless it is named', () => {
    const all = ['counts', 'times'].map(
      (id): Scenario => ({ id, onlyTimes: id === 'times', async run() {} }),
    );
    const ids = (only: string[], short: boolean) => chosen(all, only, short).map(({ id }) => id);
    expect(ids([], true)).toEqual(['counts']);
    expect(ids([], false)).toEqual(['counts', 'times']);
    expect(ids(['times'], true)).toEqual(['times']);
  });

  it('splits a turn into one transaction per alert without losing or reordering an effect of an alert', () => {
    const row = (fields: object) => fields as never;
    const alert = (id: string): Effect => ({ put: 'alert', row: row({ id }), insert: true });
    const group = (id: string): Effect => ({ put: 'group', row: row({ id }), insert: true });
    const notification = (id: string, of: string): Effect => ({
      put: 'notification',
      row: row({ id, alerts: { [of]: 'firing' } }),
    });
    const delivery = (id: string, notificationId: string): Effect => ({
      put: 'delivery',
      row: row({ id, notificationId }),
    });
    const effects = [
      alert('a'),
      group('ga'),
      alert('b'),
      group('gb'),
      notification('na', 'a'),
      delivery('da', 'na'),
      notification('nb', 'b'),
      delivery('db', 'nb'),
    ];
    const parts = perAlert(effects);
    expect(parts).toEqual([
      [effects[0], effects[1], effects[4], effects[5]],
      [effects[2], effects[3], effects[6], effects[7]],
    ]);
  });
});
