// Two tenants: what a storm of A costs B, in turns of the loop, and who is asked to slow down when A has too much.
// The storm has a process of its own, so that the quiet tenant's figures hold the server's time, not the load generator's.
// A turn is the p99 of a commit of 200 rows, the most that a turn may hold, measured in the same pair in the same process.
import { AlertLoad } from '../alert-load.ts';
import { countRows } from '../counted.ts';
import { Ledger } from '../ledger.ts';
import { atLeast, atMost, exactly } from '../report.ts';
import type { Scenario } from '../scenario.ts';
import { startTocsin } from '../server.ts';
import { alertRules, loadConfigText } from '../settings.ts';
import { startSink } from '../sink.ts';
import { hosts, lagOf, patienceMs } from '../stage.ts';
import { median, quantile } from '../statistics.ts';
import { type Storm, startStorm } from '../storm.ts';
import { Wire } from '../wire.ts';

const stormPerSecond = 100_000 / 60;
const quietPerSecond = 20;
/** So often its capacity is taken for twice of what it seemed to be. */
const mostOverloads = 5;
/** Samples a push of the overload: the load generator is to keep up with what the server does not. */
const overBatch = 50;

export const tenants: Scenario = {
  id: 'tenants.fairness',
  async run(bench) {
    const { short, report } = bench;
    const pairMs = short ? 500 : 5_000;
    const queuePerTenant = short ? 1_000 : 2_000;
    const lag = lagOf(bench, (stormPerSecond * pairMs) / 1_000);
    // Told apart by the first letters of the host.
    const ledger = new Ledger();
    let storm: Storm | null = null;
    const sink = await startSink((arrival) => {
      if (arrival.host.startsWith('b-')) ledger.receive(arrival);
      else storm?.receive(arrival);
    });
    const limits = `limits: { queue_per_tenant: ${queuePerTenant}, open_deliveries_per_tenant: ${queuePerTenant} }\n`;
    const server = await startTocsin(bench, 'durable', loadConfigText(sink.port, limits), {
      'a.yaml': alertRules('a'),
      'b.yaml': alertRules('b'),
    });
    const wire = new Wire(server.port, 8);
    const b = new AlertLoad({ wire, ledger, hosts: 200, prefix: 'b', tenant: 'b' });
    storm = await startStorm(bench, server.port, {
      tenant: 'a',
      hosts,
      // A message that still waits when its alert is over is dropped with it: at most two for each hot host can wait, and
      // that has to be more than may.
      lags: { a: lag, over: Math.max(lag, queuePerTenant) },
      connections: 64,
      patienceMs,
    });
    for (const prefix of ['a', 'over']) await storm.warmUp(prefix);
    await b.warmUp(patienceMs, false);

    const quiet = async () => {
      b.takeAnswers();
      await b.paced(quietPerSecond, pairMs);
      await ledger.drain(0, patienceMs);
      const receipts = ledger.takeLatencies();
      ledger.giveUp();
      return { p99: quantile(receipts, 0.99), answer: quantile(b.takeAnswers(), 0.99) };
    };
    const pairs: { growth: number; alone: number; beside: number; answer: number; turn: number }[] = [];
    let loop = 0;
    for (let pair = 0; pair < (short ? 1 : 5); pair++) {
      const commits = await server.ask({ ask: 'full_commits', count: short ? 50 : 150 });
      const turn = quantile(commits as number[], 0.99);
      const alone = (await quiet()).p99;
      await server.ask({ ask: 'mark' });
      const blowing = storm.paced('a', stormPerSecond, pairMs);
      const { p99: beside, answer } = await quiet();
      await blowing;
      await storm.endRound('a');
      loop = Math.max(loop, (await server.usage()).loop.p999);
      pairs.push({ growth: (beside - alone) / turn, alone, beside, answer, turn });
      bench.say(
        `tenants: alone ${alone.toFixed(1)} ms, beside ${beside.toFixed(1)} ms, a turn ${turn.toFixed(1)} ms`,
      );
    }
    const growths = pairs.map(({ growth }) => growth);
    report.row({
      id: 'tenants.fairness',
      value: median(growths),
      unit: "turns that B's p99 grows by beside 100k alerts/min of A",
      ratio: median(pairs.map(({ beside, alone }) => beside / alone)),
      against: `B alone: p99 ${median(pairs.map(({ alone }) => alone)).toFixed(1)} ms; a turn: ${median(pairs.map(({ turn }) => turn)).toFixed(1)} ms`,
      bar: atMost(2),
      spread: [Math.min(...growths), Math.max(...growths)],
      loopP999Ms: loop,
      also: {
        beside_p99_ms: median(pairs.map(({ beside }) => beside)),
        beside_answer_p99_ms: median(pairs.map(({ answer }) => answer)),
      },
    });
    countRows(report, 'tenants.fairness', [await storm.counts('a'), ledger], (await server.rows()).skipped);

    // A at three times its capacity; what becomes of A's alerts is not counted here, a refused change has no message.
    const many = short ? 800 : 6_000;
    let capacity = many / (await storm.closed('a', many, 400, overBatch));
    const refusedBefore = b.refused;
    const overload = async () => {
      // Two thirds of it wait: long enough for three times of what may, so that also twice the capacity would not do.
      const ms = Math.max(short ? 1_000 : 5_000, (3 * queuePerTenant * 1_000) / (2 * capacity));
      await Promise.all([storm.paced('over', 3 * capacity, ms, overBatch), b.paced(quietPerSecond, ms)]);
      await Promise.all([storm.answered('over'), b.answered()]);
      return storm.counts('over');
    };
    let over = await overload();
    // Whoever was refused nothing was not beyond its capacity: something else held the machine while that was measured.
    for (let n = 1; n < mostOverloads && over.refused === 0; n++) {
      capacity *= 2;
      bench.say(`tenants: none was refused; A takes ${Math.round(capacity)} alerts/s at least`);
      over = await overload();
    }
    await ledger.drain(0, 3 * patienceMs);
    report.row({
      id: 'tenants.overload.a_refused',
      value: over.refused,
      unit: 'alerts answered 429',
      ratio: over.refused / Math.max(1, over.refused + over.accepted),
      against: `all that A was answered at ${Math.round(3 * capacity)} alerts/s, 3 x its capacity`,
      bar: atLeast(1, 'count'),
    });
    report.row({
      id: 'tenants.overload.b_refused',
      value: b.refused - refusedBefore,
      unit: 'alerts answered 429',
      bar: exactly(0),
    });
    report.row({
      id: 'tenants.overload.failed',
      value: over.other + b.other,
      unit: 'alerts answered neither 202 nor 429',
      bar: exactly(0),
    });
    ledger.giveUp();
    countRows(report, 'tenants.overload.b', [ledger]);
    wire.close();
    storm.close();
    await server.stop();
    await sink.close();
  },
};
