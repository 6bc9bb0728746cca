// How a document of the API is changed in part.

type Document = Readonly<Record<string, unknown>>;

/** A JSON merge patch (RFC 7396) of a document. */
export function mergePatch(document: Document, patch: Document): Document {
  return merged(document, patch) as Document;
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(Object.hasOwn(result, key) ? result[key] : undefined, value);
  }
  return result;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
