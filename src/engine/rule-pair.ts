// A pair (rule, series) as an object: made when there is something to say about it, or somebody to remember it. What
// changes of it stands in `PairStates`; the rest of an episode is in the alert's row.
import { wakeAt } from '../../rules/alert-state.ts';
import type { SeriesRule } from '../../rules/readings.ts';
import type { Labels, Severity } from '../../rules/types.ts';
import type { SeriesTable } from '../ingest/series.ts';
import { alertKey, subjectOf } from '../pipeline/identify.ts';
import { lifeOf } from '../pipeline/life-cycle.ts';
import type { AlertRow } from '../pipeline/rows.ts';
import type { Subject } from '../pipeline/state.ts';
import { bits, type LastVerdict } from './pair-states.ts';
import { minds } from './rule-list.ts';
import type { SettledSeries } from './settled.ts';

/** What the pairs of one tenant have in common. */
export interface PairHome {
  readonly tenant: string;
  readonly table: SeriesTable;
  readonly settled: SettledSeries;
}

/** What a pair without a series has of its own. */
interface Expectation {
  readonly labels: Labels;
  readonly since: number;
}

/** See the head of the file. Whatever changes its state unsettles its series. */
export class RulePair {
  readonly rule: SeriesRule;
  /** -1 for an expectation: an `absent` rule that no series answers to. */
  readonly series: number;
  readonly #home: PairHome;
  readonly #expectation: Expectation | null;
  /** In `PairStates`; -1 once the pair is gone. */
  #place: number;
  #subject: Subject | null = null;
  #level: Severity | null = null;
  /** Of the episode that it took up; the same text as the alert's. */
  #key: string | null = null;

  constructor(
    home: PairHome,
    rule: SeriesRule,
    series: number,
    place: number,
    expectation: Expectation | null = null,
  ) {
    this.#home = home;
    this.rule = rule;
    this.series = series;
    this.#place = place;
    this.#expectation = expectation;
  }

  get tenant(): string {
    return this.#home.tenant;
  }

  /** Taken out of use by a reload or because its series expired: it has no state any more. */
  get gone(): boolean {
    return this.#place === -1;
  }

  /** Takes it out of use; answers the place that it had. */
  retire(): number {
    const place = this.#place;
    this.#place = -1;
    return place;
  }

  get verdict(): LastVerdict {
    return this.gone ? 'unknown' : this.#home.settled.states.verdict(this.#place);
  }

  set verdict(verdict: LastVerdict) {
    if (this.gone) return;
    this.#home.settled.states.setVerdict(this.#place, verdict);
    this.#unsettle();
  }

  /** Sample time from which an unchanged verdict matters (`for`, `keep_firing_for`). */
  get wakeAt(): number {
    return this.gone ? Number.POSITIVE_INFINITY : this.#home.settled.states.wakeAt(this.#place);
  }

  set wakeAt(at: number) {
    if (this.gone) return;
    this.#home.settled.states.setWakeAt(this.#place, at);
    this.#unsettle();
  }

  /** The last verdict came from silence, not from a sample: hysteresis does not apply to it. */
  get quiet(): boolean {
    return this.#has(bits.quiet);
  }

  set quiet(quiet: boolean) {
    this.#set(bits.quiet, quiet);
  }

  /** Whether silence means something for this pair. */
  get minds(): boolean {
    return minds(this.rule);
  }

  /** A deadline for silence is in the heap. Only of a pair that minds it. */
  get watched(): boolean {
    return this.minds && !this.gone && !this.#has(bits.unwatched);
  }

  set watched(watched: boolean) {
    this.#set(bits.unwatched, this.minds && !watched);
  }

  /** Engine time of the last arrival; absence counts from here. */
  get quietSince(): number {
    return this.#expectation?.since ?? this.#home.settled.quietSince(this.series);
  }

  /** Good until the pair is gone: then the series may be another one's. */
  get seriesLabels(): Labels {
    return this.#expectation?.labels ?? this.#home.table.labelsOf(this.series);
  }

  get subject(): Subject {
    this.#subject ??= subjectOf(this.rule, this.seriesLabels);
    return this.#subject;
  }

  get key(): string {
    return this.#subject?.key ?? this.#key ?? alertKey(this.rule.name, this.seriesLabels);
  }

  /** How urgent the open episode is; null: there is none. */
  get level(): Severity | null {
    return this.#level;
  }

  /** Takes verdict, level and wake time from the open episode, if there is one. One without a value came from silence. */
  attach(alert: AlertRow | undefined): void {
    this.follow(alert);
    if (!alert) return;
    this.#key = alert.key;
    this.verdict = alert.keepUntil === null ? 'true' : 'false';
    if (alert.value === null) this.fellSilent();
  }

  /** The last verdict came from silence: the next sample asks the state machine, whatever its verdict. */
  fellSilent(): void {
    this.quiet = true;
    this.wakeAt = Number.NEGATIVE_INFINITY;
  }

  /** The open episode is this one now. */
  follow(alert: AlertRow | undefined): void {
    this.#level = alert?.effectiveSeverity ?? null;
    this.wakeAt = alert ? wakeAt(lifeOf(alert), this.rule) : Number.POSITIVE_INFINITY;
  }

  #has(bit: number): boolean {
    return !this.gone && this.#home.settled.states.has(this.#place, bit);
  }

  #set(bit: number, on: boolean): void {
    if (this.gone) return;
    this.#home.settled.states.set(this.#place, bit, on);
    this.#unsettle();
  }

  #unsettle(): void {
    if (this.series !== -1) this.#home.settled.unsettle(this.series);
  }
}
