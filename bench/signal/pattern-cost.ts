// What the seven patterns cost under load: an hour of 10,000 alerts a minute, made up, without a pause.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { watchPatterns } from '../../analysis/patterns/index.ts';
import { patternNames } from '../../analysis/patterns/pattern.ts';
import { type AlertNews, type Edge, severityOrder } from '../../analysis/signals.ts';
import { Random } from '../../src/testing/simulation/random.ts';

export interface PatternCost {
  /** CPU of this process, all patterns together, without the making of the alerts. */
  readonly usPerAlert: number;
  /** What the state holds after it, in megabytes. */
  readonly heapMb: number;
  /** The longest that one alert took, by the clock. */
  readonly longestMs: number;
  readonly alerts: number;
  readonly findings: number;
}

const services = 200;
const callees = 3;

/** Services, rules, instances and severities drawn anew for each alert: a hundred thousand keys, more than is remembered. */
function alertOf(random: Random, n: number, at: number): AlertNews {
  const [service, name, instance] = [
    `service-${random.int(0, services - 1)}`,
    `Rule${random.int(0, 29)}`,
    random.int(0, 15),
  ];
  const severity = random.pick(severityOrder);
  const labels = { alertname: name, service, instance: `${service}-${instance}`, severity };
  const key = `${name}/${service}/${instance}/${severity}`;
  const alert = { id: `alert-${n}`, key, name, labels, severity, text: '', at, endedAt: null };
  return { kind: 'fired', alert, seenAt: at };
}

function edgesOf(random: Random): Edge[] {
  return Array.from({ length: services * callees }, (_, n) => ({
    from: `service-${n % services}`,
    to: `service-${random.int(0, services - 1)}`,
    confidence: 1,
    source: 'declared' as const,
  }));
}

export function patternCost(minutes: number, perMinute: number): PatternCost {
  const random = new Random(1);
  const context = { edges: edgesOf(random) };
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  const watch = watchPatterns(patternNames);
  let [us, findings, longestMs, n] = [0, 0, 0, 0];
  for (let second = 0; second < 60 * minutes; second++) {
    const batch: AlertNews[] = [];
    const until = Math.floor(((second + 1) * perMinute) / 60);
    for (; n < until; n++) batch.push(alertOf(random, n, 1e12 + Math.floor((n * 60_000) / perMinute)));
    const cpu = process.cpuUsage();
    for (const news of batch) {
      const began = performance.now();
      findings += watch.observe(news, context).length;
      longestMs = Math.max(longestMs, performance.now() - began);
    }
    if (second % 10 === 0) watch.advance(1e12 + 1_000 * (second + 1), context);
    const { user, system } = process.cpuUsage(cpu);
    us += user + system;
  }
  collect();
  const heapMb = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  return {
    usPerAlert: us / n,
    heapMb,
    longestMs,
    alerts: n,
    findings: findings + watch.advance(2e12, context).length,
  };
}
