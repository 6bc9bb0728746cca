// What a small parser (matcher, duration) answers when a text is not in its language: a value, not an exception.
export function isSyntaxProblem(value) {
  return typeof value === 'object' && value !== null && 'problem' in value;
}
//# sourceMappingURL=syntax-problem.js.map
