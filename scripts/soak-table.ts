// What the soak prints at its end.

export interface PartResult {
  readonly part: string;
  /** Counts of what ran. */
  readonly ran: string;
  readonly seeds: string;
  /** `ok`, `skipped: why`, or what was wrong. */
  readonly result: string;
  readonly slowestReadyMs: number | null;
  readonly violations: number;
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly PartResult[]): string {
  const cells = [
    ['part', 'ran', 'seeds', 'result', 'slowest ready', 'violations'],
    ...rows.map(({ part, ran, seeds, result, slowestReadyMs, violations }) => [
      part,
      ran,
      seeds,
      result,
      slowestReadyMs === null ? '' : `${slowestReadyMs} ms`,
      String(violations),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
