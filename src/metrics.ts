// The program's own figures for GET /metrics, read from the parts when somebody asks.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Causes } from './analyses/causes.ts';
import type { Disk } from './disk/disk-guard.ts';
import { type Backlog, backlogOf } from './policy/backlog.ts';
import type { Runtime } from './runtime.ts';
import { rejectCodes } from './services.ts';

export type MeasuredParts = Pick<
  Runtime,
  | 'engine'
  | 'table'
  | 'detections'
  | 'recorder'
  | 'dispatcher'
  | 'limiter'
  | 'callbacks'
  | 'wordings'
  | 'results'
  | 'rejections'
> & { readonly services: Pick<Runtime['services'], 'now'> };

/**
 * Node's own figures, of the process and not of a program in it: they cost memory and an observer of every collection that
 * nothing ends, so they begin with the first question, once.
 */
let ofProcess: Registry | null = null;
function processFigures(): Registry {
  if (ofProcess === null) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

export function createMetrics(
  parts: MeasuredParts,
  disk: Pick<Disk, 'full' | 'ballastBytes'>,
  causes: Pick<Causes, 'waiting'>,
): Registry {
  const registry = new Registry();
  const text = registry.metrics.bind(registry);
  registry.metrics = async () => (await text()) + (await processFigures().metrics());
  const {
    engine,
    table,
    detections,
    recorder,
    dispatcher,
    limiter,
    callbacks,
    wordings,
    results,
    rejections,
  } = parts;
  const figure = (name: string, help: string, read: () => number) => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  figure('tocsin_samples_total', 'Samples evaluated.', () => engine.sampleCounts.samples);
  figure(
    'tocsin_samples_late_total',
    'Samples older than the newest of their series.',
    () => engine.sampleCounts.late,
  );
  figure(
    'tocsin_samples_unchanged_total',
    'The newest sample again, unchanged.',
    () => engine.sampleCounts.unchanged,
  );
  new Gauge({
    name: 'tocsin_samples_rejected_total',
    help: 'Samples refused, by the code that the sender was told.',
    labelNames: ['code'],
    registers: [registry],
    collect() {
      for (const code of rejectCodes) this.set({ code }, rejections.get(code) ?? 0);
    },
  });
  figure('tocsin_samples_waiting', 'Samples not yet in the history.', () => recorder.waiting);
  figure('tocsin_samples_lost_total', 'Samples that the history could not take.', () => recorder.dropped);
  figure('tocsin_evaluations_total', 'Rules evaluated on a series.', () => engine.sampleCounts.evaluations);
  figure(
    'tocsin_grid_evaluations_total',
    'Groups judged by rules over several series.',
    () => engine.gridCounts.evaluations,
  );
  figure('tocsin_grid_times_total', 'Grid times done.', () => engine.gridCounts.times);
  figure(
    'tocsin_grid_times_skipped_total',
    'Grid times that nobody looked at, because too many were missed.',
    () => engine.gridCounts.skipped,
  );
  figure(
    'tocsin_occurrences_uncounted_total',
    'Events and alerts that a frequency rule should have counted and had no room for.',
    () => engine.uncounted,
  );
  figure('tocsin_detectors', 'States of detectors of unusual values.', () => detections.size);
  figure('tocsin_detector_bytes', 'Bytes of these, with their models.', () => detections.bytes);
  figure(
    'tocsin_detector_samples_total',
    'Samples that detectors looked at.',
    () => detections.counts.observed,
  );
  figure(
    'tocsin_detectors_evicted_total',
    'States that were forgotten for want of room.',
    () => detections.counts.evicted,
  );
  figure(
    'tocsin_detectors_refused_total',
    'Series that are not learned from for want of room.',
    () => detections.counts.refused,
  );
  figure('tocsin_causes_waiting', 'Incidents whose cause is to be looked for.', () => causes.waiting.due);
  figure(
    'tocsin_causes_left_out_total',
    'Incidents whose cause was not looked for, because too many waited.',
    () => causes.waiting.leftOut,
  );
  figure('tocsin_disk_full', '1 while the disk is full and nothing new is taken.', () => Number(disk.full));
  figure('tocsin_ballast_bytes', 'Bytes kept for a full disk.', () => disk.ballastBytes);
  figure('tocsin_series', 'Series in memory.', () => table.counts().series);
  figure('tocsin_window_bytes', 'Bytes of the windows in memory.', () => table.counts().bytes);
  figure('tocsin_turns_total', 'Turns of the engine.', () => engine.counts.turns);
  figure('tocsin_commits_total', 'Transactions of the engine.', () => engine.counts.commits);
  figure(
    'tocsin_turns_waiting_for_disk',
    'Turns that are committed and not on the disk: nobody was told of them.',
    () => engine.awaitingDisk.turns,
  );
  figure(
    'tocsin_turns_held_by_disk_total',
    'How often the loop stood still because too many turns waited for the disk.',
    () => engine.awaitingDisk.held,
  );
  figure('tocsin_rows_total', 'Rows written by the engine.', () => engine.counts.rows);
  figure(
    'tocsin_reloads_total',
    'Times that the state was thrown away and loaded again.',
    () => engine.counts.reloads,
  );
  figure(
    'tocsin_refused_total',
    'Requests refused because a tenant was over its bounds.',
    () => engine.counts.refused,
  );
  new Gauge({
    name: 'tocsin_queue_length',
    help: 'Samples, events and commands that wait, by tenant.',
    labelNames: ['tenant'],
    registers: [registry],
    collect() {
      for (const tenant of engine.tenants) this.set({ tenant: tenant.name }, tenant.queued);
    },
  });
  new Gauge({
    name: 'tocsin_storm_active',
    help: '1 while a storm lasts, by tenant: summaries take the place of single messages.',
    labelNames: ['tenant'],
    registers: [registry],
    collect() {
      for (const { name, pipeline } of engine.tenants)
        this.set({ tenant: name }, Number(pipeline.storms.present !== null));
    },
  });
  new Gauge({
    name: 'tocsin_deliveries_open',
    help: 'Deliveries not finished, by tenant.',
    labelNames: ['tenant'],
    registers: [registry],
    collect() {
      for (const tenant of engine.tenants) this.set({ tenant: tenant.name }, tenant.policy.open);
    },
  });
  new Gauge({
    name: 'tocsin_template_failures_total',
    help: 'Titles and texts that a template could not say; the built-in words went out instead.',
    labelNames: ['template'],
    registers: [registry],
    collect() {
      for (const [template, count] of wordings.failures) this.set({ template }, count);
    },
  });
  new Gauge({
    name: 'tocsin_channel_deliveries',
    help: 'Leased deliveries in memory, by channel and whether they wait or run.',
    labelNames: ['channel', 'state'],
    registers: [registry],
    collect() {
      for (const { channel, waiting, running } of dispatcher.stats()) {
        this.set({ channel, state: 'waiting' }, waiting);
        this.set({ channel, state: 'running' }, running);
      }
    },
  });
  const waiting = (name: string, help: string, read: (backlog: Backlog) => number) => {
    new Gauge({
      ...{ name, help, labelNames: ['tenant', 'channel'], registers: [registry] },
      collect() {
        this.reset();
        for (const tenant of engine.tenants)
          for (const [channel, backlog] of backlogOf(tenant.policy))
            this.set({ tenant: tenant.name, channel }, read(backlog));
      },
    });
  };
  waiting(
    'tocsin_channel_queued',
    'Deliveries in the store that wait for a channel. Absent while there are none.',
    ({ queued }) => queued,
  );
  waiting(
    'tocsin_channel_oldest_queued_seconds',
    'Age of the oldest of them.',
    ({ oldestAt }) => Math.max(0, parts.services.now() - oldestAt) / 1_000,
  );
  new Gauge({
    name: 'tocsin_channel_paused',
    help: 'Whether a channel is paused for a tenant: 0 no, 1 a probe is under way, 2 yes. Absent until its first failure.',
    labelNames: ['tenant', 'channel'],
    registers: [registry],
    collect() {
      for (const { tenant, channel, state } of engine.breakers())
        this.set({ tenant, channel }, { closed: 0, half_open: 1, open: 2 }[state]);
    },
  });
  new Gauge({
    name: 'tocsin_delivery_attempts_total',
    help: 'Attempts by channel and kind of result.',
    labelNames: ['channel', 'result'],
    registers: [registry],
    collect() {
      for (const { channel, result, count } of results.all()) this.set({ channel, result }, count);
    },
  });
  new Gauge({
    name: 'tocsin_receipts_total',
    help: 'Receipts of providers, by channel and what became of them; early: of a message that is not known (yet).',
    labelNames: ['channel', 'fate'],
    registers: [registry],
    collect() {
      for (const [key, count] of engine.receiptCounts) {
        const [channel = '', fate = ''] = key.split('\n');
        this.set({ channel, fate }, count);
      }
    },
  });
  new Gauge({
    name: 'tocsin_receipt_latency_seconds',
    help: "From the provider's acceptance to the receipt of the arrival, of a channel's newest 256.",
    labelNames: ['channel', 'quantile'],
    registers: [registry],
    collect() {
      for (const { channel, p50, p95 } of engine.receiptLatencies.all()) {
        this.set({ channel, quantile: '0.5' }, (p50 ?? 0) / 1_000);
        this.set({ channel, quantile: '0.95' }, (p95 ?? 0) / 1_000);
      }
    },
  });
  new Gauge({
    name: 'tocsin_channel_calls_left',
    help: 'Calls that may begin now, by the window that counts them.',
    labelNames: ['channel', 'window'],
    registers: [registry],
    collect() {
      const now = parts.services.now();
      for (const { channel } of dispatcher.stats())
        for (const { calls, perMs, left } of limiter.levels(channel, now))
          this.set({ channel, window: `${calls}/${perMs / 1_000}s` }, left);
    },
  });
  new Gauge({
    name: 'tocsin_callbacks_refused_total',
    help: "Requests to a channel's callback that its provider did not sign, or that could not be read.",
    labelNames: ['channel'],
    registers: [registry],
    collect() {
      for (const [channel, count] of callbacks.refused) this.set({ channel }, count);
    },
  });
  return registry;
}
