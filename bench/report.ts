// One figure, one line of JSON on standard output, judged where it has a bar. Invariant: a row that is not ok, and a
// scenario that broke, make the exit code 1.

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
  /** Smallest and largest of the rounds. */
  readonly spread?: readonly [number, number];
  /** Event-loop delay of the server at p99.9 in milliseconds. */
  readonly loopP999Ms?: number;
  /** Further figures of the same measurement. */
  readonly also?: Readonly<Record<string, number>>;
}

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

  constructor(write: (line: string) => void, short: boolean) {
    this.#write = write;
    this.#short = short;
  }

  row(figure: Figure): void {
    const bar = figure.bar && !(this.#short && figure.bar.kind === 'time') ? figure.bar : null;
    const ok = judge({ ...figure, bar });
    if (!ok) this.missed.push(figure.id);
    const { spread, loopP999Ms, also } = figure;
    this.#write(
      JSON.stringify({
        id: figure.id,
        value: rounded(figure.value),
        unit: figure.unit,
        ratio: figure.ratio === undefined || figure.ratio === null ? null : rounded(figure.ratio),
        against: figure.against ?? null,
        bar: bar === null ? null : `${bar.of} ${bar.is} ${bar.limit}`,
        ok,
        ...(spread && { spread: spread.map(rounded) }),
        ...(loopP999Ms !== undefined && { loop_p999_ms: rounded(loopP999Ms) }),
        ...(also && Object.fromEntries(Object.entries(also).map(([name, value]) => [name, rounded(value)]))),
      }),
    );
  }

  /** A scenario that broke off: its figures are missing, so nothing is proven. */
  broken(id: string, error: unknown): void {
    this.missed.push(id);
    const why = error instanceof Error ? error.message : String(error);
    this.#write(
      JSON.stringify({ id, value: null, unit: 'error', ratio: null, against: why, bar: null, ok: false }),
    );
  }

  get exitCode(): 0 | 1 {
    return this.missed.length === 0 ? 0 : 1;
  }
}

/** Four significant digits; null for what is not a number. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}
