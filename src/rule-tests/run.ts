// Runs a test of rules on the runtime as it is, and compares what became of it with what was expected.
import type { AlertMessage } from '../../channels/message.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import { Replay } from '../replay/replay.ts';
import type { RawSample } from '../services.ts';
import { differences } from './compare.ts';
import type { Check, Place, RuleTest, TestSeries } from './rule-test.ts';

export interface Failure {
  readonly place: Place;
  /** Milliseconds since the start. */
  readonly atMs: number;
  /** What was expected and what was got, a line each, with `-` and `+` before them. */
  readonly lines: readonly string[];
}

export interface TestOutcome {
  readonly test: RuleTest;
  readonly failures: readonly Failure[];
}

/** A multiple of every interval that divides a day, so that a grid begins with the test. */
const startAt = Date.UTC(2024, 0, 1);

export async function runTest(test: RuleTest): Promise<TestOutcome> {
  const replay = new Replay({ rules: test.rules, routing: test.routing, edges: test.edges, startAt });
  const failures: Failure[] = [];
  let said = 0;
  const check = (one: Check): void => {
    const alerts = replay.open(test.tenant).filter((alert) => concerns(one, alert));
    const messages = replay.recording.messages.slice(said);
    if (one.messages !== null) said = replay.recording.messages.length;
    const lines = differences(one, alerts, messages as readonly AlertMessage[], test.routing, replay.now);
    if (lines.length > 0) failures.push({ place: one.place, atMs: one.atMs, lines });
  };
  try {
    const last = test.checks.at(-1)?.atMs ?? 0;
    for (const atMs of timesOf(test)) {
      if (atMs > last) break;
      await replay.before(startAt + atMs);
      const samples = test.series.flatMap((series) => sampleOf(series, atMs));
      if (samples.length > 0) {
        const { rejected } = await replay.push(
          test.tenant,
          samples.map((sample, index) => ({ ...sample, index })),
        );
        for (const { index, message } of rejected) {
          const lines = [`the sample of ${samples[index]?.metric ?? ''} was refused: ${message}`];
          failures.push({ place: test.place, atMs, lines });
        }
      }
      for (const { atMs: at, event } of test.events) if (at === atMs) await replay.event(test.tenant, event);
      for (const { atMs: at, finding } of test.findings)
        if (at === atMs) await replay.finding(test.tenant, finding);
      await replay.settle();
      for (const one of test.checks) if (one.atMs === atMs) check(one);
    }
  } finally {
    await replay.close();
  }
  return { test, failures };
}

function concerns({ rule, firingOnly }: Check, alert: AlertRow): boolean {
  return (rule === null || alert.rule === rule) && (!firingOnly || alert.state === 'firing');
}

function timesOf({ series, events, findings, checks }: RuleTest): number[] {
  const times = new Set<number>();
  for (const { values, intervalMs } of series)
    for (let i = 0; i < values.length; i++) if (values[i] !== null) times.add(i * intervalMs);
  for (const { atMs } of [...events, ...findings, ...checks]) times.add(atMs);
  return [...times].sort((a, b) => a - b);
}

function sampleOf(
  { metric, labels, values, intervalMs }: TestSeries,
  atMs: number,
): Omit<RawSample, 'index'>[] {
  const value = atMs % intervalMs === 0 ? values[atMs / intervalMs] : null;
  return value === null || value === undefined ? [] : [{ metric, labels, value, timestamp: startAt + atMs }];
}
