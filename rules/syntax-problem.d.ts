export interface SyntaxProblem {
  /** What was expected and what was found, for people. */
  readonly problem: string;
  /** Index into the text, in UTF-16 units. */
  readonly offset: number;
}
export declare function isSyntaxProblem(value: unknown): value is SyntaxProblem;
