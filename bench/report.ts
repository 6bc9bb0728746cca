// One figure, one line of JSON on standard output, judged where it has a bar. Invariant: a row that is not ok, and a
// scenario that broke, make the exit code 1; what could not be measured here says `skipped` and is never ok.

/** What must hold. Counts are judged always; times only in the full run, where rounds are long enough to mean something. */
export interface Bar {
  readonly of: 'value' | 'ratio';
  readonly is: '<=' | '>=' | '==';
  readonly limit: number;
  readonly kind: 'count' | 'time';
}

export interface Figure {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  /** The value by the limit that was measured beside it; null where there is none. */
  readonly ratio?: number | null;
  /** What that limit is, with its own figure. */
  readonly against?: string | null;
  readonly bar?: Bar | null;
  /** What we would like to see, in the bar's own measure; it judges nothing. */
  readonly goal?: string;
  /** Smallest and largest value of the rounds, and the same of the ratio. */
  readonly spread?: readonly [number, number];
  readonly ratioSpread?: readonly [number, number];
  /**
   * Event-loop delay of the server at p99.9 in milliseconds: a figure with a bar of its own, `<id>.loop`. Of rounds the
   * worst: a round of a second has a hundred ticks, so their median would forget what p99.9 is about.
   */
  readonly loopP999Ms?: number;
  /** Further figures of the same measurement. */
  readonly also?: Readonly<Record<string, number>>;
}

/** One line of the output. */
export interface Row {
  readonly id: string;
  /** Null where nothing could be measured: the scenario broke, or the row was skipped. */
  readonly value: number | null;
  readonly unit: string;
  readonly ratio: number | null;
  readonly against: string | null;
  readonly bar: string | null;
  /** Null: skipped, neither passed nor missed. */
  readonly ok: boolean | null;
  readonly skipped?: string;
  readonly goal?: string;
  readonly spread?: readonly (number | null)[];
  readonly ratio_spread?: readonly (number | null)[];
  readonly [further: string]: unknown;
}

/** No row that drives a server may block its event loop for longer than this, milliseconds at p99.9. */
const longestBlockMs = 50;

export const atMost = (limit: number, kind: Bar['kind'] = 'time', of: Bar['of'] = 'value'): Bar => ({
  of,
  is: '<=',
  limit,
  kind,
});
export const atLeast = (limit: number, kind: Bar['kind'] = 'time', of: Bar['of'] = 'value'): Bar => ({
  of,
  is: '>=',
  limit,
  kind,
});
export const exactly = (limit: number): Bar => ({ of: 'value', is: '==', limit, kind: 'count' });

/** Whether a figure keeps its bar; one that could not be measured does not. */
export function judge(figure: Pick<Figure, 'value' | 'ratio' | 'bar'>): boolean {
  const { bar } = figure;
  if (!bar) return true;
  const judged = bar.of === 'ratio' ? (figure.ratio ?? Number.NaN) : figure.value;
  if (bar.is === '<=') return judged <= bar.limit;
  if (bar.is === '>=') return judged >= bar.limit;
  return judged === bar.limit;
}

export class Report {
  readonly #write: (line: string) => void;
  readonly #short: boolean;
  readonly missed: string[] = [];
  readonly skipped: string[] = [];
  readonly rows: Row[] = [];

  constructor(write: (line: string) => void, short: boolean) {
    this.#write = write;
    this.#short = short;
  }

  row(figure: Figure): void {
    const bar = this.#judged(figure.bar);
    const ok = judge({ ...figure, bar });
    if (!ok) this.missed.push(figure.id);
    const { spread, ratioSpread, loopP999Ms, goal, also } = figure;
    this.#put({
      id: figure.id,
      value: rounded(figure.value),
      unit: figure.unit,
      ratio: figure.ratio === undefined || figure.ratio === null ? null : rounded(figure.ratio),
      against: figure.against ?? null,
      bar: textOf(bar),
      ok,
      ...(goal !== undefined && { goal }),
      ...(spread && { spread: spread.map(rounded) }),
      ...(ratioSpread && { ratio_spread: ratioSpread.map(rounded) }),
      ...(loopP999Ms !== undefined && { loop_p999_ms: rounded(loopP999Ms) }),
      ...(also && Object.fromEntries(Object.entries(also).map(([name, value]) => [name, rounded(value)]))),
    });
    if (loopP999Ms === undefined) return;
    this.row({
      id: `${figure.id}.loop`,
      value: loopP999Ms,
      unit: 'ms event-loop delay at p99.9',
      bar: atMost(longestBlockMs),
    });
  }

  /** A figure that cannot be had here, and why: not passed, not missed, and said. */
  skip({ id, unit, bar }: Pick<Figure, 'id' | 'unit' | 'bar'>, why: string): void {
    this.skipped.push(id);
    const text = textOf(this.#judged(bar));
    this.#put({ id, value: null, unit, ratio: null, against: null, bar: text, ok: null, skipped: why });
  }

  /** A scenario that broke off: its figures are missing, so nothing is proven. */
  broken(id: string, error: unknown): void {
    this.missed.push(id);
    const why = error instanceof Error ? error.message : String(error);
    this.#put({ id, value: null, unit: 'error', ratio: null, against: why, bar: null, ok: false });
  }

  #judged(bar: Bar | null | undefined): Bar | null {
    return bar && !(this.#short && bar.kind === 'time') ? bar : null;
  }

  #put(row: Row): void {
    this.rows.push(row);
    this.#write(JSON.stringify(row));
  }

  get exitCode(): 0 | 1 {
    return this.missed.length === 0 ? 0 : 1;
  }
}

const textOf = (bar: Bar | null): string | null => bar && `${bar.of} ${bar.is} ${bar.limit}`;

/** Four significant digits; null for what is not a number. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
