// What a small parser (matcher, duration) answers when a text is not in its language: a value, not an exception.

export interface SyntaxProblem {
  /** What was expected and what was found, for people. */
  readonly problem: string;
  /** Index into the text, in UTF-16 units. */
  readonly offset: number;
}

export function isSyntaxProblem(value: unknown): value is SyntaxProblem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}
