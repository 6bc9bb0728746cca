// Whether times follow a clock: a line through the times over the number of the turn, where turns may be missing.

export interface Regularity {
  readonly periodMs: number;
  /** Root of the mean squared distance from the line, with the two parameters taken off. */
  readonly jitterMs: number;
  /** Natural logarithm of how much likelier the times are by this clock than anywhere within a period. */
  readonly evidence: number;
  /** Turns without an alert. */
  readonly missed: number;
}

const shortestMs = 60_000;
const longestMs = 24 * 3_600_000;

/** Of ascending times; null where no period of a minute to a day leads through them. */
export function regularityOf(times: readonly number[]): Regularity | null {
  const gaps = times.slice(1).map((at, n) => at - times[n]!);
  if (gaps.length < 3) return null;
  const periodMs = [...gaps].sort((one, other) => one - other)[Math.floor((gaps.length - 1) / 2)]!;
  if (!(periodMs >= shortestMs && periodMs <= longestMs)) return null;
  const turns = [0];
  for (const gap of gaps) turns.push(turns.at(-1)! + Math.max(1, Math.round(gap / periodMs)));
  const n = times.length;
  const meanTurn = turns.reduce((sum, turn) => sum + turn, 0) / n;
  const meanTime = times.reduce((sum, at) => sum + (at - times[0]!), 0) / n;
  let over = 0;
  let under = 0;
  for (const [k, turn] of turns.entries()) {
    over += (turn - meanTurn) * (times[k]! - times[0]! - meanTime);
    under += (turn - meanTurn) ** 2;
  }
  const slope = over / under;
  let squares = 0;
  for (const [k, turn] of turns.entries())
    squares += (times[k]! - times[0]! - meanTime - slope * (turn - meanTurn)) ** 2;
  // A clock is never better than a second: of few times, distances of nothing are chance.
  const jitterMs = Math.max(1_000, Math.sqrt(squares / (n - 2)));
  const missed = turns.at(-1)! - (n - 1);
  // Entropy of a normal against a uniform over the period; each missed turn costs what a miss in ten costs.
  const each = Math.log(slope / (jitterMs * Math.sqrt(2 * Math.PI * Math.E)));
  return { periodMs: slope, jitterMs, evidence: (n - 2) * each - 2.3 * missed, missed };
}
