// What answers show of an object of the API beside its own keys. It is taken along and means nothing when it is put again.

const shownBeside: ReadonlySet<string> = new Set([
  'id',
  'version',
  'created_at',
  'created_by',
  'updated_at',
  'updated_by',
  'origin',
  'active',
  'problems',
]);

/** The document without what only answers have. */
export function withoutShown(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !shownBeside.has(key)));
}
