// Ids in paths are UUIDs; anything else cannot exist and is not worth a question to the store.

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text is a UUID as we write them: lower case with dashes. */
export function isUuid(text: string): boolean {
  return pattern.test(text);
}
