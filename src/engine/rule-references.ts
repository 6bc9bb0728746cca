// Where a document names another rule: a condition `rule: NAME` at any depth.

/** Maps whose keys are names that people chose. */
const named: ReadonlySet<string> = new Set(['labels', 'annotations', 'origin']);

/** Where a document names the rule, as a dotted path; empty when that cannot be told. */
export function pathOfReference(document: unknown, name: string): string {
  let found = '';
  collect(document, '', (other, path) => {
    if (other === name && found === '') found = path;
  });
  return found;
}

function collect(value: unknown, path: string, found: (name: string, path: string) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (named.has(key)) continue;
    const below = path === '' ? key : `${path}.${key}`;
    if (key === 'rule' && typeof part === 'string') found(part, below);
    else collect(part, below, found);
  }
}
