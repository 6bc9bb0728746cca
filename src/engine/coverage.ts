// Which pairs and groups stand for which alerts: series come and go, rules come and go, and no open episode may be left
// without a pair or a group that can end it.
import { withoutLabel } from '../../rules/labels.ts';
import { isAbsent, isSeriesRule } from '../../rules/readings.ts';
import type { SeriesTable } from '../ingest/series.ts';
import { seriesLabelsOfKey } from '../pipeline/identify.ts';
import type { PipelineInput, VerdictInput } from '../pipeline/input.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Agenda } from './agenda.ts';
import { rulesWithAlerts } from './pairs.ts';
import { minds } from './rule-list.ts';
import type { Tenant } from './tenant.ts';

export class Coverage {
  readonly #table: SeriesTable;
  readonly #agenda: Agenda;
  readonly #forgetSeries: (series: number) => void;

  constructor(table: SeriesTable, agenda: Agenda, forgetSeries: (series: number) => void) {
    this.#table = table;
    this.#agenda = agenda;
    this.#forgetSeries = forgetSeries;
  }

  /** A series was born: pairs it with the rules that read it. True: alerts that waited for it end, work is queued. */
  bind(tenant: Tenant, series: number, now: number): boolean {
    this.#quietStandIn(tenant, series);
    const fulfilled = tenant.pairs.bind(series, tenant.pipeline, now);
    tenant.grid.bind(series, tenant.pipeline, now);
    for (const pair of tenant.pairs.of(series, minds)) this.#agenda.watch(pair, now);
    let queued = false;
    for (const pair of fulfilled) {
      const standsIn = tenant.pairs.of(series, ({ name }) => name === pair.rule.name);
      if (standsIn.some(({ key }) => key === pair.key) || !tenant.pipeline.openByKey.has(pair.key)) continue;
      const input: VerdictInput = {
        kind: 'verdict',
        rule: pair.rule,
        subject: pair.subject,
        verdict: 'false',
        value: null,
        sampleAt: now,
        cause: 'absent',
      };
      tenant.enqueue({ kind: 'internal', inputs: [input] });
      queued = true;
    }
    return queued;
  }

  /**
   * A series with a label `severity` has the alerts of the one without it. Where that stands in for it since a load (see
   * `#restorePair`) and never had a sample, its silence means nothing any more. It stays: samples may wait for it.
   */
  #quietStandIn(tenant: Tenant, series: number): void {
    const table = this.#table;
    const labels = table.labelsOf(series);
    if (labels.severity === undefined) return;
    const standIn = table.find(tenant.name, table.metricOf(series), withoutLabel(labels, 'severity'));
    if (standIn >= 0 && table.newestAt(standIn) === Number.NEGATIVE_INFINITY)
      tenant.pairs.bearSilence(standIn);
  }

  /**
   * Series without a sample since `before` leave memory, unless they have an open alert or a window that still holds
   * samples; answers how many. A tenant with work waiting keeps all: its samples name their series by number.
   */
  expire(tenant: Tenant, before: number, now: number): number {
    if (tenant.busy) return 0;
    const table = this.#table;
    let dropped = 0;
    for (const series of [...table.seriesOf(tenant.name)]) {
      if (table.newestAt(series) >= before) continue;
      const pairs = tenant.pairs.of(series);
      const silentMs = now - table.newestAt(series);
      const stays = pairs.some(
        ({ rule, key }) => isAbsent(rule) || rule.windowMs > silentMs || tenant.pipeline.openByKey.has(key),
      );
      if (stays || tenant.grid.reads(series, silentMs)) continue;
      this.#drop(tenant, series);
      dropped += 1;
    }
    return dropped;
  }

  /** Series whose newest sample is later than `newest` leave memory: the clock that they were timed by was wrong. */
  dropAhead(tenant: Tenant, newest: number): void {
    for (const series of [...this.#table.seriesOf(tenant.name)])
      if (this.#table.newestAt(series) > newest) this.#drop(tenant, series);
  }

  #drop(tenant: Tenant, series: number): void {
    tenant.pairs.unbind(series);
    tenant.grid.unbind(series);
    this.#forgetSeries(series);
    this.#table.drop(series);
  }

  /**
   * Watches every pair that minds silence and every grid; answers what ends the episodes that nothing stands for any more.
   * With `restore` (at a load) the series of an alert may be unknown, lost or never flushed: its alert still gets a pair
   * or a group.
   */
  cover(tenant: Tenant, now: number, restore: boolean): PipelineInput | null {
    if (restore) tenant.grid.regroup(tenant.pipeline, now);
    const covered = new Set<string>();
    const withAlerts = rulesWithAlerts(tenant.pipeline);
    for (const { key } of tenant.pairs.ofRules(withAlerts)) covered.add(key);
    for (const pair of tenant.pairs.unwatched()) this.#agenda.watch(pair, now);
    for (const clock of tenant.grid.clocks) if (!clock.run) this.#agenda.grid(clock);
    const orphans: string[] = [];
    for (const alert of tenant.pipeline.openByKey.values()) {
      if (alert.source !== 'rule' || covered.has(alert.key)) continue;
      if (tenant.grid.covers(alert, restore, tenant.pipeline, now)) continue;
      if (!(restore && this.#restorePair(tenant, alert, now))) orphans.push(alert.id);
    }
    return orphans.length === 0 ? null : { kind: 'rule_removed', alertIds: orphans };
  }

  #restorePair(tenant: Tenant, alert: AlertRow, now: number): boolean {
    const rule = alert.rule === null ? undefined : tenant.pipeline.rules.get(alert.rule);
    const labels = rule?.enabled ? seriesLabelsOfKey(rule.name, alert.key) : null;
    if (!rule || !isSeriesRule(rule) || !labels) return false;
    const table = this.#table;
    if (table.find(tenant.name, rule.metric, labels) >= 0) return false;
    const series = table.restore(tenant.name, rule.metric, labels, now);
    return tenant.pairs.of(series, ({ name }) => name === rule.name).some((pair) => pair.key === alert.key);
  }
}
